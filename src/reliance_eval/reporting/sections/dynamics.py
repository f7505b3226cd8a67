"""Effects through time: by month or bins of months, before the draw and since."""

from __future__ import annotations

from reliance_eval.estimation import Estimates
from reliance_eval.estimation.evolutions.simultaneous import PeriodTest
from reliance_eval.reporting.document import NONE, Block, Cell, Figure, Paragraph, Table
from reliance_eval.reporting.effects import interval_name
from reliance_eval.reporting.evolutions import Evolution, evolutions
from reliance_eval.reporting.figures import Strip, Whisker, coefficient_plot
from reliance_eval.reporting.section import SECTIONS, Context, Section


def dynamics(context: Context) -> tuple[Block, ...]:
    """Give a figure with its numbers an estimand, and the placebo test before the draw."""
    blocks: list[Block] = []
    for evolution in evolutions(context):
        if evolution.shown:
            blocks.append(_figure(evolution))
        elif evolution.estimand == "itt":
            outcome = context.voice.outcome(evolution.found.outcome)
            blocks.append(Paragraph(context.voice.say("report.dynamics.none", outcome=outcome)))
        if evolution.estimand == "itt":
            blocks += _placebo(evolution)
    if not blocks:
        return ()
    return (Paragraph(context.voice.say("report.dynamics.intro")), *blocks)


def _placebo(evolution: Evolution) -> list[Block]:
    """Say whether the groups differed before the draw, where all its periods may be printed."""
    test, voice = evolution.found.placebo, evolution.context.voice
    if not isinstance(test, PeriodTest) or not evolution.is_before_clear:
        return []
    is_found = test.p_value < 1.0 - evolution.found.level
    said = voice.say(
        f"report.dynamics.placebo_{'differs' if is_found else 'agrees'}",
        outcome=voice.outcome(evolution.found.outcome),
        p=voice.numbers.p_said(test.p_value),
    )
    return [Paragraph(said)]


def _figure(evolution: Evolution) -> Figure:
    voice, found = evolution.context.voice, evolution.found
    status = "exploratory" if found.status == "exploratory" else "prespecified"
    outcome = voice.outcome(found.outcome)
    if len(evolution.context.protocol.clauses.lottery.arms) > 2:
        outcome = voice.say("report.row_arm", row=outcome, arm=voice.arm(found.arm))
    title = voice.say(f"report.dynamics.figure_{evolution.estimand}_{status}", outcome=outcome)
    alternative = " ".join(
        voice.say(
            "report.figure.effect",
            row=evolution.label(period),
            effect=evolution.difference(period).text,
            name=interval_name(voice, found.level, is_simultaneous=False),
            interval=evolution.ends(period, "conf", e.conf_low, e.conf_high).text,
        )
        for period, e in evolution.shown.items()
    )
    data = _data(evolution, title)
    return Figure(
        id=evolution.id,
        title=title,
        svg=coefficient_plot(
            (_strip(evolution),), identifier=evolution.id, title=title, alternative=alternative
        ),
        alternative=alternative,
        data=data,
        caption=evolution.context.caption(_reading(evolution), notes=_notes(evolution)),
    )


def _reading(evolution: Evolution) -> str:
    """Read the last period since the draw, or the last there is."""
    voice = evolution.context.voice
    period = max(evolution.shown)
    found = evolution.shown[period]
    return voice.say(
        f"report.dynamics.reading_{evolution.estimand}",
        period=evolution.label(period),
        outcome=voice.outcome(evolution.found.outcome),
        effect=evolution.difference(period).text,
        name=interval_name(voice, evolution.found.level, is_simultaneous=False),
        interval=evolution.ends(period, "conf", found.conf_low, found.conf_high).text,
    )


def _notes(evolution: Evolution) -> tuple[str, ...]:
    voice, found = evolution.context.voice, evolution.found
    shown = evolution.shown
    keys = ["report.figure.thick"]
    if any(estimate.p_adjusted is not None for estimate in shown.values()):
        keys.append(f"report.dynamics.thin_{found.convention_name}")
    keys.append("report.figure.zero")
    if _smallest(evolution) is not None:
        keys.append("report.figure.dashes")
    if evolution.estimand == "late":
        keys += ["report.note.set", "report.note.compliers"]
    said = [voice.say(key) for key in keys]
    said.append(voice.say("report.note.variance", variance=found.convention(voice.language)))
    if len(shown) < len(found.periods):
        said.append(voice.say("report.dynamics.left_out"))
    return tuple(said)


def _data(evolution: Evolution, title: str) -> Table:
    voice = evolution.context.voice
    level = voice.numbers.percent(evolution.found.level, 0)
    names = ("interval", "simultaneous", "p_adjusted")
    heads = [voice.say("report.dynamics.period")]
    heads.append(
        voice.say(f"report.column.{'late' if evolution.estimand == 'late' else 'difference'}")
    )
    heads += [voice.say(f"report.column.{name}", level=level) for name in names]
    rows: list[tuple[Cell, ...]] = []
    for period, e in evolution.shown.items():
        low, high = e.conf_low_adjusted, e.conf_high_adjusted
        has_band = e.p_adjusted is not None
        rows.append(
            (
                evolution.label(period),
                evolution.difference(period),
                evolution.ends(period, "conf", e.conf_low, e.conf_high),
                evolution.ends(period, "band", low, high) if has_band else NONE,
                evolution.p(period, e.p_adjusted or 0.0) if has_band else NONE,
            )
        )
    return Table(
        id=f"{evolution.id}-data",
        title=title,
        columns=tuple(heads),
        rows=tuple(rows),
        caption=evolution.context.caption(),
    )


def _smallest(evolution: Evolution) -> float | None:
    """Give the smallest effect of the offer that matters; a LATE is not measured against it."""
    if evolution.estimand == "late":
        return None
    matters = evolution.context.protocol.clauses.trial.smallest_effect_that_matters
    return matters.get(evolution.found.outcome)


def _strip(evolution: Evolution) -> Strip:
    voice, scale = evolution.context.voice, evolution.scale
    factor = 100.0 if scale.is_share else 1.0
    outcome, smallest = evolution.found.outcome, _smallest(evolution)
    whiskers = []
    for period, e in evolution.shown.items():
        ends = (e.conf_low, e.conf_high, e.conf_low_adjusted, e.conf_high_adjusted)
        low, high, wide_low, wide_high = (None if x is None else factor * x for x in ends)
        middle = factor * e.estimate
        whiskers.append(
            Whisker(
                evolution.label(period),
                middle,
                middle if low is None else low,
                middle if high is None else high,
                wide_low,
                wide_high,
            )
        )
    unit = voice.say("report.figure.points") if scale.is_share else scale.unit
    axis = voice.say("report.figure.axis_unit", unit=unit) if unit else ""
    return Strip(
        title=voice.outcome(outcome),
        unit=axis or voice.say("report.figure.axis"),
        whiskers=tuple(whiskers),
        smallest=None if smallest is None else factor * smallest,
        write=voice.numbers.signed,
    )


SECTIONS.register("dynamics")(Section(needs=Estimates, order=67, compose=dynamics))
