"""Methods in words, generated from the promises that were made; formulas are in an appendix."""

from __future__ import annotations

from reliance_eval.estimation.estimator import ESTIMATORS
from reliance_eval.estimation.promising import estimator_of
from reliance_eval.estimation.saying import spread_said
from reliance_eval.lottery import Draw
from reliance_eval.reporting.document import Block, Heading, Paragraph
from reliance_eval.reporting.section import SECTIONS, Context, Section

RECORDED = "recorded"


def methods(context: Context) -> tuple[Block, ...]:
    """Give one heading a question of method, and the sentences that answer it."""
    parts = {
        "effects": _effects(context),
        "estimators": _estimators(context),
        "comparison": _comparison(context),
        "uncertainty": _uncertainty(context),
        "multiplicity": _multiplicity(context),
        "redraws": _redraws(context),
        "missing": _missing(context),
        "others": _others(context),
    }
    blocks: list[Block] = [Paragraph(context.voice.say("structure.methods.intro"))]
    for name, said in parts.items():
        if said:
            blocks.append(Heading(context.voice.say(f"structure.methods.{name}")))
            blocks.append(Paragraph(" ".join(said)))
    return tuple(blocks)


def estimators_promised(context: Context) -> tuple[str, ...]:
    """Give the estimators that the protocol promises, each once, in its order."""
    return tuple(dict.fromkeys(estimator_of(item) for item in context.protocol.clauses.analyses))


def _effects(context: Context) -> list[str]:
    estimands = dict.fromkeys(item.estimand for item in context.protocol.clauses.analyses)
    return [context.voice.say(f"structure.methods.estimand_{name}") for name in estimands]


def _estimators(context: Context) -> list[str]:
    voice = context.voice
    names = estimators_promised(context)
    said = [
        voice.say(f"structure.methods.estimator_{name}")
        if voice.knows(f"structure.methods.estimator_{name}")
        else voice.say("structure.methods.estimator_other", estimator=voice.estimator(name))
        for name in names
    ]
    clauses = context.protocol.clauses
    adjusted = [
        item.covariates or tuple(c.variable for c in clauses.covariates)
        for item in clauses.analyses
        if ESTIMATORS[estimator_of(item)].uses_covariates
    ]
    if used := dict.fromkeys(name for names in adjusted for name in names):
        listed = voice.listed(voice.variable(name) for name in used)
        said.append(voice.say("structure.methods.covariates", covariates=listed))
    if len(names) > 1:
        said.append(voice.say("structure.methods.first"))
    return said


def _comparison(context: Context) -> list[str]:
    """Say how the draw's blocks, clusters, waves and chances enter."""
    draw: Draw = context.latest.nearest(Draw)
    blocks = len({quota.block for quota in draw.quotas})
    keys = ["blocks" if blocks > 1 else "no_blocks"]
    keys += ["clusters"] if draw.drawn_in == "clusters" else []
    keys += ["waves"] if draw.intakes else []
    keys += ["odds"] if draw.odds else []
    return [context.voice.say(f"structure.methods.{key}") for key in keys]


def _uncertainty(context: Context) -> list[str]:
    voice, inference = context.voice, context.protocol.clauses.inference
    said = [voice.say("structure.methods.level", level=voice.numbers.percent(inference.level, 0))]
    found = () if context.estimates is None else context.estimates.estimated
    conventions = dict.fromkeys(spread_said(row, voice.say) for row in found)
    if conventions:
        listed = voice.listed(conventions)
        said.append(voice.say("structure.methods.variance", conventions=listed))
    if any(row.anderson_rubin for row in found):
        said.append(voice.say("structure.methods.anderson_rubin"))
    return said


def _multiplicity(context: Context) -> list[str]:
    voice, method = context.voice, context.protocol.clauses.inference.adjust
    if method == "none":
        return [voice.say("structure.methods.uncorrected")]
    adjustment = voice.say(f"estimation.adjustment.{method}")
    said = [voice.say("structure.methods.corrected", adjustment=adjustment)]
    if any(item.role != "primary" for item in context.protocol.clauses.outcomes):
        said.append(voice.say("structure.methods.uncorrected_others"))
    return said


def _redraws(context: Context) -> list[str]:
    draw: Draw = context.latest.nearest(Draw)
    if draw.design == RECORDED:
        return [context.voice.say("structure.methods.redraws_recorded")]
    redraws = context.voice.numbers.integer(context.protocol.clauses.inference.redraws)
    return [context.voice.say("structure.methods.redraws_replayed", n=redraws)]


def _missing(context: Context) -> list[str]:
    keys = ["missing_outcomes"]
    if any(ESTIMATORS[name].uses_covariates for name in estimators_promised(context)):
        keys.append("missing_covariates")
    return [context.voice.say(f"structure.methods.{key}") for key in keys]


def _others(context: Context) -> list[str]:
    """Say what the protocol promises of subgroups, evolutions and rare outcomes."""
    clauses = context.protocol.clauses
    keys = ["subgroups"] if clauses.subgroups else []
    keys += ["dynamics"] if clauses.dynamics else []
    keys += ["rare"] if any(outcome.is_share for outcome in clauses.outcomes) else []
    return [context.voice.say(f"structure.methods.{key}_said") for key in keys]


SECTIONS.register("methods")(Section(needs=Draw, order=38, compose=methods))
