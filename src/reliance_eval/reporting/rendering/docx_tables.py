"""A table as WordprocessingML: heads repeated on every page, rows kept whole, widths fixed.

The markup is written as text and parsed once a table, with every text escaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from reliance_eval.reporting.document import Cell, Code, Number, Table, is_group
from reliance_eval.reporting.rendering.columns import CODE_SIZE, PADDING, Layout
from reliance_eval.reporting.rendering.printable import printable

if TYPE_CHECKING:
    from docx.oxml.table import CT_Tbl

TWIPS = 20
"""Twentieths of a point."""

CODE_FONT = '<w:rFonts w:ascii="Consolas" w:hAnsi="Consolas" w:cs="Consolas"/>'
HEAD = "<w:b/>"
WITHHELD = '<w:i/><w:color w:val="4D4D4D"/>'
_RULES = {"strong": ("single", 8), "weak": ("single", 2)}


def table_element(table: Table, lies: Layout) -> CT_Tbl:
    """Give the ``w:tbl`` element of a table.

    Parameters
    ----------
    table : Table
    lies : Layout
        Widths of its columns and size of its type.
    """
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    widths = [round(width * TWIPS) for width in lies.widths]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    rows = [_head(table, widths, lies.size)]
    rows += [_row(row, table, widths, lies.size) for row in table.rows]
    margin = f'w:w="{round(PADDING * TWIPS / 2)}" w:type="dxa"'
    element: Any = parse_xml(
        f"<w:tbl {nsdecls('w')}><w:tblPr>"
        f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        f"<w:tblBorders>{_rule('top', 'strong')}{_rule('bottom', 'strong')}"
        f"{_rule('insideH', 'weak')}</w:tblBorders>"
        f'<w:tblLayout w:type="fixed"/>'
        f"<w:tblCellMar><w:left {margin}/><w:right {margin}/></w:tblCellMar>"
        f'<w:tblLook w:val="00A0" w:firstRow="1" w:firstColumn="1" w:noHBand="1" w:noVBand="1"/>'
        f'<w:tblCaption w:val="{_attribute(table.title)}"/>'
        f"</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )
    found: CT_Tbl = element
    return found


def _rule(side: str, weight: str) -> str:
    style, size = _RULES[weight]
    return f'<w:{side} w:val="{style}" w:sz="{size}" w:space="0" w:color="1A1A1A"/>'


def _head(table: Table, widths: list[int], size: float) -> str:
    edge = f'<w:tcBorders>{_rule("bottom", "strong")}</w:tcBorders><w:vAlign w:val="bottom"/>'
    cells = "".join(
        _cell(width, edge, _run(name, size, HEAD), is_right=place in table.numeric)
        for place, (name, width) in enumerate(zip(table.columns, widths, strict=True))
    )
    return f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{cells}</w:tr>"


def _row(row: tuple[Cell, ...], table: Table, widths: list[int], size: float) -> str:
    if is_group(row):
        span = f'<w:gridSpan w:val="{len(widths)}"/>'
        cells = _cell(sum(widths), span, _run(_text(row[0]), size, HEAD))
    else:
        cells = "".join(
            _cell(width, "", _content(cell, size), is_right=place in table.numeric)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>"


def _cell(width: int, marks: str, run: str, *, is_right: bool = False) -> str:
    side = '<w:jc w:val="right"/>' if is_right else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{marks}</w:tcPr>'
        f'<w:p><w:pPr><w:spacing w:before="30" w:after="30"/>{side}</w:pPr>{run}</w:p></w:tc>'
    )


def _content(cell: Cell, size: float) -> str:
    if isinstance(cell, Code):
        return _run(cell.text, CODE_SIZE * size, CODE_FONT)
    is_withheld = isinstance(cell, Number) and cell.is_withheld
    return _run(_text(cell), size, WITHHELD if is_withheld else "")


def _run(text: str, size: float, marks: str) -> str:
    # Word counts type in half points.
    return (
        f'<w:r><w:rPr>{marks}<w:sz w:val="{round(size * 2)}"/></w:rPr>'
        f'<w:t xml:space="preserve">{escape(printable(text))}</w:t></w:r>'
    )


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.text


def _attribute(text: str) -> str:
    return escape(printable(text), {'"': "&quot;"})
