"""The report: what reviewers read, from one document model, through one disclosure gate."""

from reliance_eval.reporting.composing import report
from reliance_eval.reporting.explaining import Explanation, explain
from reliance_eval.reporting.rendered import Report

__all__ = ["Explanation", "Report", "explain", "report"]
