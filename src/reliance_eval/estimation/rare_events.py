"""Effects on a rare yes-or-no outcome: an interval that holds where few units have it.

With three events in one arm and one in the other the usual standard error is a guess, and with
none in both it is zero. Agresti and Caffo's remedy is to count one more unit with the outcome and
one more without it in each arm: the estimate stays the observed difference, p and interval are
those of the difference so counted, and agree with one another.

Here the made-up units weigh what the arm's units weigh on average, so that blocks, weights and
clusters need no other formula; without them it is Agresti and Caffo's own. In a clustered draw
they are clusters, and the one with the outcome has it as often as the clusters that have it do.
An arm's units are compared with the arm's own mean, never with their block's: a block of two says
nothing about the spread of a rare outcome, and where it is rare block means differ little.

References
----------
Agresti and Caffo (2000), The American Statistician 54(4), 280-288: add one success and one failure.
Kish (1965), Survey Sampling, section 11.7: how many equal weights unequal ones are worth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats, Ints
from reliance_eval.estimation.effects import Effects, Tested
from reliance_eval.estimation.sample import REFERENCE, Sample, keep

FEW = 10
"""Units of an arm under which an outcome can be rare: from ten events on Welch's interval keeps
its level in arms of 10 to 500 (``tests/estimation/test_rare_events.py``, by enumeration)."""

SMALL_SHARE = 0.2
"""Part of an arm under which an outcome can be rare: three of ten units are few, not rare."""


def is_binary(values: Floats) -> bool:
    """Say whether values are nothing but zeros and ones, and not all missing."""
    known = values[np.isfinite(values)]
    return bool(len(known)) and bool(np.all((known == 0.0) | (known == 1.0)))


def is_rare(sample: Sample, rows: Bools) -> bool:
    """Say whether a yes-or-no outcome is rare, or rarely absent, in an arm.

    In an arm fewer than ten units, and fewer than one in five, have the outcome (or are without
    it). Where clusters were drawn, clusters are counted: those where any unit has it. An outcome
    that is the same for everybody is not rare; it does not vary.

    Parameters
    ----------
    sample : Sample
    rows : array of bool (n,)
        The rows an estimate uses.
    """
    if not is_binary(sample.outcome[rows & sample.compared]) or not varies(sample, rows):
        return False
    sides = [rows & (sample.arms == arm) for arm in (sample.target, REFERENCE)]
    values = [sample.outcome[side] for side in sides]
    return any(
        _is_few(sample.clusters[side], each == event)
        for side, each in zip(sides, values, strict=True)
        for event in (0.0, 1.0)
    )


def varies(sample: Sample, rows: Bools) -> bool:
    """Say whether the outcome takes two values among the rows of the two arms."""
    seen = sample.outcome[rows & sample.compared]
    return bool(np.any(seen != seen[:1]))


def with_made_up_units(sample: Sample, effects: Effects) -> Effects:
    """Give effects whose first outcome is tested by Agresti and Caffo's difference.

    Parameters
    ----------
    sample : Sample
        Its outcome is 0 or 1, and takes both values among the rows used.
    effects : Effects
        Effects on that outcome and, perhaps, on others beside it.
    """
    arms = _arms(sample, effects)
    # Columns as in ``effects``, then two for each arm: its made-up units are nobody else's.
    size = effects.influence.shape[1]
    own = np.zeros(size + 2 * (int(sample.arms.max()) + 1))
    for sign, arm, code in zip((1.0, -1.0), arms, (sample.target, REFERENCE), strict=True):
        np.add.at(own, arm.present, sign * arm.contributions)
        own[size + 2 * code : size + 2 * code + 2] = sign * arm.made_up
    others = np.pad(effects.influence[1:], ((0, 0), (0, len(own) - size)))
    values, df = effects.values.copy(), effects.df.copy()
    values[0] = arms[0].mean - arms[1].mean
    if not sample.is_clustered:
        blocks = len(np.unique(sample.blocks[effects.rows]))
        df[0] = max(df[0], float(np.sum(effects.rows & sample.compared) - 2 * blocks))
    tested = Tested(
        values=values,
        influence=np.vstack([own, others]),
        df=df,
        variance="agresti_caffo_clustered" if sample.is_clustered else "agresti_caffo",
        bounds=(-1.0, 1.0),
    )
    return effects.tested_by(tested, note="rare_events")


@dataclass(frozen=True, slots=True, eq=False)
class _Arm:
    """An arm with its made-up units: their mean, and what each group adds to it.

    ``present`` are the groups of the arm, ``contributions`` theirs, ``made_up`` those of the unit
    with the outcome and of the one without.
    """

    mean: float
    present: Ints
    contributions: Floats
    made_up: Floats


def _arms(sample: Sample, effects: Effects) -> tuple[_Arm, _Arm]:
    kept = keep(sample)
    rows = effects.rows & sample.compared
    weights = np.ones(len(rows)) if sample.weights is None else sample.weights
    cell = 2 * sample.blocks + (sample.arms != REFERENCE)
    totals = np.bincount(cell[rows], weights[rows], minlength=2 * len(sample.block_names))
    full = np.where(totals > 0.0, totals, 1.0)
    share = np.where(rows, kept.weights[sample.blocks] * weights / full[cell], 0.0)
    # The rarer answer is the event: what a cluster that has it shows of it is then its intensity.
    is_common = bool(np.sum(share[rows] * sample.outcome[rows]) > np.sum(share[rows]) / 2.0)
    event = 1.0 - sample.outcome if is_common else sample.outcome
    arm, reference = (
        _members(sample, share, event, rows & (sample.arms == code))
        for code in (sample.target, REFERENCE)
    )
    has = np.concatenate([arm.hits, reference.hits]) > 0.0
    mass = np.concatenate([arm.mass, reference.mass])
    intensity = float(np.sum(arm.hits) + np.sum(reference.hits)) / float(np.sum(mass[has]))
    sign = -1.0 if is_common else 1.0
    return arm.with_made_up(intensity, sign), reference.with_made_up(intensity, sign)


@dataclass(frozen=True, slots=True, eq=False)
class _Members:
    """The groups of an arm: each one's part of the arm's mean, and its part of the events."""

    present: Ints
    mass: Floats
    hits: Floats
    is_clustered: bool

    def with_made_up(self, intensity: float, sign: float) -> _Arm:
        """Add a group with the event, at some intensity, and one without."""
        typical = float(np.sum(self.mass**2) / np.sum(self.mass))
        whole = 1.0 + 2.0 * typical
        mean = (float(np.sum(self.hits)) + typical * intensity) / whole
        # In clusters the CR2 factor; units follow Agresti and Caffo to the letter, without one.
        room = 1.0 - self.mass / whole if self.is_clustered else np.ones_like(self.mass)
        return _Arm(
            mean=sign * mean + (sign < 0.0),
            present=self.present,
            contributions=sign * (self.hits - self.mass * mean) / (whole * np.sqrt(room)),
            made_up=sign * typical * np.array([intensity - mean, -mean]) / whole,
        )


def _members(sample: Sample, share: Floats, event: Floats, side: Bools) -> _Members:
    present, place = np.unique(sample.clusters[side], return_inverse=True)
    mass: Floats = np.bincount(place, share[side]).astype(np.float64)
    hits: Floats = np.bincount(place, share[side] * event[side]).astype(np.float64)
    return _Members(present, mass, hits, sample.is_clustered)


def _is_few(groups: Ints, is_event: Bools) -> bool:
    count = len(np.unique(groups[is_event]))
    return count < FEW and count < SMALL_SHARE * len(np.unique(groups))
