"""Questions and outcomes as registered: their tiers, and which day came before which."""

from __future__ import annotations

from datetime import date

from reliance_eval.eligibility import Flow
from reliance_eval.protocol.model import Outcome
from reliance_eval.reporting.dates import first_draw, first_outcomes, registered
from reliance_eval.reporting.document import NONE, Block, Cell, Number, Paragraph, Table
from reliance_eval.reporting.section import SECTIONS, Context, Section

TIERS = ("primary", "secondary", "exploratory", "placebo")


def questions(context: Context) -> tuple[Block, ...]:
    """Give the question, the days that matter and one row an outcome, tier by tier."""
    voice, trial = context.voice, context.protocol.clauses.trial
    asked = context.protocol.text(trial.question, voice.language)
    question = voice.label(asked) if asked else voice.say("structure.summary.asked")
    return (
        Paragraph(f"{question} {voice.say('structure.questions.intro')}"),
        _days(context),
        Paragraph(voice.say(f"structure.questions.registered_{registered(context)}")),
        _outcomes(context),
    )


def _days(context: Context) -> Table:
    voice, clauses = context.voice, context.protocol.clauses
    registration = clauses.trial.registration
    outcomes = first_outcomes(context)
    known: list[tuple[str, date | None]] = [
        ("screened", clauses.eligibility.on),
        ("registered", None if registration is None else registration.on),
        ("drawn", first_draw(context)),
        ("outcomes", outcomes),
    ]
    dated = sorted((day, name) for name, day in known if day is not None)
    undated = [name for name, day in known if day is None]
    rows: list[tuple[Cell, ...]] = [
        (
            voice.say(f"structure.questions.{name}"),
            voice.numbers.day(day),
            _since(context, name, day),
        )
        for day, name in dated
    ]
    rows += [(voice.say(f"structure.questions.{name}"), NONE, NONE) for name in undated]
    return Table(
        id="days",
        title=voice.say("structure.questions.days"),
        columns=tuple(voice.say(f"structure.questions.{name}") for name in ("act", "day", "since")),
        rows=tuple(rows),
        caption=context.file_caption(
            voice.say(
                "structure.questions.days_reading",
                act=voice.inside(str(rows[0][0])),
                day=str(rows[0][1]),
            )
        ),
    )


def _since(context: Context, name: str, day: date) -> Number:
    """Give the days between the draw and an act, negative before it."""
    days = (day - first_draw(context)).days
    context.gate.row("days")
    return Number(f"days#{name}", float(days), context.voice.numbers.signed(days, 0))


def _outcomes(context: Context) -> Table:
    voice, clauses = context.voice, context.protocol.clauses
    rows: list[tuple[Cell, ...]] = []
    for tier in TIERS:
        inside = [outcome for outcome in clauses.outcomes if outcome.role == tier]
        if inside:
            rows.append((voice.say(f"structure.tier.{tier}"), "", "", ""))
        rows += [_row(context, outcome) for outcome in inside]
    names = ("outcome", "horizons", "better", "smallest")
    first = next(row for row in rows if row[1])
    return Table(
        id="registered-outcomes",
        title=voice.say("structure.questions.outcomes_table"),
        columns=tuple(voice.say(f"structure.questions.column_{name}") for name in names),
        rows=tuple(rows),
        caption=context.caption(
            voice.say(
                "structure.questions.outcome_reading",
                outcome=str(first[0]),
                horizons=str(first[1]),
            ),
            notes=(voice.say("structure.questions.note_tiers"),),
        ),
    )


def _row(context: Context, outcome: Outcome) -> tuple[Cell, ...]:
    voice = context.voice
    smallest = context.protocol.clauses.trial.smallest_effect_that_matters.get(outcome.name)
    effect: Cell = voice.say("structure.excluded.unset")
    if smallest is not None:
        scale = voice.scale(outcome.name, ())
        shown = 100 * smallest if scale.is_share else smallest
        context.gate.row(f"matters.{outcome.name}")
        effect = Number(f"matters.{outcome.name}#smallest", shown, voice.threshold(smallest, scale))
    return (
        voice.outcome(outcome.name),
        horizons_said(context, outcome.horizons_months),
        voice.say(f"structure.better.{outcome.better or 'unset'}"),
        effect,
    )


def horizons_said(context: Context, months: tuple[int, ...]) -> str:
    """Write horizons as "3, 12 and 36 months"."""
    *before, last = months
    said = context.voice.numbers.months(last)
    if not before:
        return said
    return context.voice.say("report.days", before=", ".join(map(str, before)), last=said)


SECTIONS.register("questions")(Section(needs=Flow, order=14, compose=questions))
