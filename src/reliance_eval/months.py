"""Months and years as trials and administrations count them: by the calendar, clamped, exact.

A month added to 31 January ends on the last day of February; months are always added to the
starting day, never to a day already clamped. Ages are in completed years, and who was born on
29 February completes a year on 1 March. The expressions give equal answers on every engine.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import narwhals.stable.v2 as nw

MONTHS_A_YEAR = 12


def month_number(day: date) -> int:
    """Give the number of a day's calendar month: year × 12 + month - 1.

    >>> month_number(date(2018, 2, 15)) - month_number(date(2017, 12, 31))
    2
    """
    return day.year * MONTHS_A_YEAR + day.month - 1


def first_day(month: int) -> date:
    """Give the first day of a numbered month."""
    year, index = divmod(month, MONTHS_A_YEAR)
    return date(year, index + 1, 1)


def add_months(day: date, months: int) -> date:
    """Give the same day some months later, clamped to the end of a shorter month.

    >>> add_months(date(2024, 11, 30), 3)
    datetime.date(2025, 2, 28)
    """
    first = first_day(month_number(day) + months)
    return first.replace(day=min(day.day, monthrange(first.year, first.month)[1]))


def completed_months(column: nw.Expr, *, on: date) -> nw.Expr:
    """Count the months completed between the dates of a column and one day.

    The count k is the largest for which ``add_months(date, k) <= on``. Both fall in the same
    month, so only the day decides, and on the last day of a month the clamp lets any day pass.
    """
    year, month, day = _parts(column)
    elapsed = month_number(on) - year * MONTHS_A_YEAR - (month - 1)
    if is_month_end(on):
        return elapsed
    is_late = day > on.day
    return nw.when(is_late).then(elapsed - 1).otherwise(elapsed)


def completed_years(column: nw.Expr, *, on: date) -> nw.Expr:
    """Count the birthdays completed on one day by who was born on the dates of a column.

    A birthday of 29 February is completed on 1 March of a common year.
    """
    year, month, day = _parts(column)
    elapsed = on.year - year
    is_ahead = month * 100 + day > on.month * 100 + on.day
    return nw.when(is_ahead).then(elapsed - 1).otherwise(elapsed)


def is_month_end(day: date) -> bool:
    """Say whether a day is the last of its month."""
    return (day + timedelta(days=1)).day == 1


def _parts(column: nw.Expr) -> tuple[nw.Expr, nw.Expr, nw.Expr]:
    # Polars gives months and days as eight-bit integers, which a product would overflow.
    parts = (column.dt.year(), column.dt.month(), column.dt.day())
    year, month, day = (part.cast(nw.Int64) for part in parts)
    return year, month, day
