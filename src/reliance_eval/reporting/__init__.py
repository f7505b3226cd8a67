"""The report: what reviewers read, from one document model, through one disclosure gate."""

from reliance_eval.reporting.composing import Report, report

__all__ = ["Report", "report"]
