"""Effects by period, design-based: the block-weighted difference of each month, then their mean.

Each month is a trial of its own among the blocks that reached it; a bin's effect is the mean of
its months' effects. What each unit contributes is kept from month to month, so that a person's
months are never taken for independent of one another.

References
----------
Imbens and Rubin (2015), Causal Inference, section 9.5: stratified experiments.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial, reduce
from operator import or_
from typing import TypeAlias

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats
from reliance_eval.estimation.effects import Effects
from reliance_eval.estimation.evolutions.stacking import Stack
from reliance_eval.estimation.finding import Finding, difference, ratio
from reliance_eval.estimation.periods import Period
from reliance_eval.estimation.regressing import regression_effects
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.unadjusted import guarded_effects, unadjusted_effects

EffectsOf: TypeAlias = Callable[[Sample, Floats], Effects]


def itt_in(stack: Stack, period: Period, target: int) -> Finding:
    """Give the effect of the offer in a period.

    Parameters
    ----------
    stack : Stack
    period : Period
    target : int
        The arm compared with the reference.

    Raises
    ------
    Unestimable
        Nobody reached the period, or one of its months has no estimate.
    """
    sample = sample_in(stack, period, target).without_take_up()
    return difference(sample, _effects(stack, period, target))


def late_in(stack: Stack, period: Period, target: int) -> Finding:
    """Give the effect of taking the offer up in a period: the ratio of two effects of the offer.

    Raises
    ------
    Unestimable
        As ``itt_in``; or take-up is unknown, nobody's, or the same in both arms.
    """
    sample = sample_in(stack, period, target)
    # Not of the period's means, which ``ratio`` would take, but the mean of its months' effects.
    return ratio(sample, lambda _, __: _effects(stack, period, target, with_take_up=True))


def sample_in(stack: Stack, period: Period, target: int) -> Sample:
    """Give the units whose blocks reached a period, with the means of their known months."""
    inside = stack.blocks_in(period)
    places = stack.places(period)
    taken = None if stack.take_up is None else _known_mean(stack.take_up[:, places])
    return _reached(stack, inside, target, _known_mean(stack.values[:, places]), taken)


def _reached(
    stack: Stack, inside: Bools, target: int, outcome: Floats, taken: Floats | None
) -> Sample:
    people = stack.people
    shares = np.where(inside, people.shares, 0.0)
    whole = replace(
        people, outcome=outcome, take_up=taken, target=target, shares=shares / shares.sum()
    )
    return whole.only(inside[people.blocks])


def _effects(stack: Stack, period: Period, target: int, *, with_take_up: bool = False) -> Effects:
    """Give the effects of the offer in a period: those of its month, or the mean of its months'."""
    samples = [
        _month(stack, place, period, target, with_take_up=with_take_up)
        for place in stack.places(period)
    ]
    run: EffectsOf = guarded_effects if len(samples) == 1 else unadjusted_effects
    if stack.people.covariate_names:
        run = partial(regression_effects, form="interacted")
    found = [run(sample, _columns(sample)) for sample in samples]
    if stack.recurs and not stack.people.is_clustered:
        found = [_by_person(stack, effects) for effects in found]
    return found[0] if len(found) == 1 else _mean(found)


def _month(stack: Stack, place: int, period: Period, target: int, *, with_take_up: bool) -> Sample:
    """Give one month's sample, among the blocks that reached its period."""
    taken = stack.take_up[:, place] if with_take_up and stack.take_up is not None else None
    return _reached(stack, stack.blocks_in(period), target, stack.values[:, place], taken)


def _columns(sample: Sample) -> Floats:
    """Give the outcome, and what a LATE takes beside it."""
    if sample.take_up is None:
        return sample.outcome[:, None]
    untaken = 1.0 - sample.take_up
    return np.column_stack([sample.outcome, sample.take_up, untaken * sample.outcome, untaken])


def _by_person(stack: Stack, effects: Effects) -> Effects:
    """Add up what a person contributes from each wave that drew her."""
    tested = effects.tested
    if tested is not None:
        tested = replace(tested, influence=_summed(stack, tested.influence))
    return replace(effects, influence=_summed(stack, effects.influence), tested=tested)


def _summed(stack: Stack, influence: Floats) -> Floats:
    groups = stack.people.groups
    summed = np.zeros_like(influence)
    np.add.at(summed.T, stack.persons, influence[:, :groups].T)
    summed[:, groups:] = influence[:, groups:]
    return summed


def _mean(months: Sequence[Effects]) -> Effects:
    """Give the mean of several months' effects, with the spread of that mean."""
    values: dict[str, str] = reduce(or_, (month.note_values for month in reversed(months)))
    return Effects(
        values=np.mean([month.values for month in months], axis=0),
        influence=np.mean([month.influence for month in months], axis=0),
        df=np.min([month.df for month in months], axis=0),
        variance=months[0].variance,
        rows=np.any([month.rows for month in months], axis=0),
        mean_reference=np.mean([month.mean_reference for month in months], axis=0),
        notes=tuple(dict.fromkeys(note for month in months for note in month.notes)),
        note_values=values,
    )


def _known_mean(months: Floats) -> Floats:
    """Give each unit's mean over the months known of it; NaN where none is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found: Floats = np.nanmean(months, axis=1)
    return found
