"""The calendar's arithmetic, alike on every engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import duckdb
import narwhals.stable.v2 as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reliance_eval.months import add_months, completed_months, completed_years, month_number

DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2060, 12, 31))
Ask = Callable[[nw.Expr], nw.Expr]


def on_duckdb(dates: list[date | None], ask: Ask) -> list[int | None]:
    with duckdb.connect() as connection:
        table = pa.table({"k": range(len(dates)), "d": pa.array(dates, pa.date32())})
        frame = nw.from_native(connection.from_arrow(table))
        return _asked(frame.with_columns(x=ask(nw.col("d"))).sort("k").collect())


def on_pandas(dates: list[date | None], ask: Ask) -> list[int | None]:
    series = pd.Series(dates, dtype=pd.ArrowDtype(pa.date32()))
    return _asked(nw.from_native(pd.DataFrame({"d": series})).with_columns(x=ask(nw.col("d"))))


def on_polars(dates: list[date | None], ask: Ask) -> list[int | None]:
    frame = pl.DataFrame({"d": pl.Series(dates, dtype=pl.Date)}).lazy()
    return _asked(nw.from_native(frame).with_columns(x=ask(nw.col("d"))).collect())


def _asked(frame: nw.DataFrame) -> list[int | None]:
    return frame.to_arrow().column("x").to_pylist()


ENGINES = [on_duckdb, on_pandas, on_polars]


# Rows O33 of the fault catalogue (design/reliability.md).
@pytest.mark.parametrize(
    ("day", "three", "twelve", "thirty_six"),
    [
        (date(2024, 11, 30), date(2025, 2, 28), date(2025, 11, 30), date(2027, 11, 30)),
        (date(2024, 2, 29), date(2024, 5, 29), date(2025, 2, 28), date(2027, 2, 28)),
        (date(2024, 1, 31), date(2024, 4, 30), date(2025, 1, 31), date(2027, 1, 31)),
        (date(2024, 8, 31), date(2024, 11, 30), date(2025, 8, 31), date(2027, 8, 31)),
    ],
)
def test_months_are_added_to_the_first_day_and_clamped(
    day: date, three: date, twelve: date, thirty_six: date
) -> None:
    assert [add_months(day, k) for k in (3, 12, 36)] == [three, twelve, thirty_six]


@given(day=DAYS, months=st.integers(-600, 600))
def test_the_month_reached_is_the_month_asked(day: date, months: int) -> None:
    later = add_months(day, months)
    assert month_number(later) == month_number(day) + months
    assert later.day <= day.day


def largest_completed(since: date, on: date) -> int:
    """The definition: the largest k for which add_months(since, k) <= on."""
    k = month_number(on) - month_number(since) + 1
    while add_months(since, k) > on:
        k -= 1
    return k


def birthdays(born: date, on: date) -> int:
    """The definition: birthdays passed, one of 29 February falling on 1 March."""
    years = 0
    while True:
        year = born.year + years + 1
        try:
            birthday = born.replace(year=year)
        except ValueError:
            birthday = date(year, 3, 1)
        if birthday > on:
            return years
        years += 1


@settings(max_examples=20, deadline=None)
@given(dates=st.lists(st.none() | DAYS, min_size=1, max_size=30), on=DAYS)
def test_completed_months_follow_their_definition_on_every_engine(
    dates: list[date | None], on: date
) -> None:
    expected = [None if d is None else largest_completed(d, on) for d in dates]
    for engine in ENGINES:
        assert engine(dates, lambda column: completed_months(column, on=on)) == expected


@settings(max_examples=20, deadline=None)
@given(
    dates=st.lists(
        st.none() | st.dates(date(1920, 1, 1), date(2017, 12, 31)), min_size=1, max_size=30
    ),
    on=st.dates(date(2018, 1, 1), date(2060, 12, 31)),
)
def test_ages_follow_their_definition_on_every_engine(dates: list[date | None], on: date) -> None:
    expected = [None if d is None else birthdays(d, on) for d in dates]
    for engine in ENGINES:
        assert engine(dates, lambda column: completed_years(column, on=on)) == expected


@pytest.mark.parametrize(
    ("on", "age"),
    [(date(2018, 2, 28), 17), (date(2018, 3, 1), 18), (date(2020, 2, 29), 20)],
)
def test_who_was_born_on_29_february_is_a_year_older_on_1_march(on: date, age: int) -> None:
    for engine in ENGINES:
        assert engine([date(2000, 2, 29)], lambda c: completed_years(c, on=on)) == [age]


def test_the_clamp_lets_a_month_end_complete_a_longer_month() -> None:
    # 31 August + 6 months is clamped to 28 February.
    for on, months in ((date(2018, 2, 27), 5), (date(2018, 2, 28), 6)):
        assert on_duckdb([date(2017, 8, 31)], lambda c, on=on: completed_months(c, on=on)) == [
            months
        ]
