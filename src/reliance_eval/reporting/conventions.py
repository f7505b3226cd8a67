"""The notes under a table of effects: conventions in words, and what estimation wants said."""

from __future__ import annotations

from collections.abc import Iterable

from reliance_eval.estimation.estimates import Estimate
from reliance_eval.estimation.saying import spread_said
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.section import Context
from reliance_eval.reporting.wording import UNADJUSTED

BLOCK_NOTES = ("lost_blocks", "small_blocks")
COUNT_NOTES = ("full_leverage", "outside")
NUMBER_NOTES = ("weak_offer",)
OUTCOME_NOTES = ("transformed",)
WAVE_NOTE = "waves"
MISSING = " missing"
"""How estimation names the indicator of a covariate's absence."""


def notes_said(
    context: Context, rows: Iterable[Estimate], *, has_levels: bool, has_adjusted: bool
) -> tuple[str, ...]:
    """Say the conventions of a table of effects, each once, in a fixed order."""
    rows = tuple(rows)
    voice = context.voice
    notes = []
    if has_levels and not context.gate.is_public:
        if _has_shares(context, rows):
            notes.append(voice.say("report.note.both_levels"))
        notes.append(voice.say("report.note.counts_known"))
    conventions = voice.listed(dict.fromkeys(spread_said(row, voice.say) for row in rows))
    if conventions:
        notes.append(voice.say("report.note.variance", variance=conventions))
    if has_levels and any(promise_of(row).estimator not in UNADJUSTED for row in rows):
        notes.append(voice.say("report.note.adjusted_level"))
    if not has_adjusted and len(rows) > 1:
        notes.append(voice.say("report.note.uncorrected"))
    if has_adjusted:
        if any(row.has_adjusted_interval for row in rows):
            notes.append(voice.say("report.note.simultaneous"))
        for name in dict.fromkeys(row.adjustment for row in rows if row.adjustment):
            said = voice.say(f"estimation.adjustment.{name}")
            notes.append(voice.say("report.note.adjustment", adjustment=said))
    for key in dict.fromkeys(note for row in rows for note in row.notes):
        values = dict.fromkeys(row.note_values.get(key, "") for row in rows if key in row.notes)
        said = _value(context, key, tuple(values))
        notes.append(voice.say(f"estimation.note.{key}", value=said))
    return tuple(notes)


def _has_shares(context: Context, rows: Iterable[Estimate]) -> bool:
    outcomes = (context.protocol.outcome(promise_of(row).outcome) for row in rows)
    return any(outcome.is_share for outcome in outcomes)


def _value(context: Context, key: str, values: tuple[str, ...]) -> str:
    """Give what the placeholder of a note stands for, over all rows of a table."""
    voice = context.voice
    names = tuple(dict.fromkeys(name for value in values for name in value.split(", ") if name))
    if key in BLOCK_NOTES:
        # A named block with one unit in an arm is a count of one.
        return ", ".join(names) if context.gate.is_public else blocks_said(context, len(names))
    if key in COUNT_NOTES:
        counts = (few_said(context, int(name), place=f"note.{key}") for name in names)
        return voice.listed(dict.fromkeys(counts))
    if key == WAVE_NOTE:
        return voice.listed(_waves(context, name) for name in names)
    if key in OUTCOME_NOTES:
        return voice.listed(voice.outcome(name) for name in values)
    if key in NUMBER_NOTES:
        return voice.listed(voice.numbers.decimal(float(name), 1) for name in names)
    return ", ".join(variable_said(context, name) for name in sorted(names))


def _waves(context: Context, reached: str) -> str:
    """Say a horizon and the waves that reached it, from ``36=w2018+w2019``."""
    horizon, _, waves = reached.partition("=")
    return context.voice.say(
        "report.waves_reached",
        horizon=context.voice.numbers.months(int(horizon)),
        waves=", ".join(waves.split("+")),
    )


def blocks_said(context: Context, n: int) -> str:
    """Say how many blocks, without naming them."""
    return context.voice.say("report.blocks", n=n)


def few_said(context: Context, n: int, *, place: str) -> str:
    """Say a count of units, or that they are few where it may not be printed."""
    shown = context.gate.count(n, place=place)
    if shown.value is None:
        return context.voice.say("report.few")
    return context.voice.count(place, shown).text


def variable_said(context: Context, name: str) -> str:
    """Give the label of a covariate, of one of its levels, or of the indicator of its absence."""
    bare = name.removesuffix(MISSING)
    variable, _, level = bare.partition("=")
    if level and any(item.name == variable for item in context.protocol.clauses.variables):
        return context.voice.variable(variable, level)
    known = any(item.name == bare for item in context.protocol.clauses.variables)
    label = context.voice.variable(bare) if known else bare
    if bare == name:
        return label
    if known:
        return context.voice.without_value(bare)
    return context.voice.say("report.balance.missing", variable=bare)
