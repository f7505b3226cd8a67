"""Writers of a procès-verbal: one HTML page that needs nothing, and a PDF by Typst (PDF/UA-1).

Both receive the paper as data, so that no text of a protocol or of a log can ever be taken for
markup.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from reliance_eval.language.catalogue import words
from reliance_eval.language.numbers import typeset
from reliance_eval.reporting.minutes.paper import Paper
from reliance_eval.reporting.rendering.html import POLICY
from reliance_eval.reporting.rendering.typst_compiling import ACCESSIBLE, pdf_of

if TYPE_CHECKING:
    from jinja2 import Template

FOLDER = "templates"
PAGE, STYLE, PRINT = "minutes.html.j2", "minutes.css", "minutes.typ"


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
    return pdf_of(_template(PRINT), paper.plain(), at=at, standards=ACCESSIBLE)


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
