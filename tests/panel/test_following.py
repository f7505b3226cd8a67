"""Following up: each value inside its window, and each absence under its own name."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_studies import DAY, EXTRACTS, LATE, UNITS, drawn, followed, found, month, outcome, study

from reliance_eval.errors import DataError, ProtocolError
from reliance_eval.panel import MEASURES, Panel, follow_up

NOT_YET, NOT_DELIVERED, MISSING = "not_yet_observed", "not_delivered", "missing"


def of(kind: str) -> list[str]:
    return [name for name in MEASURES if kind in MEASURES[name].kinds]


def monthly_rows(
    last: int = 8, first: int = -6, units: tuple[str, ...] = UNITS, **fixed: Any
) -> list[dict[str, Any]]:
    """Each unit's x is 100 × its number + the month."""
    return [
        {"id": unit, "month": month(m), "x": 100.0 * int(unit[1:]) + m, "benefit": m % 2 == 0}
        | fixed
        for unit in units
        for m in range(first, last + 1)
    ]


def test_each_measure_reads_its_months(tmp_path: Path) -> None:
    promises = [outcome(name) for name in of("monthly")]
    panel = followed(study(tmp_path, promises, deliveries={"monthly": [(LATE, monthly_rows())]}))
    # By hand: u1 has 101, 102, 103 in months 1 to 3, and 99 in month -1.
    assert found(panel, "value_at")[0] == 103
    assert found(panel, "cumulated")[0] == 306
    assert found(panel, "mean")[0] == 102
    assert found(panel, "change")[0] == 4
    assert found(panel, "months_in")[0] == 3
    assert found(panel, "ever")[0] == 1
    # Not zero from month 1 on: no month passed without it.
    assert found(panel, "time_to")[0] == 0


@pytest.mark.parametrize("name", of("monthly"))
def test_a_measure_looks_only_inside_its_months(tmp_path: Path, name: str) -> None:
    read = MEASURES[name].months
    assert read is not None
    inside = {month(m) for m in read(3)}
    rows = monthly_rows()
    disturbed = [
        row if row["month"] in inside else row | {"x": -7e6}
        for row in rows
        if row["month"] in inside or row["id"] != "u4"
    ]
    expected = None
    for k, delivered in enumerate((rows, disturbed)):
        (tmp_path / str(k)).mkdir()
        protocol = study(
            tmp_path / str(k), [outcome(name)], deliveries={"monthly": [(LATE, delivered)]}
        )
        values = found(followed(protocol), name)
        expected = expected or values
        assert values == expected


@pytest.mark.parametrize("name", of("events"))
def test_a_measure_looks_only_inside_its_window(tmp_path: Path, name: str) -> None:
    # Row O34 of the fault catalogue: what is dated before the draw is outside the window.
    inside = [
        {"id": "u1", "day": DAY, "x": 3.0},
        {"id": "u1", "day": date(2018, 5, 14), "x": 4.0},
        {"id": "u2", "day": DAY, "x": 1.0},
    ]
    outside = [
        {"id": unit, "day": day, "x": -7e6}
        for unit in UNITS
        for day in (DAY - timedelta(days=1), date(2018, 5, 15), date(2020, 1, 1))
    ]
    values = []
    for k, rows in enumerate((inside, inside + outside)):
        (tmp_path / str(k)).mkdir()
        protocol = study(
            tmp_path / str(k), [outcome(name, "events")], deliveries={"events": [(LATE, rows)]}
        )
        values.append(found(followed(protocol), name))
    assert values[0] == values[1]


def test_each_measure_reads_its_events(tmp_path: Path) -> None:
    rows = [
        {"id": "u1", "day": DAY, "x": 3.0},
        {"id": "u1", "day": date(2018, 5, 14), "x": 5.0},
        {"id": "u2", "day": date(2018, 3, 1), "x": None},
    ]
    promises = [outcome(name, "events") for name in of("events")]
    panel = followed(study(tmp_path, promises, deliveries={"events": [(LATE, rows)]}))
    # Without an event the answer is no and the sum 0; a survey without an answer is not delivered.
    assert found(panel, "ever") == [1, MISSING, 0, 0]
    assert found(panel, "cumulated") == [8, MISSING, 0, 0]
    assert found(panel, "mean") == [4, MISSING, NOT_DELIVERED, NOT_DELIVERED]
    assert found(panel, "value_at") == [5, MISSING, NOT_DELIVERED, NOT_DELIVERED]
    # On the draw's day; an unknown event; none in the three months.
    assert found(panel, "time_to") == [0, MISSING, 3, 3]


