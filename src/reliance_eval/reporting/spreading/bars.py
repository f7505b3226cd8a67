"""A picture of shares by band: one row a band, one column a horizon, one bar an arm, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from reliance_eval.reporting.figures import INK, PALE, wrapped

WIDTH = 720
LETTER = 7.2
"""Mean width of a letter of a label, in the widest of the fonts it is set in."""
BAR = 13
GAP = 11
HEAD = 62
SIZE = 12
FONTS = "Arial, Liberation Sans, Helvetica, sans-serif"
ROOM = 46
"""Kept beside a bar for its percentage."""

FILLS = ("#ffffff", "#3d3d3d", "#9a9a9a", "#d0d0d0", "#6e6e6e")
"""From the reference arm on: told apart in grey and in print."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A horizon: its head, and for each arm one share a band with its text."""

    head: str
    shares: tuple[tuple[float, ...], ...]
    texts: tuple[tuple[str, ...], ...]


def bars(  # noqa: PLR0913 (what is drawn, and the words that replace it)
    bands: Sequence[str],
    arms: Sequence[str],
    panels: Sequence[Panel],
    *,
    identifier: str,
    title: str,
    alternative: str,
) -> str:
    """Draw the shares; bars of all panels have one scale.

    Parameters
    ----------
    bands, arms : sequence of str
        Labels; the reference arm comes first.
    panels : sequence of Panel
    """
    labels = max(110.0, LETTER * max(len(band) for band in bands) + 16)
    each = (WIDTH - labels) / len(panels)
    most = max(share for panel in panels for shares in panel.shares for share in shares)
    room = each - ROOM - 14
    row = BAR * len(arms) + GAP
    parts = _legend(arms, labels)
    for column, panel in enumerate(panels):
        left = labels + column * each
        parts.append(_text(left, HEAD - 12, panel.head, weight="bold"))
        bottom = HEAD + row * len(bands) - GAP / 2
        parts.append(
            f'<path d="M{left:.1f},{HEAD - 4} V{bottom:.1f}" stroke="{PALE}" fill="none"/>'
        )
        for place in range(len(bands)):
            for rank in range(len(arms)):
                top = HEAD + place * row + rank * BAR
                width = room * panel.shares[rank][place] / most if most else 0.0
                parts.append(_bar(left, top, width, FILLS[rank % len(FILLS)]))
                text = panel.texts[rank][place]
                parts.append(_text(left + width + 5, top + BAR - 3, text, size=10.5))
    middle = (BAR * len(arms)) / 2 + 4
    for place, band in enumerate(bands):
        parts.append(_text(labels - 10, HEAD + place * row + middle, band, anchor="end"))
    inner = f'<g font-family="{FONTS}" font-size="{SIZE}" fill="{INK}">{"".join(parts)}</g>'
    return wrapped(
        inner,
        view=f"0 0 {WIDTH} {HEAD + row * len(bands):.0f}",
        identifier=identifier,
        title=title,
        alternative=alternative,
    )


def _legend(arms: Sequence[str], left: float) -> list[str]:
    parts = []
    for rank, arm in enumerate(arms):
        parts.append(_bar(left, 8, 22, FILLS[rank % len(FILLS)]))
        parts.append(_text(left + 28, 8 + BAR - 3, arm))
        left += 28 + 6.6 * len(arm) + 26
    return parts


def _bar(left: float, top: float, width: float, fill: str) -> str:
    return (
        f'<rect x="{left:.1f}" y="{top + 1:.1f}" width="{max(width, 0.5):.1f}" '
        f'height="{BAR - 2}" fill="{fill}" stroke="{INK}" stroke-width="1"/>'
    )


def _text(  # noqa: PLR0913 (where it stands and how it looks)
    x: float,
    y: float,
    text: str,
    *,
    weight: str = "normal",
    anchor: str = "start",
    size: float = SIZE,
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
        f'font-weight="{weight}">{escape(text)}</text>'
    )
