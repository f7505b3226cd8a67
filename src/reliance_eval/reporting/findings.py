"""What a check found, in a sentence with its numbers set."""

from __future__ import annotations

from reliance_eval.language.catalogue import Value
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.section import Context
from reliance_eval.reporting.wording import Scale
from reliance_eval.robustness.check import Check

SHARES = ("level", "portion")
"""Shares that count nobody."""

OF_NOBODY = frozenset({"redraws", "comparisons", "groups", "df"})
"""Whole numbers of a finding that count no people."""


def of_check(context: Context, name: str) -> tuple[Check, ...]:
    """Give the findings of one check, if it was run."""
    found = context.checks
    return () if found is None else tuple(c for c in found.checks if c.name == name)


def finding_said(context: Context, check: Check) -> str:
    """Say what a check found; its values are numbers as they are, and are set here."""
    values = {name: _set(context, check, name, value) for name, value in check.values.items()}
    said = context.voice.say(check.sentence, **values)
    # "p = < 0.001" reads "p < 0.001"; a sign never begins a line.
    return said.replace("= <", "<").replace(" = ", "\u00a0=\u00a0").replace(" < ", "\u00a0<\u00a0")


def _set(context: Context, check: Check, name: str, value: Value) -> Value:
    numbers = context.voice.numbers
    if value is None or isinstance(value, str):
        return value
    if name == "p" or name.startswith("p_"):
        return numbers.p(float(value))
    if name.startswith("effect"):
        return context.voice.effect(float(value), scale_of(context, check))
    if name in SHARES or "rate" in name or "share" in name:
        return _share(context, name, float(value))
    if name == "points":
        # To the tenth, the gap between two groups of 300 would be a count of people.
        digits = context.gate.share_digits(context.places.values())
        return numbers.points(float(value) / 100, digits)
    return _number(context, check, name, value)


def _number(context: Context, check: Check, name: str, value: float) -> str:
    """Write a number; a whole one counts people, unless it is known to be of something else."""
    if not isinstance(value, int):
        return context.voice.numbers.decimal(value, 4 if name == "error" else 2)
    if name in OF_NOBODY:
        return context.voice.numbers.integer(value)
    place = f"{check.name}.{check.subject}#{name}"
    return context.voice.count(place, context.gate.count(value, place=place)).text


def scale_of(context: Context, check: Check) -> Scale:
    """Choose how effects on the outcome that a check is about are written: as its estimates are."""
    outcome = check.subject.partition(".")[0]
    estimated = context.estimates.estimated if context.estimates is not None else ()
    errors = [one.std_error for one in estimated if promise_of(one).outcome == outcome]
    return context.voice.scale(outcome, errors)


def _share(context: Context, name: str, value: float) -> str:
    """Write a share; one of the units drawn is a count in disguise, rounded like one."""
    if name in SHARES:
        return context.voice.numbers.percent(value, 0)
    n = sum(context.places.values())
    base = 1 if context.gate.is_public else context.gate.rules.rounding
    shown = value if context.gate.is_public else round(value * n / base) * base / n
    return context.voice.numbers.percent(shown, context.gate.share_digits([n]))
