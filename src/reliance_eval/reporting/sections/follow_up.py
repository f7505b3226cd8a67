"""Follow-up: for whom outcomes are known, by arm, why not for the others, and what that hides."""

from __future__ import annotations

from reliance_eval.panel import Panel
from reliance_eval.reporting.aftermath import ledger_blocks
from reliance_eval.reporting.document import NONE, Block, Cell, Number, Paragraph, Table
from reliance_eval.reporting.findings import finding_said, of_check
from reliance_eval.reporting.missing.confronting import bounds_blocks
from reliance_eval.reporting.missing.counting import (
    alike,
    cells_of,
    counts_table,
    head_of,
    waves_table,
)
from reliance_eval.reporting.missing.responding import response_figure
from reliance_eval.reporting.section import SECTIONS, Context, Section


def follow_up(context: Context) -> tuple[Block, ...]:
    """Give counts by status and arm, response through time, the test of its gap, and bounds."""
    panel: Panel = context.latest.nearest(Panel)
    blocks: list[Block | None] = [
        Paragraph(context.voice.say("report.follow_up.intro")),
        counts_table(context, panel.counts()),
        response_figure(context, panel),
        waves_table(context, panel),
        _tests(context, panel),
        *bounds_blocks(context, panel),
        *ledger_blocks(context),
    ]
    return tuple(block for block in blocks if block is not None)


def _tests(context: Context, panel: Panel) -> Table | None:
    """Give p of the gap in response and the sentence, where it may be said.

    Outcomes and horizons of which the same is said share a row.
    """
    voice, gate = context.voice, context.gate
    cells = cells_of(context, panel.counts())
    found = []
    for check in of_check(context, "attrition"):
        outcome, _, horizon = check.subject.rpartition(".")
        place = (outcome, int(horizon))
        is_small = any(
            gate.is_small(sum(cell.values()) - cell["observed"]) or gate.is_small(cell["observed"])
            for cell in cells[place].values()
        )
        p, sentence = check.p_value, finding_said(context, check)
        is_withheld = is_small and p is not None
        if is_withheld:
            gate.row(f"attrition.{check.subject}", "complement")
            p, sentence = None, voice.say("report.follow_up.withheld")
        else:
            gate.row(f"attrition.{check.subject}")
        verdict = voice.say(f"check.verdict.{check.verdict}")
        found.append((place, (verdict, p, is_withheld, sentence)))
    if not found:
        return None
    rows: list[tuple[Cell, ...]] = []
    for places, (verdict, p, is_withheld, sentence) in alike(found):
        identifier = f"attrition.{places[0][0]}.{places[0][1]}#p"
        shown: Cell = NONE if p is None else voice.p(identifier, p)
        shown = voice.withheld(identifier) if is_withheld else shown
        rows.append((head_of(voice, places), verdict, shown, sentence))
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


SECTIONS.register("follow_up")(Section(needs=Panel, order=35, compose=follow_up))
