"""The pictures of a rehearsal: deviations against the bell curve of chance, ranks by place."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np

from reliance_eval.lottery.design import FloatArray
from reliance_eval.reporting.figures import INK, PALE, SETTINGS, inline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Writer = Callable[[float, int], str]

EDGES = np.arange(-4.0, 4.5, 0.5)
"""Bars of half a Monte-Carlo error; what lies beyond four goes into the last ones."""
BAR = "#c9d3dd"
BAND = 1.96
WIDTH, HEIGHT = 7.0, 3.0


def shares_by_bar(deviations: FloatArray) -> FloatArray:
    """Give the share of deviations in each bar, the ends holding what lies beyond them."""
    inside = np.clip(deviations, EDGES[0] + 1e-9, EDGES[-1] - 1e-9)
    counts = np.histogram(inside, bins=EDGES)[0]
    return np.asarray(counts / max(len(deviations), 1), dtype=np.float64)


def expected_by_bar() -> FloatArray:
    """Give the shares of the normal law in the same bars."""
    from scipy.stats import norm

    at = np.asarray(norm.cdf(EDGES), dtype=np.float64)
    at[0], at[-1] = 0.0, 1.0
    return np.diff(at)


def deviation_plot(  # noqa: PLR0913
    deviations: FloatArray,
    *,
    identifier: str,
    title: str,
    alternative: str,
    axis: str,
    height: str,
    write: Writer,
) -> str:
    """Draw gaps between chances found and declared, under the bell curve of chance."""

    def draw(axes: Axes) -> None:
        found, expected = shares_by_bar(deviations), expected_by_bar()
        middle = (EDGES[:-1] + EDGES[1:]) / 2
        axes.bar(middle, 100 * found, width=0.46, color=BAR, edgecolor=INK, linewidth=0.8)
        axes.plot(middle, 100 * expected, color=INK, linewidth=1.4, marker="o", markersize=4)
        axes.set_ylim(bottom=0)
        axes.set_xlabel(axis)
        axes.set_ylabel(height)
        axes.xaxis.set_major_formatter(lambda value, _: write(value, 0))
        axes.yaxis.set_major_formatter(lambda value, _: write(value, 0).lstrip("+"))

    return _svg(draw, identifier=identifier, title=title, alternative=alternative)


def rank_plot(  # noqa: PLR0913
    means: FloatArray,
    errors: FloatArray,
    *,
    identifier: str,
    title: str,
    alternative: str,
    axis: str,
    height: str,
    write: Writer,
) -> str:
    """Draw the mean rank in the draw of each twentieth of the list, with its interval."""
    from matplotlib.ticker import MaxNLocator

    def draw(axes: Axes) -> None:
        place = np.arange(1, len(means) + 1)
        axes.axhline(50, color=PALE, linewidth=1, linestyle=(0, (4, 3)))
        for at, mean, error in zip(place, means, errors, strict=True):
            ends = [100 * (mean - BAND * error), 100 * (mean + BAND * error)]
            axes.plot([at, at], ends, color=INK, linewidth=1.8, solid_capstyle="butt")
        axes.plot(place, 100 * means, color=INK, linestyle="none", marker="o", markersize=4)
        # Never a scale so fine that the noise of a fair draw fills the picture.
        reach = max(1.0, 1.4 * float(np.max(100 * np.abs(means - 0.5) + 100 * BAND * errors)))
        axes.set_ylim(50 - reach, 50 + reach)
        axes.set_xticks(place[:: max(1, len(place) // 10)])
        axes.set_xlabel(axis)
        axes.set_ylabel(height)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(lambda value, _: write(value, 1).lstrip("+"))

    return _svg(draw, identifier=identifier, title=title, alternative=alternative)


def _svg(draw: Callable[[Axes], None], *, identifier: str, title: str, alternative: str) -> str:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        canvas = FigureCanvasSVG(figure)
        axes = figure.subplots()
        draw(axes)
        axes.spines[["top", "right"]].set_visible(False)
        buffer = StringIO()
        canvas.print_svg(  # type: ignore[no-untyped-call]
            buffer, metadata={"Date": None, "Creator": None, "Format": None}
        )
    return inline(buffer.getvalue(), identifier=identifier, title=title, alternative=alternative)
