"""The design in a page: who is compared with whom, drawn how, followed until when."""

from __future__ import annotations

from datetime import date

from reliance_eval.lottery import Draw
from reliance_eval.months import first_day, month_number
from reliance_eval.reporting.document import Block, Cell, List, Paragraph, Table
from reliance_eval.reporting.section import SECTIONS, Context, Section

RECORDED = "recorded"


def design(context: Context) -> tuple[Block, ...]:
    """Give the comparison in sentences and the calendar of the horizons."""
    return (
        Paragraph(context.voice.say("structure.design.intro")),
        List(_said(context)),
        _calendar(context),
    )


def _said(context: Context) -> tuple[str, ...]:
    voice, clauses = context.voice, context.protocol.clauses
    draw: Draw = context.latest.nearest(Draw)
    population = context.protocol.text(clauses.trial.population, voice.language)
    said = []
    if population:
        said.append(voice.say("structure.design.population", population=population))
    unit = "clusters" if draw.drawn_in == "clusters" else "units"
    said.append(voice.say(f"structure.design.{unit}", unit=voice.unit()))
    places = voice.listed(
        voice.say(
            "structure.design.arm",
            arm=voice.arm(arm),
            n=voice.count(arm, context.gate.announced(n, place=f"design.{arm}")).text,
        )
        for arm, n in context.places.items()
    )
    said.append(voice.say("structure.design.arms", arms=places))
    said.append(voice.say("structure.design.rule", rule=voice.say(f"report.design.{draw.design}")))
    known = {item.name for item in clauses.variables}
    names = [voice.stratifier(name) for name in clauses.lottery.blocks if name in known]
    if names:
        blocks = voice.numbers.integer(len({quota.block for quota in draw.quotas}))
        listed = voice.listed(names)
        said.append(voice.say("structure.design.blocks", n=blocks, variables=listed))
    if draw.intakes:
        waves = voice.numbers.integer(len(draw.intakes))
        said.append(voice.say("structure.design.waves", n=waves))
    label = context.protocol.text(clauses.take_up.label, voice.language) if clauses.take_up else ""
    if label:
        said.append(voice.say("structure.design.take_up", label=label))
    return tuple(said)


def _calendar(context: Context) -> Table:
    """Give the month of each horizon, a column a wave."""
    voice, clauses = context.voice, context.protocol.clauses
    waves = [(intake.wave, intake.day) for intake in context.draw.intakes] if context.draw else []
    waves = waves or [("", clauses.lottery.day)]
    horizons = sorted({h for item in clauses.outcomes for h in item.horizons_months if h >= 0})
    rows: list[tuple[Cell, ...]] = [
        (voice.say("structure.design.drawn"), *(voice.numbers.day(day) for _, day in waves))
    ]
    rows += [
        (
            voice.say("structure.design.horizon", horizon=voice.numbers.months(horizon)),
            *(_month(context, day, horizon) for _, day in waves),
        )
        for horizon in horizons
    ]
    heads = [
        voice.say("structure.design.wave", wave=wave)
        if wave
        else voice.say("structure.design.when")
        for wave, _ in waves
    ]
    return Table(
        id="calendar",
        title=voice.say("structure.design.calendar"),
        columns=(voice.say("structure.design.act"), *heads),
        rows=tuple(rows),
        caption=context.caption(
            voice.say("structure.design.reading", day=str(rows[0][1])),
            notes=(voice.say("structure.design.note_months"),),
        ),
    )


def _month(context: Context, day: date, horizon: int) -> str:
    """Write the calendar month that a horizon falls in."""
    return context.voice.numbers.month(first_day(month_number(day) + horizon))


SECTIONS.register("design")(Section(needs=Draw, order=16, compose=design))
