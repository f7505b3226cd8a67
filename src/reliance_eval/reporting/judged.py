"""An effect's verdict, in a sentence and in two words, and its smallest effect that matters."""

from __future__ import annotations

from reliance_eval.reporting.effects import Effect
from reliance_eval.reporting.verdict import Verdict, judge


def smallest_of(effect: Effect) -> float | None:
    """Give the smallest effect of the offer that matters, where the protocol sets one."""
    matters = effect.context.protocol.clauses.trial.smallest_effect_that_matters
    return matters.get(effect.promise.outcome)


def verdict_of(effect: Effect) -> Verdict:
    """Judge an effect by where the interval lies that a conclusion rests on."""
    low, high = effect.interval
    better = effect.context.protocol.outcome(effect.promise.outcome).better
    return judge(low, high, smallest=smallest_of(effect), better=better)


def verdict_said(effect: Effect) -> str:
    """Say what the interval allows, against the smallest effect that matters."""
    voice = effect.context.voice
    if effect.is_withheld:
        return voice.say("report.verdict.withheld")
    (low, high), smallest = effect.interval, smallest_of(effect)
    return voice.say(
        verdict_of(effect).key,
        low=voice.say("report.no_end") if low is None else voice.bound(low, effect.scale),
        high=voice.say("report.no_end") if high is None else voice.effect(high, effect.scale),
        smallest="" if smallest is None else voice.threshold(smallest, effect.scale),
    )


def verdict_named(effect: Effect) -> str:
    """Name what the interval allows, in two or three words."""
    voice = effect.context.voice
    if effect.is_withheld:
        return voice.say("structure.verdict.withheld")
    return voice.say(verdict_of(effect).short_key)
