"""The additive regression on offer, blocks and covariates, as peers run it; asked for by name.

With blocks of unequal offer probability its estimand weights blocks by the precision of their
contrast, not by their size; a note says so.
"""

from __future__ import annotations

from reliance_eval.estimation.estimator import ESTIMATORS, EstimatorRule
from reliance_eval.estimation.finding import Finding, difference
from reliance_eval.estimation.regressing import regression_effects
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.variance import REGRESSION


def run(sample: Sample) -> Finding:
    """Answer with the additive regression's coefficient of the offer."""
    sample = sample.without_take_up()
    return difference(sample, regression_effects(sample, sample.outcome[:, None], form="additive"))


ESTIMATORS.register("ancova")(
    EstimatorRule("itt", run, REGRESSION, uses_covariates=True, is_regression=True)
)
