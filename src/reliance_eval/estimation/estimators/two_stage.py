"""Two-stage least squares with covariates, weighted by the draw's inverse probabilities.

With one offer it is the ratio of two additive regressions on the same columns; its residuals,
leverages and variances are theirs for Y - LATE x D, so every peer's convention has its number.
The weights give each block its share; without blocks they are one.
"""

from __future__ import annotations

from functools import partial

from reliance_eval.estimation.estimator import ESTIMATORS, EstimatorRule
from reliance_eval.estimation.finding import Finding, ratio
from reliance_eval.estimation.regressing import Form, regression_effects
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.variance import REGRESSION


def run(sample: Sample) -> Finding:
    """Answer with the two-stage least squares coefficient of take-up."""
    form: Form = "additive" if len(sample.block_names) == 1 else "reweighted"
    return ratio(sample, partial(regression_effects, form=form))


ESTIMATORS.register("two_stage")(
    EstimatorRule("late", run, REGRESSION, uses_covariates=True, is_regression=True)
)
