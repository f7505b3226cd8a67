"""The report of an artefact: every section that can be written, in each language."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import date

from reliance_eval import __version__
from reliance_eval.artefact import Artefact
from reliance_eval.eligibility import Flow
from reliance_eval.panel import Panel
from reliance_eval.protocol.model import Format
from reliance_eval.reporting.disclosure import Decision, Gate, rules_of
from reliance_eval.reporting.document import (
    Block,
    Chapter,
    Document,
    Figure,
    Table,
)
from reliance_eval.reporting.examining import examined
from reliance_eval.reporting.labelling import labelled
from reliance_eval.reporting.originating import origin_said, promises_of, with_origins
from reliance_eval.reporting.rendered import Report
from reliance_eval.reporting.rendering.formats import files_of
from reliance_eval.reporting.section import SECTIONS, Context, Section
from reliance_eval.reporting.watermarking import watermark_of
from reliance_eval.reporting.wording import Voice

ON_A_NEW_PAGE = ("summary",)
"""Sections that begin a page on paper: the summary is one page."""

TO_COME = ("not_yet_observed", "not_delivered")
"""Reasons for want of a number that a later delivery takes away."""


def report(
    artefact: Artefact,
    *,
    language: str | None = None,
    formats: Iterable[Format] | None = None,
) -> Report:
    """Report on an artefact of any act, in each language of its protocol or in one.

    Parameters
    ----------
    artefact : Artefact
        A flow, draw, panel, estimates or checks; sections read what stands above it.
    language : str, optional
        One language only.
    formats : iterable of {"html", "pdf", "docx", "latex"}, optional
        Forms to write; by default those of the protocol.

    Raises
    ------
    ConfidentialityError
        The protocol sets disclosure rules of its own and names nobody who decided so.
    InternalError
        The flow's counts do not add up.
    """
    languages = artefact.protocol.languages if language is None else (language,)
    asked = artefact.protocol.clauses.report.formats if formats is None else tuple(formats)
    log: tuple[Decision, ...] = ()
    written: list[Future[dict[str, bytes]]] = []
    # One language is set on paper while the next is composed: typesetting needs no Python.
    with ThreadPoolExecutor(max_workers=1) as writer:
        for name in languages:
            document, decisions = compose(artefact, name)
            log = log or decisions
            written.append(writer.submit(files_of, document, asked))
    files = {name: content for each in written for name, content in each.result().items()}
    return Report(artefact.digest, files, log, artefact)


def compose(artefact: Artefact, language: str) -> tuple[Document, tuple[Decision, ...]]:
    """Give the document of an artefact in one language, and the decisions of its gate."""
    context, document = composed(artefact, language)
    return document, tuple(dict.fromkeys(context.gate.log))


def composed(artefact: Artefact, language: str) -> tuple[Context, Document]:
    """Give the document of an artefact in one language, and what its sections read."""
    voice = Voice(artefact.protocol, language)
    gate = Gate(rules_of(artefact.protocol))
    context = Context(artefact, voice, gate)
    promises = promises_of(context)
    chapters = []
    for name, section in _in_order():
        if artefact.nearest(section.needs) is None:
            continue
        if blocks := section.compose(context):
            title = voice.say(f"report.section.{name}")
            context.chapters[name] = title
            anchor = name.replace("_", "-")
            blocks = with_origins(_explained(blocks, voice), promises)
            chapters.append(Chapter(f"section-{anchor}", title, blocks, name in ON_A_NEW_PAGE))
    seen = examined(chapters, gate, voice)
    document = Document(
        language=language,
        title=voice.say(f"report.title.{_design(context)}", title=context.title()),
        subtitle=voice.say(f"report.title.{'final' if _is_final(context) else 'interim'}"),
        identity=_identity(context),
        watermark=watermark_of(context),
        chapters=labelled(
            seen,
            table=voice.say("report.page.table"),
            figure=voice.say("report.page.figure"),
        ),
        dated=_day(context),
        origin=origin_said(context),
    )
    return context, document


def _in_order() -> list[tuple[str, Section]]:
    return sorted(((name, SECTIONS[name]) for name in SECTIONS), key=lambda pair: pair[1].order)


def _design(context: Context) -> str:
    draw = context.draw
    if draw is not None:
        return "clustered" if draw.drawn_in == "clusters" else "individual"
    return "individual"


def _is_final(context: Context) -> bool:
    """Say whether everything promised was done, with nothing left for time to bring."""
    if context.checks is None or context.estimates is None:
        return False
    return not any(row.reason in TO_COME for row in context.estimates.not_estimable)


def _day(context: Context) -> date:
    """Give the day of the last data: what a file bears, so that its bytes depend on no clock."""
    read: Flow | Panel = context.panel or context.flow
    days = [record.extracted_on for record in read.deliveries]
    return max([context.protocol.clauses.lottery.day, *days])


def _identity(context: Context) -> tuple[tuple[str, str], ...]:
    voice, clauses = context.voice, context.protocol.clauses
    lines = []
    registration = clauses.trial.registration
    if registration is None:
        text = voice.say("report.identity.unregistered")
    else:
        is_late = registration.on > clauses.lottery.day
        text = voice.say(
            "report.identity.registered_late" if is_late else "report.identity.registered",
            registry=registration.registry,
            id=registration.id,
            day=voice.numbers.day(registration.on),
        )
    lines.append((voice.say("report.identity.registration"), text))
    if context.draw is not None:
        day = voice.numbers.day(clauses.lottery.day)
        lines.append((voice.say("report.identity.draw"), day))
    source = context.source()
    lines.append((voice.say("report.identity.source"), source[:1].upper() + source[1:]))
    lines.append((voice.say("report.identity.software"), f"reliance-eval {__version__}"))
    return tuple(lines)


def _explained(blocks: Iterable[Block], voice: Voice) -> tuple[Block, ...]:
    """Add, under each exhibit that withholds a number, the words for its sign."""

    def explain(block: Block) -> Block:
        table = block.data if isinstance(block, Figure) else block
        if not isinstance(table, Table) or not table.withholds:
            return block
        assert isinstance(block, (Table, Figure))
        notes = (*block.caption.notes, voice.say("report.note.withheld"))
        # Where the first cell is withheld with all others there is nothing to read.
        reading = block.caption.reading or voice.say("report.reading.withheld")
        return replace(block, caption=replace(block.caption, notes=notes, reading=reading))

    return tuple(explain(block) for block in blocks)
