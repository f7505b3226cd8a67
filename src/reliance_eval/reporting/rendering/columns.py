"""How a table lies on a page of A4: the widths of its columns, its size of type, its orientation.

A page does not scroll. A column takes at least its longest word, and a column of numbers its
longest number; where the columns do not fit, the type gets smaller, then the page is turned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import chain

from reliance_eval.reporting.document import Cell, Code, Number, Table
from reliance_eval.reporting.rendering.typst_compiling import font_file

PORTRAIT = 504.0
"""Width between the margins of an upright A4 page, in points: 210 mm less twice 16 mm."""

LANDSCAPE = 750.0
"""The same of a turned page: 297 mm less twice 16 mm."""

PADDING = 6.4
"""Room beside the text of a cell, both sides together, in points."""

UPRIGHT = (7.8, 7.2, 6.6, 6.2)
TURNED = (7.2, 6.4)
SIZES = (*((size, PORTRAIT) for size in UPRIGHT), *((size, LANDSCAPE) for size in TURNED))
"""What is tried, in this order: the size of type in points, and the room."""

HEAD_SIZE = 0.94
"""Type of the heads, as a part of the table's."""

CODE_SIZE = 0.9
"""Type of a digest, as a part of the table's."""

LABEL_EMS = 13.0
"""Width that a column of words may claim before it must break its lines, in widths of its type."""

LEADING = 1.45
BREAKABLE_FROM = 40
"""Letters without a space from which a word may be broken anywhere."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table lies on a page.

    Attributes
    ----------
    widths : tuple of float
        Of each column with its padding, in points; together they fill the page's width.
    size : float
        Size of type, in points.
    is_landscape : bool
        Whether the page is turned.
    height : float
        Estimated height with the heads, in points.
    """

    widths: tuple[float, ...]
    size: float
    is_landscape: bool
    height: float


def layout(table: Table) -> Layout:
    """Choose the widest type and the most upright page on which a table's words fit."""
    heads = [_extents([head], bold=True) for head in table.columns]
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.columns)
    found: tuple[float, float, list[float]] | None = None
    for size, room in SIZES:
        least, most = _demands(table, heads, columns, size)
        found = size, room, _shared(least, most, room)
        if sum(least) <= room:
            break
    assert found is not None
    size, room, widths = found
    return Layout(tuple(widths), size, room == LANDSCAPE, _height(table, widths, size))


@dataclass(frozen=True, slots=True)
class _Extent:
    """Widths of some texts in ems: the longest whole text, and the longest unbreakable piece."""

    whole: float
    piece: float


def _demands(
    table: Table, heads: list[_Extent], columns: list[tuple[Cell, ...]], size: float
) -> tuple[list[float], list[float]]:
    """Give the least and the most that each column can use, in points."""
    least, most = [], []
    for place, (head, cells) in enumerate(zip(heads, columns, strict=True)):
        body = _cells(cells)
        whole = size * max(body.whole, head.piece * HEAD_SIZE)
        piece = size * max(body.piece, head.piece * HEAD_SIZE)
        if place not in table.numeric:
            piece = max(piece, min(whole, size * LABEL_EMS))
        least.append(piece + PADDING)
        most.append(max(whole, min(size * head.whole * HEAD_SIZE, size * LABEL_EMS)) + PADDING)
    return least, most


def _shared(least: list[float], most: list[float], room: float) -> list[float]:
    """Share the width of the page between columns that need ``least`` and can use ``most``."""
    if sum(most) <= room:
        return [width * room / sum(most) for width in most]
    if sum(least) <= room:
        spare = room - sum(least)
        wish = [high - low for low, high in zip(least, most, strict=True)]
        return [low + spare * want / sum(wish) for low, want in zip(least, wish, strict=True)]
    return [width * room / sum(least) for width in least]


def _height(table: Table, widths: list[float], size: float) -> float:
    def lines(text: str, width: float, *, bold: bool = False) -> int:
        extent = _extents([text], bold=bold).whole * size
        return max(1, -(-int(extent * 1.08) // max(1, int(width - PADDING))))

    rows: Iterable[tuple[tuple[Cell, ...], bool]]
    rows = chain([(table.columns, True)], ((row, False) for row in table.rows))
    return sum(
        size * LEADING * max(lines(_text(c), w, bold=b) for c, w in zip(row, widths, strict=True))
        + PADDING
        + 1
        for row, b in rows
    )


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.text


def _cells(cells: tuple[Cell, ...]) -> _Extent:
    words = _extents([cell for cell in cells if isinstance(cell, str)])
    numbers = [_width(cell.text) for cell in cells if isinstance(cell, Number)]
    codes = _extents([cell.text for cell in cells if isinstance(cell, Code)], mono=True)
    number = max(numbers, default=0.0)
    return _Extent(
        max(words.whole, number, codes.whole * CODE_SIZE),
        max(words.piece, number, codes.piece * CODE_SIZE),
    )


def _extents(texts: Iterable[str], *, bold: bool = False, mono: bool = False) -> _Extent:
    whole = piece = 0.0
    for text in texts:
        for line in text.split("\n"):
            whole = max(whole, _width(line, bold=bold, mono=mono))
        for word in text.replace("-", "- ").split():
            # A word that may be broken anywhere claims no more than the part kept together.
            kept = word if len(word) < BREAKABLE_FROM or mono else word[: BREAKABLE_FROM // 2]
            piece = max(piece, _width(kept, bold=bold, mono=mono))
    return _Extent(whole, piece)


def _width(text: str, *, bold: bool = False, mono: bool = False) -> float:
    """Give the width of a text, in widths of its type."""
    name = "DejaVuSansMono" if mono else "DejaVuSans-Bold" if bold else "DejaVuSans"
    advance = _advances(name)
    return sum(advance(letter) for letter in text)


@cache
def _advances(name: str) -> Callable[[str], float]:
    from matplotlib.ft2font import FT2Font, LoadFlags

    font = FT2Font(str(font_file(name)))

    @cache
    def advance(letter: str) -> float:
        if not font.get_char_index(ord(letter)):
            # Another font lends the letter: it is taken for a wide one.
            return 1.0
        glyph = font.load_char(ord(letter), flags=LoadFlags.NO_SCALE)
        return float(glyph.horiAdvance) / font.units_per_EM

    return advance
