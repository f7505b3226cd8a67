"""The flow diagram: boxes from the units assessed to the units analysed, drawn as plain SVG."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from xml.sax.saxutils import escape

from reliance_eval.reporting.figures import INK, wrapped

WIDTH = 720
LEAST = 176
"""Least width of a branch: more than four arms widen the picture."""
BAND = 20
WASH = "#e9e9e6"
GAP = 14
SPACE = 18
LINE = 15
WEIGHTS = {True: "bold", False: "normal"}
PADDING = 8
BOLD = ' font-weight="bold"'
SIZE = 13
FONTS = "Arial, Liberation Sans, Helvetica, sans-serif"
# Mean width of a letter of Arial and its kin at 13 px, with some room for wide words.
LETTER = 6.7


@dataclass(frozen=True, slots=True)
class Box:
    """A box of the diagram: a head in bold and its lines."""

    head: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    """A box of the trunk, and the box that leaves it sideways."""

    box: Box
    exit: Box | None = None


@dataclass(frozen=True, slots=True)
class _Drawn:
    svg: str
    height: float


def flow_diagram(  # noqa: PLR0913 (what is drawn, and the words that replace it)
    trunk: tuple[Level, ...],
    branches: tuple[tuple[Box, ...], ...],
    *,
    bands: tuple[str, ...] = (),
    identifier: str,
    title: str,
    alternative: str,
) -> str:
    """Draw a trunk of boxes with their exits, then one branch an arm.

    Parameters
    ----------
    trunk : tuple of Level
        From top to bottom.
    branches : tuple of tuple of Box
        One an arm, each from top to bottom; boxes of one rank stand in line.
    bands : tuple of str
        Names of stages: above the trunk, then above each rank of boxes; "" where none begins.
    """
    parts: list[str] = []
    width = max(WIDTH, LEAST * len(branches))
    top = 2.0
    if bands and bands[0]:
        parts.append(_band(bands[0], top, width))
        top += BAND + GAP / 2
    trunk_width = (WIDTH - 2 - SPACE) / 2
    centre = trunk_width / 2 + 1
    for place, level in enumerate(trunk):
        drawn = _box(level.box, 1, top, trunk_width)
        parts.append(drawn.svg)
        bottom = top + drawn.height
        following = bottom + GAP
        if level.exit is not None:
            left = trunk_width + 34
            side = _box(level.exit, left, bottom + GAP / 2, width - left - 1)
            parts.append(side.svg)
            middle = bottom + GAP / 2 + side.height / 2
            parts.append(_arrow([(centre, middle), (left, middle)]))
            following = bottom + GAP / 2 + side.height + GAP / 2
        is_last = place == len(trunk) - 1
        if not is_last or branches:
            if not is_last:
                parts.append(_arrow([(centre, bottom), (centre, following)]))
            top = following
        else:
            top = bottom
        if is_last and branches:
            top = _branches(parts, branches, _Start(bottom, centre, width), bands[1:])
    height = top + 2
    marker = (
        f'<defs><marker id="{identifier}-tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
        f'markerHeight="8" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="{INK}"/></marker></defs>'
    )
    inner = marker + "".join(parts).replace("url(#tip)", f"url(#{identifier}-tip)")
    inner = f'<g font-family="{FONTS}" font-size="{SIZE}" fill="{INK}">{inner}</g>'
    return wrapped(
        inner,
        view=f"0 0 {width} {height:.0f}",
        identifier=identifier,
        title=title,
        alternative=alternative,
    )


@dataclass(frozen=True, slots=True)
class _Start:
    """Where the branches leave the trunk, and the width they share."""

    bottom: float
    centre: float
    width: float


def _branches(
    parts: list[str],
    branches: tuple[tuple[Box, ...], ...],
    start: _Start,
    bands: tuple[str, ...],
) -> float:
    """Draw the branches rank by rank; give where they end."""
    each = (start.width - 2 - SPACE * (len(branches) - 1)) / len(branches)
    lefts = [1 + place * (each + SPACE) for place in range(len(branches))]
    ranks = max(len(branch) for branch in branches)
    above = start.bottom
    for rank in range(ranks):
        name = bands[rank] if rank < len(bands) else ""
        top = above + GAP + ((BAND + GAP) if name else 0.0)
        if name:
            parts.append(_band(name, above + GAP, start.width))
        boxes = [branch[rank] for branch in branches]
        height = max(_height(box, each) for box in boxes)
        for left, box in zip(lefts, boxes, strict=True):
            middle = left + each / 2
            if rank:
                parts.append(_arrow([(middle, above), (middle, top)]))
            else:
                fork = above + GAP / 2
                way = [(start.centre, above), (start.centre, fork), (middle, fork), (middle, top)]
                parts.append(_arrow(way))
            parts.append(_box(box, left, top, each, height).svg)
        above = top + height
    return above


def _band(name: str, top: float, width: float) -> str:
    """Draw the name of a stage across the picture."""
    return (
        f'<rect x="1" y="{top:.1f}" width="{width - 2:.1f}" height="{BAND}" fill="{WASH}"/>'
        f'<text x="{1 + PADDING}" y="{top + BAND * 0.7:.1f}"{BOLD}>{escape(name)}</text>'
    )


def _lines(box: Box, width: float) -> list[tuple[str, bool]]:
    room = int((width - 2 * PADDING) / LETTER)
    head = [(line, True) for line in textwrap.wrap(box.head, int(room * 0.92))]
    rest = [
        (("" if not index else "\u2003") + piece, False)
        for line in box.lines
        for index, piece in enumerate(_wrap(line, room - 2))
    ]
    return head + rest


def _wrap(text: str, room: int) -> list[str]:
    # textwrap would break at the narrow no-break spaces that hold numbers and marks together.
    guarded = text.replace("\u202f", "\ue000").replace("\u00a0", "\ue001")
    pieces = textwrap.wrap(guarded, room) or [""]
    return [piece.replace("\ue000", "\u202f").replace("\ue001", "\u00a0") for piece in pieces]


def _height(box: Box, width: float) -> float:
    return len(_lines(box, width)) * LINE + 2 * PADDING


def _box(box: Box, left: float, top: float, width: float, height: float | None = None) -> _Drawn:
    tall = height or _height(box, width)
    text = "".join(
        f'<text x="{left + PADDING:.1f}" y="{top + PADDING + (place + 0.78) * LINE:.1f}"'
        f"{BOLD if is_head else ''}>{escape(line)}</text>"
        for place, (line, is_head) in enumerate(_lines(box, width))
    )
    frame = (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{tall:.1f}" '
        f'fill="#ffffff" stroke="{INK}" stroke-width="1.2"/>'
    )
    return _Drawn(frame + text, tall)


def _arrow(points: list[tuple[float, float]]) -> str:
    path = " L".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<path d="M{path}" fill="none" stroke="{INK}" stroke-width="1.2" marker-end="url(#tip)"/>'
    )