@pytest.mark.parametrize(
    ("day", "inside", "outside"),
    [
        # Last day of the three-month window and first day after it: row O33.
        (date(2024, 11, 30), date(2025, 2, 27), date(2025, 2, 28)),
        (date(2024, 2, 29), date(2024, 5, 28), date(2024, 5, 29)),
        (date(2024, 1, 31), date(2024, 4, 29), date(2024, 4, 30)),
        (date(2024, 8, 31), date(2024, 11, 29), date(2024, 11, 30)),
    ],
)
def test_a_window_ends_the_day_before_its_clamped_end(
    tmp_path: Path, day: date, inside: date, outside: date
) -> None:
    rows = [{"id": "u1", "day": inside, "x": 1.0}, {"id": "u2", "day": outside, "x": 1.0}]
    deliveries = {"events": [(date(2028, 1, 1), rows)]}
    protocol = study(tmp_path, [outcome("ever", "events")], deliveries=deliveries, day=day)
    assert found(followed(protocol), "ever") == [1, 0, 0, 0]


def test_an_old_answer_never_stands_in_for_a_missing_one(tmp_path: Path) -> None:
    rows = [
        {"id": "u1", "day": date(2018, 11, 14), "x": 3.0},
        {"id": "u2", "day": date(2018, 11, 15), "x": 4.0},
        {"id": "u3", "day": date(2018, 2, 15), "x": 5.0},
    ]
    promise = outcome("value_at", "events", horizons=(2, 12)) | {"within_months": 3}
    panel = followed(study(tmp_path, [promise], deliveries={"events": [(LATE, rows)]}))
    # The three months before 15 February 2019 begin on 15 November 2018.
    assert found(panel, "value_at", 12) == [NOT_DELIVERED, 4, NOT_DELIVERED, NOT_DELIVERED]
    assert found(panel, "value_at", 2) == [NOT_DELIVERED, NOT_DELIVERED, 5, NOT_DELIVERED]


def test_not_yet_and_not_delivered_and_missing_and_zero_are_four_things(tmp_path: Path) -> None:
    rows = [
        {"id": "u1", "month": month(3), "x": 0.0},
        {"id": "u2", "month": month(3), "x": None},
        {"id": "u3", "month": month(2), "x": 5.0},
    ]
    promises = [outcome("value_at", horizons=(3, 12))]
    extracted = date(2018, 6, 1)
    panel = followed(study(tmp_path, promises, deliveries={"monthly": [(extracted, rows)]}))
    assert found(panel, "value_at") == [0, MISSING, NOT_DELIVERED, NOT_DELIVERED]
    assert found(panel, "value_at", 12) == [NOT_YET] * 4
    assert panel.outcomes["value"].notna().sum() == 1


@pytest.mark.parametrize("name", ["cumulated", "mean", "months_in"])
def test_a_sum_with_a_month_missing_is_missing(tmp_path: Path, name: str) -> None:
    rows = [row for row in monthly_rows() if (row["id"], row["month"]) != ("u2", month(2))]
    rows = [row for row in rows if row["id"] != "u4" or row["month"] < month(1)]
    panel = followed(study(tmp_path, [outcome(name)], deliveries={"monthly": [(LATE, rows)]}))
    assert found(panel, name)[1] == MISSING
    assert found(panel, name)[3] == NOT_DELIVERED


def test_a_change_needs_a_row_after_the_draw(tmp_path: Path) -> None:
    rows = [{"id": "u1", "month": month(-1), "x": 1.0}, {"id": "u2", "month": month(3), "x": 1.0}]
    panel = followed(study(tmp_path, [outcome("change")], deliveries={"monthly": [(LATE, rows)]}))
    assert found(panel, "change") == [NOT_DELIVERED, MISSING, NOT_DELIVERED, NOT_DELIVERED]


