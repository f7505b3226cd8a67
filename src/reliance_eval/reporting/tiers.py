"""A tier of outcomes, primary, secondary or exploratory: the same exhibits for each."""

from __future__ import annotations

from reliance_eval.estimation.estimates import Estimate
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.document import Block, Paragraph
from reliance_eval.reporting.effects import estimated, itt_rows, promised
from reliance_eval.reporting.exhibits import itt_table, late_table
from reliance_eval.reporting.plots import coefficient_figure
from reliance_eval.reporting.section import Context


def tier(context: Context, role: str) -> tuple[Block, ...]:
    """Give the exhibits of one tier; its name stands in each title."""
    voice = context.voice
    rows = itt_rows(context, role=role)
    if rows and not estimated(rows):
        return (Paragraph(voice.say(f"report.tier.{role}_none")),)
    blocks: list[Block] = []
    for place, estimator in enumerate(dict.fromkeys(promise_of(row).estimator for row in rows)):
        of_estimator = tuple(row for row in rows if promise_of(row).estimator == estimator)
        name = voice.estimator(estimator)
        table = itt_table(
            context,
            of_estimator,
            identifier=f"itt-{role}-{estimator}",
            title=voice.say(f"report.tier.{role}_itt", estimator=name),
        )
        if place == 0:
            figure = coefficient_figure(
                context,
                estimated(of_estimator),
                identifier=f"plot-{role}",
                title=voice.say(f"report.tier.{role}_plot"),
            )
            blocks += [figure] if figure is not None else []
        blocks.append(table)
    if pairs := _pairs(context, role, estimated(rows)):
        blocks.append(
            late_table(
                context,
                pairs,
                identifier=f"late-{role}",
                title=voice.say(f"report.tier.{role}_late"),
            )
        )
    return tuple(blocks)


def _pairs(
    context: Context, role: str, itts: tuple[Estimate, ...]
) -> tuple[tuple[Estimate | None, Estimate], ...]:
    """Match each LATE with the ITT promised first for the same cell."""
    first: dict[tuple[str, int, str], Estimate] = {}
    for itt in itts:
        p = promise_of(itt)
        first.setdefault((p.outcome, p.horizon_months, p.arm), itt)
    pairs = []
    for row in promised(context):
        p = promise_of(row)
        is_late = p.estimand == "late" and p.role == role and not p.subgroup
        if is_late and isinstance(row, Estimate):
            pairs.append((first.get((p.outcome, p.horizon_months, p.arm)), row))
    return tuple(pairs)
