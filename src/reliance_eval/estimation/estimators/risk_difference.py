"""The block-weighted risk difference with Agresti and Caffo's interval, whether rare or not."""

from __future__ import annotations

from reliance_eval.estimation.estimator import ESTIMATORS, EstimatorRule
from reliance_eval.estimation.finding import Finding, difference
from reliance_eval.estimation.rare_events import varies, with_made_up_units
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.unadjusted import unadjusted_effects
from reliance_eval.estimation.unestimable import Unestimable


def run(sample: Sample) -> Finding:
    """Answer with the difference in means; p and interval count two more units an arm."""
    sample = sample.without_take_up()
    effects = unadjusted_effects(sample, sample.outcome[:, None])
    if not varies(sample, effects.rows):
        raise Unestimable("no_variation")
    return difference(sample, with_made_up_units(sample, effects))


ESTIMATORS.register("risk_difference")(EstimatorRule("itt", run, variances=(), is_binary_only=True))
