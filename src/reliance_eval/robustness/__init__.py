"""Challenge: checks that could overturn a result, each a file with a verdict and a sentence."""

from reliance_eval.robustness.balancing import Balance, balance
from reliance_eval.robustness.bounds import (
    Bounds,
    Breakdown,
    breakdown,
    lee_bounds,
    worst_case_bounds,
)
from reliance_eval.robustness.challenging import challenge
from reliance_eval.robustness.check import CHECKS, Check, CheckRule, Checks
from reliance_eval.robustness.deviating import deviations
from reliance_eval.robustness.deviation import Deviation
from reliance_eval.robustness.nesting import PartiallyNested, partially_nested
from reliance_eval.robustness.redraw_testing import RedrawTest, redraw_test

__all__ = [
    "CHECKS",
    "Balance",
    "Bounds",
    "Breakdown",
    "Check",
    "CheckRule",
    "Checks",
    "Deviation",
    "PartiallyNested",
    "RedrawTest",
    "balance",
    "breakdown",
    "challenge",
    "deviations",
    "lee_bounds",
    "partially_nested",
    "redraw_test",
    "worst_case_bounds",
]