@pytest.mark.parametrize(
    ("extracted", "status"), [(date(2018, 11, 30), NOT_YET), (date(2018, 12, 1), 103.0)]
)
def test_a_month_counts_once_its_hindsight_is_over(
    tmp_path: Path, extracted: date, status: object
) -> None:
    # Month 3 is May 2018; six months later, it is final on 1 December.
    protocol = study(
        tmp_path,
        [outcome("value_at")],
        deliveries={"monthly": [(extracted, monthly_rows())]},
        hindsight_months=6,
    )
    assert found(followed(protocol), "value_at")[0] == status


def test_a_provisional_row_never_counts(tmp_path: Path) -> None:
    provisional = (date(2018, 6, 1), monthly_rows(3, units=("u1", "u2")))
    final = (date(2018, 12, 1), monthly_rows(units=("u1",), x=7.0))
    protocol = study(
        tmp_path,
        [outcome("value_at")],
        deliveries={"monthly": [provisional, final]},
        hindsight_months=6,
    )
    assert found(followed(protocol), "value_at") == [7, *[NOT_DELIVERED] * 3]


def test_what_was_never_delivered_is_not_yet_observed(tmp_path: Path) -> None:
    promises = [outcome("value_at"), outcome("ever", "events")]
    panel = followed(study(tmp_path, promises, deliveries={}))
    assert set(panel.outcomes["status"]) == {NOT_YET}
    assert panel.deliveries == ()
    assert list(panel.units["unit"]) == list(UNITS)


def test_a_record_counts_once_it_was_extracted_at_the_horizon(tmp_path: Path) -> None:
    rows = [{"id": "u1", "score": 4.0}, {"id": "u2"}]
    promise = outcome("recorded", "households", column="score", horizons=(3, 12))
    baseline = [{"id": unit, "children": 1} for unit in UNITS]
    deliveries = {"households": [(DAY, baseline), (date(2018, 5, 15), rows)]}
    panel = followed(study(tmp_path, [promise], deliveries=deliveries))
    assert found(panel, "recorded") == [4, MISSING, NOT_DELIVERED, NOT_DELIVERED]
    assert found(panel, "recorded", 12) == [NOT_YET] * 4


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ({"above": 103}, [0, 1, 1, 1]),
        ({"at_least": 103}, [1, 1, 1, 1]),
        ({"at_most": 203}, [1, 1, 0, 0]),
        ({"below": 203}, [1, 0, 0, 0]),
        ({"is": 203}, [0, 1, 0, 0]),
        ({"above": 103, "below": 403}, [0, 1, 1, 0]),
        ({"column": "benefit"}, [0, 0, 0, 0]),
        ({"column": "benefit", "is": False}, [1, 1, 1, 1]),
        ({"column": "situation", "is": "work"}, [1, 0, MISSING, MISSING]),
    ],
)
def test_a_condition_answers_yes_or_no_and_missing_stays_missing(
    tmp_path: Path, origin: dict[str, Any], expected: list[object]
) -> None:
    situations = {"u1": "work", "u2": "leave"}
    rows = [row | {"situation": situations.get(row["id"])} for row in monthly_rows()]
    promise = outcome("value_at", **origin)
    panel = followed(study(tmp_path, [promise], deliveries={"monthly": [(LATE, rows)]}))
    assert found(panel, "value_at") == expected


def test_row_order_never_matters(tmp_path: Path) -> None:
    rows = monthly_rows()
    events = [
        {"id": u, "day": DAY + timedelta(days=k), "x": k / 7} for k in range(9) for u in UNITS
    ]
    promises = [outcome("cumulated"), outcome("mean", "events")]
    panels = []
    for k in range(3):
        (tmp_path / str(k)).mkdir()
        random.Random(k).shuffle(rows)
        random.Random(k).shuffle(events)
        deliveries = {"monthly": [(LATE, rows)], "events": [(LATE, events)]}
        panels.append(followed(study(tmp_path / str(k), promises, deliveries=deliveries)))
    assert len({str(panel.table_digests) for panel in panels}) == 1


