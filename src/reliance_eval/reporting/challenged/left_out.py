"""Parts left out: the range of each primary effect over the parts of a kind.

A part of the trial is never named here. Its weight is public, so that an estimate without it, read
finely, would give its own effect back: ranges of rates are set to the whole point where groups are
small, and a range over two parts, which would be the effect in each, is given only where both are
large.
"""

from __future__ import annotations

from reliance_eval.reporting.challenged.reading import primary_effects, rows_of
from reliance_eval.reporting.document import Block, Cell, Figure, Number, Table
from reliance_eval.reporting.effects import Effect, row_label
from reliance_eval.reporting.figures import Strip, Whisker, coefficient_plot
from reliance_eval.reporting.section import Context
from reliance_eval.robustness.check import Check

KINDS = ("block", "wave", "group")
"""What may be left out, in the order of the table."""

FEW = 2
"""Parts of a kind whose range would be the effect in each of them."""

Ranges = dict[tuple[str, str], tuple[float, float] | None]


def left_out_exhibits(context: Context, found: tuple[Check, ...]) -> tuple[Block, ...]:
    """Give the range of each primary effect over the parts of a kind, none of them named."""
    by_id = {check.subject: check for check in found if check.rows}
    shown = [effect for effect in primary_effects(context) if effect.promise.id in by_id]
    kinds = [
        kind
        for kind in KINDS
        if any(row["kind"] == kind for check in by_id.values() for row in rows_of(check))
    ]
    if not shown or not kinds:
        return ()
    ranges = {
        (effect.promise.id, kind): _range(effect, by_id[effect.promise.id], kind)
        for effect in shown
        for kind in kinds
    }
    return (_left_out_figure(context, shown, kinds, ranges),) if any(ranges.values()) else ()


def _range(effect: Effect, check: Check, kind: str) -> tuple[float, float] | None:
    """Give the lowest and highest estimate without one part, set as they are printed."""
    gate = effect.context.gate
    own = [row for row in rows_of(check) if row["kind"] == kind]
    if not own:
        return None
    is_large = all(
        not gate.is_small(row[f"{side}_n"]) and not gate.is_small(row[f"{side}_nonzero_n"])
        for row in own
        for side in ("arm", "reference")
    )
    place = f"left_out.{effect.promise.id}.{kind}"
    if len(own) <= FEW and not is_large:
        gate.row(place, "threshold")
        return None
    gate.row(place)
    found = [row["estimate"] for row in own]
    digits = effect.level_digits if effect.scale.is_share else effect.scale.digits
    factor = 100.0 if effect.scale.is_share else 1.0
    low, high = (round(factor * end, digits) / factor for end in (min(found), max(found)))
    return low, high


def _left_out_figure(
    context: Context, shown: list[Effect], kinds: list[str], ranges: Ranges
) -> Figure:
    voice, identifier = context.voice, "left-out-figure"
    title = voice.say("report.challenges.left_out_title")
    outcomes = dict.fromkeys(effect.promise.outcome for effect in shown)
    strips = []
    for outcome in outcomes:
        own = [effect for effect in shown if effect.promise.outcome == outcome]
        whiskers = tuple(
            _whisker(effect, kind, ranges[effect.promise.id, kind])
            for effect in own
            for kind in kinds
        )
        strips.append(
            Strip(
                title=voice.outcome(outcome),
                unit=_axis(own[0]),
                whiskers=tuple(w for w in whiskers if w is not None),
                smallest=None,
                write=voice.numbers.signed,
            )
        )
    data = Table(
        id=f"{identifier}-data",
        title=title,
        columns=(
            voice.say("report.column.outcome"),
            voice.say("report.column.difference"),
            *(voice.say(f"report.challenges.range_{kind}") for kind in kinds),
        ),
        rows=tuple(
            (
                row_label(context, effect.promise),
                effect.difference(),
                *(_range_cell(effect, kind, ranges[effect.promise.id, kind]) for kind in kinds),
            )
            for effect in shown
        ),
        caption=context.caption(),
    )
    alternative = voice.say("report.challenges.left_out_alternative", n=len(shown))
    return Figure(
        id=identifier,
        title=title,
        svg=coefficient_plot(
            tuple(strip for strip in strips if strip.whiskers),
            identifier=identifier,
            title=title,
            alternative=alternative,
        ),
        alternative=alternative,
        data=data,
        caption=context.caption(
            voice.say(
                "report.challenges.left_out_reading",
                row=row_label(context, shown[0].promise),
                effect=shown[0].difference().text,
            ),
            notes=(
                voice.say("report.challenges.left_out_note"),
                *([voice.say("report.challenges.group_note")] if "group" in kinds else []),
            ),
        ),
    )


def _whisker(effect: Effect, kind: str, ends: tuple[float, float] | None) -> Whisker | None:
    """Draw a range with the estimate of everybody inside; what is drawn is what is printed."""
    if ends is None:
        return None
    voice, promise = effect.context.voice, effect.promise
    label = voice.say(
        "report.challenges.left_out_row",
        months=voice.numbers.months(promise.horizon_months),
        kind=voice.say(f"report.challenges.kind_{kind}"),
    )
    if len(effect.context.protocol.clauses.lottery.arms) > 2:
        label = voice.say("report.row_arm", row=label, arm=voice.arm(promise.arm))
    factor = 100.0 if effect.scale.is_share else 1.0
    low, high = (factor * end for end in ends)
    return Whisker(label, effect.difference().value or 0.0, low, high)


def _range_cell(effect: Effect, kind: str, ends: tuple[float, float] | None) -> Cell:
    voice, place = effect.context.voice, f"left_out.{effect.promise.id}.{kind}#range"
    if ends is None:
        return voice.withheld(place)
    factor = 100.0 if effect.scale.is_share else 1.0
    digits = effect.level_digits if effect.scale.is_share else effect.scale.digits
    low, high = (voice.numbers.signed(factor * end, digits) for end in ends)
    value = round(factor * (ends[1] - ends[0]), digits)
    return Number(place, value, voice.say("report.challenges.range", low=low, high=high))


def _axis(effect: Effect) -> str:
    voice = effect.context.voice
    unit = voice.say("report.figure.points") if effect.scale.is_share else effect.scale.unit
    key = "report.figure.axis_unit" if unit else "report.figure.axis"
    return voice.say(key, unit=unit) if unit else voice.say(key)
