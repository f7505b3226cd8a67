"""The detailed tables of effects: every number of each estimator, of offer and participants."""

from __future__ import annotations

from collections.abc import Iterable

from reliance_eval.estimation.estimates import Estimate, NotEstimable
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.conventions import notes_said
from reliance_eval.reporting.document import NONE, Cell, Number, Table
from reliance_eval.reporting.effects import Effect, effects, estimated
from reliance_eval.reporting.grouping import line_of, under_groups
from reliance_eval.reporting.section import Context

SHARES_OF_FALSE = ("bh", "bky")
"""Corrections that bound the share of false rejections: what they give is a q-value."""


def itt_table(
    context: Context,
    rows: tuple[Estimate | NotEstimable, ...],
    *,
    identifier: str,
    title: str,
) -> Table:
    """Give levels before differences, then uncertainty, then the units behind them."""
    found = estimated(rows)
    shown = effects(context, found)
    by_id = {effect.promise.id: effect for effect in shown}
    has_adjusted = any(row.p_adjusted is not None for row in found)
    has_simultaneous = any(row.has_adjusted_interval for row in found)
    voice = context.voice
    names = ["outcome", "reference_level", "arm_level", "difference", "std_error"]
    heads = [voice.say(f"report.column.{name}") for name in names]
    level = voice.numbers.percent(context.protocol.clauses.inference.level, 0)
    heads += [voice.say("report.column.interval", level=level), voice.say("report.column.p")]
    if has_adjusted:
        names = ["simultaneous"] if has_simultaneous else []
        names += ["q" if any(row.adjustment in SHARES_OF_FALSE for row in found) else "p_adjusted"]
        heads += [voice.say(f"report.column.{name}", level=level) for name in names]
    heads += [voice.say("report.column.n_arm"), voice.say("report.column.n_reference")]
    first = next((effect for effect in shown if not effect.is_withheld), None)
    pointwise = (first.estimate.conf_low, first.estimate.conf_high) if first else None
    return Table(
        id=identifier,
        title=title,
        columns=tuple(heads),
        rows=under_groups(
            line_of(
                context,
                promise_of(row),
                _itt_cells(
                    by_id[promise_of(row).id],
                    has_adjusted=has_adjusted,
                    has_simultaneous=has_simultaneous,
                )
                if isinstance(row, Estimate)
                else (NONE,) * (len(heads) - 1),
            )
            for row in rows
        ),
        caption=context.caption(
            first.reading(pointwise) if first else "",
            notes=(
                *notes_said(context, printed(shown), has_levels=True, has_adjusted=has_adjusted),
                *([voice.say("report.note.not_estimable")] if len(found) < len(rows) else []),
            ),
        ),
    )


def printed(shown: Iterable[Effect]) -> tuple[Estimate, ...]:
    """Give the estimates that are printed: a note must not tell of a row that is withheld."""
    return tuple(effect.estimate for effect in shown if not effect.is_withheld)


def _itt_cells(effect: Effect, *, has_adjusted: bool, has_simultaneous: bool) -> tuple[Cell, ...]:
    e = effect.estimate
    cells: list[Cell] = [*effect.levels(), effect.difference(), effect.error()]
    cells += [effect.ends("conf", e.conf_low, e.conf_high), effect.p("p_value", e.p_value)]
    if has_simultaneous:
        low, high = e.conf_low_adjusted, e.conf_high_adjusted
        has_own = e.has_adjusted_interval
        cells.append(effect.ends("conf_adjusted", low, high) if has_own else NONE)
    if has_adjusted:
        has_p = e.p_adjusted is not None
        cells.append(effect.p("p_adjusted", e.p_adjusted or 0.0) if has_p else NONE)
    return (*cells, *effect.counts())


def late_table(
    context: Context,
    pairs: tuple[tuple[Estimate | None, Estimate], ...],
    *,
    identifier: str,
    title: str,
) -> Table:
    """Give ITT, first stage, LATE with its set, and untreated-complier mean in one table."""
    voice = context.voice
    level = voice.numbers.percent(context.protocol.clauses.inference.level, 0)
    names = ("outcome", "difference", "first_stage", "late", "std_error")
    heads = [voice.say(f"report.column.{name}") for name in names]
    heads += [voice.say("report.column.set", level=level)]
    heads += [voice.say(f"report.column.{name}") for name in ("p", "untreated_complier_mean")]
    lates = effects(context, [late for _, late in pairs])
    itts = {
        promise_of(itt).id: shown
        for itt, shown in zip(
            [itt for itt, _ in pairs if itt is not None],
            effects(context, [itt for itt, _ in pairs if itt is not None]),
            strict=True,
        )
    }
    rows = under_groups(
        line_of(
            context,
            shown.promise,
            _late_cells(shown, None if itt is None else itts[promise_of(itt).id]),
        )
        for (itt, _), shown in zip(pairs, lates, strict=True)
    )
    notes = notes_said(context, printed(lates), has_levels=False, has_adjusted=False)
    first = next((effect for effect in lates if not effect.is_withheld), None)
    return Table(
        id=identifier,
        title=title,
        columns=tuple(heads),
        rows=rows,
        caption=context.caption(
            late_reading(first) if first else "",
            notes=(
                voice.say("report.note.set"),
                voice.say("report.note.compliers"),
                *([] if context.gate.is_public else [voice.say("report.note.stage")]),
                *notes,
            ),
        ),
    )


def _late_cells(late: Effect, itt: Effect | None) -> tuple[Cell, ...]:
    e = late.estimate
    return (
        itt.difference() if itt is not None else NONE,
        NONE if e.first_stage is None else late.stage()[0],
        late.difference(),
        late.error(),
        confidence_set(late),
        late.p("p_value", e.p_value),
        complier_mean(late),
    )


def complier_mean(late: Effect) -> Cell:
    """Give what those moved by the offer would have without the programme."""
    voice, mean = late.context.voice, late.estimate.untreated_complier_mean
    if mean is None:
        return NONE
    field = late.id("untreated_complier_mean")
    # With the two other columns it tells the outcome of those who take part.
    if late.promise.id in late.context.clearance.without_complier_mean:
        return voice.withheld(field)
    return voice.estimated_level(field, mean, late.scale, digits=late.level_digits)


def confidence_set(late: Effect) -> Cell:
    """Give the Anderson-Rubin set; in words where it is not an interval."""
    voice, pieces = late.context.voice, late.estimate.anderson_rubin
    if late.is_withheld:
        return voice.withheld(late.id("set"))
    if not pieces:
        return NONE
    if pieces == ((None, None),):
        return voice.say("report.set.line")
    numbers = [
        voice.interval(late.id(f"set_{place}"), low, high, late.scale)
        for place, (low, high) in enumerate(pieces)
    ]
    if len(numbers) == 1:
        return numbers[0]
    return Number(
        late.id("set"),
        None,
        voice.say("report.set.rays", first=numbers[0].text, second=numbers[1].text),
    )


def late_reading(late: Effect) -> str:
    """Give the *Lecture* of an effect on those who take part."""
    voice, cell = late.context.voice, confidence_set(late)
    text = cell if isinstance(cell, str) else cell.text
    return voice.say(
        "report.reading.late",
        horizon=voice.numbers.months(late.promise.horizon_months),
        outcome=voice.outcome(late.promise.outcome),
        effect=late.difference().text,
        set=text,
        level=voice.numbers.percent(late.estimate.level, 0),
    )
