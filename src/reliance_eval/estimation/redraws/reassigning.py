"""An estimator's own statistic, had the lottery come out otherwise.

The two estimators promised most are computed for many assignments at once (``blockwise``,
``adjusted``); any other is asked again, assignment by assignment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats
from reliance_eval.estimation.blockwise import is_nested
from reliance_eval.estimation.columns import Covariates
from reliance_eval.estimation.estimates import NotEstimable
from reliance_eval.estimation.estimator import answer
from reliance_eval.estimation.redraws.adjusted import adjusted_moments
from reliance_eval.estimation.redraws.blockwise import Moments, moments
from reliance_eval.estimation.redraws.crossing import crossed_moments
from reliance_eval.estimation.redraws.replaying import Codes
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


def reassigned(question: Question, assigned: Codes, *, arms: Sequence[int]) -> Moments:
    """Give what the estimator would have found under each assignment.

    Parameters
    ----------
    question : Question
    assigned : array (r, n)
        Arms of all drawn units.
    arms : sequence of int
        The code a sample has for each arm of ``assigned``; 0 is the reference.

    Returns
    -------
    Moments
        One column a sample.
    """
    codes = np.asarray(arms, dtype=np.int8)[assigned[:, question.rows]]
    sample = question.samples[0]
    outcomes = np.column_stack([each.outcome for each in question.samples])
    pair = (sample.target, REFERENCE)
    if sample.convention:
        # Another package's factor and degrees of freedom are asked for again each time.
        return _asked(question, codes)
    if question.estimator in UNADJUSTED and not sample.is_clustered:
        if sample.variance in (None, "neyman", "blocked"):
            return moments(outcomes, codes, pair=pair, blocks=sample.blocks)
    elif question.estimator in UNADJUSTED and sample.variance in (None, "CR2"):
        # Clusters that were drawn lie in one arm each; others matter to standard errors only.
        many = moments if is_nested(sample) else crossed_moments
        return many(
            outcomes,
            codes,
            pair=pair,
            blocks=sample.blocks,
            clusters=sample.clusters,
        )
    elif (
        question.estimator == "lin" and not sample.is_clustered and sample.variance in (None, "HC2")
    ):
        return adjusted_moments(
            outcomes,
            codes,
            pair=pair,
            blocks=sample.blocks,
            covariates=Covariates(sample.covariates, sample.covariate_names),
        )
    return _asked(question, codes)


def _asked(question: Question, codes: Codes) -> Moments:
    """Ask the estimator for each assignment in turn; NaN where it has no answer."""
    shape = (len(codes), len(question.samples))
    found = Moments(np.full(shape, np.nan), np.full(shape, np.nan))
    for row, arms in enumerate(codes):
        for column, sample in enumerate(question.samples):
            moved = replace(sample, arms=arms.astype(np.int64))
            given = answer(question.estimator, moved)
            if not isinstance(given, NotEstimable):
                one = given.estimate
                found.estimate[row, column] = one.estimate
                # A LATE is tested by its effect on the outcome: not by its own standard error.
                spread = one.estimate / one.statistic if one.statistic else one.std_error
                found.variance[row, column] = spread**2
    return found


def studentised(question: Question, assigned: Codes, *, arms: Sequence[int]) -> Floats:
    """Give the estimator's t under each assignment, (r, m)."""
    return reassigned(question, assigned, arms=arms).studentised
