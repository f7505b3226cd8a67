"""What is promised: analyses, families corrected together, subgroups, evolutions, missing data."""

from __future__ import annotations

from reliance_eval.estimation.promising import estimator_of
from reliance_eval.planning.intending import Planned
from reliance_eval.protocol.model import Analysis
from reliance_eval.reporting import protocol_said as said
from reliance_eval.reporting.document import NONE, Block, Cell, List, Paragraph, Table


def analyses(context: Planned) -> tuple[Block, ...]:
    """Give one row a promised analysis, made for every outcome and horizon it names."""
    voice, clauses = context.voice, context.protocol.clauses
    rows = tuple(_analysis(context, item) for item in clauses.analyses)
    table = Table(
        id="plan-analyses",
        title=voice.say("plan.analyses.table"),
        columns=tuple(
            voice.say(f"plan.analyses.{name}")
            for name in ("estimand", "estimator", "formula", "outcomes", "covariates")
        ),
        rows=rows,
        caption=context.caption(
            voice.say("plan.analyses.reading", estimand=str(rows[0][0]), estimator=str(rows[0][1]))
        ),
    )
    level = voice.numbers.percent(clauses.inference.level, 0)
    redraws = voice.numbers.integer(clauses.inference.redraws)
    return (
        Paragraph(voice.say("plan.analyses.intro", level=level)),
        table,
        Paragraph(voice.say("plan.analyses.redraws", n=redraws)),
    )


def _analysis(context: Planned, item: Analysis) -> tuple[Cell, ...]:
    voice, clauses = context.voice, context.protocol.clauses
    name = estimator_of(item)
    outcomes = voice.listed(voice.outcome(name) for name in item.outcomes)
    is_adjusted = item.adjust == "lin" or bool(item.covariates)
    covariates = item.covariates or tuple(c.variable for c in clauses.covariates)
    return (
        voice.say(f"report.estimand.{item.estimand}"),
        voice.estimator(name),
        voice.say(f"explained.formula.{name}"),
        outcomes or voice.say("plan.analyses.all"),
        voice.listed(voice.variable(name) for name in covariates) if is_adjusted else NONE,
    )


def multiplicity(context: Planned) -> tuple[Block, ...]:
    """Give the families of results that are corrected together."""
    voice, clauses = context.voice, context.protocol.clauses
    families: dict[str, list[str]] = {}
    for outcome in clauses.outcomes:
        if outcome.role == "primary":
            cells = [voice.cell_label(outcome.name, month) for month in outcome.horizons_months]
            families.setdefault(outcome.family, []).extend(cells)
    if clauses.inference.adjust == "none":
        correction = voice.say("plan.multiplicity.none")
    else:
        correction = voice.say(
            "plan.multiplicity.method",
            method=voice.say(f"estimation.adjustment.{clauses.inference.adjust}"),
        )
    if not families:
        return (Paragraph(correction),)
    items = tuple(
        voice.say("plan.multiplicity.family", name=name, n=len(cells), cells=voice.listed(cells))
        for name, cells in families.items()
    )
    return (Paragraph(correction), List(items))


def more(context: Planned) -> tuple[Block, ...]:
    """Give subgroups and evolutions, planned and exploratory."""
    text = said.more_analyses_said(context.voice)
    return (Paragraph(text or context.voice.say("plan.more.none")),)


def missing(context: Planned) -> tuple[Block, ...]:
    """Say what becomes of missing data and of events after the draw."""
    voice = context.voice
    parts = [said.missing_said(voice), voice.say("plan.missing.bounds")]
    if context.protocol.clauses.take_up is not None:
        parts.append(voice.say("plan.missing.take_up"))
    return (Paragraph(" ".join(parts)), Paragraph(voice.say("plan.missing.ledger")))


def power(context: Planned) -> tuple[Block, ...]:
    """Give what a diagnosis found, where there is one, else what it would take."""
    from reliance_eval.power.exhibits import Exhibits

    voice, diagnosis = context.voice, context.diagnosis
    size = Paragraph(said.size_said(voice))
    if diagnosis is None:
        return (size, Paragraph(voice.say("plan.power.none")))
    exhibits = Exhibits(diagnosis, voice)
    tables = []
    for name in dict.fromkeys(item.promise.estimator for item in diagnosis.detectable):
        items = [item for item in diagnosis.detectable if item.promise.estimator == name]
        tables.append(exhibits.detectable(name, items))
    percent = voice.numbers.percent(diagnosis.power, 0)
    found = Paragraph(voice.say("plan.power.found", power=percent))
    by_id = {item.promise.id: item for item in diagnosis.detectable}
    curves = (exhibits.curve(curve, by_id[curve.promise.id]) for curve in diagnosis.curves)
    return (size, found, *tables, *curves, exhibits.assumptions())


def amendments(context: Planned) -> tuple[Block, ...]:
    """Say what may still change, how, and what was changed so far."""
    voice = context.voice
    n = len(context.protocol.amendments)
    so_far = "report.consort.told.departures" if n else "report.consort.told.no_departure"
    return (
        Paragraph(voice.say("plan.amendments.rule")),
        Paragraph(voice.say(so_far, n=n)),
    )
