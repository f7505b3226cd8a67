"""The parts that tell of the sitting: purpose, notice, who was there, incidents, conclusion."""

from __future__ import annotations

from reliance_eval.fingerprint import of_bytes
from reliance_eval.lottery.announcing import text_of
from reliance_eval.reporting.document import Code
from reliance_eval.reporting.minutes.act import Act
from reliance_eval.reporting.minutes.paper import (
    Blanks,
    Entry,
    Finding,
    Form,
    Grid,
    Piece,
    Sentences,
)

PRESENT = 8
"""Lines for those present; others sign on the back."""


def purpose(act: Act) -> tuple[Piece, ...]:
    """Say what was done, when, and by which rule."""
    facts = act.facts
    key = "public" if facts.commitment is not None else "plain"
    pieces: list[Piece] = [
        Sentences(
            act.say(
                f"object.{key}",
                moment=act.moment(facts.held_at),
                unit=act.voice.unit(),
                title=act.title,
            )
        ),
        Sentences(
            act.say("object.rule", design=act.voice.say(f"report.design.{facts.draw.design}"))
        ),
    ]
    if facts.is_declared:
        pieces.append(Finding(act.say("clock.title"), act.say("clock.text"), "warning"))
    return tuple(pieces)


def notice(act: Act) -> tuple[Piece, ...]:
    """Say what was announced, and how long before."""
    commitment, event = act.facts.commitment, act.facts.event
    if commitment is None or event is None:
        return (Sentences(act.say("notice.plain")),)
    rows: list[tuple[Entry, ...]] = [
        (act.say("notice.committed"), act.moment(commitment.at)),
        (act.say("notice.text_digest"), Code(of_bytes(text_of(commitment)))),
        (act.say("notice.event"), act.name(commitment.event)),
        (act.say("notice.event_at"), act.moment(commitment.event.at)),
        (act.say("notice.value"), act.value(commitment.event)),
        (act.say("notice.required"), act.say("notice.days", n=commitment.notice_days)),
        (act.say("notice.found"), act.say("notice.days", n=act.facts.notice)),
    ]
    if commitment.fallback is not None:
        rows.append((act.say("notice.fallback"), act.name(commitment.fallback)))
        rows.append((act.say("notice.fallback_at"), act.moment(commitment.fallback.at)))
    if event is commitment.event:
        used = act.say("notice.used_event")
    else:
        used = act.say("notice.used_fallback", reason=act.voice.label(act.facts.fallback_reason))
    rows.append((act.say("notice.used"), used))
    return (
        Grid(
            act.say("notice.table"),
            (act.voice.say("report.column.item"), act.voice.say("report.column.value")),
            tuple(rows),
        ),
        Sentences(act.say("notice.note")),
    )


def present(act: Act) -> tuple[Piece, ...]:
    """Leave lines to those present, or say where their names are."""
    if act.counts.is_public:
        return (Sentences(act.say("present.public")),)
    return (
        Sentences(act.say("present.text")),
        Blanks(tuple(act.say(f"present.{key}") for key in ("place", "opened", "chair"))),
        Form(
            act.say("present.table"),
            tuple(act.say(f"present.column_{key}") for key in ("name", "capacity", "sign")),
            PRESENT,
        ),
    )


def incidents(act: Act) -> tuple[Piece, ...]:
    """List the attempts that the log saw refused, and leave lines for the rest."""
    facts = act.facts
    remarks = Blanks((act.say("incidents.remarks"), "", ""))
    if not facts.incidents:
        return (Sentences(act.say("incidents.none")), remarks)
    rows: tuple[tuple[Entry, ...], ...] = tuple(
        (
            str(item.line),
            act.moment(item.at),
            act.say(f"incidents.act_{item.act}"),
            Code(item.code),
        )
        for item in facts.incidents
    )
    columns = ("line", "at", "act", "code")
    return (
        Sentences(act.say("incidents.text", n=len(facts.incidents))),
        Grid(
            act.say("incidents.table"),
            tuple(act.say(f"incidents.column_{key}") for key in columns),
            rows,
        ),
        remarks,
    )


def conclusion(act: Act) -> tuple[Piece, ...]:
    """Say what was verified, and whether the draw stands."""
    facts = act.facts
    rows: tuple[tuple[Entry, ...], ...] = tuple(
        (
            act.say(f"condition.{item.name}"),
            act.say(f"condition.{'met' if item.is_met else 'not_met'}"),
        )
        for item in facts.conditions
    )
    pieces: list[Piece] = [
        Grid(
            act.say("conclusion.table"),
            (act.say("conclusion.column_condition"), act.say("conclusion.column_result")),
            rows,
        )
    ]
    if not facts.is_valid:
        commitment = "–" if facts.commitment is None else facts.commitment.id
        text = act.say("conclusion.repeat", id=commitment)
        pieces.append(Finding(act.say("conclusion.repeat_title"), text, "warning"))
        pieces.append(Blanks((act.say("conclusion.reason"), "")))
    elif facts.commitment is None:
        pieces.append(
            Finding(act.say("conclusion.plain_title"), act.say("conclusion.plain"), "warning")
        )
    else:
        pieces.append(Finding(act.say("conclusion.valid_title"), act.say("conclusion.valid")))
    is_public = act.counts.is_public
    last = ("certified",) if is_public else ("closed", "signature")
    done = ("done_at", "done_on", *last)
    return (*pieces, Blanks(tuple(act.say(f"conclusion.{key}") for key in done)))
