"""Who may enter and how places are drawn, as the protocol decides it."""

from __future__ import annotations

from reliance_eval.planning.intending import Planned
from reliance_eval.protocol.admission import Criterion, Test
from reliance_eval.reporting import protocol_said as said
from reliance_eval.reporting.document import Block, Cell, Code, Number, Paragraph, Table

SIGNS = {"at_least": "≥", "above": ">", "at_most": "≤", "below": "<"}


def population(context: Planned) -> tuple[Block, ...]:
    """Give the criteria in their order, with the rule that answers each."""
    voice, eligibility = context.voice, context.protocol.clauses.eligibility
    sentence = said.eligibility_said(voice)
    unknown = voice.say(f"plan.unknown.{eligibility.unknown}")
    blocks: list[Block] = [Paragraph(f"{sentence} {unknown}" if eligibility.steps else sentence)]
    if not eligibility.steps:
        return tuple(blocks)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (voice.criterion(step.name), Code(rule_of(step))) for step in eligibility.steps
    )
    first = eligibility.steps[0]
    table = Table(
        id="plan-criteria",
        title=voice.say("plan.population.table"),
        columns=(voice.say("report.flow.column_criterion"), voice.say("plan.population.rule")),
        rows=rows,
        caption=context.caption(
            voice.say("plan.population.reading", criterion=voice.criterion(first.name))
        ),
    )
    return (*blocks, table)


def rule_of(criterion: Criterion) -> str:
    """Write a criterion as the protocol does: columns, signs and values."""
    return "; ".join(_test(test) for test in criterion.tests)


def _test(test: Test) -> str:
    parts = [f"{SIGNS[key]} {getattr(test, key):g}" for key in SIGNS
             if getattr(test, key) is not None]  # fmt: skip
    if test.is_ is not None:
        parts.append(f"= {str(test.is_).lower() if isinstance(test.is_, bool) else test.is_}")
    if test.in_ is not None:
        parts.append(f"∈ {test.in_.path or ', '.join(test.in_.values)}")
    if test.known:
        parts.append("≠ ∅")
    return f"{test.subject} {', '.join(parts)}"


def lottery(context: Planned) -> tuple[Block, ...]:
    """Give the rule of the draw, its units, its places and where its seed comes from."""
    voice, clause = context.voice, context.protocol.clauses.lottery
    blocks: list[Block] = [
        Paragraph(f"{said.sequence_said(voice)} {said.concealment_said(voice)}"),
    ]
    if voice.knows(f"report.lottery.rule.{clause.design}"):
        blocks.append(Paragraph(voice.say(f"report.lottery.rule.{clause.design}")))
    return (*blocks, _draw(context))


def _draw(context: Planned) -> Table:
    voice, clause = context.voice, context.protocol.clauses.lottery
    rows: list[tuple[Cell, ...]] = [
        (voice.say("report.lottery.design"), voice.say(f"report.design.{clause.design}")),
        (voice.say("report.lottery.day"), voice.numbers.day(clause.day)),
        (voice.say("report.lottery.unit"), voice.unit()),
    ]
    if clause.clusters is not None:
        rows.append((voice.say("plan.lottery.clusters"), Code(clause.clusters)))
    first = ""
    for arm, n in clause.arms.items():
        shown = context.gate.announced(n, place=f"plan.{arm}")
        number: Number = voice.count(f"plan#{arm}", shown)
        rows.append((voice.say("report.lottery.places", arm=voice.arm(arm)), number))
        first = first or voice.say("report.lottery.rule_reading", n=number.text, arm=voice.arm(arm))
    known = {item.name for item in context.protocol.clauses.variables}
    if names := [voice.stratifier(name) for name in clause.blocks if name in known]:
        rows.append((voice.say("report.lottery.block_variables"), voice.listed(names)))
    rows += _seeds(context)
    return Table(
        id="plan-lottery",
        title=voice.say("report.lottery.rule_table"),
        columns=(voice.say("report.column.item"), voice.say("report.column.value")),
        rows=tuple(rows),
        caption=context.caption(first),
    )


def _seeds(context: Planned) -> list[tuple[Cell, ...]]:
    voice, clause = context.voice, context.protocol.clauses.lottery
    rows: list[tuple[Cell, ...]] = []
    if clause.seed is not None:
        rows.append((voice.say("report.lottery.seed"), Code(clause.seed)))
    if clause.event is not None:
        event = said.event_said(voice, clause.event)
        rows.append((voice.say("report.lottery.seed_event"), event))
    for wave in clause.waves:
        places = voice.listed(
            voice.say("said.places", arm=voice.arm(arm), n=voice.numbers.integer(n))
            for arm, n in wave.arms.items()
        )
        rows.append(
            (
                voice.say("plan.lottery.wave", wave=wave.name),
                voice.say("plan.lottery.wave_value", day=voice.numbers.day(wave.day), arms=places),
            )
        )
    return rows
