"""How often the analysis finds something when the offer is permuted, and nothing is there."""

from __future__ import annotations

from reliance_eval.reporting.challenged.reading import every_primary_effect
from reliance_eval.reporting.document import Block, Cell, Table
from reliance_eval.reporting.effects import Effect, row_label
from reliance_eval.reporting.grouping import Line, under_groups
from reliance_eval.reporting.section import Context
from reliance_eval.robustness.check import Check


def size_exhibits(context: Context, found: tuple[Check, ...]) -> tuple[Block, ...]:
    """Give the share of permuted offers in which each primary effect passes for one."""
    by_id = {check.subject: check for check in found if check.statistic is not None}
    shown = [effect for effect in every_primary_effect(context) if effect.promise.id in by_id]
    told = [effect for effect in shown if not effect.is_withheld]
    if not told:
        return ()
    voice = context.voice
    lines = [_line(effect, by_id[effect.promise.id]) for effect in told]
    first = by_id[told[0].promise.id]
    offers = voice.numbers.integer(first.redraws or 0)
    level = voice.numbers.percent(float(first.values["level_rate"] or 0.0), 1)
    return (
        Table(
            id="size-table",
            title=voice.say("report.challenges.size_title"),
            columns=(
                voice.say("report.column.outcome"),
                voice.say("report.challenges.column_size"),
                voice.say("report.challenges.column_size_error"),
            ),
            rows=under_groups(lines),
            caption=context.caption(
                voice.say(
                    "report.challenges.size_reading",
                    row=lines[0].head,
                    size=_text(lines[0].cells[0]),
                    offers=offers,
                    level=level,
                ),
                notes=(voice.say("report.challenges.size_note"),),
            ),
        ),
    )


def _line(effect: Effect, check: Check) -> Line:
    context, voice, promise = effect.context, effect.context.voice, effect.promise
    place, label = f"empirical_size.{promise.id}", row_label(context, promise)
    context.gate.row(place)
    size, error = 100 * (check.statistic or 0.0), 100 * (check.monte_carlo_error or 0.0)
    cells: tuple[Cell, ...] = (
        voice.plain(f"{place}#size", size, 1),
        voice.plain(f"{place}#error", error, 1),
    )
    group = voice.estimator(promise.estimator)
    return Line(group[:1].upper() + group[1:], label, label, cells)


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.text