def test_only_the_drawn_are_followed(tmp_path: Path) -> None:
    units = (*UNITS, "u5", "u6")
    households = [{"id": unit, "children": 1} for unit in units]
    deliveries = {
        "households": [(DAY, households)],
        "monthly": [(LATE, monthly_rows(units=units))],
    }
    panel = followed(study(tmp_path, [outcome("value_at")], deliveries=deliveries))
    assert list(panel.units["unit"]) == list(UNITS)
    assert set(panel.outcomes["unit"]) == set(UNITS)


TAKE_UP = {"take_up": {"extract": "participation", "column": "signed"}}


def test_who_is_absent_from_the_register_did_not_take_the_offer_up(tmp_path: Path) -> None:
    rows = [{"id": "u1", "signed": True}, {"id": "u2"}, {"id": "u3", "signed": True}]
    deliveries = {"participation": [(LATE, rows)]}
    panel = followed(study(tmp_path, [outcome("value_at")], deliveries=deliveries, clauses=TAKE_UP))
    np.testing.assert_array_equal(panel.units["take_up"], [1, np.nan, 1, 0])


def test_without_a_register_nobodys_take_up_is_known(tmp_path: Path) -> None:
    panel = followed(study(tmp_path, [outcome("value_at")], deliveries={}, clauses=TAKE_UP))
    assert panel.units["take_up"].isna().all()


def test_take_up_among_the_households_is_missing_where_it_is(tmp_path: Path) -> None:
    rows = [{"id": "u1", "score": 1.0}, {"id": "u2", "score": 0.0}, {"id": "u3"}, {"id": "u4"}]
    clauses = {"take_up": {"extract": "households", "column": "score"}}
    deliveries = {"households": [(DAY, rows)]}
    panel = followed(study(tmp_path, [outcome("value_at")], deliveries=deliveries, clauses=clauses))
    np.testing.assert_array_equal(panel.units["take_up"], [1, 0, np.nan, np.nan])


def test_a_dose_is_no_take_up(tmp_path: Path) -> None:
    rows = [{"id": unit, "score": 0.4} for unit in UNITS]
    clauses = {"take_up": {"extract": "households", "column": "score"}}
    deliveries = {"households": [(DAY, rows)]}
    protocol = study(tmp_path, [outcome("value_at")], deliveries=deliveries, clauses=clauses)
    with pytest.raises(DataError) as refused:
        followed(protocol)
    assert refused.value.faults[0].values == {"column": "score", "n": 4}


def test_variables_come_from_the_frame_and_from_the_months_before(tmp_path: Path) -> None:
    variables = [
        {"name": "before", "column": "x", "extract": "monthly", "month": -2},
        {"name": "kids", "column": "children", "bands": {"ch_1": [1, 2], "ch_2plus": [2]}},
        {
            "name": "status",
            "column": "situation",
            "extract": "monthly",
            "month": -1,
            "categories": {"work": "st_work"},
        },
    ]
    rows = [row | {"situation": "work"} for row in monthly_rows(units=("u1", "u2", "u4"))]
    protocol = study(
        tmp_path,
        [outcome("value_at")],
        deliveries={"monthly": [(LATE, rows)]},
        clauses={"variables": variables},
    )
    units = followed(protocol).units
    expected = pd.DataFrame(
        {
            "unit": UNITS,
            "arm": ["offered", "offered", "control", "control"],
            "block": "-",
            "cluster": UNITS,
            "probability": 0.5,
            "before": [98.0, 198.0, np.nan, 398.0],
            "kids": [1.0, 2.0, 3.0, 4.0],
            "kids_band": ["ch_1", "ch_2plus", "ch_2plus", "ch_2plus"],
            "status": ["work", "work", None, "work"],
            "status_band": ["st_work", "st_work", None, "st_work"],
        }
    )
    pd.testing.assert_frame_equal(units, expected, check_dtype=False)


