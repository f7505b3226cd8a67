"""Explaining: why an outcome is missing, where the protocol says which column tells.

A reason replaces *missing* and *not delivered*, and nothing else: what was observed stays so, and
what time has not reached yet needs no reason. What remains without one is lost.
"""

from __future__ import annotations

from collections.abc import Mapping

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from reliance_eval.extract import Extract
from reliance_eval.months import month_number
from reliance_eval.panel.history import day_number, frame_until, history
from reliance_eval.panel.horizon import window
from reliance_eval.panel.measure import DAY
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Absence

UNEXPLAINED = ("missing", "not_delivered")


def with_reasons(
    outcomes: pd.DataFrame,
    protocol: Protocol,
    extracts: Mapping[str, Extract],
    units: pd.Index[str],
) -> pd.DataFrame:
    """Give the outcomes with the reasons that the protocol's ``[[absences]]`` tell.

    Parameters
    ----------
    outcomes : DataFrame
        For each outcome and horizon in turn, one row a unit in the order of ``units``.
    protocol : Protocol
        Its lottery's day is that of the units.
    extracts : mapping of str to Extract
    units : Index of str
    """
    status = outcomes["status"].to_numpy(dtype=object).copy()
    for clause in protocol.clauses.absences:
        extract = extracts.get(clause.extract)
        if extract is None or not extract.deliveries:
            continue
        rows = _rows(clause, extract, protocol, units)
        for start in range(0, len(outcomes), len(units)):
            cell = slice(start, start + len(units))
            name, horizon = outcomes[["outcome", "horizon_months"]].iloc[start]
            if clause.outcomes and name not in clause.outcomes:
                continue
            until = _until(extract.kind, int(horizon), protocol)
            reason = _reasons(rows, until, len(units))
            is_open = np.isin(status[cell], UNEXPLAINED) & (reason != "")
            status[cell] = np.where(is_open, reason, status[cell])
    return outcomes.assign(status=status)


def _rows(
    clause: Absence, extract: Extract, protocol: Protocol, units: pd.Index[str]
) -> pd.DataFrame:
    """Bring out ``place``, ``since`` (months or days since the draw), ``moment`` and ``reason``."""
    day = protocol.clauses.lottery.day
    furthest = max(h for o in protocol.clauses.read_outcomes for h in o.horizons_months)
    frame = frame_until(extract, day, horizon=furthest)
    rows = history(extract, frame, units=units, values={"why": nw.col(clause.column)})
    start = {"monthly": month_number(day), "events": day_number(day), "units": 0}[extract.kind]
    told = {"monthly": "month", "events": "on"}.get(extract.kind)
    # Month numbers come as 32 bits, which a moment does not fit in.
    when = rows[told].astype(np.int64) if told else pd.Series(0, index=rows.index)
    return pd.DataFrame(
        {
            "place": rows["place"],
            "since": when - start,
            # Of two accounts of one moment, the one delivered later is the last.
            "moment": when * DAY + rows["extracted_on"],
            "reason": rows["why"].map(clause.codes).fillna(""),
        }
    )


def _reasons(rows: pd.DataFrame, until: int, units: int) -> npt.NDArray[np.object_]:
    """Give each unit's reason as of some time since the draw, ``""`` where its last row has none.

    Two accounts of the last moment that contradict each other tell nothing.
    """
    read = rows[(rows["since"] >= 0) & (rows["since"] <= until)]
    last = read[read["moment"] == read.groupby("place")["moment"].transform("max")]
    agreed = last.groupby("place")["reason"].agg(["first", "nunique"])
    reasons = np.full(units, "", dtype=object)
    found = agreed.loc[agreed["nunique"] == 1, "first"]
    reasons[found.index.to_numpy(dtype=np.int64)] = found.to_numpy(dtype=object)
    return reasons


def _until(kind: str, horizon: int, protocol: Protocol) -> int:
    """Give the last month, or the last day, that a horizon looks at, counted from the draw."""
    if kind != "events":
        return horizon
    first, after = window(protocol.clauses.lottery.day, horizon)
    return (after - first).days - 1
