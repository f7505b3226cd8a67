"""A document for paper: the numbers behind figures, folded away on a page, go to an annex."""

from __future__ import annotations

from dataclasses import replace

from reliance_eval.language.catalogue import Value, words
from reliance_eval.language.numbers import typeset
from reliance_eval.reporting.document import Block, Chapter, Document, Figure, Paragraph, Table

ANNEX = "annex-figures"
"""Anchor of the annex."""


def said(language: str, key: str, /, **values: Value) -> str:
    """Give one of the words that a page adds to its document, set by the language's rules."""
    return typeset(words(language).text(f"report.page.{key}", **values), language)


def data_of(figure: Figure, language: str) -> Table:
    """Give the table of a figure's numbers under the label it has in the annex.

    What its caption does not say is said by the figure's.
    """
    own, above = figure.data.caption, figure.caption
    caption = replace(own, reading=own.reading or above.reading, notes=own.notes or above.notes)
    label = said(language, "data", figure=figure.label)
    return replace(figure.data, label=label, caption=caption)


def with_annex(document: Document) -> Document:
    """Give a document whose figures are followed, at its end, by the tables of their numbers."""
    figures = [block for block in document.blocks() if isinstance(block, Figure)]
    if not figures:
        return document
    blocks: list[Block] = [Paragraph(said(document.language, "annex_text"))]
    blocks += [data_of(figure, document.language) for figure in figures]
    annex = Chapter(ANNEX, said(document.language, "annex"), tuple(blocks))
    return replace(document, chapters=(*document.chapters, annex))
