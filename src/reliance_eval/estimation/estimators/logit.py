"""The logit's average marginal effect, in points of probability."""

from __future__ import annotations

from reliance_eval.estimation.average_marginal import VARIANCES, logit_effects
from reliance_eval.estimation.estimator import ESTIMATORS, EstimatorRule
from reliance_eval.estimation.finding import Finding, difference
from reliance_eval.estimation.sample import Sample


def run(sample: Sample) -> Finding:
    """Answer with the average marginal effect of the offer."""
    sample = sample.without_take_up()
    return difference(sample, logit_effects(sample))


ESTIMATORS.register("logit")(
    EstimatorRule(
        "itt",
        run,
        variances=VARIANCES,
        uses_covariates=True,
        is_binary_only=True,
        instead="blocked",
    )
)
