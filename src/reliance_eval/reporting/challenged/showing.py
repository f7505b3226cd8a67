"""The exhibits of a check beside its table of findings."""

from __future__ import annotations

from collections.abc import Callable

from reliance_eval.reporting.challenged.left_out import left_out_exhibits
from reliance_eval.reporting.challenged.nested_table import nested_exhibits
from reliance_eval.reporting.challenged.placebo_plot import placebo_exhibits
from reliance_eval.reporting.challenged.replayed_table import replayed_exhibits
from reliance_eval.reporting.challenged.size_table import size_exhibits
from reliance_eval.reporting.document import Block
from reliance_eval.reporting.section import Context
from reliance_eval.robustness.check import Check

TABLED = ("empirical_size", "leave_one_out", "nested", "redraws")
"""Checks whose exhibit holds every primary effect: only what needs a look gets a finding too."""


def exhibits(context: Context, name: str, found: tuple[Check, ...]) -> tuple[Block, ...]:
    """Give the exhibits of a check beside its table of findings; none for most checks."""
    made: dict[str, Callable[[Context, tuple[Check, ...]], tuple[Block, ...]]] = {
        "empirical_size": size_exhibits,
        "placebo": placebo_exhibits,
        "redraws": replayed_exhibits,
        "leave_one_out": left_out_exhibits,
        "nested": nested_exhibits,
    }
    return made[name](context, found) if name in made else ()
