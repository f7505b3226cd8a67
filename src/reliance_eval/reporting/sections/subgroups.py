"""Subgroups: the effect of the offer in each, marked pre-specified or exploratory."""

from __future__ import annotations

from dataclasses import replace

from reliance_eval.estimation import Estimates
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.document import Block, Paragraph
from reliance_eval.reporting.effects import promised
from reliance_eval.reporting.exhibits import itt_table
from reliance_eval.reporting.section import SECTIONS, Context, Section


def subgroups(context: Context) -> tuple[Block, ...]:
    """Give one table a variable, by its status in the protocol."""
    voice = context.voice
    rows = [
        row
        for row in promised(context)
        if promise_of(row).subgroup and promise_of(row).estimand == "itt"
    ]
    blocks: list[Block] = []
    for clause in context.protocol.clauses.subgroups:
        of_variable = [
            row for row in rows if promise_of(row).subgroup.partition("=")[0] == clause.variable
        ]
        for estimator in dict.fromkeys(promise_of(row).estimator for row in of_variable):
            chosen = tuple(r for r in of_variable if promise_of(r).estimator == estimator)
            status = "prespecified" if clause.status == "pre-specified" else "exploratory"
            table = itt_table(
                context,
                chosen,
                identifier=f"subgroup-{clause.variable}-{estimator}",
                title=voice.say(
                    f"report.subgroups.table_{status}",
                    variable=voice.variable(clause.variable),
                    estimator=voice.say(f"estimation.estimator.{estimator}"),
                ),
            )
            caption = replace(table.caption, reading=_reading(table.caption.reading, context))
            blocks.append(replace(table, caption=caption))
    if not blocks:
        return ()
    return (Paragraph(voice.say("report.subgroups.intro")), *blocks)


def _reading(reading: str, context: Context) -> str:
    if not reading:
        return ""
    return context.voice.say("report.subgroups.reading", reading=reading)


SECTIONS.register("subgroups")(Section(needs=Estimates, order=70, compose=subgroups))
