"""The picture of an effect through time: points, pointwise bars, and the band over all periods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reliance_eval.estimation.estimates import Estimate
from reliance_eval.language.catalogue import words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from reliance_eval.estimation.evolutions.evolution import Dynamics

INK, PALE, BAND = "#1a1a1a", "#6b6b6b", "#d0d0d0"


def figure_of(found: Dynamics, *, estimand: str, language: str) -> Figure:
    """Draw one estimand: bars are pointwise intervals, the shaded band holds for all periods.

    An unbounded end of a set is drawn at the estimate.
    """
    from matplotlib.figure import Figure

    say = words(language).text
    shown = [
        (period.period, answer)
        for period in found.periods
        if isinstance(answer := period.answers.get(estimand), Estimate)
    ]
    figure = Figure(figsize=(7.0, 3.6), layout="constrained")
    axis = figure.subplots()
    axis.axhline(0.0, color=INK, linewidth=0.8)
    axis.axvline(-0.5, color=PALE, linewidth=0.8, linestyle=(0, (4, 3)))
    for period, answer in shown:
        middle = (period.first + period.last) / 2.0
        half = max((period.last - period.first + 1) / 2.0, 0.5)
        wide_low, wide_high = answer.conf_low_adjusted, answer.conf_high_adjusted
        if wide_low is not None and wide_high is not None:
            sides = [middle - half, middle + half]
            axis.fill_between(sides, wide_low, wide_high, color=BAND, linewidth=0.0)
        low, high = (
            answer.estimate if end is None else end for end in (answer.conf_low, answer.conf_high)
        )
        axis.plot([middle, middle], [low, high], color=INK, linewidth=1.6)
        axis.plot([middle], [answer.estimate], color=INK, marker="o", markersize=4.5)
    axis.set_xlabel(say("estimation.dynamics.axis_months"))
    axis.set_ylabel(say(f"estimation.dynamics.axis_{estimand}", outcome=found.outcome))
    axis.set_title(
        say("estimation.dynamics.reading", level=f"{100 * found.level:g}"), loc="left", fontsize=9
    )
    axis.spines[["top", "right"]].set_visible(False)
    return figure
