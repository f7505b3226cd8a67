"""The DOCX writer: a document to work on in a word processor, with styles, contents and captions.

Headings, captions and lists bear Word's own styles, so that its contents and its accessibility
checker find them; pictures are PNG at print resolution and say in words what they show.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from reliance_eval.reporting.document import (
    Block,
    Callout,
    Document,
    Figure,
    Heading,
    List,
    Listing,
    Note,
    Paragraph,
    Table,
)
from reliance_eval.reporting.rendering.annexing import said, with_annex
from reliance_eval.reporting.rendering.columns import layout
from reliance_eval.reporting.rendering.docx_parts import (
    WORDS_UNDER,
    archived,
    bookmarked,
    contents,
    described,
    field,
    styled,
)
from reliance_eval.reporting.rendering.docx_tables import table_element
from reliance_eval.reporting.rendering.pictures import on_paper, png
from reliance_eval.reporting.rendering.printable import printable
from reliance_eval.reporting.rendering.typst_compiling import EPOCH

if TYPE_CHECKING:
    from docx.document import Document as Word

SHORT, LONG, MARGIN = 595.3, 841.9, 45.4
"""Sides of A4 and margin beside the text, in points."""


def docx(document: Document) -> bytes:
    """Write a document for word processors; its bytes depend on nothing but the document."""
    import docx as package

    word = package.Document()
    styled(word, document.language)
    at = datetime.combine(document.dated, time(), UTC) if document.dated else EPOCH
    described(word, title=_named(document), language=document.language, at=at)
    _Writing(word, document).write()
    return archived(word)


def _named(document: Document) -> str:
    marked = (document.watermark, document.title) if document.watermark else (document.title,)
    return " – ".join(marked)


class _Writing:
    """One document on its way into Word."""

    def __init__(self, word: Word, document: Document) -> None:
        self.word = word
        self.document = with_annex(document)
        self.is_landscape = False
        self._shape(word.sections[0], is_landscape=False)

    def write(self) -> None:
        """Write the first page, then every chapter."""
        self._running_words()
        self.text(self.document.title, "Title")
        self.text(self.document.subtitle, "Subtitle")
        for label, words in self.document.identity:
            self.labelled(f"{label}\u2003", words, "Normal")
        self.text(self.say("contents"), "Subtitle")
        titles = [
            (f"_chapter_{number}", f"{number}. {chapter.title}")
            for number, chapter in enumerate(self.document.chapters, start=1)
        ]
        for paragraph in contents(titles):
            self._append(paragraph)
        for number, ((bookmark, title), chapter) in enumerate(
            zip(titles, self.document.chapters, strict=True), start=1
        ):
            following = chapter.blocks[0] if chapter.blocks else None
            self._turn(is_landscape=_is_wide(following))
            heading = self.text(title, "Heading 1")
            heading.paragraph_format.page_break_before = number == 1 or chapter.begins_a_page
            bookmarked(heading, bookmark, number)
            for block, after in pairwise((*chapter.blocks, None)):
                assert block is not None
                self.block(block, after)
        self._turn(is_landscape=False)
        self.text(self.document.footer or self.say("footer_paper"), WORDS_UNDER)

    def block(self, block: Block, after: Block | None) -> None:
        """Write a block; a heading goes to the page of the wide table that follows it."""
        self._turn(is_landscape=_is_wide(after if isinstance(block, Heading) else block))
        match block:
            case Paragraph():
                self.text(block.text, "Normal")
            case Note():
                self.text(block.text, WORDS_UNDER)
            case Heading():
                self.text(block.text, f"Heading {max(2, block.level - 1)}")
            case List():
                style = "List Number" if block.is_ordered else "List Bullet"
                for item in block.items:
                    self.text(item, style)
            case Callout():
                self.callout(block)
            case Listing():
                for line in block.text.splitlines():
                    self.code(line)
            case Table():
                self.table(block)
            case Figure():
                self.figure(block)

    def say(self, key: str) -> str:
        """Give one of the words that a page adds to the document."""
        return said(self.document.language, key)

    # ------------------------------------------------------------------ exhibits

    def table(self, table: Table) -> None:
        """Write a table under its caption, with the words that let it stand alone."""
        self.caption(table)
        self._append(table_element(table, layout(table)))
        self.words_under(table)

    def figure(self, figure: Figure) -> None:
        """Write a picture, whose alternative text Word keeps."""
        from docx.shared import Pt

        self.caption(figure)
        picture = self.word.add_picture(
            BytesIO(png(figure.svg)), width=Pt(on_paper(figure.svg).width)
        )
        self.word.paragraphs[-1].paragraph_format.keep_with_next = True
        drawn = picture._inline.docPr
        drawn.set("descr", printable(figure.alternative))
        drawn.set("title", printable(figure.title))
        self.words_under(figure)

    def caption(self, exhibit: Table | Figure) -> None:
        """Write the label and title of an exhibit above it."""
        label = f"{exhibit.label}. " if exhibit.label else ""
        self.text(label + exhibit.title, "Caption")

    def words_under(self, exhibit: Table | Figure) -> None:
        """Write reading, scope, source and notes."""
        for key, text in exhibit.caption.lines():
            self.labelled(f"{self.say(key)} ", text, WORDS_UNDER)

    # ------------------------------------------------------------------ paragraphs

    def text(self, text: str, style: str) -> Any:
        """Write a paragraph."""
        return self.word.add_paragraph(printable(text), style=style)

    def labelled(self, label: str, text: str, style: str) -> None:
        """Write a paragraph whose first words are in bold."""
        paragraph = self.word.add_paragraph(style=style)
        paragraph.add_run(printable(label)).bold = True
        paragraph.add_run(printable(text))

    def callout(self, callout: Callout) -> None:
        """Write a framed message: its title in bold, its paragraphs set in."""
        from docx.shared import Pt

        self.text("", "Normal").add_run(printable(callout.title)).bold = True
        for text in callout.paragraphs:
            self.text(text, "Normal").paragraph_format.left_indent = Pt(12)

    def code(self, line: str) -> None:
        """Write a line to type as it stands."""
        from docx.shared import Pt

        paragraph: Any = self.text("", "Normal")
        paragraph.paragraph_format.space_after = Pt(0)
        run = paragraph.add_run(printable(line))
        run.font.name, run.font.size = "Consolas", Pt(7.5)

    # ------------------------------------------------------------------ pages

    def _running_words(self) -> None:
        section = self.word.sections[0]
        head = section.header.paragraphs[0]
        if self.document.watermark:
            head.add_run(printable(self.document.watermark)).bold = True
            head.add_run(" – ")
        head.add_run(printable(self.document.title))
        foot: Any = section.footer.paragraphs[0]
        foot.alignment = 2
        before, between, after = self._page_words()
        foot.add_run(before)
        for run in field("PAGE"):
            foot._p.append(run)
        foot.add_run(between)
        for run in field("NUMPAGES"):
            foot._p.append(run)
        foot.add_run(after)

    def _page_words(self) -> tuple[str, str, str]:
        words = said(self.document.language, "page_of", n="\0", all="\0")
        before, between, after = words.split("\0")
        return before, between, after

    def _turn(self, *, is_landscape: bool) -> None:
        """Begin a page of the other orientation, if this is not the one wanted."""
        if is_landscape == self.is_landscape:
            return
        self.is_landscape = is_landscape
        self._shape(self.word.add_section(), is_landscape=is_landscape)

    def _shape(self, section: Any, *, is_landscape: bool) -> None:
        from docx.enum.section import WD_ORIENT
        from docx.shared import Pt

        section.orientation = WD_ORIENT.LANDSCAPE if is_landscape else WD_ORIENT.PORTRAIT
        sides = (LONG, SHORT) if is_landscape else (SHORT, LONG)
        section.page_width, section.page_height = Pt(sides[0]), Pt(sides[1])
        section.left_margin = section.right_margin = Pt(MARGIN)
        section.top_margin, section.bottom_margin = Pt(62), Pt(54)

    def _append(self, element: Any) -> None:
        # Before the last section's properties, which end the body.
        self.word.element.body.insert_element_before(element, "w:sectPr")


def _is_wide(block: Block | None) -> bool:
    return isinstance(block, Table) and layout(block).is_landscape
