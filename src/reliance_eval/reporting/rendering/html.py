"""The HTML writer: one file that needs no network, no script and no colour.

Every text of the document is escaped by the template engine; the only markup that passes is the
SVG this package draws. A Content-Security-Policy forbids whatever could still reach outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from reliance_eval.language.catalogue import words
from reliance_eval.language.numbers import typeset
from reliance_eval.reporting.document import Document, is_group

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

TEMPLATE = "report.html.j2"
STYLE = "report.css"
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
_NOT_IN_ANCHORS = re.compile(r"[^\w.:=+-]")


def html(document: Document) -> bytes:
    """Write a document as one self-contained page, in UTF-8."""

    def say(key: str, /, **values: str) -> str:
        text = words(document.language).text(f"report.page.{key}", **values)
        return typeset(text, document.language)

    template, style = _template()
    page = template.render(
        document=document, say=say, style=style, policy=POLICY, place=_first_places()
    )
    return (page.strip() + "\n").encode("utf-8")


def _first_places() -> Callable[[str], Markup]:
    """Give the attribute by which a number may be linked to, where it stands first."""
    from markupsafe import Markup

    seen: set[str] = set()

    def place(identifier: str) -> Markup:
        if not identifier or identifier in seen:
            return Markup("")
        seen.add(identifier)
        return Markup(' id="{}"').format(anchor_of(identifier))

    return place


def anchor_of(identifier: str) -> str:
    """Give the anchor of a number in a page.

    >>> anchor_of("employed.12.itt.blocked#estimate")
    'n-employed.12.itt.blocked:estimate'
    """
    return "n-" + _NOT_IN_ANCHORS.sub("-", identifier.replace("#", ":"))


@cache
def _template() -> tuple[Template, str]:
    from importlib import resources

    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    folder = "templates"
    environment = Environment(
        loader=PackageLoader("reliance_eval.reporting.rendering", folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # The model's records are told apart by their type's name.
    environment.tests["a"] = lambda block, name: type(block).__name__ == name
    environment.tests["group"] = is_group
    files = resources.files("reliance_eval.reporting.rendering") / folder
    style = (files / STYLE).read_text(encoding="utf-8")
    # Our own file; a style element takes no escaped text.
    return environment.get_template(TEMPLATE), Markup(style)  # noqa: S704
