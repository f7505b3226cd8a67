"""Taking an offer up: the first stage on a frame or a panel, for everyone and by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reliance_eval.estimation.arrays import Bools
from reliance_eval.estimation.columns import Categories, categories
from reliance_eval.estimation.compliance.first_stages import (
    FirstStage,
    GroupStage,
    arms_spread,
    effective_f,
)
from reliance_eval.estimation.designed import Data, framed, table_of, take_up_of
from reliance_eval.estimation.each_arm import by_arm
from reliance_eval.estimation.effects import Effects
from reliance_eval.estimation.estimates import Answer
from reliance_eval.estimation.finding import difference
from reliance_eval.estimation.framing import Columns, Frame, check_variance, names_of
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.unadjusted import unadjusted_effects
from reliance_eval.estimation.unestimable import Unestimable

TAKEN = 1
"""Place of take-up among the columns, the first being what is rare or not: an outcome."""


def first_stage(  # noqa: PLR0913 (one keyword a column, as in itt)
    data: Data,
    *,
    offer: str | None = None,
    take_up: str | None = None,
    by: str | None = None,
    blocks: str | Sequence[str] | None = None,
    clusters: str | None = None,
    variance: str | None = None,
    weights: str | None = None,
    probability: str | None = None,
    reference: object = None,
    level: float = 0.95,
) -> FirstStage:
    """Estimate how much the offer moves take-up, for everyone and by cohort or block.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame, or Panel
        One row a unit; whoever's take-up is known counts, with or without an outcome.
    offer, take_up : str
        Columns. A panel knows its own.
    by : str, optional
        Column known before the draw whose levels are shown apart: the cohort, the block; of a
        panel, ``wave``, ``block``, or a variable of the protocol.
    blocks, clusters, variance, weights, probability, reference, level
        As in ``itt``.

    Returns
    -------
    FirstStage
        With the effective F, which with one arm is the robust F.

    Raises
    ------
    DataError
        A column is not there, or holds what it may not.
    ProtocolError
        ``variance`` or ``level`` is not admissible, or what is said of the design of a panel is
        not its draw's.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"z": [0, 0, 0, 1, 1, 1, 1, 1], "d": [0, 0, 0, 1, 1, 1, 1, 0]})
    >>> found = first_stage(frame, offer="z", take_up="d")
    >>> found.estimate.estimate, round(found.effective_f, 6)
    (0.8, 16.0)
    """
    taken = take_up_of(data, take_up)
    columns = Columns(
        outcome=taken,
        offer=offer or "",
        blocks=names_of(blocks),
        clusters=clusters,
        weights=weights,
        probability=probability,
    )
    frame = framed(
        data,
        columns,
        reference=reference,
        variance=variance,
        level=level,
        horizon_months=None,
    )
    check_variance(frame.sample, "wald")
    groups: list[GroupStage] = []
    if by is not None:
        column = table_of(data, (by,), where="by")[by]
        levels = categories(column.filter(frame.inside.tolist()))
        groups = [
            GroupStage(group=name, arms=_arms(_part(frame, levels, code)))
            for code, name in enumerate(levels.names)
        ]
    return FirstStage(
        overall=GroupStage(group="", arms=_arms(frame)),
        groups=tuple(groups),
        by=by or "",
        effective_f=_effective_f(frame),
    )


def _arms(frame: Frame) -> tuple[Answer, ...]:
    """Give the effect of each arm on take-up, as a LATE has it below the line."""
    return by_arm(frame, lambda sample: difference(sample, _on_take_up(sample), TAKEN).estimate)


def _part(frame: Frame, levels: Categories, code: int) -> Frame:
    """Give one group of a frame, its blocks weighed by their share of it."""
    rows: Bools = levels.codes == code
    sample = frame.sample.only(rows)
    totals = np.bincount(sample.blocks, sample.weights, minlength=len(sample.block_names))
    return replace(frame, sample=replace(sample, shares=totals / totals.sum()))


def _effective_f(frame: Frame) -> float | None:
    """Give the effective F of all arms together; None where there is no first stage."""
    sample, arms = frame.sample, len(frame.arms) - 1
    try:
        effects = [_on_take_up(replace(sample, target=arm + 1)) for arm in range(arms)]
    except Unestimable:
        return None
    rows = np.logical_or.reduce([found.rows for found in effects])
    return effective_f(
        np.array([found.values[TAKEN] for found in effects]),
        np.stack([found.influence[TAKEN] for found in effects]),
        arms_spread(sample, rows, arms),
    )


def _on_take_up(sample: Sample) -> Effects:
    columns = np.column_stack([1.0 - sample.outcome, sample.outcome])
    return unadjusted_effects(sample.without_covariates(), columns)
