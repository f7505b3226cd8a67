"""Pictures of what is missing: response through time, and the path from known to worst cases."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from reliance_eval.reporting.figures import INK, PALE, SETTINGS, inline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BAND, WIDE = "#b8b8b8", "#e2e2e2"
WRAP = 66
"""Letters of a bold title across a panel."""
STYLES = (("o", "-"), ("s", "--"), ("^", ":"), ("D", "-."))
"""Marker and line of each arm: arms are told apart without colour."""


@dataclass(frozen=True, slots=True)
class Response:
    """Shares known by horizon, one series an arm."""

    title: str
    horizons: tuple[int, ...]
    series: tuple[tuple[str, tuple[float, ...]], ...]


@dataclass(frozen=True, slots=True)
class Path:
    """Bounds and interval as more of the missing may be anything.

    Attributes
    ----------
    shares : tuple of float
        From 0 to 1.
    bounds, interval : tuple of (low, high)
        In the unit of the axis, one pair a share.
    lee : tuple of float or None
        Lee's interval, drawn beside the path.
    broken : float or None
        Share at which the interval first holds zero.
    """

    title: str
    unit: str
    shares: tuple[float, ...]
    bounds: tuple[tuple[float, float], ...]
    interval: tuple[tuple[float, float], ...]
    lee: tuple[float, float] | None
    broken: float | None
    write: Callable[[float, int], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a picture says, in one language."""

    identifier: str
    title: str
    alternative: str
    across: str
    up: str = ""


def response_picture(
    panels: tuple[Response, ...], words: Words, *, percent: Callable[[float], str]
) -> str:
    """Draw the share known at each horizon, one line an arm, one strip an outcome."""
    figure, axes = _canvas(len(panels), height=1.75)
    for axis, panel in zip(axes, panels, strict=True):
        for (label, shares), (marker, line) in zip(panel.series, STYLES * 9, strict=False):
            axis.plot(panel.horizons, shares, color=INK, marker=marker, linestyle=line, label=label)
        low = min(share for _, shares in panel.series for share in shares)
        axis.set_ylim(min(0.9, low - 0.05), 1.005)
        axis.set_xticks(panel.horizons)
        axis.yaxis.set_major_formatter(lambda value, _: percent(value))
        _head(axis, panel.title)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].legend(frameon=False, fontsize=9, loc="lower left")
    axes[-1].set_xlabel(words.across)
    return _svg(figure, words)


def path_picture(panels: tuple[Path, ...], words: Words, *, percent: Callable[[float], str]) -> str:
    """Draw bounds (dark) and interval (pale) from complete cases to worst cases."""
    figure, axes = _canvas(len(panels), height=1.3)
    for axis, panel in zip(axes, panels, strict=True):
        _draw_path(axis, panel, percent=percent)
    for axis in axes[:-1]:
        # One axis for all, numbered once: six panels fit a page in type that is read.
        axis.tick_params(axis="x", labelbottom=False)
    axes[-1].set_xlabel(words.across)
    return _svg(figure, words)


def _draw_path(axis: Axes, panel: Path, *, percent: Callable[[float], str]) -> None:
    from matplotlib.ticker import MaxNLocator

    low, high = zip(*panel.interval, strict=True)
    axis.fill_between(panel.shares, low, high, color=WIDE, linewidth=0)
    low, high = zip(*panel.bounds, strict=True)
    axis.fill_between(panel.shares, low, high, color=BAND, linewidth=0)
    for ends in (low, high):
        axis.plot(panel.shares, ends, color=INK, linewidth=1.4)
    axis.axhline(0, color=INK, linewidth=1)
    if panel.broken is not None and panel.broken > 0:
        axis.axvline(panel.broken, color=PALE, linewidth=1.2, linestyle=(0, (4, 3)))
    if panel.lee is not None:
        axis.plot([1.05, 1.05], panel.lee, color=INK, linewidth=2.6, solid_capstyle="butt")
    axis.set_xlim(0, 1.08)
    axis.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axis.xaxis.set_major_formatter(lambda value, _: percent(value))
    axis.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    axis.yaxis.set_major_formatter(lambda value, _: panel.write(value, _digits(axis)))
    _head(axis, panel.title)
    axis.set_ylabel(panel.unit)
    axis.spines[["top", "right"]].set_visible(False)


def _head(axis: Axes, title: str) -> None:
    """Set the title of a panel over as many lines as its width asks for."""
    said = "\n".join(textwrap.wrap(title, WRAP))
    axis.set_title(said, loc="left", fontsize=10.5, fontweight="bold")


def _digits(axis: Axes) -> int:
    ticks = axis.get_yticks()
    return max(len(f"{tick:.4f}".rstrip("0").partition(".")[2]) for tick in ticks)


def _canvas(count: int, *, height: float) -> tuple[Figure, list[Axes]]:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(7.0, height * count + 0.5), layout="constrained")
        return figure, list(figure.subplots(count, 1, squeeze=False)[:, 0])


def _svg(figure: Figure, words: Words) -> str:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    with mpl.rc_context(SETTINGS):
        buffer = StringIO()
        FigureCanvasSVG(figure).print_svg(  # type: ignore[no-untyped-call]
            buffer, metadata={"Date": None, "Creator": None, "Format": None}
        )
    return inline(
        buffer.getvalue(),
        identifier=words.identifier,
        title=words.title,
        alternative=words.alternative,
    )
