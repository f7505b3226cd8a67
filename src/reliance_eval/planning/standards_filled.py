"""The items of SPIRIT 2025 and the fields of the AEA registry, filled from the protocol."""

from __future__ import annotations

from reliance_eval.planning.intending import Planned
from reliance_eval.protocol.clause import Text
from reliance_eval.protocol.standards.items import Item, Standard, items
from reliance_eval.reporting import protocol_said as said
from reliance_eval.reporting.checklist import HEAD, Filled, Rule, Told, by_voice, filled
from reliance_eval.reporting.document import NONE, Block, Cell, Code, Paragraph, Table
from reliance_eval.reporting.section import Context
from reliance_eval.reporting.sections.definitions import definitions

UNVERIFIED = "†"


def _plain(key: str) -> Told:
    return lambda context: context.voice.say(f"plan.told.{key}")


def _version(context: Context) -> str:
    assert isinstance(context, Planned)
    day = context.voice.numbers.day(context.intention.on)
    return context.voice.say("plan.told.version", day=day)


def _background(context: Context) -> str:
    trial = context.protocol.clauses.trial
    return context.voice.label(context.protocol.text(trial.background, context.voice.language))


def _sources(context: Context) -> str:
    trial = context.protocol.clauses.trial
    return context.voice.label(context.protocol.text(trial.sources, context.voice.language))


SPIRIT: dict[str, Rule] = {
    "1a": Rule(_plain("title"), (HEAD,)),
    "2": Rule(_version, (HEAD,)),
    "4": Rule(by_voice(said.registration_said), (HEAD,)),
    "5": Rule(by_voice(said.access_said), (HEAD,)),
    "9a": Rule(_background, ("context",)),
    "10": Rule(by_voice(said.question_said), ("questions",)),
    "12": Rule(by_voice(said.design_said), ("lottery",)),
    "13": Rule(by_voice(said.settings_said), ("context", "population")),
    "14a": Rule(by_voice(said.eligibility_said), ("population",)),
    "15a": Rule(by_voice(said.programme_said), ("context",)),
    "16": Rule(by_voice(said.outcomes_said), ("definitions",)),
    "18": Rule(by_voice(said.calendar_said), ("questions",)),
    "19": Rule(by_voice(said.size_said), ("power",)),
    "21a": Rule(by_voice(said.sequence_said), ("lottery",)),
    "21b": Rule(by_voice(said.blocks_said), ("lottery",)),
    "22": Rule(by_voice(said.concealment_said), ("lottery",)),
    "23": Rule(by_voice(said.implementation_said), ("lottery",)),
    "25a": Rule(_sources, ("definitions",)),
    "27a": Rule(by_voice(said.methods_said), ("analyses",)),
    "27b": Rule(_plain("population"), ("missing",)),
    "27c": Rule(by_voice(said.missing_said), ("missing",)),
    "27d": Rule(by_voice(said.more_analyses_said), ("more",)),
    "31": Rule(_plain("amendments"), ("amendments",)),
    "33": Rule(by_voice(said.disclosure_said), ("confidentiality",)),
}


def _titled(context: Context) -> str:
    return context.title()


def _unit(context: Context) -> str:
    clusters = context.protocol.clauses.lottery.clusters
    return context.voice.unit() if clusters is None else context.voice.say("said.clusters")


def _clustered(context: Context) -> str:
    is_clustered = context.protocol.clauses.lottery.clusters is not None
    return context.voice.say("plan.yes" if is_clustered else "plan.no")


def _total(context: Context) -> str:
    lottery = context.protocol.clauses.lottery
    return context.voice.numbers.integer(lottery.size or sum(lottery.arms.values()))


def _units(context: Context) -> str:
    """Give the units to be drawn; nothing where clusters are drawn, whose size is not planned."""
    return _total(context) if context.protocol.clauses.lottery.clusters is None else ""


def _ends(*roles: str) -> Told:
    def told(context: Context) -> str:
        voice = context.voice
        return voice.listed(
            voice.cell_label(item.name, month)
            for role in roles
            for item in said.outcomes_of(voice, role)
            for month in item.horizons_months
        )

    return told


def _construction(*roles: str) -> Told:
    """Give how outcomes are made, in the words of their definitions."""

    def told(context: Context) -> str:
        names = {context.voice.outcome(o.name) for r in roles
                 for o in said.outcomes_of(context.voice, r)}  # fmt: skip
        tables = [block for block in definitions(context) if isinstance(block, Table)]
        return " ".join(
            context.voice.say(
                "plan.construction",
                outcome=str(row[0]),
                read=str(row[1]),
                measure=str(row[2]),
            )
            for table in tables
            for row in table.rows
            if row[0] in names
        )

    return told


def _detectable(context: Context) -> str:
    assert isinstance(context, Planned)
    if context.diagnosis is None:
        return ""
    from reliance_eval.power.exhibits import Exhibits

    exhibits = Exhibits(context.diagnosis, context.voice)
    chosen = {curve.promise.id for curve in context.diagnosis.curves}
    return context.voice.listed(
        context.voice.say(
            "said.smallest_of",
            outcome=exhibits.row(item.promise),
            effect=context.voice.effect(
                item.smallest, exhibits.scale(item.promise), is_signed=False
            ),
        )
        for item in context.diagnosis.detectable
        if item.promise.id in chosen and item.smallest is not None
    )


