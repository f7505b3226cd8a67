"""The flow of participants (CONSORT 2025): from those assessed to those analysed, arm by arm."""

from __future__ import annotations

from itertools import groupby

from reliance_eval.eligibility import Flow
from reliance_eval.reporting.diagram import Box, Level, flow_diagram
from reliance_eval.reporting.disclosure import Shown
from reliance_eval.reporting.document import Block, Figure, Paragraph
from reliance_eval.reporting.flow_lines import Entry, Lines
from reliance_eval.reporting.flow_tables import (
    INDENT,
    criteria_table,
    exit_name,
    notes,
    participants_table,
    reading,
    written,
)
from reliance_eval.reporting.section import SECTIONS, Context, Section
from reliance_eval.reporting.waterfall import Waterfall, waterfall

RECORDED = "recorded"


def flow(context: Context) -> tuple[Block, ...]:
    """Give the diagram with its counts, then the criteria; refuse what does not add up."""
    counts = waterfall(context.flow, context.draw, context.gate)
    entries = Lines(context).entries if context.draw is not None else ()
    blocks: list[Block] = [_figure(context, counts, entries)]
    if counts.exits:
        blocks.insert(0, Paragraph(context.voice.say("report.flow.intro")))
        blocks.append(criteria_table(context, counts))
    return tuple(blocks)


def _figure(context: Context, counts: Waterfall, entries: tuple[Entry, ...]) -> Figure:
    voice = context.voice
    title = voice.say("report.flow.figure")
    branches, bands = _branches(context, entries)
    alternative = _alternative(context, counts, branches)
    svg = flow_diagram(
        _trunk(context, counts),
        branches,
        bands=(voice.say("structure.flow.enrolment"), *bands),
        identifier="flow-diagram",
        title=title,
        alternative=alternative,
    )
    return Figure(
        id="flow-diagram",
        title=title,
        svg=svg,
        alternative=alternative,
        data=participants_table(context, counts, entries),
        caption=context.caption(
            reading(context, counts), notes=(*notes(context, counts), *_ranges(context, entries))
        ),
    )


def _trunk(context: Context, counts: Waterfall) -> tuple[Level, ...]:
    voice = context.voice

    def head(key: str, shown: Shown) -> str:
        return voice.say(f"report.flow.{key}", n=written(context, shown, key), unit=voice.unit())

    leaving = tuple(
        voice.say(
            "report.flow.line",
            name=exit_name(context, item),
            n=written(context, item.leaving, "line"),
        )
        for item in counts.exits
        if item.leaving.value != 0
    )
    out = Box(voice.say(f"report.flow.{_leaving(context)}"), leaving) if leaving else None
    levels = [Level(Box(head("assessed", counts.assessed)), out)]
    spare = counts.not_drawn
    reserve = None
    if spare is not None and spare.value != 0:
        reserve = Box(head("not_drawn", spare))
    if counts.exits or reserve:
        levels.append(Level(Box(head("eligible", counts.eligible)), reserve))
    if counts.drawn is not None:
        levels.append(Level(Box(head("drawn", counts.drawn), _waves(context))))
    return tuple(levels)


def _leaving(context: Context) -> str:
    """Name those who left: a draw held elsewhere may come before the criteria."""
    is_recorded = context.draw is not None and context.draw.design == RECORDED
    return "leaving_recorded" if is_recorded else "leaving"


def _waves(context: Context) -> tuple[str, ...]:
    """Say how many units each wave drew."""
    draw, voice = context.draw, context.voice
    if draw is None or "wave" not in draw.assignment:
        return ()
    sizes = draw.drawn["wave"].value_counts()
    return tuple(
        voice.say(
            "structure.flow.wave",
            wave=intake.wave,
            n=written(
                context,
                context.gate.announced(
                    int(sizes.get(intake.wave, 0)), place=f"flow.wave.{intake.wave}"
                ),
                intake.wave,
            ),
        )
        for intake in draw.intakes
    )


