"""Following an effect through time: nothing before the draw, then month by month since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from narwhals.stable.v2.typing import IntoDataFrame

from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.estimation.estimates import Answer, NotEstimable
from reliance_eval.estimation.evolutions import by_period, published
from reliance_eval.estimation.evolutions.evolution import (
    CONVENTIONS,
    Convention,
    Dynamics,
    PeriodAnswer,
)
from reliance_eval.estimation.evolutions.simultaneous import Band, band_of, test_of_all, with_band
from reliance_eval.estimation.evolutions.stacking import Stack, Stacked, read_stack
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.framing import Columns, names_of
from reliance_eval.estimation.periods import Period, left_out, periods_of
from reliance_eval.estimation.unestimable import Unestimable

Answering: TypeAlias = Callable[[Stack, Period, int], Finding]
RULES: dict[Convention, tuple[Answering, Answering]] = {
    "default": (by_period.itt_in, by_period.late_in),
    "published": (published.itt_in, published.late_in),
}
"""How each convention answers an ITT and a LATE."""


def dynamics(  # noqa: PLR0913 (the signature is a contract)
    data: IntoDataFrame,
    *,
    unit: str,
    month: str,
    outcome: str,
    offer: str,
    take_up: str | None = None,
    blocks: str | Sequence[str] | None = None,
    wave: str | None = None,
    clusters: str | None = None,
    covariates: Sequence[str] = (),
    weights: str | None = None,
    bins: int | None = None,
    convention: Convention = "default",
    reference: object = None,
    level: float = 0.95,
) -> Dynamics | tuple[Dynamics, ...]:
    """Estimate the effect of an offer month by month, from stacked person-months.

    By default each month is the block-weighted difference in means (Lin's regression with
    covariates) among the blocks that reached it, a bin the mean of its months, and the LATE the
    ratio of two such effects. A unit's months are tied by what it contributes to each, so the
    bands over all periods since the draw (single-step ``max-|t|``) and the joint test of those
    before it (a placebo) know that they are the same people.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame
        One row a unit and month. A month without a row is missing for the unit where others of
        its block have one, and not reached by the block where none has.
    unit, month : str
        Columns; months are whole numbers counted from the draw's month, negative before it.
    outcome, offer : str
        Columns, as in ``itt``; the offer is the same in all months of a unit.
    take_up : str, optional
        Column; with it, the LATE of each period too.
    blocks : str or sequence of str, optional
        Columns within which the draw was held; several are crossed.
    wave : str, optional
        Column of the lottery (cohort) that a row belongs to, where there were several: blocks
        lie within it, and a unit drawn by two of them is one person with two rows.
    clusters : str, optional
        Column of what was drawn, where units came in groups.
    covariates : sequence of str
        Columns known before the draw, the same in all months of a unit.
    weights : str, optional
        Column of inverse probabilities of the arm, where they differ within blocks.
    bins : int, optional
        Months a period (6, say); by default every month is one. Months that fill no bin, and
        the baseline month -1, are in none.
    convention : {"default", "published"}
        ``published``: the stacked weighted regression of the Nancy trial, CR0 by block.
    reference : optional
        The value of ``offer`` that others are compared with.
    level : float
        Level of the intervals and bands.

    Returns
    -------
    Dynamics, or a tuple of them
        One a compared arm: a tuple where there are three arms or more.

    Raises
    ------
    DataError
        A column is not there or holds what it may not; a unit has two rows in a month, or its
        offer, block or covariates change from month to month.
    ProtocolError
        ``bins``, ``convention`` or ``level`` is not admissible.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {
    ...         "id": [1, 1, 2, 2, 3, 3, 4, 4],
    ...         "m": [-1, 0] * 4,
    ...         "z": [0, 0, 0, 0, 1, 1, 1, 1],
    ...         "y": [1.0, 2.0, 2.0, 3.0, 1.0, 5.0, 3.0, 8.0],
    ...     }
    ... )
    >>> found = dynamics(frame, unit="id", month="m", outcome="y", offer="z")
    >>> found.tidy()["estimate"].tolist()
    [0.5, 4.0]
    """
    if convention not in CONVENTIONS:
        values = {"name": convention, "known": ", ".join(CONVENTIONS)}
        raise ProtocolError(Fault("E-ESTIMATION-CONVENTION-DYNAMICS", "convention", dict(values)))
    columns = Columns(
        outcome=outcome,
        offer=offer,
        take_up=take_up,
        blocks=names_of(blocks),
        clusters=clusters,
        weights=weights,
        covariates=names_of(covariates),
    )
    stacked = Stacked(unit=unit, month=month, wave=wave, columns=columns)
    stack = read_stack(data, stacked, reference=reference, level=level)
    periods = periods_of(int(stack.months[0]), int(stack.months[-1]), bins=bins)
    found = tuple(
        trace(stack, periods, target=target, convention=convention)
        for target in range(1, max(2, len(stack.arms)))
    )
    return found[0] if len(found) == 1 else found


def trace(
    stack: Stack, periods: tuple[Period, ...], *, target: int, convention: Convention
) -> Dynamics:
    """Follow the effect of one arm's offer through some periods.

    Parameters
    ----------
    stack : Stack
    periods : tuple of Period
        In the order of time.
    target : int
        The arm compared with the reference.
    convention : {"default", "published"}
    """
    itt_rule, late_rule = RULES[convention]
    found = {"itt": [_answer(itt_rule, stack, period, target) for period in periods]}
    if stack.take_up is not None:
        found["late"] = [_answer(late_rule, stack, period, target) for period in periods]
    told: dict[str, list[Answer]] = {}
    band: Band | None = None
    for name, answers in found.items():
        told[name], band = _banded(answers, periods, convention, like=band)
    none: list[Answer | None] = [None] * len(periods)
    before, since = _by_time(found["itt"], periods)
    span = (int(stack.months[0]), int(stack.months[-1]))
    return Dynamics(
        outcome=stack.outcome,
        arm=stack.arms[target] if target < len(stack.arms) else "",
        reference=stack.arms[0],
        convention_name=convention,
        level=stack.people.level,
        periods=tuple(
            _period(stack, period, target, itt, late)
            for period, itt, late in zip(periods, told["itt"], told.get("late", none), strict=True)
        ),
        placebo=test_of_all(before) if before else None,
        joint=test_of_all(since) if since else None,
        months_left_out=left_out(*span, periods),
        persons_recur=stack.recurs,
        is_blocked=len(stack.people.block_names) > 1,
    )


def _answer(rule: Answering, stack: Stack, period: Period, target: int) -> Finding | NotEstimable:
    try:
        return rule(stack, period, target)
    except Unestimable as refusal:
        return NotEstimable(reason=refusal.reason, values=refusal.values)


def _banded(
    answers: Sequence[Finding | NotEstimable],
    periods: tuple[Period, ...],
    convention: Convention,
    *,
    like: Band | None,
) -> tuple[list[Answer], Band | None]:
    """Give the answers with bands: over the periods since the draw, or over all as published."""
    inside = {
        period: answer
        for answer, period in zip(answers, periods, strict=True)
        if isinstance(answer, Finding) and (convention == "published" or not period.is_before)
    }
    told: dict[Period, Answer] = {
        period: answer.estimate if isinstance(answer, Finding) else answer
        for answer, period in zip(answers, periods, strict=True)
    }
    band = band_of(tuple(inside.values()), like=like) if inside else None
    if band is not None:
        told |= zip(inside, with_band(tuple(inside.values()), band), strict=True)
    return list(told.values()), band


def _by_time(
    answers: Sequence[Finding | NotEstimable], periods: tuple[Period, ...]
) -> tuple[list[Finding], list[Finding]]:
    """Give what was found before the draw, and since."""
    found = [
        (answer, period.is_before)
        for answer, period in zip(answers, periods, strict=True)
        if isinstance(answer, Finding)
    ]
    return [a for a, is_before in found if is_before], [a for a, before in found if not before]


def _period(
    stack: Stack, period: Period, target: int, itt: Answer, late: Answer | None
) -> PeriodAnswer:
    people = stack.people
    try:
        inside = stack.blocks_in(period)
    except Unestimable:
        return PeriodAnswer(
            period=period, itt=itt, late=late, months=0, months_missing=0, reached=0.0
        )
    rows = inside[people.blocks] & ((people.arms == target) | (people.arms == 0))
    known = np.isfinite(stack.values[rows][:, stack.places(period)])
    weights = np.where(inside, people.shares, 0.0)
    waves: dict[str, float] = {}
    for wave, weight in zip(stack.waves, weights / weights.sum(), strict=False):
        waves[wave] = waves.get(wave, 0.0) + float(weight)
    return PeriodAnswer(
        period=period,
        itt=itt,
        late=late,
        months=int(known.sum()),
        months_missing=int((~known).sum()),
        reached=float(weights.sum()),
        waves={wave: weight for wave, weight in waves.items() if weight > 0.0},
    )
