"""Indices of outcomes, as the protocol defines them: rows of the panel like any other outcome."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from reliance_eval.panel.summing_up import Codes, Floats, Unformed, summed_up
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Outcome

NOT_YET, OBSERVED = "not_yet_observed", "observed"
UNSEEN = ("objected", "redrawn", "died", "moved", "refused", "missing", "not_delivered")
"""Why a unit has no component at all; of several reasons the first is told."""

Cells = Mapping[tuple[str, int], pd.DataFrame]


def with_indices(
    units: pd.DataFrame, outcomes: pd.DataFrame, protocol: Protocol, *, reference: str
) -> pd.DataFrame:
    """Give the outcomes with the protocol's indices among them, in its order.

    An index is known for who has one component at least, once every component's horizon is
    reached: what is still to come would change it.

    Parameters
    ----------
    units : DataFrame
    outcomes : DataFrame
        For each outcome and horizon in turn, one row a unit in the order of ``units``.
    protocol : Protocol
    reference : str
        The arm whose standard deviations are the index's unit.
    """
    clauses = protocol.clauses.outcomes
    if all(outcome.index is None for outcome in clauses):
        return outcomes
    cells = {
        (str(rows["outcome"].iloc[0]), int(rows["horizon_months"].iloc[0])): rows
        for start in range(0, len(outcomes), len(units))
        if len(rows := outcomes.iloc[start : start + len(units)])
    }
    names = [reference, *sorted(set(units["arm"]) - {reference})]
    arms = units["arm"].map(names.index).to_numpy(dtype=np.int64)
    ordered = [
        cells[outcome.name, horizon]
        if outcome.index is None
        else _index(outcome, horizon, cells, protocol=protocol, arms=arms)
        for outcome in clauses
        for horizon in outcome.horizons_months
    ]
    return pd.concat(ordered, ignore_index=True)


def _index(
    outcome: Outcome, horizon: int, cells: Cells, *, protocol: Protocol, arms: Codes
) -> pd.DataFrame:
    assert outcome.index is not None
    parts = [cells[name, horizon] for name in outcome.index.of]
    statuses = np.column_stack([part["status"].to_numpy(dtype=object) for part in parts])
    components = np.column_stack([part["value"].to_numpy(dtype=np.float64) for part in parts])
    lower = [protocol.outcome(name).better == "lower" for name in outcome.index.of]
    is_open = np.any(statuses == NOT_YET, axis=1)
    components[is_open] = np.nan
    values = _values(components, arms, np.where(lower, -1.0, 1.0), outcome)
    status = np.full(len(values), "missing", dtype=object)
    for reason in reversed(UNSEEN):
        status[np.any(statuses == reason, axis=1)] = reason
    # Who has a component and no value has no index for want of the weights: that is missing.
    status[np.any(statuses == OBSERVED, axis=1)] = "missing"
    status[~np.isnan(values)] = OBSERVED
    status[is_open] = NOT_YET
    return parts[0].assign(outcome=outcome.name, value=values, status=status)


def _values(components: Floats, arms: Codes, signs: Floats, outcome: Outcome) -> Floats:
    assert outcome.index is not None
    try:
        return summed_up(components, arms, signs, outcome.index.method).values
    except Unformed:
        return np.full(len(components), np.nan)
