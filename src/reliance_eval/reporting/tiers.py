"""A tier of outcomes, primary, secondary or exploratory: the same exhibits for each."""

from __future__ import annotations

from reliance_eval.estimation.estimates import Estimate
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.coherent_table import Rows, coherent_table
from reliance_eval.reporting.document import Block, Paragraph
from reliance_eval.reporting.effects import estimated, first_estimator, itt_rows, promised
from reliance_eval.reporting.exclusions import excluded_table
from reliance_eval.reporting.exhibits import itt_table, late_table
from reliance_eval.reporting.plots import coefficient_figure
from reliance_eval.reporting.section import Context

ROLES = ("primary", "secondary", "exploratory")


def tier(context: Context, role: str) -> tuple[Block, ...]:
    """Give what is needed to judge one tier; its name stands in each title."""
    voice = context.voice
    rows = itt_rows(context, role=role)
    if not rows:
        return ()
    if not estimated(rows):
        return (Paragraph(voice.say(f"report.tier.{role}_none")),)
    first = tuple(row for row in rows if promise_of(row).estimator == first_estimator(rows))
    figure = coefficient_figure(
        context,
        estimated(first),
        identifier=f"plot-{role}",
        title=voice.say(f"report.tier.{role}_plot"),
    )
    table = coherent_table(
        context,
        Rows(first, _first_lates(context, role)),
        identifier=f"results-{role}",
        title=voice.say(f"report.tier.{role}_results"),
    )
    blocks: list[Block] = [table]
    blocks += [figure] if figure is not None else []
    if role != "primary":
        excluded = excluded_table(
            context,
            estimated(first),
            identifier=f"excluded-{role}",
            title=voice.say(f"report.tier.{role}_excluded"),
        )
        blocks += [excluded] if excluded is not None else []
    return tuple(blocks)


def details(context: Context, role: str) -> tuple[Block, ...]:
    """Give every number of one tier: a table an estimator of the offer's effect, and the LATE's."""
    voice = context.voice
    rows = itt_rows(context, role=role)
    if not estimated(rows):
        return ()
    blocks: list[Block] = []
    for estimator in dict.fromkeys(promise_of(row).estimator for row in rows):
        blocks.append(
            itt_table(
                context,
                tuple(row for row in rows if promise_of(row).estimator == estimator),
                identifier=f"itt-{role}-{estimator}",
                title=voice.say(f"report.tier.{role}_itt", estimator=voice.estimator(estimator)),
            )
        )
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


def _lates(context: Context, role: str) -> tuple[Estimate, ...]:
    found = []
    for row in promised(context):
        p = promise_of(row)
        is_late = p.estimand == "late" and p.role == role and not p.subgroup
        if is_late and isinstance(row, Estimate):
            found.append(row)
    return tuple(found)


def _first_lates(context: Context, role: str) -> dict[tuple[str, int, str], Estimate]:
    first: dict[tuple[str, int, str], Estimate] = {}
    for late in _lates(context, role):
        p = promise_of(late)
        first.setdefault((p.outcome, p.horizon_months, p.arm), late)
    return first


def _pairs(
    context: Context, role: str, itts: tuple[Estimate, ...]
) -> tuple[tuple[Estimate | None, Estimate], ...]:
    """Match each LATE with the ITT promised first for the same cell."""
    first: dict[tuple[str, int, str], Estimate] = {}
    for itt in itts:
        p = promise_of(itt)
        first.setdefault((p.outcome, p.horizon_months, p.arm), itt)
    return tuple(
        (first.get((p.outcome, p.horizon_months, p.arm)), late)
        for late in _lates(context, role)
        for p in (promise_of(late),)
    )
