"""The evolutions that a protocol promises, from the months of its panel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from reliance_eval.estimation.arrays import Bools, Floats
from reliance_eval.estimation.evolutions.evolution import Dynamics
from reliance_eval.estimation.evolutions.evolving import trace
from reliance_eval.estimation.evolutions.stacking import Stack
from reliance_eval.estimation.periods import periods_of
from reliance_eval.estimation.sampling import Panelled
from reliance_eval.lottery.pooling import WAVE, own_name
from reliance_eval.panel import Panel
from reliance_eval.protocol.model import Dynamics as Clause

SEEN = ("observed", "missing")
"""Statuses of a month that a delivery holds something of, for the unit."""


def evolutions(panel: Panel, panelled: Panelled) -> tuple[Dynamics, ...]:
    """Follow each outcome that a ``[[dynamics]]`` names, for each compared arm.

    Blocks, clusters, waves and probabilities are the draw's. A month that a block has not
    reached, or that no delivery holds, is nobody's month of that block.
    """
    found = []
    for clause in panel.protocol.clauses.dynamics:
        stack = stack_of(panel, panelled, clause)
        periods = periods_of(clause.from_, clause.to, bins=clause.bin_months)
        found += [
            replace(
                trace(stack, periods, target=target, convention=clause.convention),
                status=clause.status,
            )
            for target in range(1, len(stack.arms))
        ]
    return tuple(found)


def stack_of(panel: Panel, panelled: Panelled, clause: Clause) -> Stack:
    """Give the months of one outcome as people by months, in the order of the draw."""
    units = panelled.units
    rows = panel.months[panel.months["outcome"] == clause.outcome]
    months = np.arange(clause.from_, clause.to + 1)
    people = panelled.everyone(clause.covariates, level=panel.protocol.clauses.inference.level)
    values, is_seen = _laid_out(rows, units["unit"], months)
    reached = np.zeros((len(people.block_names), len(months)), dtype=np.bool_)
    np.logical_or.at(reached, people.blocks, is_seen)
    taken = None
    if "late" in clause.estimands:
        known = units["take_up"].to_numpy(dtype=np.float64, na_value=np.nan)
        taken = np.repeat(known[:, None], len(months), axis=1)
    persons = pd.Index(units["unit"].map(own_name)).factorize()[0]
    return Stack(
        people=people,
        arms=panelled.arms,
        outcome=clause.outcome,
        months=months,
        values=values,
        take_up=taken,
        reached=reached,
        persons=persons.astype(np.int64),
        waves=_waves(units, people.blocks, len(people.block_names)),
    )


def _laid_out(
    rows: pd.DataFrame, units: pd.Series[str], months: np.ndarray
) -> tuple[Floats, Bools]:
    """Give the values, people by months, and whether a delivery holds the month."""
    shape = (len(units), len(months))
    values, is_seen = np.full(shape, np.nan), np.zeros(shape, dtype=np.bool_)
    inside = rows[rows["month"].isin(months)]
    place = pd.Index(units).get_indexer(pd.Index(inside["unit"]))
    column = inside["month"].to_numpy(dtype=np.int64) - int(months[0])
    status = inside["status"].to_numpy(dtype=object)
    values[place, column] = inside["value"].to_numpy(dtype=np.float64, na_value=np.nan)
    is_seen[place, column] = np.isin(status.astype(str), SEEN)
    return values, is_seen


def _waves(units: pd.DataFrame, blocks: np.ndarray, count: int) -> tuple[str, ...]:
    if WAVE not in units:
        return ()
    of_block = dict(zip(blocks.tolist(), units[WAVE].astype(str), strict=True))
    return tuple(of_block[code] for code in range(count))
