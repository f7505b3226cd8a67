"""Secondary and exploratory outcomes, each marked as what it is."""

from __future__ import annotations

from reliance_eval.estimation import Estimates
from reliance_eval.reporting.document import Block, Paragraph
from reliance_eval.reporting.section import SECTIONS, Context, Section
from reliance_eval.reporting.tiers import tier


def secondary(context: Context) -> tuple[Block, ...]:
    """Give the outcomes that are not primary, in two tiers."""
    blocks = (*tier(context, "secondary"), *tier(context, "exploratory"))
    if not blocks:
        return ()
    return (Paragraph(context.voice.say("report.secondary.intro")), *blocks)


SECTIONS.register("secondary")(Section(needs=Estimates, order=65, compose=secondary))
