"""The paper a procès-verbal is: parts, tables, lines to fill in; before any writer forms it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from reliance_eval.reporting.document import Code

Entry: TypeAlias = str | Code


@dataclass(frozen=True, slots=True)
class Sentences:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: the first cell of each row heads it; ``numeric`` are the columns of numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]
    numeric: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """A table to be filled in by hand."""

    title: str
    columns: tuple[str, ...]
    lines: int


@dataclass(frozen=True, slots=True)
class Blanks:
    """Labels, each followed by a line to write on."""

    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What the act concludes, framed."""

    title: str
    text: str
    kind: Literal["result", "warning"] = "result"


Piece: TypeAlias = Sentences | Grid | Form | Blanks | Finding


@dataclass(frozen=True, slots=True)
class Part:
    """A numbered part of the act."""

    title: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A whole procès-verbal in one language.

    Attributes
    ----------
    edition : str
        Which copy it is: restricted, or publishable.
    watermark : str
        Words on every page, or ``""``.
    identity : tuple of (label, text)
    footer : str
        Words under every page.
    page_of : str
        How a page's number is written, with ``{n}`` and ``{all}`` left in it.
    """

    language: str
    title: str
    subtitle: str
    edition: str
    watermark: str
    identity: tuple[tuple[str, Entry], ...]
    parts: tuple[Part, ...]
    footer: str
    page_of: str

    def plain(self) -> dict[str, Any]:
        """Give the paper as JSON types: each piece names its kind, each cell its text."""
        content = asdict(self)
        content["identity"] = [[label, _cell(text)] for label, text in self.identity]
        content["parts"] = [
            {"title": part.title, "pieces": [_piece(piece) for piece in part.pieces]}
            for part in self.parts
        ]
        return content


def _piece(piece: Piece) -> dict[str, Any]:
    content = {"piece": type(piece).__name__.lower(), **asdict(piece)}
    if isinstance(piece, Grid):
        content["rows"] = [[_cell(cell) for cell in row] for row in piece.rows]
    return content


def _cell(cell: Entry) -> dict[str, Any]:
    if isinstance(cell, Code):
        return {"text": cell.text, "is_code": True}
    return {"text": cell, "is_code": False}
