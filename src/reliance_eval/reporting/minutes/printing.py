"""Writers of a procès-verbal: one HTML page that needs nothing, and a PDF by Typst (PDF/UA-1).

Both receive the paper as data. The PDF's template reads JSON, so that no text of a protocol or of
a log can ever be taken for markup; its font is the one that matplotlib carries, so that the same
paper gives the same bytes on every machine.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reliance_eval.language.catalogue import words
from reliance_eval.language.numbers import typeset
from reliance_eval.reporting.minutes.paper import Paper
from reliance_eval.reporting.rendering.html import POLICY

if TYPE_CHECKING:
    from jinja2 import Template

FOLDER = "templates"
PAGE, STYLE, PRINT = "minutes.html.j2", "minutes.css", "minutes.typ"
STANDARD: Final = "ua-1"
"""Tagged for screen readers: ISO 14289-1."""


def page(paper: Paper) -> bytes:
    """Write a paper as one self-contained HTML page, in UTF-8."""
    template, style = _page_template()
    skip = typeset(words(paper.language).text("report.page.skip"), paper.language)
    text = template.render(paper=paper.plain(), style=style, policy=POLICY, skip=skip)
    return (text.strip() + "\n").encode("utf-8")


def printed(paper: Paper, *, at: datetime) -> bytes:
    """Write a paper as a tagged PDF, to sign.

    Parameters
    ----------
    paper : Paper
    at : datetime
        The instant the document bears, so that its bytes depend on nothing else.
    """
    import typst

    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_fonts())]
    )
    compiler = typst.Compiler(
        _template(PRINT),
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"paper": json.dumps(paper.plain(), ensure_ascii=False)},
    )
    content = compiler.compile(format="pdf", pdf_standards=STANDARD, timestamp=at)
    if not isinstance(content, bytes):
        raise TypeError("one document gives one file")
    return content


def _fonts() -> Path:
    import matplotlib as mpl

    return Path(mpl.get_data_path()) / "fonts" / "ttf"


def _template(name: str) -> bytes:
    return (resources.files(__package__) / FOLDER / name).read_bytes()


@cache
def _page_template() -> tuple[Template, str]:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader(str(__package__), FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Our own file; a style element takes no escaped text.
    return environment.get_template(PAGE), Markup(_template(STYLE).decode("utf-8"))  # noqa: S704
