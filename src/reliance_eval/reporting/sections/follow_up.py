"""Follow-up: for whom the outcomes are known, by arm, and why they are not for the others."""

from __future__ import annotations

import pandas as pd

from reliance_eval.panel import Panel
from reliance_eval.reporting.aftermath import ledger_blocks
from reliance_eval.reporting.disclosure import Shown
from reliance_eval.reporting.document import NONE, Block, Cell, Number, Paragraph, Table
from reliance_eval.reporting.findings import finding_said, of_check
from reliance_eval.reporting.section import SECTIONS, Context, Section

STATUSES = ("observed", "not_yet_observed", "not_delivered", "missing")
RARE = ("objected", "redrawn")
"""Statuses that are spoken of only where somebody has one."""


def follow_up(context: Context) -> tuple[Block, ...]:
    """Give counts by status and arm, the test of the gap in response rates, and the ledger."""
    voice = context.voice
    panel: Panel = context.latest.nearest(Panel)
    table = _table(context, panel.counts())
    blocks: list[Block] = [Paragraph(voice.say("report.follow_up.intro")), table]
    tests = _tests(context, panel)
    if tests is not None:
        blocks.append(tests)
    return (*blocks, *ledger_blocks(context))


def statuses_of(counts: pd.DataFrame) -> tuple[str, ...]:
    """Give the statuses that a report speaks of, in order."""
    found = set(counts["status"])
    return (*STATUSES, *(status for status in RARE if status in found))


def _cells(context: Context, counts: pd.DataFrame) -> dict[tuple[str, int, str], dict[str, int]]:
    """Give the exact counts by outcome, horizon and arm, in the protocol's order."""
    found = {
        (outcome, horizon, arm, status): int(n)
        for outcome, horizon, arm, status, n in counts[
            ["outcome", "horizon_months", "arm", "status", "n"]
        ].to_numpy(object)
    }
    statuses = statuses_of(counts)
    return {
        (outcome.name, horizon, arm): {
            status: found.get((outcome.name, horizon, arm, status), 0) for status in statuses
        }
        for outcome in context.protocol.clauses.outcomes
        for horizon in outcome.horizons_months
        for arm in context.places
    }


def shown_statuses(context: Context, cell: dict[str, int], place: str) -> dict[str, Shown]:
    """Pass the counts of one arm through the gate, together: they add up to the arm."""
    gate, whole = context.gate, sum(cell.values())
    observed = gate.part(cell["observed"], of=whole, place=f"{place}.observed")
    shown = {"observed": observed}
    others = {name: n for name, n in cell.items() if name != "observed"}
    # With a small remainder, or one small kind, the kinds are not told apart.
    if any(gate.is_small(n) for n in others.values()):
        for name, n in others.items():
            if n == 0:
                shown[name] = gate.count(0, place=f"{place}.{name}")
            else:
                shown[name] = gate.withhold(f"{place}.{name}", "threshold", n)
        lone = [name for name, n in others.items() if n]
        if len(lone) == 1 and observed.mark == "rounded":
            shown["observed"] = gate.withhold(f"{place}.observed", "secondary", cell["observed"])
        return shown
    for name, n in others.items():
        shown[name] = gate.count(n, place=f"{place}.{name}")
    return shown


def _table(context: Context, counts: pd.DataFrame) -> Table:
    voice = context.voice
    rows: list[tuple[Cell, ...]] = []
    cells = _cells(context, counts)
    seen = [
        status
        for status in statuses_of(counts)
        if status == "observed" or any(cell[status] for cell in cells.values())
    ]
    for (outcome, horizon, arm), cell in cells.items():
        place = f"follow_up.{outcome}.{horizon}.{arm}"
        shown = shown_statuses(context, cell, place)
        head = voice.cell_label(outcome, horizon)
        numbers = (voice.count(f"{place}#{status}", shown[status]) for status in seen)
        rows.append((head, voice.arm(arm), *numbers))
    notes = [voice.say("report.follow_up.note_kinds")] if "not_yet_observed" in seen else []
    if "objected" in seen:
        notes.append(voice.say("report.follow_up.note_objected"))
    if "redrawn" in seen:
        notes.append(voice.say("report.follow_up.note_redrawn"))
    if not context.gate.is_public:
        notes.append(voice.say("report.follow_up.note_part"))
    return Table(
        id="follow-up-table",
        title=voice.say("report.follow_up.table"),
        columns=(
            voice.say("report.column.outcome"),
            voice.say("report.column.arm"),
            *(voice.say(f"report.status.{status}") for status in seen),
        ),
        rows=tuple(rows),
        caption=context.caption(_reading(context, rows), notes=tuple(notes)),
    )


def _reading(context: Context, rows: list[tuple[Cell, ...]]) -> str:
    known = [row for row in rows if isinstance(row[2], Number) and row[2].value != 0]
    if not known:
        return context.voice.say("report.follow_up.reading_none")
    head, arm, observed = known[0][:3]
    assert isinstance(head, str)
    assert isinstance(arm, str)
    assert isinstance(observed, Number)
    if observed.value is None:
        return ""
    return context.voice.say(
        "report.follow_up.reading",
        outcome=head,
        arm=arm,
        n=observed.text.replace("≥\u202f", context.voice.say("report.at_least") + " "),
        unit=context.voice.unit(),
    )


def _tests(context: Context, panel: Panel) -> Table | None:
    """Give one row an outcome and horizon: p of the gap, and the sentence if it may be said."""
    voice, gate = context.voice, context.gate
    cells = _cells(context, panel.counts())
    rows: list[tuple[Cell, ...]] = []
    for check in of_check(context, "attrition"):
        outcome, _, horizon = check.subject.rpartition(".")
        arms = [cells[outcome, int(horizon), arm] for arm in context.places]
        is_small = any(
            gate.is_small(sum(cell.values()) - cell["observed"]) or gate.is_small(cell["observed"])
            for cell in arms
        )
        place = f"attrition.{check.subject}"
        p: Cell = NONE if check.p_value is None else voice.p(f"{place}#p", check.p_value)
        sentence = finding_said(context, check)
        if is_small and check.p_value is not None:
            gate.withhold(place, "complement")
            p, sentence = voice.withheld(f"{place}#p"), voice.say("report.follow_up.withheld")
        head = voice.cell_label(outcome, int(horizon))
        rows.append((head, voice.say(f"check.verdict.{check.verdict}"), p, sentence))
    if not rows:
        return None
    is_tested = any(isinstance(row[2], Number) for row in rows)
    return Table(
        id="attrition-tests",
        title=voice.say("report.follow_up.test_table"),
        columns=(
            voice.say("report.column.outcome"),
            voice.say("report.column.check_verdict"),
            voice.say("report.column.p"),
            voice.say("report.column.finding"),
        ),
        rows=tuple(rows),
        caption=context.caption(
            _test_reading(context, rows),
            notes=(voice.say("report.follow_up.note_test"),) if is_tested else (),
        ),
    )


def _test_reading(context: Context, rows: list[tuple[Cell, ...]]) -> str:
    """Quote the first finding with a number, else the first."""
    told = [row for row in rows if isinstance(row[2], Number) and row[2].value is not None]
    head, *_, finding = (told or rows)[0]
    return context.voice.say(
        "report.follow_up.test_reading",
        outcome=str(head),
        finding=context.voice.inside(str(finding)),
    )


SECTIONS.register("follow_up")(Section(needs=Panel, order=45, compose=follow_up))
