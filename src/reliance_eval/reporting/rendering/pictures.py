"""A picture for paper: the same drawing, in the document's own type, at print resolution.

On screen a diagram takes the reader's sans-serif; on paper there is only the font that is sent
along, which is wider, so that its letters are set smaller to keep within their boxes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reliance_eval.reporting.rendering.columns import PORTRAIT
from reliance_eval.reporting.rendering.typst_compiling import png_of

FONT = "DejaVu Sans"
NARROWER = 0.86
"""Mean width of a letter of Arial and its kin, as a part of DejaVu Sans's."""

SCALE = 0.76
"""Points of paper a unit of the drawing: type of 10 units is read at 7.6 points."""

TALLEST = 500.0
"""Height left for a picture on an upright page with its title and caption, in points."""

ALONE = b"""
#let data = json(bytes(sys.inputs.data))
#set page(width: data.width * 1pt, height: auto, margin: 0pt)
#image(bytes(data.svg), format: "svg", width: 100%)
"""

_VIEW = re.compile(r'viewBox="\s*[-\d.]+[ ,]+[-\d.]+[ ,]+([\d.]+)[ ,]+([\d.]+)')
_GROUP = re.compile(r'font-family="([^"]*)" font-size="([\d.]+)"')


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG set in the document's font, and its width on paper in points."""

    svg: str
    width: float


def on_paper(svg: str) -> Picture:
    """Give a drawing in the font of the document, no larger than a page takes."""
    found = _VIEW.search(svg)
    width, height = (float(size) for size in found.groups()) if found else (PORTRAIT, PORTRAIT)
    own = _GROUP.sub(_own_type, svg)
    # What was set smaller to keep within its boxes is shown larger, so as to be read as well.
    scale = SCALE if own == svg else SCALE / NARROWER
    shown = min(PORTRAIT, scale * width, TALLEST * width / max(height, 1.0))
    return Picture(own, round(shown, 1))


def png(svg: str) -> bytes:
    """Give a drawing as a PNG picture at print resolution, the same bytes on every run."""
    picture = on_paper(svg)
    return png_of(ALONE, {"svg": picture.svg, "width": picture.width})


def _own_type(found: re.Match[str]) -> str:
    family, size = found.groups()
    if FONT in family:
        return found.group()
    return f'font-family="{FONT}" font-size="{float(size) * NARROWER:.2f}"'
