"""What a check found, in a sentence with its numbers set."""

from __future__ import annotations

from reliance_eval.language.catalogue import Value
from reliance_eval.reporting.section import Context
from reliance_eval.robustness.check import Check


def of_check(context: Context, name: str) -> tuple[Check, ...]:
    """Give the findings of one check, if it was run."""
    found = context.checks
    return () if found is None else tuple(c for c in found.checks if c.name == name)


def finding_said(context: Context, check: Check) -> str:
    """Say what a check found; its values are numbers as they are, and are set here."""
    values = {name: _set(context, name, value) for name, value in check.values.items()}
    said = context.voice.say(check.sentence, **values)
    # "p = < 0.001" reads "p < 0.001"; a sign never begins a line.
    return said.replace("= <", "<").replace(" = ", "\u00a0=\u00a0").replace(" < ", "\u00a0<\u00a0")


def _set(context: Context, name: str, value: Value) -> Value:
    numbers = context.voice.numbers
    if value is None or isinstance(value, str):
        return value
    if name == "p" or name.startswith("p_"):
        return numbers.p(float(value))
    if "rate" in name or "share" in name:
        return _share(context, float(value))
    if name == "points":
        # To the tenth, the gap between two groups of 300 would be a count of people.
        digits = context.gate.share_digits(context.places.values())
        return numbers.points(float(value) / 100, digits)
    if isinstance(value, int):
        return numbers.integer(value)
    return numbers.decimal(value, 4 if name == "error" else 2)


def _share(context: Context, value: float) -> str:
    """Write a share of the units drawn: a count in disguise, rounded like one."""
    n = sum(context.places.values())
    base = 1 if context.gate.is_public else context.gate.rules.rounding
    shown = value if context.gate.is_public else round(value * n / base) * base / n
    return context.voice.numbers.percent(shown, context.gate.share_digits([n]))
