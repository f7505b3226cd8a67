"""The coefficient plot: effects by outcome and horizon, with what replaces the picture."""

from __future__ import annotations

from reliance_eval.estimation.estimates import Estimate
from reliance_eval.reporting.document import NONE, Cell, Figure, Table
from reliance_eval.reporting.effects import Effect, effects, interval_name, row_label
from reliance_eval.reporting.figures import Strip, Whisker, coefficient_plot
from reliance_eval.reporting.section import Context
from reliance_eval.reporting.wording import Scale


def coefficient_figure(
    context: Context, rows: tuple[Estimate, ...], *, identifier: str, title: str
) -> Figure | None:
    """Draw the effects that may be printed, one strip an outcome; None where there is none."""
    voice = context.voice
    shown = [effect for effect in effects(context, rows) if not effect.is_withheld]
    outcomes = list(dict.fromkeys(effect.promise.outcome for effect in shown))
    if not outcomes:
        return None
    strips = tuple(
        _strip(context, name, [effect for effect in shown if effect.promise.outcome == name])
        for name in outcomes
    )
    alternative = " ".join(
        voice.say(
            "report.figure.effect",
            row=row_label(context, effect.promise),
            effect=effect.difference().text,
            name=interval_name(
                voice, effect.estimate.level, is_simultaneous=effect.is_simultaneous
            ),
            interval=effect.ends("interval", *effect.interval).text,
        )
        for effect in shown
    )
    svg = coefficient_plot(strips, identifier=identifier, title=title, alternative=alternative)
    return Figure(
        id=identifier,
        title=title,
        svg=svg,
        alternative=alternative,
        data=_data(context, shown, identifier=identifier, title=title),
        caption=context.caption(
            voice.say("report.figure.reading", **_figure_values(shown[0])),
            notes=_notes(context, shown),
        ),
    )


def _data(context: Context, shown: list[Effect], *, identifier: str, title: str) -> Table:
    """Give the numbers drawn."""
    voice = context.voice
    level = voice.numbers.percent(context.protocol.clauses.inference.level, 0)
    names = ["outcome", "difference", "interval"]
    if has_adjusted := any(effect.estimate.has_adjusted_interval for effect in shown):
        names.append("simultaneous")
    return Table(
        id=f"{identifier}-data",
        title=title,
        columns=tuple(voice.say(f"report.column.{name}", level=level) for name in names),
        rows=tuple(_data_row(effect, has_adjusted=has_adjusted) for effect in shown),
        caption=context.caption(),
    )


def _data_row(effect: Effect, *, has_adjusted: bool) -> tuple[Cell, ...]:
    e = effect.estimate
    cells: list[Cell] = [
        row_label(effect.context, effect.promise),
        effect.difference(),
        effect.ends("conf", e.conf_low, e.conf_high),
    ]
    if has_adjusted:
        low, high = e.conf_low_adjusted, e.conf_high_adjusted
        cells.append(effect.ends("conf_adjusted", low, high) if e.has_adjusted_interval else NONE)
    return tuple(cells)


def _notes(context: Context, shown: list[Effect]) -> tuple[str, ...]:
    """Say what each line of the picture is, and only those it holds."""
    smallest = context.protocol.clauses.trial.smallest_effect_that_matters
    keys = ["thick"]
    if any(effect.estimate.has_adjusted_interval for effect in shown):
        keys.append("thin")
    keys.append("zero")
    if any(effect.promise.outcome in smallest for effect in shown):
        keys.append("dashes")
    return tuple(context.voice.say(f"report.figure.{key}") for key in keys)


def _figure_values(effect: Effect) -> dict[str, str]:
    return {
        "outcome": effect.context.voice.outcome(effect.promise.outcome),
        "horizon": effect.context.voice.numbers.months(effect.promise.horizon_months),
        "effect": effect.difference().text,
    }


def _strip(context: Context, outcome: str, shown: list[Effect]) -> Strip:
    voice, scale = context.voice, shown[0].scale
    factor = 100.0 if scale.is_share else 1.0
    smallest = context.protocol.clauses.trial.smallest_effect_that_matters.get(outcome)
    several = len(context.protocol.clauses.lottery.arms) > 2
    whiskers = []
    for effect in shown:
        e = effect.estimate
        label = voice.numbers.months(effect.promise.horizon_months)
        if several:
            label = voice.say("report.row_arm", row=label, arm=voice.arm(effect.promise.arm))
        ends = (e.conf_low, e.conf_high, e.conf_low_adjusted, e.conf_high_adjusted)
        low, high, wide_low, wide_high = (None if x is None else factor * x for x in ends)
        middle = factor * e.estimate
        whiskers.append(
            Whisker(
                label,
                middle,
                middle if low is None else low,
                middle if high is None else high,
                wide_low,
                wide_high,
            )
        )
    return Strip(
        title=voice.outcome(outcome),
        unit=_axis(context, scale),
        whiskers=tuple(whiskers),
        smallest=None if smallest is None else factor * smallest,
        write=voice.numbers.signed,
    )


def _axis(context: Context, scale: Scale) -> str:
    unit = context.voice.say("report.figure.points") if scale.is_share else scale.unit
    if not unit:
        return context.voice.say("report.figure.axis")
    return context.voice.say("report.figure.axis_unit", unit=unit)
