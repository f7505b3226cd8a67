"""The LATE with Lin's adjustment above and below the line."""

from __future__ import annotations

from functools import partial

from reliance_eval.estimation.estimator import ESTIMATORS, EstimatorRule
from reliance_eval.estimation.finding import Finding, ratio
from reliance_eval.estimation.regressing import regression_effects
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.variance import REGRESSION


def run(sample: Sample) -> Finding:
    """Answer with Lin's ITT over Lin's first stage."""
    return ratio(sample, partial(regression_effects, form="interacted"))


ESTIMATORS.register("wald_lin")(
    EstimatorRule("late", run, REGRESSION, uses_covariates=True, is_regression=True)
)
