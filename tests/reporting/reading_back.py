"""Reads a report back from each of its forms, each by its own means: markup, tags, archive, TeX."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

from reliance_eval.reporting.document import (
    Callout,
    Caption,
    Code,
    Document,
    Figure,
    Heading,
    List,
    Listing,
    Note,
    Paragraph,
    Table,
    is_group,
)

# ---------------------------------------------------------------- what a document says


def texts(document: Document) -> Iterator[tuple[str, str]]:
    """Every text of a document with the place where it stands, the same in each language."""
    yield "title", document.title
    yield "subtitle", document.subtitle
    yield "watermark", document.watermark
    yield "footer", document.footer
    for place, (label, text) in enumerate(document.identity):
        yield f"identity.{place}.label", label
        yield f"identity.{place}.text", text
    for chapter in document.chapters:
        yield f"{chapter.id}.title", chapter.title
        for place, block in enumerate(chapter.blocks):
            for name, text in _of_block(block):
                yield f"{chapter.id}.{place}.{name}", text


def _of_block(block: Any) -> Iterator[tuple[str, str]]:
    match block:
        case Heading() | Paragraph() | Note():
            yield "text", block.text
        case List():
            for place, item in enumerate(block.items):
                yield f"item.{place}", item
        case Callout():
            yield "title", block.title
            for place, item in enumerate(block.paragraphs):
                yield f"paragraph.{place}", item
        case Listing():
            yield "listing.title", block.title
        case Table():
            yield from _of_table(block, block.id)
        case Figure():
            yield f"{block.id}.title", block.title
            yield f"{block.id}.label", block.label
            yield f"{block.id}.alternative", block.alternative
            yield f"{block.id}.drawn", drawn(block.svg)
            yield from _of_caption(block.caption, block.id)
            yield from _of_table(block.data, f"{block.id}.data")


def _of_table(table: Table, identifier: str) -> Iterator[tuple[str, str]]:
    yield f"{identifier}.title", table.title
    yield f"{identifier}.label", table.label
    for place, name in enumerate(table.columns):
        yield f"{identifier}.column.{place}", name
    for rank, row in enumerate(table.rows):
        for place, cell in enumerate(row):
            if not isinstance(cell, Code):
                yield f"{identifier}.{rank}.{place}", text_of(cell)
    yield from _of_caption(table.caption, identifier)


def _of_caption(caption: Caption, identifier: str) -> Iterator[tuple[str, str]]:
    for name, text in caption.lines():
        yield f"{identifier}.{name}", text


def drawn(svg: str) -> str:
    """The words painted in a picture, without its title and description."""
    body = re.sub(r"<(title|desc)\b.*?</\1>", "", svg, flags=re.DOTALL)
    found = re.findall(r"<(?:text|tspan)\b[^>]*>([^<]*)<", body)
    return " / ".join(unescape(text).strip() for text in found if text.strip())


def text_of(cell: Any) -> str:
    return str(getattr(cell, "text", cell))


def squeezed(text: str) -> str:
    """A text without any space: where a page breaks its lines does not count."""
    return re.sub(r"[\s\u200b]+", "", text)


def grid(table: Table) -> list[list[str]]:
    """The cells of a table, heads first; the head of a group stands alone in its row."""
    rows = [row[:1] if is_group(row) else row for row in table.rows]
    return [list(table.columns), *([text_of(cell) for cell in row] for row in rows)]


# ---------------------------------------------------------------- HTML


class _Marked(HTMLParser):
    """Collects the numbers that bear an identifier."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if identifier := values.get("data-id"):
            self.found.append((identifier, ""))
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open:
            identifier, text = self.found[-1]
            self.found[-1] = identifier, text + data


def html_numbers(page: bytes) -> list[tuple[str, str]]:
    """Identifier and text of each number, in the order of the page."""
    parser = _Marked()
    parser.feed(page.decode("utf-8"))
    return parser.found


