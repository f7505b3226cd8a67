"""The document model: what a report says, before any writer gives it a form.

Blocks are frozen records of set text; a writer (HTML today) turns them into one file each. Every
printed number is a ``Number`` with an identifier, so that two writers, or two languages, can be
held to the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from reliance_eval.reporting.origin import Origin

WITHHELD = "s"
"""What stands in a withheld cell, as in Insee's tables."""

NONE = "–"
"""What stands where there is no number to give."""

SENTENCE = 40
"""Letters from which the text of a cell is a sentence, or a digest, and no longer a label."""


@dataclass(frozen=True, slots=True)
class Number:
    """A printed number: its identifier, the value as printed, and its text.

    Attributes
    ----------
    id : str
        ``<promise or exhibit>#<field>``: the same in every language.
    value : float or None
        The value after rounding, never finer than the text; None where it is withheld.
    text : str
        What the reader sees.
    """

    id: str
    value: float | None
    text: str

    @property
    def is_withheld(self) -> bool:
        """Whether a sign stands in place of the number."""
        return self.value is None and self.text == WITHHELD


@dataclass(frozen=True, slots=True)
class Code:
    """Text to be read letter by letter: a digest, a seed, a file name."""

    text: str


Cell: TypeAlias = str | Number | Code


def is_group(row: tuple[Cell, ...]) -> bool:
    """Whether a row is the head of those below it: its first cell is the only one with text.

    A writer lets it span the table; one that does not still shows it, above its rows.
    """
    return len(row) > 1 and all(cell == "" for cell in row[1:])


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading below the chapter's own."""

    text: str
    level: int = 3


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A remark in small type."""

    text: str


@dataclass(frozen=True, slots=True)
class List:
    """Items of one list."""

    items: tuple[str, ...]
    is_ordered: bool = False


@dataclass(frozen=True, slots=True)
class Callout:
    """A framed message: what a reader in a hurry must not miss."""

    title: str
    paragraphs: tuple[str, ...]
    kind: Literal["result", "warning", "information"] = "information"


@dataclass(frozen=True, slots=True)
class Listing:
    """Commands to type, or a file's lines."""

    text: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """What lets an exhibit stand alone.

    Attributes
    ----------
    reading : str
        *Lecture*: one full sentence on the exhibit's own first cell.
    scope : str
        *Champ*: who, where, when.
    source : str
    notes : tuple of str
    """

    reading: str = ""
    scope: str
    source: str
    notes: tuple[str, ...] = ()

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Give what there is to say, each with the key of the word before it.

        Notes make one line, in which each after the first opens with a capital.
        """
        note = " ".join(
            text[:1].upper() + text[1:] if place else text for place, text in enumerate(self.notes)
        )
        found = (
            ("reading", self.reading),
            ("scope", self.scope),
            ("source", self.source),
            ("note", note),
        )
        return tuple((key, text) for key, text in found if text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: the first cell of each row heads that row.

    Attributes
    ----------
    id : str
        Anchor, unique in the document.
    label : str
        "Table 3": given when the document is composed.
    columns : tuple of str
        Heads, one a cell of a row.
    origins : tuple of Origin
        Of the rows that answer a promise: given when the document is composed.
    """

    id: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: Caption
    label: str = ""
    origins: tuple[Origin, ...] = ()

    @property
    def numeric(self) -> frozenset[int]:
        """Places of the columns that hold numbers: a writer sets them to the right."""
        rows = [row for row in self.rows if not is_group(row)]
        return frozenset(
            place
            for place in range(1, len(self.columns))
            if any(isinstance(row[place], Number) for row in rows)
            and all(isinstance(row[place], Number) or row[place] == NONE for row in rows)
        )

    @property
    def is_wordy(self) -> bool:
        """Whether a column holds sentences: on a phone its rows are read one under another."""
        texts = (
            cell.text if isinstance(cell, Code) else cell
            for row in self.rows
            for cell in row[1:]
            if not isinstance(cell, Number)
        )
        return any(len(text) > SENTENCE for text in texts)

    @property
    def withholds(self) -> bool:
        """Whether a sign stands in place of some number."""
        return any(
            isinstance(cell, Number) and cell.text == WITHHELD for row in self.rows for cell in row
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture, the words that replace it, and its numbers: none of the three is optional.

    Attributes
    ----------
    svg : str
        An ``<svg>`` element, without ids that another figure may bear.
    alternative : str
        What the picture shows, for who cannot see it.
    data : Table
        The numbers drawn.
    """

    id: str
    title: str
    svg: str
    alternative: str
    data: Table
    caption: Caption
    label: str = ""


Block: TypeAlias = Heading | Paragraph | Note | List | Callout | Listing | Table | Figure


@dataclass(frozen=True, slots=True)
class Chapter:
    """A section of the report, with its anchor.

    Attributes
    ----------
    begins_a_page : bool
        Whether it starts at the head of a page, on paper.
    """

    id: str
    title: str
    blocks: tuple[Block, ...]
    begins_a_page: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole report in one language.

    Attributes
    ----------
    identity : tuple of (label, text)
        The lines under the title: registration, day of the draw, version.
    watermark : str
        Words repeated on every page, or ``""``.
    chapters : tuple of Chapter
    footer : str
        Words under the page; ``""`` for those of the report.
    dated : date or None
        Day that the properties of a file bear: that of the last data, never that of the run.
    origin : str
        One sentence on the data and the software behind every number, for who asks where one
        comes from.
    """

    language: str
    title: str
    subtitle: str
    identity: tuple[tuple[str, str], ...]
    watermark: str
    chapters: tuple[Chapter, ...]
    footer: str = ""
    dated: date | None = None
    origin: str = ""

    def blocks(self) -> Iterator[Block]:
        """Give every block, in reading order."""
        for chapter in self.chapters:
            yield from chapter.blocks

    def tables(self) -> Iterator[Table]:
        """Give every table, those behind figures included."""
        for block in self.blocks():
            if isinstance(block, Table):
                yield block
            elif isinstance(block, Figure):
                yield block.data

    def numbers(self) -> tuple[Number, ...]:
        """Give every number of every table, in reading order."""
        return tuple(
            cell
            for table in self.tables()
            for row in table.rows
            for cell in row
            if isinstance(cell, Number)
        )
