"""Pictures as SVG text, the same bytes on every run, legible in grey.

Matplotlib's object interface is used (no pyplot, no global figure); text stays text, so that a
screen reader and a search find it. What identifies a run (dates, random ids) is left out.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import Locator

INK = "#1a1a1a"
PALE = "#6b6b6b"
WRAP = 75
"""Letters across a picture: those of the labels, then those of the bold title."""
LEAST_WRAP = 24
SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "reliance-eval",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "axes.edgecolor": PALE,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.parse_math": False,
    "figure.constrained_layout.h_pad": 0.12,
}


@dataclass(frozen=True, slots=True)
class Whisker:
    """One effect: its place on the axis, its interval and, if there is one, the wider one."""

    label: str
    estimate: float
    low: float
    high: float
    low_adjusted: float | None = None
    high_adjusted: float | None = None


@dataclass(frozen=True, slots=True)
class Strip:
    """The effects on one outcome, on an axis of their own.

    Attributes
    ----------
    smallest : float or None
        Smallest effect that matters, drawn on both sides of zero.
    write : callable
        Writes a value of the axis with a number of decimals.
    """

    title: str
    unit: str
    whiskers: tuple[Whisker, ...]
    smallest: float | None
    write: Callable[[float, int], str]


def coefficient_plot(
    strips: tuple[Strip, ...], *, identifier: str, title: str, alternative: str
) -> str:
    """Draw effects with their intervals, one strip an outcome.

    The thick line is the interval, the thin one the simultaneous interval; dashes mark the
    smallest effect that matters, on both sides of zero.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    # A title begins where the axis does: long labels leave it less room.
    longest = max(len(whisker.label) for strip in strips for whisker in strip.whiskers)
    width = max(LEAST_WRAP, int(WRAP - longest))
    titles = ["\n".join(textwrap.wrap(strip.title, width)) for strip in strips]
    heights = [
        0.62 + 0.3 * len(strip.whiskers) + 0.19 * title.count("\n")
        for strip, title in zip(strips, titles, strict=True)
    ]
    with mpl.rc_context(SETTINGS):
        total = sum(heights) + 0.35 * len(strips)
        figure = Figure(figsize=(7.0, total), layout="constrained")
        canvas = FigureCanvasSVG(figure)
        axes = figure.subplots(len(strips), 1, squeeze=False, height_ratios=heights)
        for axis, strip, heading in zip(axes[:, 0], strips, titles, strict=True):
            _draw_strip(axis, strip, heading)
        buffer = StringIO()
        canvas.print_svg(  # type: ignore[no-untyped-call]
            buffer, metadata={"Date": None, "Creator": None, "Format": None}
        )
    return inline(buffer.getvalue(), identifier=identifier, title=title, alternative=alternative)


def _draw_strip(axis: Axes, strip: Strip, heading: str) -> None:
    places = range(len(strip.whiskers), 0, -1)
    axis.axvline(0, color=INK, linewidth=1)
    if strip.smallest is not None:
        for side in (-strip.smallest, strip.smallest):
            axis.axvline(side, color=PALE, linewidth=1, linestyle=(0, (4, 3)))
    for place, whisker in zip(places, strip.whiskers, strict=True):
        if whisker.low_adjusted is not None and whisker.high_adjusted is not None:
            ends = [whisker.low_adjusted, whisker.high_adjusted]
            axis.plot(ends, [place] * 2, color=INK, linewidth=0.9, marker="|", markersize=7)
        ends = [whisker.low, whisker.high]
        axis.plot(ends, [place] * 2, color=INK, linewidth=2.6, solid_capstyle="butt")
        axis.plot([whisker.estimate], [place], color=INK, marker="o", markersize=6)
    axis.set_yticks(list(places), [whisker.label for whisker in strip.whiskers])
    axis.set_ylim(0.4, len(strip.whiskers) + 0.6)
    axis.set_title(heading, loc="left", fontsize=10.5, fontweight="bold")
    axis.set_xlabel(strip.unit)
    axis.xaxis.set_major_locator(_ticks())
    digits = max(_decimals(value) for value in axis.get_xticks())
    axis.xaxis.set_major_formatter(lambda value, _: strip.write(value, digits))
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(axis="y", length=0)


def drawn(make: Callable[[], Figure], *, identifier: str, title: str, alternative: str) -> str:
    """Give any Matplotlib figure as the report's own pictures: same type, ink, ids and words.

    Parameters
    ----------
    make : callable
        Makes the figure, under the report's settings.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    with mpl.rc_context(SETTINGS):
        canvas = FigureCanvasSVG(make())
        buffer = StringIO()
        canvas.print_svg(  # type: ignore[no-untyped-call]
            buffer, metadata={"Date": None, "Creator": None, "Format": None}
        )
    return inline(buffer.getvalue(), identifier=identifier, title=title, alternative=alternative)


def _decimals(value: float) -> int:
    """Give the decimals a tick needs; ticks are sums of a round step."""
    return len(f"{value:.6f}".rstrip("0").partition(".")[2])


def _ticks() -> Locator:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10])


def inline(svg: str, *, identifier: str, title: str, alternative: str) -> str:
    """Make a drawn SVG fit to stand inside a page: own ids, own words, no global style.

    Parameters
    ----------
    identifier : str
        Prefix of every id, since several figures share one page.
    title, alternative : str
        ``<title>`` and ``<desc>`` of the picture.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{identifier}-', body)
    body = re.sub(r"url\(#", f"url(#{identifier}-", body)
    body = re.sub(r'href="#', f'href="#{identifier}-', body)
    size = re.search(r'viewBox="([^"]+)"', body)
    view = size.group(1) if size else "0 0 500 300"
    inner = body[body.index(">") + 1 : body.rindex("</svg>")]
    return wrapped(inner, view=view, identifier=identifier, title=title, alternative=alternative)


def wrapped(inner: str, *, view: str, identifier: str, title: str, alternative: str) -> str:
    """Give an ``<svg>`` element a screen reader can announce."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{view}" role="img" stroke-linejoin="round" '
        f'aria-labelledby="{identifier}-title {identifier}-desc">'
        f'<title id="{identifier}-title">{escape(title)}</title>'
        f'<desc id="{identifier}-desc">{escape(alternative)}</desc>'
        f"{inner.strip()}</svg>"
    )
