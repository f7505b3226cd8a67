"""Effects: what the offer did, as promised, with its uncertainty in words."""

from reliance_eval.estimation.comparing import itt
from reliance_eval.estimation.complying import late
from reliance_eval.estimation.estimates import Estimate, Estimates, NotEstimable, Promise
from reliance_eval.estimation.estimating import estimate
from reliance_eval.estimation.estimator import ESTIMATORS
from reliance_eval.estimation.promising import check_analyses
from reliance_eval.estimation.variance import VARIANCES

__all__ = [
    "ESTIMATORS",
    "VARIANCES",
    "Estimate",
    "Estimates",
    "NotEstimable",
    "Promise",
    "check_analyses",
    "estimate",
    "itt",
    "late",
]
