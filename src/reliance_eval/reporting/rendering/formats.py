"""The forms of a report: which writer gives which files, by the names they leave under."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import get_args

from reliance_eval.protocol.model import Format
from reliance_eval.reporting.document import Document
from reliance_eval.reporting.rendering.docx_report import docx
from reliance_eval.reporting.rendering.html import html
from reliance_eval.reporting.rendering.latex import latex
from reliance_eval.reporting.rendering.typst_report import pdf

FORMATS: tuple[Format, ...] = get_args(Format)
"""Every form, in the order in which files are given."""


def files_of(document: Document, formats: Iterable[Format]) -> dict[str, bytes]:
    """Write a document in each of some forms: contents by name.

    Returns
    -------
    dict of str to bytes
        ``report.<language>.html``, ``.pdf``, ``.docx`` and ``tables/<language>/<table>.tex``.
    """
    asked = set(formats)
    files: dict[str, bytes] = {}
    for name in FORMATS:
        if name in asked:
            files |= _WRITERS[name](document)
    return files


def _html(document: Document) -> dict[str, bytes]:
    return {f"report.{document.language}.html": html(document)}


def _pdf(document: Document) -> dict[str, bytes]:
    return {f"report.{document.language}.pdf": pdf(document)}


def _docx(document: Document) -> dict[str, bytes]:
    return {f"report.{document.language}.docx": docx(document)}


def _latex(document: Document) -> dict[str, bytes]:
    return {f"tables/{document.language}/{name}": text for name, text in latex(document).items()}


_WRITERS: dict[Format, Callable[[Document], dict[str, bytes]]] = {
    "html": _html,
    "pdf": _pdf,
    "docx": _docx,
    "latex": _latex,
}
