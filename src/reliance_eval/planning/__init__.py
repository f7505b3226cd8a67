"""The pre-analysis plan: a protocol as a document, before anything is known."""

from reliance_eval.planning.planning import Plan, plan

__all__ = ["Plan", "plan"]
