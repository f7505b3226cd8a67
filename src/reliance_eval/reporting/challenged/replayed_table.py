"""The lottery held again, primary effect by primary effect: p, its family's, an interval."""

from __future__ import annotations

from reliance_eval.reporting.challenged.reading import every_primary_effect, rows_of
from reliance_eval.reporting.document import NONE, Block, Cell, Number, Table
from reliance_eval.reporting.effects import Effect, row_label
from reliance_eval.reporting.grouping import Line, under_groups
from reliance_eval.reporting.section import Context
from reliance_eval.robustness.check import Check


def replayed_exhibits(context: Context, found: tuple[Check, ...]) -> tuple[Block, ...]:
    """Give, for each primary effect, what the lottery held again says beside the estimate."""
    by_id = {check.subject: check for check in found if check.rows}
    shown = [effect for effect in every_primary_effect(context) if effect.promise.id in by_id]
    if not shown:
        return ()
    voice = context.voice
    lines = [_line(effect, by_id[effect.promise.id]) for effect in shown]
    names = ("p_estimate", "p_replayed", "p_family", "interval_replayed", "error", "redraws")
    read = next((line for line in lines if _is_told(line)), lines[0])
    return (
        Table(
            id="replayed-table",
            title=voice.say("report.challenges.replayed_title"),
            columns=(
                voice.say("report.column.outcome"),
                *(voice.say(f"report.challenges.column_{name}") for name in names),
            ),
            rows=under_groups(lines),
            caption=context.caption(
                voice.say(
                    "report.challenges.replayed_reading",
                    row=read.head,
                    p=_text(read.cells[1]),
                    estimate=_text(read.cells[0]),
                ),
                notes=(voice.say("report.challenges.replayed_note"),),
            ),
        ),
    )


def _line(effect: Effect, check: Check) -> Line:
    context, promise = effect.context, effect.promise
    label, group = row_label(context, promise), context.voice.estimator(promise.estimator)
    return Line(group[:1].upper() + group[1:], label, label, _cells(effect, check))


def _cells(effect: Effect, check: Check) -> tuple[Cell, ...]:
    context, voice = effect.context, effect.context.voice
    place = f"redraws.{effect.promise.id}"
    if effect.is_withheld:
        sign = voice.withheld(f"{place}#p")
        return (effect.p("p_value", 0.0), sign, NONE, NONE, NONE, NONE)
    (row,) = rows_of(check)
    context.gate.row(place)
    error, redraws, family = check.monte_carlo_error, check.redraws, row["p_family"]
    ends = row["effect_low"], row["effect_high"]
    is_open = ends == (None, None)
    return (
        effect.p("p_value", effect.estimate.p_value),
        voice.p(f"{place}#p", row["p"]),
        NONE if family is None else voice.p(f"{place}#p_family", family),
        NONE if is_open else voice.interval(f"{place}#interval", *ends, effect.scale),
        NONE if error is None else voice.plain(f"{place}#error", error, 4),
        NONE if redraws is None else voice.plain(f"{place}#redraws", redraws, 0),
    )


def _is_told(line: Line) -> bool:
    cell = line.cells[1]
    return isinstance(cell, Number) and cell.value is not None


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.text
