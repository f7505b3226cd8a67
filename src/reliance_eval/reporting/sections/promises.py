"""Promises without a number: an answer with its reason, never a missing row."""

from __future__ import annotations

from collections import defaultdict

from reliance_eval.estimation import Estimates
from reliance_eval.estimation.estimates import Promise
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.document import Block, Paragraph, Table
from reliance_eval.reporting.reasons import reason_said
from reliance_eval.reporting.section import SECTIONS, Context, Section


def promises(context: Context) -> tuple[Block, ...]:
    """Give one row a promise that could not be kept, with its reason."""
    voice = context.voice
    estimates: Estimates = context.latest.nearest(Estimates)
    total = voice.numbers.integer(len(estimates.order))
    said = " ".join(_withheld(context))
    if not estimates.not_estimable:
        return (Paragraph(f"{voice.say('report.promises.all_kept', n=total)} {said}".strip()),)
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in estimates.not_estimable:
        promise = promise_of(row)
        head = voice.cell_label(promise.outcome, promise.horizon_months)
        groups[head, reason_said(context, row)].append(_analysis(context, promise))
    rows = tuple(
        (head, voice.listed(dict.fromkeys(analyses)), reason)
        for (head, reason), analyses in groups.items()
    )
    columns = ("outcome", "analyses", "reason")
    table = Table(
        id="promises-table",
        title=voice.say("report.promises.table"),
        columns=tuple(voice.say(f"report.column.{name}") for name in columns),
        rows=rows,
        caption=context.caption(
            voice.say(
                "report.promises.reading", outcome=rows[0][0], reason=voice.inside(rows[0][-1])
            )
        ),
    )
    left = voice.numbers.integer(len(estimates.not_estimable))
    some_left = voice.say("report.promises.some_left", n=left, total=total)
    return (Paragraph(f"{some_left} {said}".strip()), table)


def _withheld(context: Context) -> tuple[str, ...]:
    """Count the estimates that were computed and are not printed."""
    if not context.clearance.withheld:
        return ()
    n = context.voice.numbers.integer(len(context.clearance.withheld))
    return (context.voice.say("report.promises.withheld", n=n),)


def _analysis(context: Context, promise: Promise) -> str:
    voice = context.voice
    analysis = voice.say(
        "report.promises.analysis",
        estimand=voice.say(f"report.estimand.{promise.estimand}"),
        estimator=voice.estimator(promise.estimator),
    )
    if not promise.subgroup:
        return analysis
    level = voice.subgroup(promise.subgroup)
    return voice.say("report.row_subgroup", row=analysis, subgroup=level)


SECTIONS.register("promises")(Section(needs=Estimates, order=91, compose=promises))
