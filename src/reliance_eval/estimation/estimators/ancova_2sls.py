"""Two-stage least squares with blocks and covariates beside take-up, unweighted, as peers run it.

With one offer it is the ratio of two additive regressions on the same columns. With blocks of
unequal offer probability its estimand weights blocks by the precision of their contrast, not by
their size; a note says so.
"""

from __future__ import annotations

from functools import partial

from reliance_eval.estimation.estimator import ESTIMATORS, EstimatorRule
from reliance_eval.estimation.finding import Finding, ratio
from reliance_eval.estimation.regressing import regression_effects
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.variance import REGRESSION


def run(sample: Sample) -> Finding:
    """Answer with the two-stage least squares coefficient of take-up, of the two arms compared."""
    compared = sample.only(sample.compared)
    return ratio(compared, partial(regression_effects, form="additive"))


ESTIMATORS.register("ancova_2sls")(
    EstimatorRule("late", run, REGRESSION, uses_covariates=True, is_regression=True)
)
