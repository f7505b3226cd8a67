"""For whom the outcomes are known, by arm, and why they are not for the others."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from reliance_eval.lottery.pooling import WAVE
from reliance_eval.panel.model import EXPECTED, RARE, Panel
from reliance_eval.reporting.disclosure import Shown
from reliance_eval.reporting.document import Cell, Number, Table, is_group
from reliance_eval.reporting.partitioning import shown_parts
from reliance_eval.reporting.section import Context
from reliance_eval.reporting.wording import Voice

if TYPE_CHECKING:
    import pandas as pd

NOTED = ("not_yet_observed", "moved", "died", "refused", "objected", "redrawn")
"""Statuses that a note explains."""

Place: TypeAlias = tuple[str, int]
"""An outcome and a horizon in months."""

Pattern = TypeVar("Pattern", bound=Hashable)


def cells_of(context: Context, counts: pd.DataFrame) -> dict[Place, dict[str, dict[str, int]]]:
    """Give exact counts by outcome and horizon, arm, and status, in the protocol's order."""
    found = {
        (outcome, horizon, arm, status): int(n)
        for outcome, horizon, arm, status, n in counts[
            ["outcome", "horizon_months", "arm", "status", "n"]
        ].to_numpy(object)
    }
    statuses = statuses_of(counts)
    return {
        (outcome.name, horizon): {
            arm: {status: found.get((outcome.name, horizon, arm, status), 0) for status in statuses}
            for arm in context.places
        }
        for outcome in context.protocol.clauses.outcomes
        for horizon in outcome.horizons_months
    }


def statuses_of(counts: pd.DataFrame) -> tuple[str, ...]:
    """Give the statuses that a report speaks of, in order."""
    found = set(counts["status"])
    return (*EXPECTED, *(status for status in RARE if status in found))


def shown_statuses(context: Context, cell: dict[str, int], place: str) -> dict[str, Shown]:
    """Pass the counts of one arm through the gate, together: they add up to the arm."""
    return shown_parts(context.gate, cell, main="observed", place=place)


def alike(places: Iterable[tuple[Place, Pattern]]) -> list[tuple[list[Place], Pattern]]:
    """Put together the outcomes and horizons of which a table says the same, in order."""
    groups: dict[Pattern, list[Place]] = {}
    for place, pattern in places:
        groups.setdefault(pattern, []).append(place)
    return [(group, pattern) for pattern, group in groups.items()]


def head_of(voice: Voice, places: list[Place]) -> str:
    """Name outcomes and horizons in one head: each outcome once, with its horizons."""
    horizons: dict[str, list[int]] = {}
    for outcome, horizon in places:
        horizons.setdefault(outcome, []).append(horizon)
    heads = []
    for outcome, months in horizons.items():
        *before, last = months
        told = ", ".join([*map(voice.numbers.integer, before), voice.numbers.months(last)])
        label = voice.outcome(outcome)
        heads.append(voice.say("report.outcome_horizon", outcome=label, horizon=told))
    return voice.listed(heads)


def counts_table(context: Context, counts: pd.DataFrame) -> Table:
    """Give counts by status and arm; outcomes and horizons with the same counts share a row."""
    voice = context.voice
    cells = cells_of(context, counts)
    seen = [
        status
        for status in statuses_of(counts)
        if status == "observed"
        or any(cell[status] for arms in cells.values() for cell in arms.values())
    ]
    shown = {
        (place, arm): shown_statuses(context, cell, f"follow_up.{place[0]}.{place[1]}.{arm}")
        for place, arms in cells.items()
        for arm, cell in arms.items()
    }
    patterns = [
        (place, tuple(shown[place, arm][status] for arm in arms for status in seen))
        for place, arms in cells.items()
    ]
    rows: list[tuple[Cell, ...]] = []
    for places, _ in alike(patterns):
        first = places[0]
        rows.append((head_of(voice, places), *([""] * len(seen))))
        for arm in context.places:
            own = f"follow_up.{first[0]}.{first[1]}.{arm}"
            numbers = (voice.count(f"{own}#{one}", shown[first, arm][one]) for one in seen)
            rows.append((voice.arm(arm), *numbers))
    notes = [voice.say(f"report.follow_up.note_{_note(one)}") for one in NOTED if one in seen]
    if not context.gate.is_public:
        notes.append(voice.say("report.follow_up.note_part"))
    return Table(
        id="follow-up-table",
        title=voice.say("report.follow_up.table"),
        columns=(
            voice.say("report.column.outcome"),
            *(voice.say(f"report.status.{status}") for status in seen),
        ),
        rows=tuple(rows),
        caption=context.caption(_reading(context, rows), notes=tuple(dict.fromkeys(notes))),
    )


