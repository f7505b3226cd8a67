"""Horizons: which months and days a unit is followed over, and when they are complete.

Month 0 is the calendar month of the draw's day. Windows of dated events run from the draw's day,
included, to the same day ``h`` months later, excluded: counted from the draw, never chained.
"""

from __future__ import annotations

from datetime import date

from reliance_eval.months import add_months, first_day, month_number


def window(day: date, horizon: int, *, within_months: int | None = None) -> tuple[date, date]:
    """Give the first day of a horizon's window, and the first day after it.

    ``within_months`` keeps only the last months before the horizon, never days before the draw.

    >>> window(date(2024, 8, 31), 3)
    (datetime.date(2024, 8, 31), datetime.date(2024, 11, 30))
    """
    if within_months is None or within_months >= horizon:
        return day, add_months(day, horizon)
    return add_months(day, horizon - within_months), add_months(day, horizon)


def month_complete_on(day: date, month: int, *, hindsight_months: int) -> date:
    """Give the day from which an extract holds the last word on a month after the draw.

    Parameters
    ----------
    day : date
        The draw's day.
    month : int
        The month, counted from the draw's month.
    hindsight_months : int
        Months the producer waits before a month is final.

    >>> month_complete_on(date(2018, 2, 15), 36, hindsight_months=6)
    datetime.date(2021, 9, 1)
    """
    return first_day(month_number(day) + month + 1 + hindsight_months)


def window_complete_on(day: date, horizon: int, *, hindsight_months: int) -> date:
    """Give the day from which an extract holds every event of a horizon's window."""
    return add_months(day, horizon + hindsight_months)


def is_reached(complete_on: date, extracted_on: tuple[date, ...]) -> bool:
    """Say whether any delivery was extracted once the horizon was complete."""
    return any(day >= complete_on for day in extracted_on)
