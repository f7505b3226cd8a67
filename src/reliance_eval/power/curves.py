"""The picture of power: by formula as lines, by simulated trials as marks, legible in grey."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from reliance_eval.power.diagnosis import Point
from reliance_eval.power.operating import Measured
from reliance_eval.reporting.figures import INK, PALE, SETTINGS, inline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 7.0, 3.6
BAND = 1.96
"""Monte-Carlo errors on either side of a mark: 95 times in 100 they hold what they estimate."""
DASHES = (0, (5, 3))
DOTS = (0, (1, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a picture of power shows, and in which words.

    Attributes
    ----------
    points : tuple of Point
        Effects in the unit of the axis.
    power : float
        The power asked for, drawn as a level.
    matters : float or None
        The smallest effect that matters, drawn as a place.
    has_family : bool
        Whether a corrected curve is another one.
    names : tuple of str
        Of the two lines, then of the two kinds of marks.
    """

    points: tuple[Point, ...]
    power: float
    matters: float | None
    has_family: bool
    axis: str
    height: str
    names: tuple[str, str, str, str]
    write: Callable[[float, int], str]


def power_plot(shown: Drawn, *, identifier: str, title: str, alternative: str) -> str:
    """Draw power against the effect of the offer."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        canvas = FigureCanvasSVG(figure)
        axes = figure.subplots()
        _draw(axes, shown)
        buffer = StringIO()
        canvas.print_svg(  # type: ignore[no-untyped-call]
            buffer, metadata={"Date": None, "Creator": None, "Format": None}
        )
    return inline(buffer.getvalue(), identifier=identifier, title=title, alternative=alternative)


def _draw(axes: Axes, shown: Drawn) -> None:
    from matplotlib.ticker import MaxNLocator

    alone, family, of_alone, of_family = shown.names
    effects = [point.effect for point in shown.points]
    axes.axhline(100 * shown.power, color=PALE, linewidth=1, linestyle=DOTS)
    if shown.matters is not None:
        axes.axvline(shown.matters, color=PALE, linewidth=1, linestyle=DOTS)
    lines = [100 * point.formula for point in shown.points]
    axes.plot(effects, lines, color=INK, linewidth=1.6, label=alone)
    _marks(axes, effects, [p.simulated for p in shown.points], marker="o", label=of_alone)
    if shown.has_family:
        lines = [100 * point.formula_family for point in shown.points]
        axes.plot(effects, lines, color=INK, linewidth=1.6, linestyle=DASHES, label=family)
        marks = [point.simulated_family for point in shown.points]
        _marks(axes, effects, marks, marker="s", label=of_family)
    axes.set_ylim(0, 103)
    axes.set_xlim(left=0)
    axes.set_xlabel(shown.axis)
    axes.set_ylabel(shown.height)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]))
    digits = max(len(f"{value:.6f}".rstrip("0").partition(".")[2]) for value in axes.get_xticks())
    axes.xaxis.set_major_formatter(lambda value, _: shown.write(value, digits))
    axes.yaxis.set_major_formatter(lambda value, _: shown.write(value, 0))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9, loc="lower right")


def _marks(
    axes: Axes, effects: list[float], measured: list[Measured | None], *, marker: str, label: str
) -> None:
    """Draw what was simulated, hollow, each mark with its interval."""
    kept = [(x, m) for x, m in zip(effects, measured, strict=True) if m is not None]
    if not kept:
        return
    for at, mark in kept:
        ends = [100 * max(0.0, min(1.0, mark.value + side * BAND * mark.error)) for side in (-1, 1)]
        axes.plot([at, at], ends, color=PALE, linewidth=1.2, solid_capstyle="butt")
    axes.plot(
        [at for at, _ in kept],
        [100 * mark.value for _, mark in kept],
        color=INK,
        linestyle="none",
        marker=marker,
        markersize=5,
        markerfacecolor="white",
        label=label,
    )
