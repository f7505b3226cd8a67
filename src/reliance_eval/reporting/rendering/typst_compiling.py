"""Typst, as every PDF of this package uses it: the text is data, the fonts are matplotlib's.

A template reads one JSON value, so that no text of a protocol, a log or a file can be taken for
markup. The fonts are those of matplotlib's own folder (DejaVu, a free licence), found when a
document is written: none is copied, and every machine sets the same page.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reliance_eval.reporting.rendering.printable import printable

if TYPE_CHECKING:
    from typst import Compiler, Fonts
    from typst import PDFStandard as Standard

DATA = "data"
"""Under this name a template finds its JSON text in ``sys.inputs``."""

ACCESSIBLE: Final = ("ua-1",)
"""Tagged for screen readers: ISO 14289-1."""

ACCESSIBLE_ARCHIVE: Final = ("ua-1", "a-2a")
"""Tagged for screen readers, and to be kept: ISO 14289-1 with ISO 19005-2, level A."""

EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
"""The instant of a document that bears none: the first that a zip archive can hold."""

PRINT_PPI = 220.0


def pdf_of(template: bytes, data: Any, *, at: datetime, standards: tuple[Standard, ...]) -> bytes:
    """Set a document as a PDF.

    Parameters
    ----------
    template : bytes
        A Typst file.
    data : plain value
        What the template reads as JSON.
    at : datetime
        The instant the document bears, so that its bytes depend on nothing else.
    standards : tuple of str
        ``ACCESSIBLE`` or ``ACCESSIBLE_ARCHIVE``.
    """
    compiler = _compiler(template, data)
    return _one(compiler.compile(format="pdf", pdf_standards=list(standards), timestamp=at))


def answer_of(template: bytes, data: Any, *, label: str) -> Any:
    """Set a document without writing it, and give what it notes under a label.

    A template knows on which page each thing comes to lie only once everything is set.
    """
    compiler = _compiler(template, data)
    return json.loads(compiler.query(f"<{label}>", field="value", one=True))


def png_of(template: bytes, data: Any, *, ppi: float = PRINT_PPI) -> bytes:
    """Set a document of one page as a picture, at print resolution."""
    compiler = _compiler(template, data)
    return _one(compiler.compile(format="png", ppi=ppi, timestamp=EPOCH))


def _compiler(template: bytes, data: Any) -> Compiler:
    import typst

    return typst.Compiler(
        template,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={DATA: json.dumps(_settable(data), ensure_ascii=False)},
    )


def font_file(name: str) -> Path:
    """Give the path of one of matplotlib's fonts."""
    return _folder() / f"{name}.ttf"


def _folder() -> Path:
    import matplotlib as mpl

    return Path(mpl.get_data_path()) / "fonts" / "ttf"


@cache
def _fonts() -> Fonts:
    import typst

    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_folder())]
    )


def _settable(value: Any) -> Any:
    """Give a plain value whose texts hold only characters that can be set."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {key: _settable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_settable(item) for item in value]
    return value


def _one(content: bytes | list[bytes] | None) -> bytes:
    if not isinstance(content, bytes):
        raise TypeError("one document gives one file")
    return content
