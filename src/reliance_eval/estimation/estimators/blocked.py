"""The block-weighted difference in means: the default ITT."""

from __future__ import annotations

from reliance_eval.estimation.estimator import ESTIMATORS, EstimatorRule
from reliance_eval.estimation.finding import Finding, difference
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.unadjusted import guarded_effects


def run(sample: Sample) -> Finding:
    """Answer with the block-weighted difference in means."""
    sample = sample.without_take_up()
    return difference(sample, guarded_effects(sample, sample.outcome[:, None]))


ESTIMATORS.register("blocked")(EstimatorRule("itt", run, is_regression=True))
