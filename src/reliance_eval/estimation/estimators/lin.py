"""Lin's regression: the offer interacted with centred blocks and covariates."""

from __future__ import annotations

from reliance_eval.estimation.estimator import ESTIMATORS, EstimatorRule
from reliance_eval.estimation.finding import Finding, difference
from reliance_eval.estimation.regressing import regression_effects
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.variance import REGRESSION


def run(sample: Sample) -> Finding:
    """Answer with the interacted regression's coefficient of the offer."""
    sample = sample.without_take_up()
    outcomes = sample.outcome[:, None]
    return difference(sample, regression_effects(sample, outcomes, form="interacted"))


ESTIMATORS.register("lin")(
    EstimatorRule("itt", run, REGRESSION, uses_covariates=True, is_regression=True)
)
