"""The flow: from the units assessed to the units analysed, as a diagram and as a table."""

from __future__ import annotations

from reliance_eval.eligibility import Flow
from reliance_eval.errors import Fault, InternalError
from reliance_eval.panel import Panel
from reliance_eval.reporting.aftermath import recorded
from reliance_eval.reporting.diagram import Box, Level, flow_diagram
from reliance_eval.reporting.disclosure import Shown
from reliance_eval.reporting.document import NONE, Block, Cell, Figure, Paragraph, Table
from reliance_eval.reporting.section import SECTIONS, Context, Section
from reliance_eval.reporting.waterfall import Exit, Waterfall, waterfall

RECORDED = "recorded"


def flow(context: Context) -> tuple[Block, ...]:
    """Give the diagram and its table; refuse where counts do not add up."""
    counts = waterfall(context.flow, context.draw, context.gate)
    voice = context.voice
    notes = [] if context.gate.is_public else [voice.say("report.flow.note_rounded")]
    if any(item.is_merged for item in counts.exits):
        notes.append(voice.say("report.flow.note_merged"))
    table = _table(context, counts, tuple(notes))
    title = voice.say("report.flow.figure")
    alternative = _alternative(context, counts)
    branches = _branches(context)
    svg = flow_diagram(
        _trunk(context, counts),
        branches,
        identifier="flow-diagram",
        title=title,
        alternative=alternative,
    )
    figure = Figure(
        id="flow-diagram",
        title=title,
        svg=svg,
        alternative=alternative,
        data=table,
        caption=context.caption(_reading(context, counts), notes=tuple(notes)),
    )
    blocks: list[Block] = [Paragraph(voice.say("report.flow.intro"))] if counts.exits else []
    return (*blocks, figure)


def _n(context: Context, shown: Shown, place: str) -> str:
    return context.voice.count(place, shown).text


def _name(context: Context, item: Exit) -> str:
    labels = [context.voice.criterion(name) for name in item.criteria]
    if not item.is_merged:
        return labels[0]
    return context.voice.say("report.flow.others", criteria=context.voice.listed(labels))


def _trunk(context: Context, counts: Waterfall) -> tuple[Level, ...]:
    voice = context.voice

    def head(key: str, shown: Shown) -> str:
        return voice.say(f"report.flow.{key}", n=_n(context, shown, key), unit=voice.unit())

    leaving = tuple(
        voice.say(
            "report.flow.line", name=_name(context, item), n=_n(context, item.leaving, "line")
        )
        for item in counts.exits
        if item.leaving.value != 0
    )
    # A draw held elsewhere may come before the criteria.
    is_recorded = context.draw is not None and context.draw.design == RECORDED
    kind = "leaving_recorded" if is_recorded else "leaving"
    out = Box(voice.say(f"report.flow.{kind}"), leaving) if leaving else None
    levels = [Level(Box(head("assessed", counts.assessed)), out)]
    spare = counts.not_drawn
    reserve = None
    if spare is not None and spare.value != 0:
        reserve = Box(head("not_drawn", spare))
    if counts.exits or reserve:
        levels.append(Level(Box(head("eligible", counts.eligible)), reserve))
    if counts.drawn is not None:
        levels.append(Level(Box(head("drawn", counts.drawn))))
    return tuple(levels)


def _branches(context: Context) -> tuple[tuple[Box, ...], ...]:
    if context.draw is None:
        return ()
    boxes = []
    for arm, n in context.places.items():
        shown = context.gate.announced(n, place=f"flow.{arm}")
        voice = context.voice
        head = voice.say("report.flow.arm", arm=voice.arm(arm), n=_n(context, shown, arm))
        lines = (*_take_up_line(context, arm, n), *_recorded_lines(context, arm))
        branch = [Box(head[:1].upper() + head[1:], lines)]
        if context.panel is not None:
            branch.append(_followed(context, context.panel, arm, n))
        boxes.append(tuple(branch))
    return tuple(boxes)


def _take_up_line(context: Context, arm: str, n: int) -> tuple[str, ...]:
    panel = context.panel
    if panel is None or "take_up" not in panel.units:
        return ()
    if not panel.units["take_up"].notna().any():
        return (context.voice.say("report.flow.take_up_unknown"),)
    took = int((panel.units.loc[panel.units["arm"] == arm, "take_up"] > 0).sum())
    place = f"flow.{arm}.take_up"
    shown = context.gate.part(took, of=n, place=place)
    return (context.voice.say("report.flow.took_up", n=_n(context, shown, place)),)


