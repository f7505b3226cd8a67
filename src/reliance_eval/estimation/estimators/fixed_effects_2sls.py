"""Two-stage least squares with block effects, unweighted: a named sensitivity check.

Estimate and standard error come from linearmodels (HC1, or clustered, with its small-sample
factor); p and set are Anderson and Rubin's from the reduced form under the same convention.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from reliance_eval.estimation.estimator import ESTIMATORS, EstimatorRule
from reliance_eval.estimation.finding import Finding, ratio
from reliance_eval.estimation.regressing import regression_effects
from reliance_eval.estimation.sample import Sample


def run(sample: Sample) -> Finding:
    """Answer with linearmodels' IV2SLS of the outcome on take-up and block indicators."""
    from linearmodels.iv import IV2SLS

    sample = sample.only(sample.compared).without_covariates()
    sample = replace(sample, variance="CR1" if sample.is_clustered else "HC1")
    found = ratio(sample, partial(regression_effects, form="additive"))
    rows = sample.observed
    _, blocks = np.unique(sample.blocks[rows], return_inverse=True)
    indicators = (blocks[:, None] == np.arange(blocks.max() + 1)).astype(float)
    model = IV2SLS(
        sample.outcome[rows],
        indicators,
        None if sample.take_up is None else sample.take_up[rows],
        (sample.arms[rows] == sample.target).astype(float),
        weights=None if sample.weights is None else sample.weights[rows],
    )
    if sample.is_clustered:
        solved = model.fit(cov_type="clustered", debiased=True, clusters=sample.clusters[rows])
    else:
        solved = model.fit(cov_type="robust", debiased=True)
    estimate = found.estimate.revised(
        estimate=float(solved.params.iloc[-1]), std_error=float(solved.std_errors.iloc[-1])
    )
    return replace(found, estimate=estimate)


ESTIMATORS.register("fixed_effects_2sls")(EstimatorRule("late", run, ("HC1", "CR1")))
