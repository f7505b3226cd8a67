"""What the intervals of the primary outcomes exclude, beside the smallest effect that matters."""

from __future__ import annotations

from reliance_eval.estimation import Estimates
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.document import Block, Paragraph
from reliance_eval.reporting.effects import estimated, first_estimator, itt_rows
from reliance_eval.reporting.exclusions import excluded_table
from reliance_eval.reporting.section import SECTIONS, Context, Section


def key_results(context: Context) -> tuple[Block, ...]:
    """Give one table of what is excluded, and how to read it."""
    rows = estimated(itt_rows(context, role="primary"))
    first = tuple(row for row in rows if promise_of(row).estimator == first_estimator(rows))
    table = excluded_table(
        context,
        first,
        identifier="excluded-primary",
        title=context.voice.say("structure.excluded.table"),
    )
    if table is None:
        return ()
    return (Paragraph(context.voice.say("structure.excluded.intro")), table)


SECTIONS.register("key_results")(Section(needs=Estimates, order=10, compose=key_results))
