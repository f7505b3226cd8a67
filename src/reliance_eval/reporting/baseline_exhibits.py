"""Exhibits on the arms before the offer: the love plot, the joint tests, and the waves."""

from __future__ import annotations

from reliance_eval.reporting.document import NONE, Cell, Figure, Table
from reliance_eval.reporting.figures import drawn
from reliance_eval.reporting.section import Context
from reliance_eval.robustness.baseline.love_plot import LARGE, LovePoint, LoveWords, love_figure
from reliance_eval.robustness.check import Check

RESIDUAL = "balance.regression#df_residual"
"""Residual degrees of freedom tell the units of a regression: they are counted like units."""


def love_plot(context: Context, points: tuple[LovePoint, ...], places: tuple[str, ...]) -> Figure:
    """Draw standardised differences around zero, one row a line of the table.

    Parameters
    ----------
    points : tuple of LovePoint
    places : tuple of str
        What the identifiers of their numbers begin with.
    """
    voice, identifier = context.voice, "balance-love"
    title = voice.say("report.balance.love_title")
    rows = tuple(
        _love_row(context, point, place) for point, place in zip(points, places, strict=True)
    )
    largest = max(points, key=lambda point: abs(point.standardised_difference))
    beyond = sum(abs(point.standardised_difference) > LARGE for point in points)
    alternative = voice.say(
        "report.balance.love_alternative",
        n=voice.numbers.integer(len(points)),
        label=largest.label,
        largest=voice.numbers.signed(largest.standardised_difference, 2),
        beyond=voice.numbers.integer(beyond),
        large=voice.numbers.decimal(LARGE, 1),
    )
    words = LoveWords(voice.say("balance.axis"), voice.numbers.signed)
    return Figure(
        id=identifier,
        title=title,
        svg=drawn(
            lambda: love_figure(points, words),
            identifier=identifier,
            title=title,
            alternative=alternative,
        ),
        alternative=alternative,
        data=Table(
            id=f"{identifier}-data",
            title=title,
            columns=(
                voice.say("report.column.variable"),
                *([voice.say("report.column.arm")] if points[0].arm else []),
                voice.say("report.column.standardised"),
            ),
            rows=rows,
            caption=context.caption(),
        ),
        caption=context.caption(
            voice.say(
                "report.balance.love_reading",
                label=points[0].label,
                gap=voice.numbers.signed(points[0].standardised_difference, 2),
            ),
            notes=(voice.say("report.balance.love_note", large=voice.numbers.decimal(LARGE, 1)),),
        ),
    )


def _love_row(context: Context, point: LovePoint, place: str) -> tuple[Cell, ...]:
    context.gate.row(place)
    gap = point.standardised_difference
    cell = context.voice.plain(f"{place}#d", gap, 2, is_signed=True)
    return (point.label, point.arm, cell) if point.arm else (point.label, cell)


def joint_tests(context: Context, check: Check) -> Table:
    """Give the two tests of the whole table, and say which is exact."""
    voice, values = context.voice, check.values
    context.gate.row("balance.redraws")
    context.gate.row("balance.regression")
    rows: list[tuple[Cell, ...]] = [
        (
            voice.say("report.balance.by_redraws"),
            voice.plain("balance.redraws#statistic", float(values["distance"] or 0.0), 2),
            voice.plain("balance.redraws#df", float(values["df"] or 0), 0),
            NONE,
            voice.p("balance.redraws#p", float(check.p_value or 0.0)),
        )
    ]
    if "f_regression" in values:
        residual = float(values["df_residual"] or 0.0)
        rows.append(
            (
                voice.say("report.balance.by_regression"),
                voice.plain("balance.regression#statistic", float(values["f_regression"] or 0), 2),
                voice.plain("balance.regression#df", float(values["df_regression"] or 0), 0),
                voice.count(RESIDUAL, context.gate.count(round(residual), place=RESIDUAL)),
                voice.p("balance.regression#p", float(values["p_regression"] or 0.0)),
            )
        )
    columns = ("test", "statistic", "df", "df_residual")
    return Table(
        id="balance-tests",
        title=voice.say("report.balance.tests_table"),
        columns=(
            *(voice.say(f"report.balance.column_{name}") for name in columns),
            voice.say("report.column.p"),
        ),
        rows=tuple(rows),
        caption=context.caption(
            voice.say("report.balance.tests_reading", p=voice.numbers.p_said(check.p_value or 0.0)),
            notes=(voice.say("report.balance.tests_note"),),
        ),
    )


def waves_table(context: Context, waves: tuple[Check, ...]) -> Table:
    """Give the joint tests wave by wave: each was a lottery of its own."""
    voice = context.voice
    rows: list[tuple[Cell, ...]] = []
    for check in waves:
        place, values = f"balance.{check.subject}", check.values
        if check.p_value is None:
            held = voice.say("report.balance.held")
            rows.append((voice.label(check.subject), NONE, NONE, NONE, held))
            continue
        context.gate.row(place)
        fitted = values.get("p_regression")
        rows.append(
            (
                voice.label(check.subject),
                voice.p(f"{place}#p", check.p_value),
                voice.p(f"{place}#p_wave", float(values["p_wave"] or 0.0)),
                NONE if fitted is None else voice.p(f"{place}#p_regression", float(fitted)),
                voice.say(f"check.verdict.{check.verdict}"),
            )
        )
    columns = ("wave", "p", "p_wave", "p_regression")
    return Table(
        id="balance-waves",
        title=voice.say("report.balance.waves_table"),
        columns=(
            *(voice.say(f"report.balance.column_{name}") for name in columns),
            voice.say("report.column.check_verdict"),
        ),
        rows=tuple(rows),
        caption=context.caption(
            voice.say(
                "report.balance.waves_reading",
                wave=str(rows[0][0]),
                finding=voice.inside(str(rows[0][-1])),
            )
        ),
    )
