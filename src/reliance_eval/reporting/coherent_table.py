"""The table of results: levels, the offer's effect, and what it is for those who take part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from reliance_eval.estimation.estimates import Estimate, NotEstimable
from reliance_eval.estimation.finding import Compliance
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.document import NONE, Cell, Table
from reliance_eval.reporting.effects import Effect, effects, estimated
from reliance_eval.reporting.exhibits import complier_mean, confidence_set, printed
from reliance_eval.reporting.grouping import line_of, under_groups
from reliance_eval.reporting.section import Context

COMPLIANCE = get_args(Compliance)
"""What a LATE's notes say of who could choose."""

BESIDE = 4
"""Cells about those who take part: first stage, effect, set, level without the programme."""


@dataclass(frozen=True, eq=False)
class Rows:
    """What one table of results is made of.

    Attributes
    ----------
    itts : tuple of Estimate or NotEstimable
        The effects of the offer, by one estimator.
    lates : mapping of (outcome, horizon, arm) to Estimate
        The effects on those who take part, by the first estimator promised for each.
    """

    itts: tuple[Estimate | NotEstimable, ...]
    lates: Mapping[tuple[str, int, str], Estimate]


def coherent_table(context: Context, rows: Rows, *, identifier: str, title: str) -> Table:
    """Give one row an outcome and horizon: levels first, then differences with their intervals."""
    voice = context.voice
    shown = {e.promise.id: e for e in effects(context, estimated(rows.itts))}
    beside = {
        (e.promise.outcome, e.promise.horizon_months, e.promise.arm): e
        for e in effects(context, rows.lates.values())
    }
    is_simultaneous = any(effect.is_simultaneous for effect in shown.values())
    names = ["reference_level", "arm_level", "difference"]
    names.append("simultaneous" if is_simultaneous else "interval")
    names += ["first_stage", "late", "set", "untreated_complier_mean"] if beside else []
    names += [] if beside else ["n_arm", "n_reference"]
    level = voice.numbers.percent(context.protocol.clauses.inference.level, 0)
    heads = [voice.say(f"report.column.{name}", level=level) for name in names]
    lines = []
    for row in rows.itts:
        promise = promise_of(row)
        effect = shown.get(promise.id)
        late = beside.get((promise.outcome, promise.horizon_months, promise.arm))
        cells = _offer(effect) if effect else (NONE,) * 4
        cells += _taking_part(late) if beside else effect.counts() if effect else (NONE,) * 2
        lines.append(line_of(context, promise, cells))
    first = next((effect for effect in shown.values() if not effect.is_withheld), None)
    return Table(
        id=identifier,
        title=title,
        columns=(voice.say("report.column.outcome"), *heads),
        rows=under_groups(lines),
        caption=context.caption(
            first.reading() if first else "",
            notes=_notes(context, list(shown.values()), list(beside.values()), rows),
        ),
    )


def _offer(effect: Effect) -> tuple[Cell, ...]:
    return (*effect.levels(), effect.difference(), effect.ends("interval", *effect.interval))


def _taking_part(late: Effect | None) -> tuple[Cell, ...]:
    if late is None:
        return (NONE,) * BESIDE
    has_stage = late.estimate.first_stage is not None
    return (
        late.stage()[0] if has_stage else NONE,
        late.difference(),
        confidence_set(late),
        complier_mean(late),
    )


def _notes(
    context: Context, shown: list[Effect], beside: list[Effect], rows: Rows
) -> tuple[str, ...]:
    voice = context.voice
    notes = []
    is_simultaneous = any(effect.is_simultaneous for effect in shown)
    if not context.gate.is_public and any(effect.scale.is_share for effect in shown):
        notes.append(voice.say("report.note.both_levels"))
    if any(effect.is_adjusted for effect in shown):
        notes.append(voice.say("report.note.adjusted_level"))
    notes.append(voice.say(f"report.results.note_{'together' if is_simultaneous else 'each'}"))
    if beside:
        notes.append(voice.say("report.results.note_set"))
        notes.append(voice.say("report.note.compliers"))
        if not context.gate.is_public:
            notes.append(voice.say("report.note.stage"))
    if any(isinstance(row, NotEstimable) for row in rows.itts):
        notes.append(voice.say("report.note.not_estimable"))
    kinds = dict.fromkeys(note for row in printed(beside) for note in row.notes)
    notes += [voice.say(f"estimation.note.{kind}") for kind in kinds if kind in COMPLIANCE]
    notes.append(voice.say("report.results.note_details"))
    return tuple(notes)
