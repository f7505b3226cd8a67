"""Effects by period as the Nancy trial published them: a stacked weighted regression.

Outcome on block x cohort x month effects and the offer, recentred at its share of the block, by
month or bin of months, with centred baseline covariates by month; weights Z/q + (1 - Z)/(1 - q);
CR0 by block x cohort, no factor for small samples, the normal law; blocks with fewer than two units
in an arm are left out. Two-stage least squares instruments take-up by the recentred offer.

All effects and covariates are of one month, so a period is a regression of its own: the periods are
tied by the blocks' contributions, not by the coefficients. Within a block the recentred offer and
the offer differ by a constant, which the effects absorb.

References
----------
Heim (2024), Welfare-to-what?, equations 6, 7, 10 and 11.
Borusyak, Hull and Jaravel (2022), Review of Economic Studies 89(1), 181-213: recentring.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reliance_eval.estimation.absorbing import absorbed_least_squares
from reliance_eval.estimation.arrays import ROUNDING, Bools, Floats, Ints
from reliance_eval.estimation.effects import Effects
from reliance_eval.estimation.evolutions.by_period import sample_in
from reliance_eval.estimation.evolutions.stacking import Stack
from reliance_eval.estimation.finding import Finding, difference, ratio
from reliance_eval.estimation.inference import critical_value, interval, p_value
from reliance_eval.estimation.periods import Period
from reliance_eval.estimation.sample import REFERENCE, Sample
from reliance_eval.estimation.unestimable import Unestimable
from reliance_eval.estimation.variance import spread

OFFER = "offer"
LEAST = 2
"""Units that a block must have in each arm (Heim 2024, appendix)."""


def itt_in(stack: Stack, period: Period, target: int) -> Finding:
    """Give the effect of the offer in a period, as published.

    Raises
    ------
    Unestimable
        Nobody reached the period, no block has two units in each arm, or the outcome is constant.
    """
    sample = sample_in(stack, period, target).without_take_up()
    return difference(sample, _effects(stack, period, target, with_take_up=False))


def late_in(stack: Stack, period: Period, target: int) -> Finding:
    """Give the effect of taking the offer up in a period, by two-stage least squares, as published.

    p and interval are of the estimate over its standard error; the Anderson-Rubin set is beside.
    """
    sample = sample_in(stack, period, target)
    effects = _effects(stack, period, target, with_take_up=True)
    found = ratio(sample, lambda _sample, _columns: effects)
    answer = found.estimate
    influence = effects.influence[0] - answer.estimate * effects.influence[1]
    if answer.std_error <= ROUNDING * abs(answer.estimate):
        raise Unestimable("no_variation")
    statistic = answer.estimate / answer.std_error
    value, error = answer.estimate, answer.std_error
    ((low, high),) = interval(value, error, critical_value(answer.level, answer.df))
    told = answer.revised(
        statistic=statistic,
        p_value=p_value(statistic, answer.df),
        conf_low=low,
        conf_high=high,
    )
    return Finding(
        told, influence / effects.values[1], lambda critical: interval(value, error, critical)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Months:
    """The person-months of a period that a regression uses, one row each."""

    unit: Ints
    place: Ints
    outcomes: Floats


def _effects(stack: Stack, period: Period, target: int, *, with_take_up: bool) -> Effects:
    """Give the coefficient of the offer on the outcome (and on what a LATE takes)."""
    people = replace(stack.people, target=target)
    weights, is_kept = _weights(people)
    inside = is_kept & stack.blocks_in(period)
    if not np.any(inside):
        raise Unestimable("no_common_block")
    rows = _rows(stack, period, people.compared & inside[people.blocks], with_take_up=with_take_up)
    block = people.blocks[rows.unit]
    cell = block * len(stack.months) + rows.place
    own = weights[rows.unit]
    names, design = _design(people, rows)
    _, cell = np.unique(cell, return_inverse=True)
    fit = absorbed_least_squares(design, rows.outcomes, names=names, effects=(cell,), weights=own)
    if OFFER not in fit.names:
        raise Unestimable("no_contrast")
    found = spread(fit, OFFER, convention="CR0", clusters=block, groups=len(people.block_names))
    seen = np.zeros(len(people.arms), dtype=np.bool_)
    seen[rows.unit] = True
    control = people.arms[rows.unit] == REFERENCE
    notes = _notes(people, fit.dropped, stack.blocks_in(period) & ~is_kept)
    pull = ROUNDING * np.linalg.norm(fit.pull(OFFER))
    noise = pull * np.linalg.norm(rows.outcomes * np.sqrt(own)[:, None], axis=0)
    influence = found.influence.copy()
    influence[np.linalg.norm(influence, axis=1) <= noise] = 0.0
    return Effects(
        values=fit.coefficients[fit.names.index(OFFER)],
        influence=influence,
        df=np.full(rows.outcomes.shape[1], np.inf),
        variance="CR0",
        rows=seen[stack.blocks_in(period)[people.blocks]],
        mean_reference=np.average(rows.outcomes[control], axis=0, weights=own[control]),
        notes=tuple(notes),
        note_values=notes,
    )


def _weights(people: Sample) -> tuple[Floats, Bools]:
    """Give the weight of each unit, and the blocks with at least two units in each arm."""
    size = len(people.block_names)
    counts = np.stack(
        [np.bincount(people.blocks[people.arms == arm], minlength=size)
         for arm in (REFERENCE, people.target)]
    )  # fmt: skip
    is_kept = counts.min(axis=0) >= LEAST
    if people.weights is not None:
        return people.weights, is_kept
    offered = people.arms == people.target
    own = np.where(offered, counts[1][people.blocks], counts[0][people.blocks])
    return counts.sum(axis=0)[people.blocks] / np.maximum(own, 1), is_kept


def _rows(stack: Stack, period: Period, units: Bools, *, with_take_up: bool) -> _Months:
    """List the person-months whose outcome (and take-up) is known."""
    places = stack.places(period)
    values = stack.values[:, places]
    known = np.isfinite(values) & units[:, None]
    taken = stack.take_up[:, places] if with_take_up and stack.take_up is not None else None
    if taken is not None:
        known &= np.isfinite(taken)
    unit, column = np.nonzero(known)
    columns = [values[unit, column]]
    if not len(unit):
        raise Unestimable("no_outcome")
    if taken is not None:
        took = taken[unit, column]
        columns += [took, (1.0 - took) * columns[0], 1.0 - took]
    return _Months(unit, places[column], np.column_stack(columns))


def _design(people: Sample, rows: _Months) -> tuple[tuple[str, ...], Floats]:
    """Give the offer, and the covariates by month."""
    names, columns = [OFFER], [(people.arms[rows.unit] == people.target).astype(float)]
    covariates = people.covariates[rows.unit]
    for place in np.unique(rows.place) if people.covariate_names else ():
        is_now = (rows.place == place).astype(float)
        for name, values in zip(people.covariate_names, covariates.T, strict=True):
            names.append(f"{name} in month {place}")
            columns.append(is_now * values)
    return tuple(names), np.column_stack(columns)


def _notes(people: Sample, dropped: tuple[str, ...], lost: Bools) -> dict[str, str]:
    notes: dict[str, str] = {}
    if np.any(lost):
        notes["thin_blocks"] = ", ".join(np.array(people.block_names, dtype=object)[lost])
    names = [n for n in people.covariate_names if any(d.startswith(f"{n} in ") for d in dropped)]
    if names:
        notes["collinear"] = ", ".join(names)
    return notes
