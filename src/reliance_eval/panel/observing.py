"""Observing: one outcome at one horizon, as a value a unit, or the reason there is none.

A horizon that no delivery covers is not yet observed, for everybody. Once it is covered, a unit
without a row is not delivered, and one whose row holds no value is missing. Rows cut before their
month was complete are provisional and never count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from reliance_eval.months import month_number
from reliance_eval.panel.history import day_number
from reliance_eval.panel.horizon import is_reached, month_complete_on, window, window_complete_on
from reliance_eval.panel.measure import DAY, Events, FloatArray, Measure

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Calendar:
    """What an extract allows to be known, and when.

    Attributes
    ----------
    day : date
        The draw's day.
    hindsight_months : int
        Months the producer waits before a month is final.
    extracted_on : tuple of date
        The days of the extract's deliveries.
    """

    day: date
    hindsight_months: int
    extracted_on: tuple[date, ...]

    def complete_on(self, kind: str, horizon: int) -> date:
        """Give the day from which an extract of some kind covers a horizon."""
        complete = month_complete_on if kind == "monthly" else window_complete_on
        return complete(self.day, horizon, hindsight_months=self.hindsight_months)

    def covers(self, kind: str, horizon: int) -> bool:
        """Say whether any delivery covers a horizon."""
        return is_reached(self.complete_on(kind, horizon), self.extracted_on)


@dataclass(frozen=True, slots=True)
class Sight:
    """One measure at one horizon, over some number of units.

    Attributes
    ----------
    measure : Measure
    horizon : int
        In months.
    calendar : Calendar
    units : int
        Units followed.
    within_months : int or None
        Of dated events, those of the last months before the horizon only.
    """

    measure: Measure
    horizon: int
    calendar: Calendar
    units: int
    within_months: int | None = None


def observe(
    rows: pd.DataFrame, name: str, sight: Sight
) -> tuple[FloatArray, npt.NDArray[np.object_]]:
    """Give one outcome's value and status at one horizon that the extract covers.

    Parameters
    ----------
    rows : DataFrame
        The units' rows, as ``history`` gives them.
    name : str
        The column of ``rows`` to measure.
    sight : Sight
        The measure, the horizon, the calendar and the number of units.

    Returns
    -------
    values : float array, shape (units,)
        NaN unless observed.
    statuses : array of str, shape (units,)
    """
    if "month" in rows:
        values, has_row = _over_months(rows, name, sight)
    elif "on" in rows:
        values, has_row = _over_events(rows, name, sight)
    else:
        values, has_row = _over_record(rows, name, sight)
    absent = np.where(has_row, "missing", "not_delivered")
    return values, np.where(np.isnan(values), absent, "observed").astype(object)


def unobserved(units: int) -> tuple[FloatArray, npt.NDArray[np.object_]]:
    """Give everybody's value and status at a horizon that no delivery covers."""
    return np.full(units, np.nan), np.full(units, "not_yet_observed", dtype=object)


def _over_months(rows: pd.DataFrame, name: str, sight: Sight) -> tuple[FloatArray, BoolArray]:
    measure, calendar = sight.measure, sight.calendar
    assert measure.months is not None
    assert measure.over_months is not None
    months = np.array(measure.months(sight.horizon))
    since = rows["month"].to_numpy() - month_number(calendar.day)
    column = pd.Index(months).get_indexer(pd.Index(since))
    final = np.array([day_number(calendar.complete_on("monthly", int(m))) for m in months])
    is_read = (column >= 0) & (rows["extracted_on"].to_numpy() >= final[column])
    place, column = rows["place"].to_numpy()[is_read], column[is_read]
    values = np.full((sight.units, len(months)), np.nan)
    values[place, column] = rows[name].to_numpy(dtype=np.float64)[is_read]
    # A row from before the draw does not make a life followed.
    has_row = np.zeros(sight.units, dtype=np.bool_)
    has_row[place[months[column] >= 0]] = True
    return measure.over_months(values), has_row


def _over_events(rows: pd.DataFrame, name: str, sight: Sight) -> tuple[FloatArray, BoolArray]:
    assert sight.measure.over_events is not None
    days = window(sight.calendar.day, sight.horizon, within_months=sight.within_months)
    first, after = (day_number(day) for day in days)
    read = rows[(rows["on"] >= first) & (rows["on"] < after)]
    events = Events(
        units=sight.units,
        unit=read["place"].to_numpy(dtype=np.int64),
        # Of two accounts of one day, the one delivered later is the last.
        moment=read["on"].to_numpy() * DAY + read["extracted_on"].to_numpy(),
        value=read[name].to_numpy(dtype=np.float64),
        first_day=first,
        days=after - first,
        months=sight.within_months or sight.horizon,
    )
    return sight.measure.over_events(events), events.count() > 0


def _over_record(rows: pd.DataFrame, name: str, sight: Sight) -> tuple[FloatArray, BoolArray]:
    assert sight.measure.over_record is not None
    final = day_number(sight.calendar.complete_on("units", sight.horizon))
    read = rows[rows["extracted_on"] >= final]
    place = read["place"].to_numpy()
    values = np.full(sight.units, np.nan)
    values[place] = read[name].to_numpy(dtype=np.float64)
    has_row = np.zeros(sight.units, dtype=np.bool_)
    has_row[place] = True
    return sight.measure.over_record(values), has_row
