"""Subgroups: the effect of the offer in each, marked pre-specified or exploratory."""

from __future__ import annotations

from dataclasses import replace

from reliance_eval.estimation import Estimates
from reliance_eval.estimation.estimates import Estimate, NotEstimable
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.differences import interaction_table
from reliance_eval.reporting.document import Block, Paragraph, Table
from reliance_eval.reporting.effects import promised
from reliance_eval.reporting.exhibits import itt_table
from reliance_eval.reporting.section import SECTIONS, Context, Section


def subgroups(context: Context) -> tuple[Block, ...]:
    """Give one table a variable, by its status in the protocol."""
    voice = context.voice
    rows = _subgroup_rows(context)
    if rows and not any(isinstance(row, Estimate) for row in rows):
        return (Paragraph(voice.say("report.subgroups.none")),)
    blocks = subgroup_tables(context, is_first=True)
    if not blocks:
        return ()
    return (Paragraph(voice.say("report.subgroups.intro")), *blocks)


def subgroup_tables(context: Context, *, is_first: bool) -> list[Block]:
    """Give the tables of each variable by the estimator promised first, or by the others."""
    voice = context.voice
    rows = _subgroup_rows(context)
    blocks: list[Block] = []
    for clause in context.protocol.clauses.subgroups:
        of_variable = [
            row for row in rows if promise_of(row).subgroup.partition("=")[0] == clause.variable
        ]
        estimators = list(dict.fromkeys(promise_of(row).estimator for row in of_variable))
        for estimator in estimators[:1] if is_first else estimators[1:]:
            chosen = tuple(r for r in of_variable if promise_of(r).estimator == estimator)
            status = "prespecified" if clause.status == "pre-specified" else "exploratory"
            table = itt_table(
                context,
                chosen,
                identifier=f"subgroup-{clause.variable}-{estimator}",
                title=voice.say(
                    f"report.subgroups.table_{status}",
                    variable=voice.variable(clause.variable),
                    estimator=voice.estimator(estimator),
                ),
            )
            caption = replace(table.caption, reading=_reading(context, chosen, table))
            blocks.append(replace(table, caption=caption))
            tests = interaction_table(
                context,
                chosen,
                identifier=f"interaction-{clause.variable}-{estimator}",
                title=voice.say(
                    f"report.subgroups.interaction_{status}",
                    variable=voice.variable(clause.variable),
                    estimator=voice.estimator(estimator),
                ),
            )
            blocks += [tests] if tests is not None else []
    return blocks


def _subgroup_rows(context: Context) -> list[Estimate | NotEstimable]:
    return [
        row
        for row in promised(context)
        if promise_of(row).subgroup and promise_of(row).estimand == "itt"
    ]


def _reading(context: Context, rows: tuple[Estimate | NotEstimable, ...], table: Table) -> str:
    """Name the subgroup that the reading of the table is about: the first one published."""
    withheld = context.clearance.withheld
    found = (promise_of(row) for row in rows if isinstance(row, Estimate))
    first = next((promise for promise in found if promise.id not in withheld), None)
    if first is None:
        return ""
    return context.voice.say(
        "report.subgroups.reading",
        subgroup=context.voice.subgroup(first.subgroup),
        reading=table.caption.reading,
    )


SECTIONS.register("subgroups")(Section(needs=Estimates, order=70, compose=subgroups))
