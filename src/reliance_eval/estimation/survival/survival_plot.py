"""The picture of times to an event: a curve an arm, with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reliance_eval.language.catalogue import words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from reliance_eval.estimation.survival.lifetimes import Survival

STYLES = ("-", "--", "-.", ":")
INKS = ("#1a1a1a", "#6b6b6b", "#3b6ea5", "#a05a2c")


def figure_of(found: Survival, *, language: str) -> Figure:
    """Draw the curves up to the limit of the restricted means; legible in grey."""
    from matplotlib.figure import Figure

    say = words(language).text
    figure = Figure(figsize=(7.0, 3.8), layout="constrained")
    axis = figure.subplots()
    for place, curve in enumerate(found.curves):
        ink, style = INKS[place % len(INKS)], STYLES[place % len(STYLES)]
        times = [0.0, *curve.times, max(found.until, *curve.times, 0.0)]
        heights = [1.0, *curve.survival, curve.survival[-1] if curve.survival else 1.0]
        axis.step(times, heights, where="post", color=ink, linestyle=style, label=curve.arm)
        if curve.times:
            axis.fill_between(
                curve.times, curve.conf_low, curve.conf_high, step="post", color=ink, alpha=0.12
            )
    axis.set_xlim(0.0, found.until)
    axis.set_ylim(0.0, 1.02)
    axis.set_xlabel(say("estimation.survival.axis_time"))
    axis.set_ylabel(say("estimation.survival.axis_survival"))
    axis.legend(frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
    return figure
