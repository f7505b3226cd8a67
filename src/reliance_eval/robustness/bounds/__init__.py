"""Bounds: what missing outcomes leave undecided, and how far a conclusion stands up to them."""

from reliance_eval.robustness.bounds.bounded import Bounds
from reliance_eval.robustness.bounds.breaking_down import breakdown
from reliance_eval.robustness.bounds.confronting import Breakdown
from reliance_eval.robustness.bounds.trimmed import lee_bounds
from reliance_eval.robustness.bounds.worst_cases import worst_case_bounds

__all__ = ["Bounds", "Breakdown", "breakdown", "lee_bounds", "worst_case_bounds"]
