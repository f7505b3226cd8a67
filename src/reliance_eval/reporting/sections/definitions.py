"""Definitions: of each outcome, where it is read, over which window, and what counts as missing."""

from __future__ import annotations

from reliance_eval.eligibility import Flow
from reliance_eval.protocol.model import Origin, Outcome
from reliance_eval.reporting.document import Block, Cell, Paragraph, Table
from reliance_eval.reporting.section import SECTIONS, Context, Section
from reliance_eval.reporting.sections.questions import TIERS, horizons_said

TESTS = ("is_", "above", "at_least", "below", "at_most")


def definitions(context: Context) -> tuple[Block, ...]:
    """Give one row an outcome, tier by tier."""
    voice = context.voice
    names = ("outcome", "read", "measure", "unit", "missing")
    rows: list[tuple[Cell, ...]] = []
    for tier in TIERS:
        inside = [item for item in context.protocol.clauses.outcomes if item.role == tier]
        if inside:
            rows.append((voice.say(f"structure.tier.{tier}"), *([""] * (len(names) - 1))))
        rows += [_row(context, outcome) for outcome in inside]
    first = next(row for row in rows if row[1])
    table = Table(
        id="definitions",
        title=voice.say("structure.definitions.table"),
        columns=tuple(voice.say(f"structure.definitions.{name}") for name in names),
        rows=tuple(rows),
        caption=context.caption(
            voice.say(
                "structure.definitions.reading",
                outcome=str(first[0]),
                measure=voice.inside(str(first[2])),
            )
        ),
    )
    return (Paragraph(voice.say("structure.definitions.intro")), table)


def _row(context: Context, outcome: Outcome) -> tuple[Cell, ...]:
    return (
        context.voice.outcome(outcome.name),
        _read(context, outcome),
        _measure(context, outcome),
        _unit(context, outcome),
        _missing(context, outcome),
    )


def _read(context: Context, outcome: Outcome) -> str:
    """Say which column of which file it is read from, and the condition that makes it yes."""
    voice = context.voice
    if outcome.index is not None:
        parts = voice.listed(voice.outcome(name) for name in outcome.index.of)
        return voice.say(f"structure.definitions.index_{outcome.index.method}", parts=parts)
    origin = outcome.origin
    column = context.protocol.extract(origin.extract).columns.get(origin.column)
    said = voice.say(
        "structure.definitions.column",
        column=(column.source if column else None) or origin.column,
        extract=origin.extract,
    )
    conditions = [_condition(context, origin, test) for test in TESTS]
    return ", ".join([said, *(condition for condition in conditions if condition)])


def _condition(context: Context, origin: Origin, test: str) -> str:
    value = getattr(origin, test)
    if value is None:
        return ""
    numbers = context.voice.numbers
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    digits = 0 if is_number and float(value).is_integer() else 2
    text = numbers.decimal(value, digits) if is_number else str(value)
    return context.voice.say(f"structure.definitions.test_{test.strip('_')}", value=text)


def _measure(context: Context, outcome: Outcome) -> str:
    voice = context.voice
    said = voice.say(
        f"structure.measure.{outcome.measure}"
        if voice.knows(f"structure.measure.{outcome.measure}")
        else "structure.measure.other",
        horizons=horizons_said(context, outcome.horizons_months),
        measure=outcome.measure,
    )
    if outcome.within_months is None:
        return said
    window = voice.numbers.months(outcome.within_months)
    return f"{said} {voice.say('structure.definitions.within', window=window)}"


def _unit(context: Context, outcome: Outcome) -> str:
    voice = context.voice
    if outcome.is_share:
        return voice.say("structure.definitions.unit_share")
    unit = voice.scale(outcome.name, ()).unit
    if outcome.transform is not None:
        return voice.say("structure.definitions.unit_log", unit=unit or "–")
    return unit or voice.say("structure.definitions.unit_none")


def _missing(context: Context, outcome: Outcome) -> str:
    """Say what makes a value unknown: the column's codes, the measure, the delivery."""
    voice = context.voice
    if outcome.index is not None:
        return voice.say("structure.definitions.missing_index")
    extract = context.protocol.extract(outcome.origin.extract)
    column = extract.columns.get(outcome.origin.column)
    said = [voice.say(f"structure.definitions.missing_{extract.kind}")]
    if column is not None and column.missing:
        said.append(voice.say("structure.definitions.codes", codes=", ".join(column.missing)))
    if extract.hindsight_months:
        months = voice.numbers.months(extract.hindsight_months)
        said.append(voice.say("structure.definitions.hindsight", months=months))
    return " ".join(said)


SECTIONS.register("definitions")(Section(needs=Flow, order=93, compose=definitions))
