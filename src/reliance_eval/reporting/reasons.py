"""Why a promise has no number, in words."""

from __future__ import annotations

from reliance_eval.estimation.estimates import NotEstimable
from reliance_eval.reporting.conventions import blocks_said, few_said
from reliance_eval.reporting.section import Context


def reason_said(context: Context, row: NotEstimable) -> str:
    """Say the reason of a row that is not estimable, as a sentence.

    Counts of units among its values pass the gate; blocks are named only where data are public.
    """
    values = {name: _value(context, name, value) for name, value in row.values.items()}
    text = context.voice.say(f"estimation.reason.{row.reason}", **values)
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def _value(context: Context, name: str, value: str) -> str:
    if name == "n" and value.isdecimal():
        return few_said(context, int(value), place="reason.n")
    if name == "blocks" and not context.gate.is_public:
        return blocks_said(context, len(value.split(", ")))
    return value