def _note(status: str) -> str:
    if status in ("moved", "died", "refused"):
        return "reasons"
    return "kinds" if status == "not_yet_observed" else status


def _reading(context: Context, rows: list[tuple[Cell, ...]]) -> str:
    """Quote the first count of known outcomes; each group of rows has its head above it."""
    head = ""
    for row in rows:
        if is_group(row):
            head = str(row[0])
        elif isinstance(row[1], Number) and row[1].value != 0:
            return _quoted(context, head, arm=str(row[0]), observed=row[1])
    return context.voice.say("report.follow_up.reading_none")


def _quoted(context: Context, head: str, *, arm: str, observed: Number) -> str:
    if observed.value is None:
        return ""
    return context.voice.say(
        "report.follow_up.reading",
        outcome=head,
        arm=arm,
        n=observed.text.replace("≥\u202f", context.voice.say("report.at_least") + " "),
        unit=context.voice.unit(),
    )


def waves_table(context: Context, panel: Panel) -> Table | None:
    """Give the share known by wave and arm; None without waves.

    Waves add up to the trial: where one count of a table would be withheld, no wave is shown.
    """
    if WAVE not in panel.units:
        return None
    voice, gate = context.voice, context.gate
    rows: list[tuple[Cell, ...]] = []
    for (outcome, horizon), arms in _by_wave(context, panel).items():
        parts = [pair for waves in arms.values() for pair in waves.values() if pair[1]]
        if not parts or any(gate.is_small(n) or gate.is_small(of - n) for n, of in parts):
            continue
        names = [wave.name for wave in context.protocol.clauses.lottery.waves]
        for arm, waves in arms.items():
            numbers = []
            for wave in names:
                n, of = waves.get(wave, (0, 0))
                place = f"follow_up.{outcome}.{horizon}.{arm}.{wave}"
                share = gate.share(n / of, numerator=n, n=of, place=place) if of else None
                digits = gate.share_digits([of])
                numbers.append("–" if share is None else voice.share(place, share, digits=digits))
            rows.append((voice.cell_label(outcome, horizon), voice.arm(arm), *numbers))
    if not rows:
        return None
    heads = [wave.name for wave in context.protocol.clauses.lottery.waves]
    return Table(
        id="follow-up-waves",
        title=voice.say("missing.waves_table"),
        columns=(voice.say("report.column.outcome"), voice.say("report.column.arm"), *heads),
        rows=tuple(rows),
        caption=context.caption(notes=(voice.say("missing.note_waves"),)),
    )


def _by_wave(context: Context, panel: Panel) -> dict[Place, dict[str, dict[str, tuple[int, int]]]]:
    """Give (known, reached) by outcome and horizon, arm and wave."""
    rows = panel.outcomes.merge(panel.units[["unit", "arm", WAVE]], on="unit")
    rows = rows[rows["status"] != "not_yet_observed"]
    rows = rows.assign(known=rows["status"] == "observed")
    keys = ["outcome", "horizon_months", "arm", WAVE]
    found = rows.groupby(keys)["known"].agg(["sum", "size"])
    counts: dict[Place, dict[str, dict[str, tuple[int, int]]]] = {}
    for outcome in context.protocol.clauses.outcomes:
        for horizon in outcome.horizons_months:
            counts[outcome.name, horizon] = {arm: {} for arm in context.places}
    for (outcome_name, horizon, arm, wave), n, of in found.itertuples():
        counts[str(outcome_name), int(horizon)][str(arm)][str(wave)] = (int(n), int(of))
    return counts
