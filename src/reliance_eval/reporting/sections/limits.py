"""Limits: what these numbers cannot say, given what was and was not done."""

from __future__ import annotations

from reliance_eval.eligibility import Flow
from reliance_eval.reporting.dates import registered
from reliance_eval.reporting.document import Block, Callout, List
from reliance_eval.reporting.findings import of_check
from reliance_eval.reporting.section import SECTIONS, Context, Section

RECORDED = "recorded"


def limits(context: Context) -> tuple[Block, ...]:
    """Give the limits that follow from the run itself."""
    voice = context.voice
    said = [
        *_of_draw(context),
        *_of_registration(context),
        *_of_follow_up(context),
        *_of_estimates(context),
        *_of_stage(context),
    ]
    blocks: list[Block] = [List(tuple(said))]
    if context.flow.synthetic:
        title = voice.say("report.limits.synthetic_title")
        blocks.insert(0, Callout(title, (voice.say("report.limits.synthetic"),), "warning"))
    return tuple(blocks)


def _of_draw(context: Context) -> list[str]:
    """Say what a draw held elsewhere, or a seed that somebody chose, leaves to be believed."""
    draw, say = context.draw, context.voice.say
    if draw is None:
        return []
    if draw.design == RECORDED:
        return [say("structure.limits.recorded")]
    committed = [intake.commitment_id for intake in draw.intakes] or [draw.commitment_id]
    return [say("report.limits.pseudo")] + (
        [] if all(committed) else [say("structure.limits.plain_seed")]
    )


def _of_registration(context: Context) -> list[str]:
    when = registered(context)
    return [] if when == "before_draw" else [context.voice.say(f"structure.limits.{when}")]


def _of_follow_up(context: Context) -> list[str]:
    """Say how many outcomes are not known, and whether the arms differ in it."""
    say, found = context.voice.say, []
    rows = () if context.estimates is None else context.estimates.estimated
    if any(row.n_missing for row in rows):
        found.append(say("report.limits.respondents"))
    attention = [one for one in of_check(context, "attrition") if one.verdict == "attention"]
    if attention:
        found.append(say("structure.limits.attrition", n=len(attention)))
    if context.panel is not None and "take_up" not in context.panel.units:
        found.append(say("structure.limits.no_take_up"))
    return found


def _of_estimates(context: Context) -> list[str]:
    """Say what estimates suppose, and which promised ones a reader does not see."""
    say, estimates = context.voice.say, context.estimates
    if estimates is None or not estimates.estimated:
        return []
    keys = ["population", "null", "horizons", "interference"]
    if any(row.first_stage is not None for row in estimates.estimated):
        keys.append("exclusion")
    found = [say(f"report.limits.{key}") for key in keys]
    if withheld := len(context.clearance.withheld):
        found.append(say("structure.limits.withheld", n=withheld))
    if missing := len(estimates.not_estimable):
        found.append(say("structure.limits.missing", n=missing))
    primary = {o.name for o in context.protocol.clauses.outcomes if o.role == "primary"}
    unset = primary - set(context.protocol.clauses.trial.smallest_effect_that_matters)
    if unset:
        found.append(say("structure.limits.unset", n=len(unset)))
    return found


def _of_stage(context: Context) -> list[str]:
    if context.estimates is None:
        return [context.voice.say("report.limits.no_effect")]
    return [] if context.checks is not None else [context.voice.say("report.limits.unchecked")]


SECTIONS.register("limits")(Section(needs=Flow, order=90, compose=limits))
