"""An estimator's own statistic, had the lottery come out otherwise.

Differences in means, of units or of clusters, and the two regressions are computed for many
assignments at once; any other estimator is asked again, assignment by assignment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats
from reliance_eval.estimation.blockwise import is_nested
from reliance_eval.estimation.columns import INDICATOR, Covariates
from reliance_eval.estimation.estimates import NotEstimable
from reliance_eval.estimation.estimator import answer
from reliance_eval.estimation.redraws.additive import additive
from reliance_eval.estimation.redraws.blockwise import block_means
from reliance_eval.estimation.redraws.cluster_means import cluster_means
from reliance_eval.estimation.redraws.crossing import CrossedMeans
from reliance_eval.estimation.redraws.lin_means import lin_means
from reliance_eval.estimation.redraws.replaying import Codes, Replay
from reliance_eval.estimation.redraws.shelving import KEPT, Seats
from reliance_eval.estimation.redraws.weighing import Many, Moments
from reliance_eval.estimation.sample import REFERENCE, Sample

UNADJUSTED = ("blocked", "risk_difference")
"""Estimators whose estimate is the block-weighted difference in means. Re-draws studentise it by
its own Neyman or CR2 variance, whatever its p is from: any statistic is exact over re-draws."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """The same comparison for one or several outcomes.

    Attributes
    ----------
    estimator : str
        Its name in the registry.
    samples : tuple of Sample
        One an outcome, alike in all but the outcome.
    rows : array of bool (n,)
        Which of the drawn units the samples hold.
    """

    estimator: str
    samples: tuple[Sample, ...]
    rows: Bools

    @property
    def is_replayable(self) -> bool:
        """Whether the design says all that a re-draw needs.

        Odds that differ within a block are known for the arm a unit is in, not for the others.
        """
        return self.samples[0].weights is None

    @property
    def outcomes(self) -> Floats:
        """All outcomes, one column each, (n, m)."""
        return np.column_stack([each.outcome for each in self.samples])


def many_of(question: Question, *, arms: Sequence[int], replay: Replay | None = None) -> Many:
    """Prepare a question to be asked of many assignments.

    Parameters
    ----------
    question : Question
    arms : sequence of int
        The code a sample has for each arm of an assignment; 0 is the reference.
    replay : Replay, optional
        The lottery whose assignments of what is drawn will be given; without it, assignments are
        of all units, whatever was drawn.
    """
    sample, seats = question.samples[0], _seats(question, arms, replay)
    found: Many | None = None
    # Another package's factor and degrees of freedom are asked for again each time.
    if not sample.convention:
        if question.estimator in UNADJUSTED:
            found = _differences(question, seats, replay)
        elif not sample.is_clustered and sample.variance in (None, "HC2"):
            found = _regressions(question, seats)
    return found or Asked(question, seats, tuple(arms))


def _differences(question: Question, seats: Seats, replay: Replay | None) -> Many | None:
    """Prepare differences in means, where their variance is the design's own."""
    sample, outcomes = question.samples[0], question.outcomes
    if not sample.is_clustered:
        is_own = sample.variance in (None, "neyman", "blocked")
        return block_means(outcomes, sample.blocks, seats) if is_own else None
    if sample.variance not in (None, "CR2"):
        return None
    # Clusters that were drawn lie in one arm each; others matter to standard errors only.
    if _is_drawn_whole(sample, seats, replay):
        return cluster_means(outcomes, sample.blocks, sample.clusters, seats)
    plain = block_means(outcomes, sample.blocks, seats)
    return CrossedMeans(plain, outcomes, sample.blocks, sample.clusters, seats)


def _regressions(question: Question, seats: Seats) -> Many | None:
    """Prepare regressions with HC2, interacted or additive."""
    sample, outcomes = question.samples[0], question.outcomes
    if question.estimator == "lin":
        covariates = Covariates(sample.covariates, sample.covariate_names)
        return lin_means(outcomes, sample.blocks, covariates, seats)
    if question.estimator == "ancova" and _is_additive(sample):
        return additive(outcomes, sample.blocks, sample.covariates, seats)
    return None


def reassigned(question: Question, assigned: Codes, *, arms: Sequence[int]) -> Moments:
    """Give what the estimator would have found under assignments (r, n) of all drawn units.

    Parameters
    ----------
    question : Question
    assigned : array (r, n)
    arms : sequence of int
        The code a sample has for each arm of ``assigned``; 0 is the reference.

    Returns
    -------
    Moments
        One column a sample.
    """
    return many_of(question, arms=arms).moments(assigned)


def studentised(question: Question, assigned: Codes, *, arms: Sequence[int]) -> Floats:
    """Give the estimator's t under assignments of all drawn units, (r, m)."""
    return reassigned(question, assigned, arms=arms).studentised


def _seats(question: Question, arms: Sequence[int], replay: Replay | None) -> Seats:
    sample, codes = question.samples[0], list(arms)
    pair = (codes.index(sample.target), codes.index(REFERENCE))
    as_drawn = np.array([codes.index(arm) for arm in range(len(codes))])[sample.arms]
    if replay is None:
        rows = np.flatnonzero(question.rows)
        return Seats(rows, pair, is_whole=len(codes) == len(pair), as_drawn=as_drawn)
    columns = replay.columns[question.rows]
    moved = as_drawn[columns != KEPT]
    return Seats(columns, pair, is_whole=bool(np.isin(moved, pair).all()), as_drawn=as_drawn)


def _is_additive(sample: Sample) -> bool:
    """Say whether nothing but the offer of two arms changes from one assignment to the next."""
    is_fixed = not any(name.endswith(INDICATOR) for name in sample.covariate_names)
    return is_fixed and sample.weights is None and int(sample.arms.max()) == 1


def _is_drawn_whole(sample: Sample, seats: Seats, replay: Replay | None) -> bool:
    """Say whether a cluster is always in one arm: because it was drawn as one."""
    if replay is None:
        return is_nested(sample)
    first = np.unique(sample.clusters, return_index=True, return_inverse=True)
    leaders = first[1][first[2]]
    return bool(
        np.all(seats.columns == seats.columns[leaders])
        and np.all(sample.blocks == sample.blocks[leaders])
    )


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """An estimator asked again, assignment by assignment: any estimator, and slowly.

    Attributes
    ----------
    question : Question
    seats : Seats
    arms : tuple of int
        The code a sample has for each arm of an assignment.
    """

    question: Question
    seats: Seats
    arms: tuple[int, ...]

    def estimates(self, assigned: Codes) -> Floats:
        """Give the estimates under each assignment, (r, m)."""
        return self.moments(assigned).estimate

    def moments(self, assigned: Codes) -> Moments:
        """Give estimates and variances; NaN where the estimator has no answer."""
        codes = np.array(self.arms)[self.seats.arms(assigned)]
        shape = (len(codes), len(self.question.samples))
        found = Moments(np.full(shape, np.nan), np.full(shape, np.nan))
        for row, arms in enumerate(codes):
            for column, sample in enumerate(self.question.samples):
                given = answer(self.question.estimator, replace(sample, arms=arms))
                if not isinstance(given, NotEstimable):
                    one = given.estimate
                    found.estimate[row, column] = one.estimate
                    # A LATE is tested by its effect on the outcome: not by its standard error.
                    spread = one.estimate / one.statistic if one.statistic else one.std_error
                    found.variance[row, column] = spread**2
        return found
