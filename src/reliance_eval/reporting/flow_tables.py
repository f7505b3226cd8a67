"""The counts behind the flow of participants: its two tables, their reading and their notes."""

from __future__ import annotations

from itertools import groupby

from reliance_eval.reporting.disclosure import Shown
from reliance_eval.reporting.document import NONE, Cell, Table
from reliance_eval.reporting.flow_lines import Entry
from reliance_eval.reporting.section import Context
from reliance_eval.reporting.waterfall import Exit, Waterfall

INDENT = "\u2003"
"""Before a part of the line above it."""


def written(context: Context, shown: Shown, place: str) -> str:
    """Write a count as it may be printed."""
    return context.voice.count(place, shown).text


def exit_name(context: Context, item: Exit) -> str:
    """Name a criterion, or those put together."""
    labels = [context.voice.criterion(name) for name in item.criteria]
    if not item.is_merged:
        return labels[0]
    return context.voice.say("report.flow.others", criteria=context.voice.listed(labels))


def participants_table(context: Context, counts: Waterfall, entries: tuple[Entry, ...]) -> Table:
    """Give the numbers of every box: those of the trunk, then those of each arm."""
    voice, arms = context.voice, tuple(context.places) if context.draw is not None else ()
    nothing = (NONE,) * len(arms)
    blank = ("",) * (1 + len(arms))
    rows: list[tuple[Cell, ...]] = [(voice.say("structure.flow.enrolment"), *blank)]
    trunk: list[tuple[str, str, Shown | None]] = [
        ("assessed", voice.say("structure.flow.assessed"), counts.assessed)
    ]
    trunk += [
        (f"leaving.{'+'.join(item.criteria)}", INDENT + exit_name(context, item), item.leaving)
        for item in counts.exits
    ]
    trunk.append(("eligible", voice.say("structure.flow.eligible"), counts.eligible))
    trunk.append(("not_drawn", voice.say("structure.flow.not_drawn"), counts.not_drawn))
    trunk.append(("drawn", voice.say("structure.flow.randomised"), counts.drawn))
    for key, label, shown in trunk:
        if shown is not None:
            place = f"participants.{key}#all"
            context.gate.again(place, shown)
            rows.append((label, voice.count(place, shown), *nothing))
    for (_, box), found in groupby(entries, lambda entry: (entry.stage, entry.box)):
        rows.append((box, *blank))
        rows += [_row(context, entry) for entry in found]
    return Table(
        id="flow-participants",
        title=voice.say("structure.flow.table"),
        columns=(
            voice.say("report.flow.column_criterion"),
            voice.say("structure.flow.together"),
            *(voice.arm(arm) for arm in arms),
        ),
        rows=tuple(rows),
        caption=context.caption(reading(context, counts), notes=notes(context, counts)),
    )


def _row(context: Context, entry: Entry) -> tuple[Cell, ...]:
    cells: list[Cell] = [
        NONE if shown is None else context.voice.count(f"participants.{entry.key}#{arm}", shown)
        for arm, shown in entry.shown.items()
    ]
    return (f"{INDENT if entry.depth else ''}{entry.label}", NONE, *cells)


def criteria_table(context: Context, counts: Waterfall) -> Table:
    """Give who enters, leaves and remains at each criterion, in the protocol's order."""
    voice = context.voice
    rows: list[tuple[Cell, ...]] = []
    for item in counts.exits:
        place = f"flow.{'+'.join(item.criteria)}"
        fields = ("entering", "leaving", "refused", "unknown", "remaining")
        cells = (voice.count(f"{place}#{f}", getattr(item, f)) for f in fields)
        rows.append((exit_name(context, item), *cells))
    if counts.drawn is not None and counts.not_drawn is not None:
        context.gate.row("flow.draw")
        draw_row = (counts.eligible, counts.not_drawn, counts.drawn)
        entering, leaving, drawn = (
            voice.count(f"flow.draw#{place}", shown) for place, shown in enumerate(draw_row)
        )
        rows.append((voice.say("report.flow.draw_row"), entering, leaving, NONE, NONE, drawn))
    columns = ("criterion", "entering", "leaving", "refused", "unknown", "remaining")
    first = counts.exits[0]
    return Table(
        id="flow-counts",
        title=voice.say("report.flow.table"),
        columns=tuple(voice.say(f"report.flow.column_{name}") for name in columns),
        rows=tuple(rows),
        caption=context.caption(
            voice.say(
                "report.flow.table_reading",
                entering=written(context, first.entering, "reading"),
                unit=voice.unit(),
                leaving=written(context, first.leaving, "reading"),
                criterion=exit_name(context, first),
                remaining=written(context, first.remaining, "reading"),
            ),
            notes=notes(context, counts)[:2],
        ),
    )


def reading(context: Context, counts: Waterfall) -> str:
    """Give the *Lecture* of the whole flow, from those assessed to those drawn."""
    key = "report.flow.reading" if counts.drawn is not None else "report.flow.reading_screened"
    if counts.not_drawn is not None and counts.not_drawn.value == 0:
        key = "report.flow.reading_all"
    return context.voice.say(
        key,
        assessed=written(context, counts.assessed, "reading"),
        eligible=written(context, counts.eligible, "reading"),
        drawn=written(context, counts.drawn, "reading") if counts.drawn is not None else "",
        unit=context.voice.unit(),
    )


def notes(context: Context, counts: Waterfall) -> tuple[str, ...]:
    """Say how counts are printed, and that the exact ones add up."""
    voice = context.voice
    said = [] if context.gate.is_public else [voice.say("report.flow.note_rounded")]
    if any(item.is_merged for item in counts.exits):
        said.append(voice.say("report.flow.note_merged"))
    if context.panel is not None:
        said.append(voice.say("structure.flow.note_kirchhoff"))
    return tuple(said)
