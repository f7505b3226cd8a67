"""Two-stage least squares with block effects, unweighted: a named sensitivity check.

Its own variance, where none is named, is the one most tables print: HC1, or CR1 by cluster.
"""

from __future__ import annotations

from dataclasses import replace

from reliance_eval.estimation.estimator import ESTIMATORS, EstimatorRule
from reliance_eval.estimation.estimators import ancova_2sls
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.variance import REGRESSION


def run(sample: Sample) -> Finding:
    """Answer with the two-stage least squares of the outcome on take-up and block indicators."""
    if sample.variance is None and not sample.convention:
        sample = replace(sample, variance="CR1" if sample.is_clustered else "HC1")
    return ancova_2sls.run(sample.without_covariates())


ESTIMATORS.register("fixed_effects_2sls")(
    EstimatorRule("late", run, REGRESSION, is_regression=True)
)