class _Said(HTMLParser):
    """Collects all that a page says."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._is_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._is_style = False

    def handle_data(self, data: str) -> None:
        if not self._is_style:
            self.pieces.append(data)


def html_text(page: bytes) -> str:
    """All that the page says, outside its style."""
    parser = _Said()
    parser.feed(page.decode("utf-8"))
    return "".join(parser.pieces)


# ---------------------------------------------------------------- PDF, by its tags


@cache
def pdf_elements(content: bytes) -> list[tuple[str, str]]:
    """Type and text of each lowest element of the tag tree: what a screen reader is given."""
    import pypdfium2

    found: list[tuple[str, str]] = []
    document = pypdfium2.PdfDocument(content)
    for page in document:
        found += _page_elements(page.raw)
    document.close()
    return found


def _page_elements(page: Any) -> list[tuple[str, str]]:
    from pypdfium2 import raw

    words = raw.FPDFText_LoadPage(page)
    painted: dict[int, str] = {}
    for place in range(raw.FPDFPage_CountObjects(page)):
        item = raw.FPDFPage_GetObject(page, place)
        mark = raw.FPDFPageObj_GetMarkedContentID(item)
        if mark >= 0 and raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_TEXT:
            painted[mark] = painted.get(mark, "") + _wide(raw.FPDFTextObj_GetText, item, words)
    tree = raw.FPDF_StructTree_GetForPage(page)
    found: list[tuple[str, str]] = []
    for place in range(raw.FPDF_StructTree_CountChildren(tree)):
        _walk(raw.FPDF_StructTree_GetChildAtIndex(tree, place), painted, found)
    raw.FPDF_StructTree_Close(tree)
    raw.FPDFText_ClosePage(words)
    return found


WHOLE = ("TD", "TH", "Caption")
"""Elements whose text is taken together with that of the elements inside."""


def _walk(element: Any, painted: dict[int, str], found: list[tuple[str, str]]) -> str:
    """Note an element and give its text."""
    from pypdfium2 import raw

    kind = _wide(raw.FPDF_StructElement_GetType, element)
    rank = len(found)
    said = ""
    for place in range(raw.FPDF_StructElement_CountChildren(element)):
        child = raw.FPDF_StructElement_GetChildAtIndex(element, place)
        if child:
            said += _walk(child, painted, found)
        else:
            mark = raw.FPDF_StructElement_GetChildMarkedContentID(element, place)
            own = painted.get(mark, "")
            said += own
            if kind not in WHOLE and own:
                found.append((kind, own))
    if kind in WHOLE:
        del found[rank:]
        found.append((kind, said))
    return said


def _wide(function: Any, *arguments: Any) -> str:
    """Call a function of pdfium that gives UTF-16 text."""
    # FPDFTextObj_GetText counts characters of two bytes, the others bytes: room for either.
    size = function(*arguments, None, 0)
    buffer = (ctypes.c_ushort * (size + 1))()
    pointer = ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort))
    try:
        function(*arguments, pointer, size)
    except ctypes.ArgumentError:
        function(*arguments, ctypes.cast(buffer, ctypes.c_void_p), size)
    text = bytes(buffer).decode("utf-16-le", errors="replace")
    # pdfium gives a hyphen that ends a line as a control character.
    return text.split("\0", 1)[0].replace("\x02", "-")


# ---------------------------------------------------------------- DOCX


def docx_tables(content: bytes) -> list[list[list[str]]]:
    """The cells of each table."""
    import docx

    tables = docx.Document(BytesIO(content)).tables
    return [
        [
            ["".join(t.text or "" for t in cell.iter(_word("t"))) for cell in row.iter(_word("tc"))]
            for row in table._tbl.iter(_word("tr"))
        ]
        for table in tables
    ]


def docx_text(content: bytes) -> str:
    """All that the body says."""
    import docx

    body = docx.Document(BytesIO(content)).element.body
    return "".join(t.text or "" for t in body.iter(_word("t")))


def _word(name: str) -> str:
    return "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}" + name


# ---------------------------------------------------------------- LaTeX

COMMANDS = {
    "textbackslash": "\\",
    "textasciicircum": "^",
    "textasciitilde": "~",
    "textless": "<",
    "textgreater": ">",
    "textbar": "|",
    "textquotedbl": '"',
    "textasciigrave": "`",
    "textperiodcentered": "·",
    "textdegree": "°",
    "textendash": "–",
    "textemdash": "—",
    "textquoteleft": "‘",
    "textquoteright": "’",
    "textquotedblleft": "“",
    "textquotedblright": "”",
    "guillemotleft": "«",
    "guillemotright": "»",
    "dots": "…",
    "texteuro": "€",
    "quad": "\u2003",
    "textdagger": "†",
    "textdaggerdbl": "‡",
    "textsection": "§",
}
"""What LaTeX prints for each command, from its own list of text symbols."""

MATHS = {"$-$": "−", r"$\times$": "×", r"$\pm$": "±", r"$\leq$": "≤", r"$\geq$": "≥"}
MATHS |= {r"$\neq$": "≠", r"$\approx$": "≈", r"$\infty$": "∞"}
MATHS |= {r"$\tau$": "τ", r"$\sigma$": "σ", r"$\rho$": "ρ", r"$\Delta$": "Δ"}


def latex_rows(text: str) -> list[list[str]]:
    """The cells of each row of a table, as LaTeX prints them."""
    ends = "\\end{longtable}" if "longtable}{" in text else "\\bottomrule"
    body = text[text.rindex("\\endlastfoot" if "\\endlastfoot" in text else "\\midrule") :]
    body = body[body.index("\n") : body.index(ends)]
    rows = [row for row in re.split(r"\\\\\n", body) if row.strip()]
    return [[printed(cell) for cell in re.split(r"(?<!\\)&", row)] for row in rows]


def printed(text: str) -> str:
    """What LaTeX prints of a text: every command it may hold is known here, or it stays."""
    text = re.sub(r"\\multicolumn\{\d+\}\{@\{\}l\}\{(.*)\}", r"\1", text.strip(" \n"))
    text = re.sub(r"\\(?:texttt|textbf)\{(.*)\}", r"\1", text)
    text = re.sub(r"\\textsuperscript\{(\d)\}", lambda m: "⁰¹²³"[int(m[1])], text)
    text = text.replace("~", "\u00a0").replace(r"\,", "\u202f")
    for written, sign in MATHS.items():
        text = text.replace(written, sign)
    text = re.sub(r"\\([a-z]+)\{\}", lambda m: COMMANDS.get(m[1], m[0]), text)
    text = re.sub(r"\{([-\[*'])\}", r"\1", text)
    return re.sub(r"\\([{}$&#%_])", r"\1", text)