def _recorded_lines(context: Context, arm: str) -> tuple[str, ...]:
    """Say what was recorded after the draw: whom it is about is still in the arm."""
    if context.panel is None:
        return ()
    return tuple(
        context.voice.say(
            "report.flow.line",
            name=context.voice.say(f"report.ledger.{kind}"),
            n=_n(context, shown, f"ledger.{kind}#{arm}"),
        )
        for kind, shown in recorded(context, arm).items()
    )


def _followed(context: Context, panel: Panel, arm: str, n: int) -> Box:
    voice, gate = context.voice, context.gate
    arms = panel.units.set_index("unit")["arm"]
    rows = panel.outcomes[panel.outcomes["unit"].map(arms) == arm]
    lines = []
    for outcome in context.protocol.clauses.outcomes:
        if outcome.role != "primary":
            continue
        parts = []
        for horizon in outcome.horizons_months:
            of_cell = rows[(rows["outcome"] == outcome.name) & (rows["horizon_months"] == horizon)]
            if len(of_cell) != n:
                raise InternalError(Fault("E-REPORT-FLOW", f"{outcome.name}.{horizon}"))
            statuses = set(of_cell["status"])
            observed = int((of_cell["status"] == "observed").sum())
            place = f"flow.{arm}.{outcome.name}.{horizon}"
            months = voice.numbers.months(horizon)
            if statuses == {"not_yet_observed"}:
                parts.append(voice.say("report.flow.not_yet", horizon=months))
            else:
                text = _n(context, gate.part(observed, of=n, place=place), place)
                parts.append(voice.say("report.flow.at", horizon=months, n=text))
        label = voice.outcome(outcome.name)
        lines.append(voice.say("report.flow.outcome", outcome=label, parts=", ".join(parts)))
    return Box(voice.say("report.flow.followed"), tuple(lines))


def _table(context: Context, counts: Waterfall, notes: tuple[str, ...]) -> Table:
    voice = context.voice
    rows: list[tuple[Cell, ...]] = []
    for item in counts.exits:
        place = f"flow.{'+'.join(item.criteria)}"
        fields = ("entering", "leaving", "refused", "unknown", "remaining")
        cells = (voice.count(f"{place}#{f}", getattr(item, f)) for f in fields)
        rows.append((_name(context, item), *cells))
    if counts.drawn is not None and counts.not_drawn is not None:
        draw_row = (counts.eligible, counts.not_drawn, counts.drawn)
        entering, leaving, drawn = (
            voice.count(f"flow.draw#{place}", shown) for place, shown in enumerate(draw_row)
        )
        rows.append((voice.say("report.flow.draw_row"), entering, leaving, NONE, NONE, drawn))
    columns = ("criterion", "entering", "leaving", "refused", "unknown", "remaining")
    return Table(
        id="flow-counts",
        title=voice.say("report.flow.table"),
        columns=tuple(voice.say(f"report.flow.column_{name}") for name in columns),
        rows=tuple(rows),
        caption=context.caption(_table_reading(context, counts), notes=notes),
    )


def _table_reading(context: Context, counts: Waterfall) -> str:
    if not counts.exits:
        return ""
    first = counts.exits[0]
    return context.voice.say(
        "report.flow.table_reading",
        entering=_n(context, first.entering, "reading"),
        unit=context.voice.unit(),
        leaving=_n(context, first.leaving, "reading"),
        criterion=_name(context, first),
        remaining=_n(context, first.remaining, "reading"),
    )


def _reading(context: Context, counts: Waterfall) -> str:
    key = "report.flow.reading" if counts.drawn is not None else "report.flow.reading_screened"
    if counts.not_drawn is not None and counts.not_drawn.value == 0:
        key = "report.flow.reading_all"
    return context.voice.say(
        key,
        assessed=_n(context, counts.assessed, "reading"),
        eligible=_n(context, counts.eligible, "reading"),
        drawn=_n(context, counts.drawn, "reading") if counts.drawn is not None else "",
        unit=context.voice.unit(),
    )


def _alternative(context: Context, counts: Waterfall) -> str:
    said = _reading(context, counts)
    lines = [said[:1].upper() + said[1:]]
    for branch in _branches(context):
        for box in branch:
            lines.append(f"{box.head}. {'; '.join(box.lines)}.".replace(". .", "."))
    return context.voice.label(" ".join(lines))


SECTIONS.register("flow")(Section(needs=Flow, order=20, compose=flow))
