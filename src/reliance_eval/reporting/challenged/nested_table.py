"""Units served together: standard errors with and without nesting."""

from __future__ import annotations

from reliance_eval.reporting.challenged.reading import primary_effects, rows_of
from reliance_eval.reporting.document import NONE, Block, Cell, Table
from reliance_eval.reporting.effects import Effect, row_label
from reliance_eval.reporting.section import Context
from reliance_eval.robustness.check import Check


def nested_exhibits(context: Context, found: tuple[Check, ...]) -> tuple[Block, ...]:
    """Give the standard errors with and without nesting of each primary effect."""
    by_id = {check.subject: check for check in found if check.rows}
    shown = [effect for effect in primary_effects(context) if effect.promise.id in by_id]
    if not shown:
        return ()
    voice = context.voice
    names = ("std_error", "nested_error", "nested_df", "p", "nested_p", "icc", "design_effect")
    rows = tuple(_nested_row(effect, by_id[effect.promise.id]) for effect in shown)
    table = Table(
        id="nested-table",
        title=voice.say("report.challenges.nested_title"),
        columns=(
            voice.say("report.column.outcome"),
            *(voice.say(f"report.challenges.column_{name}") for name in names),
        ),
        rows=rows,
        caption=context.caption(
            voice.say(
                "report.challenges.nested_reading",
                row=str(rows[0][0]),
                error=_text(rows[0][1]),
                nested=_text(rows[0][2]),
            ),
            notes=(voice.say("report.challenges.nested_note"),),
        ),
    )
    return (table,)


def _nested_row(effect: Effect, check: Check) -> tuple[Cell, ...]:
    context, voice = effect.context, effect.context.voice
    (row,) = rows_of(check)
    place = f"nested.{effect.promise.id}"
    icc = row["intraclass_correlation"]
    context.gate.row(place, count=row["served_n"])
    return (
        row_label(context, effect.promise),
        effect.error(),
        voice.error(f"{place}#std_error", row["std_error_nested"], effect.scale),
        voice.plain(f"{place}#df", row["df_nested"], 1),
        effect.p("p_value", effect.estimate.p_value),
        voice.p(f"{place}#p", row["p_value_nested"]),
        NONE if icc is None else voice.plain(f"{place}#icc", icc, 3, is_signed=True),
        voice.plain(f"{place}#design_effect", row["design_effect"], 2),
    )


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.text
