"""The procès-verbal of a draw: what was announced, done and found, for those present to sign."""

from reliance_eval.reporting.minutes.facts import Facts, facts_of
from reliance_eval.reporting.minutes.writing import Minutes, write_minutes

__all__ = ["Facts", "Minutes", "facts_of", "write_minutes"]
