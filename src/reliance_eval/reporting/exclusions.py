"""The effects that the intervals exclude, beside the smallest effect that matters."""

from __future__ import annotations

from reliance_eval.estimation.estimates import Estimate
from reliance_eval.estimation.excluding import Excluded
from reliance_eval.reporting.document import NONE, Cell, Number, Table
from reliance_eval.reporting.effects import Effect, effects
from reliance_eval.reporting.grouping import line_of, under_groups
from reliance_eval.reporting.judged import smallest_of, verdict_named, verdict_of
from reliance_eval.reporting.section import Context

DIRECTIONS = ("rise", "fall")


def excluded_table(
    context: Context, rows: tuple[Estimate, ...], *, identifier: str, title: str
) -> Table | None:
    """Give what is below and above every interval; None where nothing may be printed.

    Parameters
    ----------
    rows : tuple of Estimate
        Effects of the offer, by one estimator.
    identifier, title : str
    """
    shown = [effect for effect in effects(context, rows) if not effect.is_withheld]
    if not shown:
        return None
    voice = context.voice
    is_set = any(smallest_of(effect) is not None for effect in shown)
    names = ["below", "above", *(["smallest", "rise", "fall"] if is_set else []), "verdict"]
    together = any(effect.is_simultaneous for effect in shown)
    level = voice.numbers.percent(context.protocol.clauses.inference.level, 0)
    notes = [
        voice.say(f"structure.excluded.note_{'together' if together else 'each'}", level=level)
    ]
    if is_set and any(smallest_of(effect) is None for effect in shown):
        notes.append(voice.say("structure.excluded.note_unset"))
    notes.append(voice.say(f"structure.excluded.note_{'verdict' if is_set else 'zero'}"))
    return Table(
        id=identifier,
        title=title,
        columns=(
            voice.say("report.column.outcome"),
            *(voice.say(f"structure.excluded.{name}") for name in names),
        ),
        rows=under_groups(
            line_of(context, effect.promise, _cells(effect, is_set=is_set)) for effect in shown
        ),
        caption=context.caption(_reading(shown[0]), notes=tuple(notes)),
    )


def _excluded(effect: Effect) -> Excluded:
    unit = "points" if effect.scale.is_share else effect.scale.unit
    return effect.estimate.excluded(unit=unit, simultaneous=effect.is_simultaneous)


def _cells(effect: Effect, *, is_set: bool) -> tuple[Cell, ...]:
    voice, (low, high) = effect.context.voice, effect.interval
    ends = [
        NONE if end is None else voice.difference(effect.id(f"excluded_{name}"), end, effect.scale)
        for name, end in (("below", low), ("above", high))
    ]
    return (*ends, *(_against(effect) if is_set else ()), verdict_named(effect))


def _against(effect: Effect) -> tuple[Cell, ...]:
    """Say of each direction whether an effect that matters is excluded."""
    voice, smallest = effect.context.voice, smallest_of(effect)
    if smallest is None:
        return (NONE, NONE, NONE)
    found = _excluded(effect)
    answers = (found.rules_out(smallest, direction=direction) for direction in DIRECTIONS)  # type: ignore[arg-type]
    written = voice.threshold(smallest, effect.scale)
    shown = 100 * smallest if effect.scale.is_share else smallest
    return (
        Number(effect.id("smallest"), shown, written),
        *(
            voice.say(f"structure.excluded.{'is' if is_out else 'not'}_excluded")
            for is_out in answers
        ),
    )


def _reading(effect: Effect) -> str:
    """Say the first row as estimation says it."""
    voice = effect.context.voice
    said = _excluded(effect).text(
        voice.language, smallest=smallest_of(effect), digits=effect.scale.digits
    )
    return voice.say(
        "structure.excluded.reading",
        outcome=voice.outcome(effect.promise.outcome),
        horizon=voice.numbers.months(effect.promise.horizon_months),
        excluded=voice.inside(said),
        verdict=voice.inside(voice.say(verdict_of(effect).short_key)),
    )
