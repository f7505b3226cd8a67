"""Page one is one table: each primary outcome and horizon, and what may be said of it."""

from __future__ import annotations

from collections.abc import Iterable

from reliance_eval.estimation import Estimates
from reliance_eval.estimation.estimates import Estimate, NotEstimable
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.document import NONE, Block, Cell, List, Paragraph, Table
from reliance_eval.reporting.effects import (
    Effect,
    effects,
    first_estimator,
    promised,
    row_label,
)
from reliance_eval.reporting.reasons import reason_said
from reliance_eval.reporting.section import SECTIONS, Context, Section
from reliance_eval.reporting.verdict import judge


def key_results(context: Context) -> tuple[Block, ...]:
    """Give the question, the table of primary outcomes, and how to read its last column."""
    voice = context.voice
    rows = [
        row
        for row in promised(context)
        if promise_of(row).role == "primary"
        and promise_of(row).estimand == "itt"
        and not promise_of(row).subgroup
    ]
    rows = [row for row in rows if promise_of(row).estimator == first_estimator(rows)]
    if not rows:
        return ()
    shown = {promise_of(e.estimate).id: e for e in _effects(context, rows)}
    first = next((e for e in shown.values() if not e.is_withheld), None)
    simultaneous = any(effect.is_simultaneous for effect in shown.values())
    smallest = context.protocol.clauses.trial.smallest_effect_that_matters
    is_set = any(promise_of(row).outcome in smallest for row in rows)
    notes = [voice.say(f"report.key_results.note_{'verdict' if is_set else 'zero'}")]
    notes.append(voice.say("report.key_results.note_counts"))
    if simultaneous:
        notes.insert(0, voice.say("report.note.simultaneous"))
    is_share = any(context.protocol.outcome(promise_of(row).outcome).is_share for row in rows)
    if not context.gate.is_public and is_share:
        notes.append(voice.say("report.note.levels"))
    level = voice.numbers.percent(context.protocol.clauses.inference.level, 0)
    table = Table(
        id="key-results",
        title=voice.say("report.key_results.table"),
        columns=(
            voice.say("report.column.outcome"),
            _capital(voice.arm(context.protocol.clauses.lottery.control)),
            voice.say("report.column.difference"),
            voice.say(
                "report.column.simultaneous" if simultaneous else "report.column.interval",
                level=level,
            ),
            voice.say("report.column.n_arm"),
            voice.say("report.column.n_reference"),
            voice.say("report.column.verdict"),
        ),
        rows=tuple(_row(context, row, shown) for row in rows),
        caption=context.caption(
            first.reading() if first else "", notes=tuple(notes) if shown else ()
        ),
    )
    excluded = _excluded(context, shown.values())
    return (Paragraph(_question(context)), table, *excluded)


def _excluded(context: Context, shown: Iterable[Effect]) -> tuple[Block, ...]:
    """Say which effects the intervals exclude, and whether those that matter are."""
    voice = context.voice
    smallest = context.protocol.clauses.trial.smallest_effect_that_matters
    items = []
    for effect in shown:
        if effect.is_withheld:
            continue
        scale = effect.scale
        found = effect.estimate.excluded(
            unit="points" if scale.is_share else scale.unit, simultaneous=effect.is_simultaneous
        )
        matters = smallest.get(effect.promise.outcome)
        said = found.text(voice.language, smallest=matters, digits=scale.digits)
        head = row_label(context, effect.promise)
        items.append(voice.say("report.key_results.excluded_row", row=head, excluded=said))
    if not items:
        return ()
    return (Paragraph(voice.say("report.key_results.excluded")), List(tuple(items)))


def _effects(context: Context, rows: list[Estimate | NotEstimable]) -> tuple[Effect, ...]:
    return effects(context, [row for row in rows if isinstance(row, Estimate)])


def _question(context: Context) -> str:
    voice = context.voice
    programme = voice.protocol.text(voice.protocol.clauses.trial.programme, voice.language)
    question = voice.say("report.key_results.question")
    if programme and programme[-1] not in ".!?":
        programme += "."
    return f"{voice.label(programme)} {question}".strip()


def _row(
    context: Context, row: Estimate | NotEstimable, shown: dict[str, Effect]
) -> tuple[Cell, ...]:
    voice, promise = context.voice, promise_of(row)
    head = row_label(context, promise)
    if isinstance(row, NotEstimable):
        return (head, NONE, NONE, NONE, NONE, NONE, reason_said(context, row))
    effect = shown[promise.id]
    if effect.is_withheld:
        sentence = voice.say("report.verdict.withheld")
    else:
        sentence = verdict_said(context, effect)
    return (
        head,
        effect.levels()[0],
        effect.difference(),
        effect.ends("interval", *effect.interval),
        *effect.counts(),
        sentence,
    )


def verdict_said(context: Context, effect: Effect) -> str:
    """Say what the interval allows, against the smallest effect that matters."""
    voice, outcome = context.voice, effect.promise.outcome
    smallest = context.protocol.clauses.trial.smallest_effect_that_matters.get(outcome)
    low, high = effect.interval
    verdict = judge(low, high, smallest=smallest, better=context.protocol.outcome(outcome).better)
    return voice.say(
        verdict.key,
        low=voice.say("report.no_end") if low is None else voice.bound(low, effect.scale),
        high=voice.say("report.no_end") if high is None else voice.effect(high, effect.scale),
        smallest="" if smallest is None else voice.threshold(smallest, effect.scale),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


SECTIONS.register("key_results")(Section(needs=Estimates, order=10, compose=key_results))
