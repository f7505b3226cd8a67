"""Limits: what these numbers cannot say, given what was and was not done."""

from __future__ import annotations

from reliance_eval.eligibility import Flow
from reliance_eval.reporting.document import Block, Callout, List
from reliance_eval.reporting.section import SECTIONS, Context, Section


def limits(context: Context) -> tuple[Block, ...]:
    """Give the limits that follow from the run itself."""
    voice = context.voice
    keys = []
    if context.estimates is not None and context.estimates.estimated:
        keys += ["population", "null", "horizons", "interference"]
        if any(row.n_missing for row in context.estimates.estimated):
            keys.append("respondents")
        if any(row.first_stage is not None for row in context.estimates.estimated):
            keys.append("exclusion")
    if context.draw is not None and context.draw.seed is not None:
        keys.append("pseudo")
    if context.estimates is None:
        keys.append("no_effect")
    elif context.checks is None:
        keys.append("unchecked")
    blocks: list[Block] = [List(tuple(voice.say(f"report.limits.{key}") for key in keys))]
    if context.flow.synthetic:
        title = voice.say("report.limits.synthetic_title")
        blocks.insert(0, Callout(title, (voice.say("report.limits.synthetic"),), "warning"))
    return tuple(blocks)


SECTIONS.register("limits")(Section(needs=Flow, order=90, compose=limits))
