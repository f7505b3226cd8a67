"""Blocks of a document as the Typst template reads them: plain values, every text still text."""

from __future__ import annotations

from reliance_eval.reporting.document import (
    Block,
    Callout,
    Cell,
    Code,
    Figure,
    Heading,
    List,
    Listing,
    Note,
    Number,
    Paragraph,
    Table,
    is_group,
)
from reliance_eval.reporting.rendering.columns import BREAKABLE_FROM, layout
from reliance_eval.reporting.rendering.pictures import on_paper
from reliance_eval.reporting.rendering.typst_paging import Item, kept_together

KEPT_WHOLE = 260.0
"""Height in points below which a table is not parted."""

LONGEST_CODE = 64
"""Letters of a SHA-256: a longer code may be broken."""

ZERO_WIDTH = "\u200b"


def item_of(block: Block) -> Item:
    """Give a block as a plain value, its ``kind`` first."""
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Figure):
        return _figure(block)
    return _words(block)


def heading(text: str, *, level: int) -> Item:
    """Give a heading inside a chapter."""
    return {
        "kind": "heading",
        "level": level,
        "text": text,
        "id": "",
        "begins_a_page": False,
    }


def _words(block: Heading | Paragraph | Note | List | Callout | Listing) -> Item:
    match block:
        case Heading():
            item = heading(block.text, level=block.level)
        case Paragraph():
            item = {"kind": "paragraph", "text": block.text}
        case Note():
            item = {"kind": "note", "text": block.text}
        case List():
            item = {"kind": "list", "items": list(block.items), "is_ordered": block.is_ordered}
        case Callout():
            paragraphs = list(block.paragraphs)
            item = {"kind": "callout", "tone": block.kind, "title": block.title}
            item["paragraphs"] = paragraphs
        case Listing():
            item = {"kind": "listing", "title": block.title, "text": block.text.rstrip()}
    return item


def _table(table: Table) -> Item:
    lies = layout(table)
    return {
        "kind": "table",
        "id": table.id,
        "label": table.label,
        "title": table.title,
        "columns": [_breakable(head, BREAKABLE_FROM) for head in table.columns],
        "rows": [_row(row) for row in table.rows],
        "numeric": sorted(table.numeric),
        "widths": [round(width, 2) for width in lies.widths],
        "size": lies.size,
        "is_landscape": lies.is_landscape,
        "is_whole": lies.height <= KEPT_WHOLE,
        "together": kept_together([is_group(row) for row in table.rows]),
        "is_continued": False,
        "caption": [list(line) for line in table.caption.lines()],
    }


def _figure(figure: Figure) -> Item:
    picture = on_paper(figure.svg)
    return {
        "kind": "figure",
        "id": figure.id,
        "label": figure.label,
        "title": figure.title,
        "alternative": figure.alternative,
        "svg": picture.svg,
        "width": picture.width,
        "data": figure.data.id,
        "caption": [list(line) for line in figure.caption.lines()],
    }


def _row(row: tuple[Cell, ...]) -> list[dict[str, str]]:
    if is_group(row):
        return [_cell(row[0]) | {"kind": "group"}]
    return [_cell(cell) for cell in row]


def _cell(cell: Cell) -> dict[str, str]:
    match cell:
        case Number():
            return {"kind": "withheld" if cell.is_withheld else "number", "text": cell.text}
        case Code():
            return {"kind": "code", "text": _breakable(cell.text, LONGEST_CODE + 1)}
        case str():
            return {"kind": "text", "text": _breakable(cell, BREAKABLE_FROM)}


def _breakable(text: str, longest: int) -> str:
    """Let a line break inside words that no column could hold."""
    step = longest // 2
    return " ".join(
        word
        if len(word) < longest
        else ZERO_WIDTH.join(word[start : start + step] for start in range(0, len(word), step))
        for word in text.split(" ")
    )
