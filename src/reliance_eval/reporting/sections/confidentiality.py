"""Disclosure control: the rules applied to this report, and under whose authority."""

from __future__ import annotations

from reliance_eval.eligibility import Flow
from reliance_eval.reporting.document import Block, List, Paragraph
from reliance_eval.reporting.section import SECTIONS, Context, Section


def confidentiality(context: Context) -> tuple[Block, ...]:
    """Give the profile, its numbers, and what was withheld, in words."""
    voice, rules = context.voice, context.gate.rules
    authority = voice.label(rules.authority or "")
    if rules.profile == "public":
        return (Paragraph(voice.say("report.confidentiality.public", authority=authority)),)
    profile = voice.say(f"report.confidentiality.{rules.profile}", authority=authority)
    values = {
        "threshold": voice.numbers.integer(rules.threshold),
        "rounding": voice.numbers.integer(rules.rounding),
        "least": voice.numbers.integer(context.gate.least),
        "dominance": voice.numbers.percent(rules.dominance, 0),
        "low": voice.numbers.integer(rules.threshold - 1),
    }
    keys = ("threshold", "rounding", "rates", "dominance", "part", "secondary", "effects")
    rules_said = tuple(voice.say(f"report.confidentiality.rule_{key}", **values) for key in keys)
    return (
        Paragraph(profile),
        List(rules_said),
        Paragraph(voice.say("report.confidentiality.log")),
    )


SECTIONS.register("confidentiality")(Section(needs=Flow, order=95, compose=confidentiality))