def _branches(
    context: Context, entries: tuple[Entry, ...]
) -> tuple[tuple[tuple[Box, ...], ...], tuple[str, ...]]:
    """Give the boxes of each arm, one a stage, and the names of the stages."""
    stages = [(stage, list(found)) for stage, found in groupby(entries, lambda e: e.stage)]
    branches = []
    for arm in context.places if entries else ():
        boxes = [_box(context, arm, stage, found) for stage, found in stages]
        branches.append(tuple(boxes))
    bands = tuple(context.voice.say(f"structure.flow.stage_{stage}") for stage, _ in stages)
    return tuple(branches), bands


def _box(context: Context, arm: str, stage: str, entries: list[Entry]) -> Box:
    """Write the lines of one arm at one stage; the first is headed by the arm itself."""
    if stage == "allocation":
        return _allocated(context, arm, entries)
    key = "report.flow.followed" if stage == "follow_up" else "structure.flow.analysed"
    return Box(context.voice.say(key), _by_horizon(context, arm, entries))


def _allocated(context: Context, arm: str, entries: list[Entry]) -> Box:
    voice, head, lines = context.voice, "", []
    for entry in entries:
        shown = entry.shown[arm]
        if shown is None:
            continue
        n = written(context, shown, entry.key)
        if entry.key == "allocated":
            name = voice.arm(arm)
            head = voice.say("report.flow.arm", arm=name[:1].upper() + name[1:], n=n)
        else:
            lines.append(voice.say("report.flow.line", name=entry.label, n=n))
    return Box(head, tuple(lines))


def _by_horizon(context: Context, arm: str, entries: list[Entry]) -> tuple[str, ...]:
    """Give one line a horizon, and one a reason below it, outcomes taken together."""
    voice = context.voice
    lines: list[str] = []
    for horizon in dict.fromkeys(entry.at for entry in entries):
        of_horizon = [entry for entry in entries if entry.at == horizon]
        named: dict[str, list[Entry]] = {}
        for entry in of_horizon:
            named.setdefault(entry.label if entry.depth else "", []).append(entry)
        for name, found in named.items():
            if said := _together(context, arm, found, is_known=not name):
                line = voice.say("report.flow.line", name=name or horizon, n=said)
                lines.append((INDENT if name else "") + line)
    return tuple(lines)


def _together(context: Context, arm: str, entries: list[Entry], *, is_known: bool) -> str:
    """Say the counts of several outcomes in a few words: from the least to the greatest.

    Every number said is one that the data of the figure prints; one withheld stays so, and has no
    place in the order of the others.
    """
    voice = context.voice
    found = [(shown, entry) for entry in entries if (shown := entry.shown[arm]) is not None]
    ranked = sorted(
        (
            (shown.value, written(context, shown, entry.key))
            for shown, entry in found
            if shown.value is not None
        ),
        key=lambda pair: pair[0],
    )
    texts = list(dict.fromkeys(text for _, text in ranked))
    parts = texts
    if len(texts) > 1:
        parts = [voice.say("structure.flow.range", low=texts[0], high=texts[-1])]
    hidden = [written(context, shown, entry.key) for shown, entry in found if shown.value is None]
    parts = [*parts, *dict.fromkeys(hidden)]
    if is_known and len(found) < len(entries):
        parts.append(voice.say("structure.flow.not_reached"))
    return (
        voice.say("structure.flow.either", first=parts[0], other=", ".join(parts[1:]))
        if len(parts) > 1
        else "".join(parts)
    )


def _ranges(context: Context, entries: tuple[Entry, ...]) -> tuple[str, ...]:
    """Say what a range is, where several outcomes share a line."""
    several = len({entry.about for entry in entries if entry.about}) > 1
    return (context.voice.say("structure.flow.note_range"),) if several else ()


def _alternative(context: Context, counts: Waterfall, branches: tuple[tuple[Box, ...], ...]) -> str:
    said = reading(context, counts)
    lines = [said[:1].upper() + said[1:]]
    for branch in branches:
        for box in branch:
            inside = "; ".join(line.strip() for line in box.lines)
            lines.append(f"{box.head}. {inside}.".replace(". .", "."))
    return context.voice.label(" ".join(lines))


SECTIONS.register("flow")(Section(needs=Flow, order=20, compose=flow))
