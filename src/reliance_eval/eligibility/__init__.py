"""Eligibility: who may enter the lottery, and what each criterion cost on the way."""

from reliance_eval.eligibility.cases import check_cases
from reliance_eval.eligibility.criterion import check_criteria
from reliance_eval.eligibility.flow import Flow, Step
from reliance_eval.eligibility.screening import screen

__all__ = ["Flow", "Step", "check_cases", "check_criteria", "screen"]
