"""The LATE by default: block-weighted ITT over block-weighted first stage."""

from __future__ import annotations

from reliance_eval.estimation.estimator import ESTIMATORS, EstimatorRule
from reliance_eval.estimation.finding import Finding, ratio
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.unadjusted import guarded_effects


def run(sample: Sample) -> Finding:
    """Answer with the ratio of the two block-weighted differences."""
    return ratio(sample, guarded_effects)


ESTIMATORS.register("wald")(EstimatorRule("late", run, is_regression=True))
