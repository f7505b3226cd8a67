"""Planned, done, deviated: the protocol and its amendments against the run, line by line."""

from __future__ import annotations

from collections import Counter
from datetime import date

from reliance_eval.eligibility import Flow
from reliance_eval.language.catalogue import Value
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.document import NONE, Block, Cell, List, Paragraph, Table
from reliance_eval.reporting.reasons import reason_said
from reliance_eval.reporting.section import SECTIONS, Context, Section
from reliance_eval.robustness import Deviation
from reliance_eval.robustness.deviating import deviations
from reliance_eval.robustness.deviation import Status, departures

STATUSES: tuple[Status, ...] = ("none", "amended", "deviated", "not_yet")
DAY = "day_"
"""How the names begin of values that are days, as ISO writes them."""


def account(context: Context) -> tuple[Block, ...]:
    """Give how many lines are as planned, the departures no rule foresaw, and every line."""
    found = deviations(context.latest)
    voice = context.voice
    counts = Counter(each.status for each in found)
    said = [
        voice.say(f"report.deviations.count_{status}", n=voice.numbers.integer(counts[status]))
        for status in STATUSES
        if counts[status]
    ]
    blocks: list[Block] = [
        Paragraph(voice.say("report.deviations.intro")),
        Paragraph(voice.say("report.deviations.counts", counts=voice.listed(said))),
    ]
    if graver := departures(found):
        blocks.append(Paragraph(voice.say("report.deviations.departures")))
        blocks.append(List(tuple(_departure(context, each) for each in graver)))
    else:
        blocks.append(Paragraph(voice.say("report.deviations.no_departure")))
    return (*blocks, _table(context, found))


def _table(context: Context, found: tuple[Deviation, ...]) -> Table:
    voice = context.voice
    rows = tuple(_row(context, each) for each in found)
    columns = ("item", "planned", "done", "deviation", "why")
    first = rows[0]
    return Table(
        id="deviations-table",
        title=voice.say("report.deviations.table"),
        columns=tuple(voice.say(f"report.deviations.column_{name}") for name in columns),
        rows=rows,
        caption=context.file_caption(
            voice.say(
                "report.deviations.reading",
                item=str(first[0]),
                planned=str(first[1]).rstrip("."),
                done=str(first[2]).rstrip("."),
            )
        ),
    )


def _row(context: Context, each: Deviation) -> tuple[Cell, ...]:
    return (
        _head(context, each),
        said(context, each, "planned"),
        said(context, each, "done"),
        _graded(context, each),
        said(context, each, "reason") or NONE,
    )


def _departure(context: Context, each: Deviation) -> str:
    return context.voice.say(
        "report.deviations.departure",
        item=_head(context, each),
        done=context.voice.inside(said(context, each, "done")),
        grade=context.voice.say(f"deviation.severity.{each.severity}"),
    )


def _graded(context: Context, each: Deviation) -> str:
    """Give the status in words, with how far from the plan it is where it is."""
    voice = context.voice
    status = voice.say(f"deviation.status.{each.status}")
    if each.status != "deviated":
        return status
    grade = voice.say(f"deviation.severity.{each.severity}")
    return voice.say("report.deviations.graded", status=status, grade=grade)


def said(context: Context, each: Deviation, part: str) -> str:
    """Give a sentence of a line with its numbers and days set; ``""`` where there is none."""
    key = getattr(each, part)
    if not key:
        return ""
    values = {name: _set(context, name, value) for name, value in each.values.items()}
    return context.voice.say(f"deviation.{part}.{key}", **values)


def _set(context: Context, name: str, value: Value) -> Value:
    numbers = context.voice.numbers
    if isinstance(value, str) and name.startswith(DAY) and value:
        return numbers.day(date.fromisoformat(value))
    # A plural is chosen by n itself.
    return numbers.integer(value) if isinstance(value, int) else value


def _head(context: Context, each: Deviation) -> str:
    """Name a line: what it is about and, where there are several, which one."""
    head = context.voice.say(f"deviation.item.{each.item}")
    which = _which(context, each)
    return context.voice.say("report.deviations.head", item=head, which=which) if which else head


def _which(context: Context, each: Deviation) -> str:
    voice = context.voice
    if each.item == "analysis":
        estimand, _, estimator = each.subject.partition(".")
        return voice.say(
            "report.promises.analysis",
            estimand=voice.say(f"report.estimand.{estimand}"),
            estimator=voice.estimator(estimator),
        )
    if each.item == "check":
        return voice.say(f"check.{each.subject}.title")
    if each.item == "rule":
        return voice.say(f"deviation.rule.{each.subject}")
    if each.item == "not_estimable":
        assert context.estimates is not None
        (row, *_) = (
            row for row in context.estimates.not_estimable if promise_of(row).id == each.promises[0]
        )
        return voice.inside(reason_said(context, row)).rstrip(".")
    return each.subject if each.item == "amendment" else ""


SECTIONS.register("deviations")(Section(needs=Flow, order=86, compose=account))
