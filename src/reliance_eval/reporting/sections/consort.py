"""The CONSORT 2025 checklist: what the run fills, where it stands, what is left to the authors."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from reliance_eval.eligibility import Flow
from reliance_eval.reporting.checklist import HEAD, Filled, checklist
from reliance_eval.reporting.document import NONE, Block, Cell, Paragraph, Table
from reliance_eval.reporting.section import SECTIONS, Context, Section

UNVERIFIED = "†"


def consort(context: Context) -> tuple[Block, ...]:
    """Give one row an item."""
    voice = context.voice
    filled = checklist(context)
    count = Counter(row.status for row in filled)
    counted = {
        status: voice.numbers.integer(count[status])
        for status in ("run", "authors", "none", "absent", "missing")
    }
    total = voice.numbers.integer(len(filled))
    return (
        Paragraph(voice.say("report.consort.intro")),
        Paragraph(voice.say("report.consort.count", total=total, **counted)),
        _table(context, filled),
    )


def _table(context: Context, filled: tuple[Filled, ...]) -> Table:
    voice, first = context.voice, next(row for row in filled if row.status == "run")
    caption = context.file_caption(
        voice.say(
            "report.consort.reading",
            number=first.item.number,
            topic=first.item.label(voice.language),
            answer=voice.inside(first.answer),
        )
    )
    return Table(
        id="consort-items",
        title=voice.say("report.consort.table"),
        columns=tuple(
            voice.say(f"report.consort.{name}") for name in ("number", "topic", "answer", "where")
        ),
        rows=tuple(_row(context, row) for row in filled),
        caption=replace(caption, notes=(voice.say("report.consort.note"),)),
    )


def _row(context: Context, row: Filled) -> tuple[Cell, ...]:
    number = row.item.number if row.item.is_verified else f"{row.item.number}\u00a0{UNVERIFIED}"
    topic = context.voice.label(row.item.label(context.voice.language))
    return (number, topic, row.answer, _where(context, row.section))


def _where(context: Context, section: str) -> str:
    if not section:
        return NONE
    if section == HEAD:
        return context.voice.say("report.consort.head")
    return context.chapters.get(section) or context.voice.say(f"report.section.{section}")


SECTIONS.register("consort")(Section(needs=Flow, order=96, compose=consort))
