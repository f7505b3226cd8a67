"""Challenge: checks that could overturn a result, each a file with a verdict and a sentence."""

from reliance_eval.robustness.challenging import challenge
from reliance_eval.robustness.check import CHECKS, Check, CheckRule, Checks
from reliance_eval.robustness.redraw_testing import RedrawTest, redraw_test

__all__ = ["CHECKS", "Check", "CheckRule", "Checks", "RedrawTest", "challenge", "redraw_test"]
