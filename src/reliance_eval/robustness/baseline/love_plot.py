"""The love plot: one point a line of the balance table, in standard deviations, around zero.

References
----------
Love (2004), "Graphical display of covariate balance": the plot that bears his name.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, PALE = "#1a1a1a", "#6b6b6b"
WRAP = 48
MARKS = ("o", "s", "^", "D", "v", "P")
"""One an arm; arms are told apart by shape, which grey paper keeps."""

LARGE = 0.1
"""Where dashes stand: a tenth of a standard deviation, the usual mark for a look (Austin 2009,
Statistics in Medicine 28, 3083-3107). Under a fair draw of a few hundred some lie beyond."""


@dataclass(frozen=True, slots=True)
class LovePoint:
    """One point: its row's label, its arm, and the standardised difference."""

    label: str
    arm: str
    standardised_difference: float


@dataclass(frozen=True, slots=True)
class LoveWords:
    """What stands around the points: the axis, and how a number of it is written."""

    axis: str
    write: Callable[[float, int], str]


def love_figure(points: tuple[LovePoint, ...], words: LoveWords) -> Figure:
    """Draw the points, rows in their order from the top, one shape an arm.

    Parameters
    ----------
    points : tuple of LovePoint
        At least one; points of one label share a row.
    words : LoveWords
    """
    from matplotlib.figure import Figure

    labels = list(dict.fromkeys(point.label for point in points))
    height = 0.9 + 0.27 * sum(_tall(label) for label in labels)
    figure = Figure(figsize=(7.0, height), layout="constrained")
    axis = figure.subplots()
    _draw(axis, points, labels, words)
    return figure


def _draw(axis: Axes, points: tuple[LovePoint, ...], labels: list[str], words: LoveWords) -> None:
    from matplotlib.ticker import MaxNLocator

    places, top = _places(labels)
    arms = list(dict.fromkeys(point.arm for point in points))
    axis.axvline(0.0, color=INK, linewidth=1)
    for side in (-LARGE, LARGE):
        axis.axvline(side, color=PALE, linewidth=1, linestyle=(0, (4, 3)))
    for number, arm in enumerate(arms):
        own = [point for point in points if point.arm == arm]
        axis.plot(
            [point.standardised_difference for point in own],
            [places[point.label] for point in own],
            linestyle="none",
            marker=MARKS[number % len(MARKS)],
            markersize=6,
            color=INK,
            markerfacecolor="white" if number else INK,
            label=arm,
        )
    reach = max(1.5 * LARGE, *(1.15 * abs(point.standardised_difference) for point in points))
    axis.set_xlim(-reach, reach)
    axis.set_yticks(list(places.values()), [_wrapped(label) for label in places])
    axis.set_ylim(-0.1, top + 0.1)
    axis.set_xlabel(words.axis)
    axis.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    axis.xaxis.set_major_formatter(lambda value, _: words.write(value, 2))
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(axis="y", length=0)
    if len(arms) > 1:
        axis.legend(loc="lower right", frameon=False, fontsize=9)


def _places(labels: list[str]) -> tuple[dict[str, float], float]:
    """Give each row the middle of the height that its label takes, and the height of all."""
    top = total = sum(_tall(label) for label in labels)
    places = {}
    for label in labels:
        places[label] = top - _tall(label) / 2
        top -= _tall(label)
    return places, total


def _tall(label: str) -> float:
    """Give the height of a row, in rows of one line."""
    return 1.0 + 0.65 * _wrapped(label).count("\n")


def _wrapped(label: str) -> str:
    return "\n".join(textwrap.wrap(label, WRAP, break_long_words=False))
