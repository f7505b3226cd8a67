"""Laws that every registered measure obeys, and what each says by hand."""

from __future__ import annotations

import numpy as np
import pytest

from reliance_eval.panel import MEASURES
from reliance_eval.panel.measure import Events, FloatArray

NAN = float("nan")
LINEAR = {"value_at", "cumulated", "mean", "change", "recorded"}
ANSWERS = {"ever", "months_in", "time_to"}


def of(kind: str) -> list[str]:
    return [name for name in MEASURES if kind in MEASURES[name].kinds]


def months(name: str, values: list[list[float]]) -> list[float]:
    function = MEASURES[name].over_months
    assert function is not None
    return list(function(np.array(values, dtype=np.float64)))


def events(name: str, rows: list[tuple[int, int, float]], units: int = 3) -> FloatArray:
    function = MEASURES[name].over_events
    assert function is not None
    unit, moment, value = (np.array(c) for c in zip(*rows, strict=True)) if rows else ([], [], [])
    return function(
        Events(
            units=units,
            unit=np.asarray(unit, dtype=np.int64),
            moment=np.asarray(moment, dtype=np.int64),
            value=np.asarray(value, dtype=np.float64),
        )
    )


def test_every_measure_says_what_it_reads() -> None:
    for name in MEASURES:
        measure = MEASURES[name]
        assert measure.kinds
        assert (measure.months is None) == ("monthly" not in measure.kinds)
        assert name in LINEAR | ANSWERS, "say which law the new measure obeys"


@pytest.mark.parametrize("name", of("monthly"))
@pytest.mark.parametrize("horizon", [1, 3, 36])
def test_a_measure_reads_no_month_of_the_draw_nor_after_the_horizon(
    name: str, horizon: int
) -> None:
    function = MEASURES[name].months
    assert function is not None
    read = list(function(horizon))
    assert read == sorted(set(read))
    assert max(read) == horizon
    assert 0 not in read
    assert min(read) >= -1


@pytest.mark.parametrize("name", of("monthly"))
def test_missing_in_missing_out_over_months(name: str) -> None:
    function = MEASURES[name].months
    assert function is not None
    width = len(list(function(3)))
    assert np.isnan(months(name, [[NAN] * width])).all()
    partial = [[0.0] * (width - 1) + [NAN]]
    assert np.isnan(months(name, partial)).all()


@pytest.mark.parametrize("name", of("events"))
def test_missing_in_missing_out_over_events(name: str) -> None:
    assert np.isnan(events(name, [(0, 5, NAN)])[0])
    assert np.isnan(events(name, [(0, 5, NAN), (0, 5, 0.0)])[0])


@pytest.mark.parametrize("name", of("events"))
def test_the_order_of_events_never_matters(name: str) -> None:
    rng = np.random.default_rng(1)
    rows = [
        (int(u), int(m), float(v))
        for u, m, v in zip(
            rng.integers(0, 3, 60), rng.integers(0, 9, 60), rng.normal(size=60), strict=True
        )
    ]
    expected = events(name, rows)
    for _ in range(5):
        shuffled = [rows[k] for k in rng.permutation(len(rows))]
        np.testing.assert_array_equal(events(name, shuffled), expected)


@pytest.mark.parametrize("name", sorted(LINEAR))
def test_amounts_follow_a_change_of_unit(name: str) -> None:
    measure = MEASURES[name]
    values = np.array([[120.0, 80.0, 7.0], [1.0, NAN, 3.0]])
    if measure.months is not None and measure.over_months is not None:
        read = values[:, : len(list(measure.months(3)))]
        np.testing.assert_allclose(measure.over_months(read * 100), 100 * measure.over_months(read))
    if measure.over_events is not None:
        one = events(name, [(0, 1, 2.0), (0, 3, 5.0), (1, 1, 4.0)])
        many = events(name, [(0, 1, 200.0), (0, 3, 500.0), (1, 1, 400.0)])
        np.testing.assert_allclose(many, 100 * one)
    if measure.over_record is not None:
        np.testing.assert_array_equal(measure.over_record(values[:, 0]), values[:, 0])


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_answers_ignore_a_change_of_unit(name: str) -> None:
    values = [[120.0, 0.0, 7.0], [0.0, 0.0, 0.0]]
    assert months(name, values) == months(name, [[x * 100 for x in row] for row in values])


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("ever", [0, 1, NAN], 1),
        ("ever", [0, 0, NAN], NAN),
        ("ever", [0, 0, 0], 0),
        ("cumulated", [1, 2, 3], 6),
        ("mean", [1, 2, 6], 3),
        ("months_in", [1, 0, 1], 2),
        # Months that passed before it first was true; all three where it never was.
        ("time_to", [1, 0, NAN], 0),
        ("time_to", [0, 0, 1], 2),
        ("time_to", [0, NAN, 1], NAN),
        ("time_to", [0, 0, 0], 3),
        ("time_to", [0, 0, NAN], NAN),
        ("change", [100, 250], 150),
        ("value_at", [7], 7),
    ],
)
def test_each_measure_over_months_by_hand(name: str, values: list[float], expected: float) -> None:
    np.testing.assert_array_equal(months(name, [values]), [expected])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ever", [1, 0, NAN]),
        ("cumulated", [8, 0, NAN]),
        ("mean", [4, NAN, NAN]),
        ("value_at", [3, NAN, NAN]),
    ],
)
def test_each_measure_over_events_by_hand(name: str, expected: list[float]) -> None:
    rows = [(0, 10, 5.0), (0, 20, 3.0), (2, 10, NAN)]
    np.testing.assert_array_equal(events(name, rows), expected)


def test_two_last_answers_that_differ_contradict_each_other() -> None:
    found = events("value_at", [(0, 9, 4.0), (0, 9, 4.0), (1, 9, 4.0), (1, 9, 5.0)])
    np.testing.assert_array_equal(found, [4.0, NAN, NAN])


def test_nobody_and_nothing_give_empty_answers() -> None:
    for name in of("events"):
        assert len(events(name, [])) == 3
        assert len(events(name, [], units=0)) == 0
