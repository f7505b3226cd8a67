"""Exhibits of the challenges, one module a check, beside its table of findings."""