REGISTRY: dict[str, Rule] = {
    "trial_title": Rule(_titled, (HEAD,)),
    "intervention_s": Rule(by_voice(said.programme_said), ("context",)),
    "primary_outcomes_end_points": Rule(_ends("primary"), ("questions",)),
    "primary_outcomes_explanation": Rule(_construction("primary"), ("definitions",)),
    "secondary_outcomes_end_points": Rule(_ends("secondary"), ("questions",)),
    "secondary_outcomes_explanation": Rule(_construction("secondary"), ("definitions",)),
    "experimental_design": Rule(by_voice(said.design_said), ("lottery",)),
    "experimental_design_details": Rule(by_voice(said.blocks_said), ("lottery",)),
    "randomization_method": Rule(by_voice(said.sequence_said), ("lottery",)),
    "randomization_unit": Rule(_unit, ("lottery",)),
    "was_the_treatment_clustered": Rule(_clustered, ("lottery",)),
    "sample_size_planned_number_of_clusters": Rule(_total, ("lottery",)),
    "sample_size_planned_number_of_observations": Rule(_units, ("lottery",)),
    "sample_size_or_number_of_clusters_by_treatment_arms": Rule(
        by_voice(said.places_said), ("lottery",)
    ),
    "minimum_detectable_effect_size_for_main_outcomes": Rule(_detectable, ("power",)),
    "analysis_plan": Rule(_plain("this"), (HEAD,)),
}
"""A draw by unit has as many clusters as units: the form asks for both."""


def filled_items(context: Planned, standard: Standard) -> tuple[Filled, ...]:
    """Give every item of SPIRIT 2025, or every field of the registry, once, in its order."""
    stated: dict[str, Text] = getattr(context.protocol.clauses.statements, standard)
    rules = SPIRIT if standard == "spirit" else REGISTRY
    return tuple(
        filled(context, item, stated=stated.get(item.number, {}), rule=rules.get(item.number))
        for item in items(standard)
    )


def spirit(context: Planned) -> tuple[Block, ...]:
    """Give one row an item of SPIRIT 2025."""
    voice = context.voice
    rows = filled_items(context, "spirit")
    heads = ("number", "topic", "answer", "where")
    table = _table(
        context,
        "spirit",
        columns=tuple(voice.say(f"report.consort.{name}") for name in heads),
        rows=tuple((_number(row.item), *_told(context, row)) for row in rows),
        answer=rows[0].answer,
    )
    return (Paragraph(voice.say("plan.spirit.intro")), table)


def registry(context: Planned) -> tuple[Block, ...]:
    """Give one row a field of the AEA registry, to copy into its form."""
    voice = context.voice
    rows = filled_items(context, "registry")
    heads = ("field", "value", "key")
    table = _table(
        context,
        "registry",
        columns=tuple(voice.say(f"plan.registry.{name}") for name in heads),
        rows=tuple((_field(context, row), _value(row), Code(row.item.number)) for row in rows),
        answer=_value(rows[0]),
    )
    return (Paragraph(voice.say("plan.registry.intro")), table)


def _table(
    context: Planned,
    standard: Standard,
    *,
    columns: tuple[str, ...],
    rows: tuple[tuple[Cell, ...], ...],
    answer: str,
) -> Table:
    voice = context.voice
    notes: tuple[str, ...] = (voice.say("report.consort.note"),)
    if standard == "registry":
        notes = (voice.say("plan.registry.note"), *notes)
    caption = context.caption(
        voice.say(f"plan.{standard}.reading", item=str(rows[0][0]), answer=voice.inside(answer)),
        notes=notes,
    )
    return Table(
        id=f"plan-{standard}",
        title=voice.say(f"plan.{standard}.table"),
        columns=columns,
        rows=rows,
        caption=caption,
    )


def _number(item: Item) -> str:
    return item.number if item.is_verified else f"{item.number}\u00a0{UNVERIFIED}"


def _field(context: Planned, row: Filled) -> str:
    label = context.voice.label(row.item.label(context.voice.language))
    label = f"{label}\u00a0*" if row.item.is_required else label
    return label if row.item.is_verified else f"{label}\u00a0{UNVERIFIED}"


def _value(row: Filled) -> str:
    """Give a field's value as a form takes it: a list or a name has no full stop."""
    is_sentence = ". " in row.answer or row.status == "missing"
    return row.answer if is_sentence else row.answer.removesuffix(".")


def _told(context: Planned, row: Filled) -> tuple[Cell, ...]:
    topic = context.voice.label(row.item.label(context.voice.language))
    where = NONE
    if row.section == HEAD:
        where = context.voice.say("plan.head")
    elif row.section:
        where = context.chapters[row.section]
    return (topic, row.answer, where)
