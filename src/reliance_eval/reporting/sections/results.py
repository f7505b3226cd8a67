"""Main results: the primary outcomes, offered against reference, then on those who took part."""

from __future__ import annotations

from reliance_eval.estimation import Estimates
from reliance_eval.reporting.document import Block, Paragraph
from reliance_eval.reporting.section import SECTIONS, Context, Section
from reliance_eval.reporting.tiers import tier


def results(context: Context) -> tuple[Block, ...]:
    """Give the primary outcomes: figure, ITT by estimator, ITT beside LATE."""
    blocks = tier(context, "primary")
    if not blocks:
        return ()
    return (Paragraph(context.voice.say("report.results.intro")), *blocks)


SECTIONS.register("results")(Section(needs=Estimates, order=60, compose=results))
