"""The PDF writer: a document as a tagged PDF to print and to keep (PDF/UA-1 and PDF/A-2a).

Typst sets it from one JSON value. What a page cannot do is decided before: widths of columns, pages
turned for wide tables, tables parted where pages part them, figures' numbers in an annex.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from importlib import resources
from typing import Any

from reliance_eval.reporting.document import Document
from reliance_eval.reporting.rendering.annexing import said, with_annex
from reliance_eval.reporting.rendering.typst_compiling import (
    ACCESSIBLE_ARCHIVE,
    EPOCH,
    answer_of,
    pdf_of,
)
from reliance_eval.reporting.rendering.typst_items import heading, item_of
from reliance_eval.reporting.rendering.typst_paging import Item, parts_of

TEMPLATE = "report.typ"
WORDS = ("contents", "reading", "scope", "source", "note", "continued", "footer_paper")
PATTERNS = {"annex_of": ("page",), "page_of": ("n", "all")}
"""Words in which the template itself puts a number of a page."""


def pdf(document: Document) -> bytes:
    """Write a document as a PDF; its bytes depend on nothing but the document."""
    template = (resources.files(__package__) / "templates" / TEMPLATE).read_bytes()
    data = plain(document)
    if not all(item.get("is_whole", True) for run in data["runs"] for item in run["items"]):
        pages: dict[str, list[int]] = answer_of(template, data | {"is_draft": True}, label="rows")
        for run in data["runs"]:
            run["items"] = [part for item in run["items"] for part in parts_of(item, pages)]
    at = datetime.combine(document.dated, time(), UTC) if document.dated else EPOCH
    return pdf_of(template, data, at=at, standards=ACCESSIBLE_ARCHIVE)


def plain(document: Document) -> dict[str, Any]:
    """Give a document as the template reads it: runs of items, upright or turned."""
    language = document.language
    say = {key: said(language, key) for key in WORDS}
    for key, names in PATTERNS.items():
        say[key] = said(language, key, **{name: f"{{{name}}}" for name in names})
    items: list[Item] = []
    for number, chapter in enumerate(with_annex(document).chapters, start=1):
        head = heading(f"{number}. {chapter.title}", level=2)
        items.append(head | {"id": chapter.id, "begins_a_page": chapter.begins_a_page})
        items += [item_of(block) for block in chapter.blocks]
    return {
        "language": language,
        "title": document.title,
        "subtitle": document.subtitle,
        "identity": [list(line) for line in document.identity],
        "watermark": document.watermark,
        "footer": document.footer or say["footer_paper"],
        "say": say,
        "is_draft": False,
        "runs": _runs(items),
    }


def _runs(items: list[Item]) -> list[dict[str, Any]]:
    """Part the items in runs of pages; what only leads to an exhibit stays on its page."""
    turned = [item.get("is_landscape", False) for item in items]
    for place, item in enumerate(items):
        if item["kind"] in ("table", "figure"):
            led = _leading(items, place)
            turned[led:place] = [turned[place]] * (place - led)
            for leading in items[led:place]:
                leading["is_leading"] = True
    runs: list[dict[str, Any]] = []
    for item, is_landscape in zip(items, turned, strict=True):
        if not runs or runs[-1]["is_landscape"] != is_landscape:
            runs.append({"is_landscape": is_landscape, "items": []})
        runs[-1]["items"].append(item)
    return runs


def _leading(items: list[Item], place: int) -> int:
    """Give where the words begin that lead to an exhibit: at their heading, if nothing parts them.

    Headings that follow one another are taken together.
    """
    start = place
    while start > 0 and items[start - 1]["kind"] in ("paragraph", "note"):
        start -= 1
    if start == 0 or items[start - 1]["kind"] != "heading":
        return place
    while start > 0 and items[start - 1]["kind"] == "heading":
        start -= 1
    return start
