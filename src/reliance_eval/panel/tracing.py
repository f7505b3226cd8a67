"""Tracing: each month of the outcomes that are followed, before the draw and since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from reliance_eval.extract import Extract
from reliance_eval.months import month_number
from reliance_eval.panel.history import day_number, history, value_of
from reliance_eval.panel.measure import FloatArray
from reliance_eval.panel.observing import Calendar
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Outcome


def traced(protocol: Protocol) -> dict[str, range]:
    """Give the months of each outcome that is followed, in the file's order.

    Some ``[[dynamics]]`` follows it, or it is compared at months before the draw.
    """
    asked = [(clause.outcome, clause.from_, clause.to) for clause in protocol.clauses.dynamics]
    asked += [
        (outcome.name, min(outcome.placebo_months), max(outcome.placebo_months))
        for outcome in protocol.clauses.outcomes
        if outcome.placebo_months
    ]
    spans: dict[str, range] = {}
    for name, first, last in asked:
        held = spans.get(name, range(first, last + 1))
        spans[name] = range(min(held.start, first), max(held.stop, last + 1))
    return spans


def months_of(
    protocol: Protocol, extracts: Mapping[str, Extract], units: pd.Index[str]
) -> pd.DataFrame:
    """Give each month of each traced outcome, one row a unit: as outcomes, the month as horizon.

    A month's value is the column, or the answer to the condition, that the outcome's measure
    sums up. What an extract says of a month before it is complete does not count.
    """
    parts = [
        _trace(protocol.outcome(name), months, protocol, extracts, units)
        for name, months in traced(protocol).items()
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _trace(
    outcome: Outcome,
    months: range,
    protocol: Protocol,
    extracts: Mapping[str, Extract],
    units: pd.Index[str],
) -> pd.DataFrame:
    extract = extracts.get(outcome.origin.extract)
    calendar = Calendar(
        day=protocol.clauses.lottery.day,
        hindsight_months=protocol.extract(outcome.origin.extract).hindsight_months,
        extracted_on=tuple(d.extracted_on for d in extract.deliveries) if extract else (),
    )
    reached = np.array([calendar.covers("monthly", month) for month in months])
    values = np.full((len(months), len(units)), np.nan)
    has_row = np.zeros(values.shape, dtype=np.bool_)
    if extract is not None and reached.any():
        rows = _rows(extract, outcome, months, calendar.day, units)
        place = rows["month"].to_numpy() - month_number(calendar.day) - months.start
        final = np.array([day_number(calendar.complete_on("monthly", month)) for month in months])
        is_final = rows["extracted_on"].to_numpy() >= final[place]
        place, unit = place[is_final], rows["place"].to_numpy()[is_final]
        values[place, unit] = rows[outcome.name].to_numpy(dtype=np.float64)[is_final]
        has_row[place, unit] = True
    return _table(outcome.name, months, units, values, _statuses(values, has_row, reached))


def _rows(
    extract: Extract, outcome: Outcome, months: range, day: date, units: pd.Index[str]
) -> pd.DataFrame:
    start = month_number(day)
    frame = extract.frame().filter(
        nw.col("month") >= start + months.start, nw.col("month") < start + months.stop
    )
    return history(extract, frame, units=units, values={outcome.name: value_of(outcome.origin)})


def _statuses(values: FloatArray, has_row: np.ndarray, reached: np.ndarray) -> np.ndarray:
    absent = np.where(has_row, "missing", "not_delivered")
    seen = np.where(np.isnan(values), absent, "observed")
    return np.where(reached[:, None], seen, "not_yet_observed").astype(object)


def _table(
    name: str, months: range, units: pd.Index[str], values: FloatArray, statuses: np.ndarray
) -> pd.DataFrame:
    columns = {
        "unit": np.tile(units.to_numpy(), len(months)),
        "outcome": name,
        "horizon_months": np.repeat(np.array(months, dtype=np.int64), len(units)),
        "value": values.ravel(),
        "status": statuses.ravel(),
    }
    return pd.DataFrame(columns)