@pytest.mark.parametrize(
    ("promise", "clauses", "code"),
    [
        (outcome("months_in", "events"), {}, "E-PANEL-MEASURE"),
        (outcome("value_at", "households", column="score"), {}, "E-PANEL-MEASURE"),
        (outcome("recorded"), {}, "E-PANEL-MEASURE"),
        (outcome("value_at") | {"within_months": 3}, {}, "E-PANEL-WITHIN"),
        (outcome("unheard_of"), {}, "E-PANEL-MEASURE"),
        (outcome("value_at", column="situation", above=3), {}, "E-PANEL-CONDITION"),
        (outcome("value_at", **{"is": "work"}), {}, "E-PANEL-CONDITION"),
        (outcome("value_at", column="situation"), {}, "E-PANEL-NOT-A-NUMBER"),
        (
            outcome("value_at"),
            {"take_up": {"extract": "monthly", "column": "benefit"}},
            "E-PANEL-TAKE-UP-ROWS",
        ),
        (
            outcome("value_at"),
            {"variables": [{"name": "v", "column": "x", "extract": "monthly", "month": 0}]},
            "E-PANEL-LATE-COVARIATE",
        ),
        (
            outcome("value_at"),
            {"variables": [{"name": "v", "column": "x", "extract": "events"}]},
            "E-PANEL-VARIABLE-EVENTS",
        ),
    ],
)
def test_what_an_extract_cannot_give_is_a_fault_of_the_protocol(
    tmp_path: Path, promise: dict[str, Any], clauses: dict[str, Any], code: str
) -> None:
    protocol = study(tmp_path, [promise], deliveries={}, clauses=clauses)
    with pytest.raises(ProtocolError) as refused:
        follow_up(drawn(protocol), ())
    assert [fault.code for fault in refused.value.faults] == [code]
    for language in ("en", "fr"):
        assert refused.value.text(language)


def test_a_panel_is_saved_and_loaded_and_shows_counts_only(tmp_path: Path) -> None:
    deliveries = {"monthly": [(LATE, monthly_rows())]}
    protocol = study(tmp_path, [outcome("value_at", horizons=(3, 36))], deliveries=deliveries)
    draw = drawn(protocol)
    panel = follow_up(draw, [])
    assert panel.deliveries == ()
    panel = followed(protocol)
    (tmp_path / "panel").mkdir()
    panel.write(tmp_path / "panel")
    again = Panel.load(tmp_path / "panel", parent=panel.parent)
    assert again.digest == panel.digest
    assert "u1" not in panel._repr_html_()
    assert list(panel.to_pandas().columns[:3]) == ["unit", "horizon_months", "value_at"]


def test_counts_follow_the_protocols_order(tmp_path: Path) -> None:
    rows = [{"id": "u4", "month": month(3), "x": 1.0}, {"id": "u2", "month": month(3)}]
    promises = [outcome("value_at"), outcome("ever", "events")]
    counts = followed(study(tmp_path, promises, deliveries={"monthly": [(LATE, rows)]})).counts()
    assert counts.to_dict("split")["data"] == [
        ["value_at", 3, "offered", NOT_DELIVERED, 1],
        ["value_at", 3, "offered", MISSING, 1],
        ["value_at", 3, "control", "observed", 1],
        ["value_at", 3, "control", NOT_DELIVERED, 1],
        ["ever", 3, "offered", NOT_YET, 2],
        ["ever", 3, "control", NOT_YET, 2],
    ]


@pytest.mark.parametrize("is_history", [False, True])
def test_o34_an_event_before_the_draw_is_a_fault_unless_the_extract_is_a_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_history: bool
) -> None:
    monkeypatch.setitem(EXTRACTS, "events", EXTRACTS["events"] | {"history": is_history})
    rows = [
        {"id": "u1", "day": date(2018, 2, 14), "x": 1.0},
        {"id": "u2", "day": date(2018, 2, 15), "x": 1.0},
    ]
    protocol = study(tmp_path, [outcome("ever", "events")], deliveries={"events": [(LATE, rows)]})
    if is_history:
        assert found(followed(protocol), "ever") == [0, 1, 0, 0]
        return
    with pytest.raises(DataError) as caught:
        followed(protocol)
    assert caught.value.exit_code == 65
    assert "1 event of “events” is from before the draw, held on 2018-02-15" in str(caught.value)
