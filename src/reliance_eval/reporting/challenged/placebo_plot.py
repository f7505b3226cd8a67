"""What no offer can move: each comparison in standard errors, with the band for all together."""

from __future__ import annotations

from reliance_eval.reporting.challenged.reading import Row, rows_of
from reliance_eval.reporting.document import Block, Cell, Figure, Table
from reliance_eval.reporting.figures import Strip, Whisker, coefficient_plot
from reliance_eval.reporting.section import Context
from reliance_eval.reporting.wording import UNADJUSTED
from reliance_eval.robustness.check import Check


def placebo_exhibits(context: Context, found: tuple[Check, ...]) -> tuple[Block, ...]:
    """Give each comparison in standard errors, with the band that holds for all together."""
    (check,) = found
    rows = [row for row in rows_of(check) if _is_clear(context, row)]
    if not rows:
        return ()
    critical = float(check.values["critical"] or 0.0)
    return (_placebo_figure(context, rows, critical),)


def _is_clear(context: Context, row: Row) -> bool:
    """Say whether a comparison rests on enough units, and a rate on enough of each answer."""
    gate = context.gate
    is_share = context.protocol.outcome(row["outcome"]).is_share
    for side in ("arm", "reference"):
        n, nonzero = row[f"{side}_n"], row[f"{side}_nonzero_n"]
        counts = (n, nonzero, n - nonzero) if is_share else (n,)
        if any(gate.is_small(count) or count == 0 for count in counts):
            gate.row(_place(row), "numerator", min(counts))
            return False
    gate.row(_place(row), count=min(row["arm_n"], row["reference_n"]))
    return True


def _place(row: Row) -> str:
    return f"placebo.{row['outcome']}.{row['month']}.{row['estimator']}.{row['arm']}"


def _when(context: Context, row: Row) -> str:
    """Say at what month, with covariates or not, and for which arm where there are several."""
    voice, month = context.voice, row["month"]
    key = "before" if month < 0 else "after"
    said = voice.say(f"report.challenges.{key}", months=voice.numbers.months(abs(month)))
    if row["estimator"] not in UNADJUSTED:
        said = voice.say("report.challenges.adjusted", when=said)
    if len(context.protocol.clauses.lottery.arms) > 2:
        said = voice.say("report.row_arm", row=said, arm=voice.arm(row["arm"]))
    return said


def _placebo_figure(context: Context, rows: list[Row], critical: float) -> Figure:
    voice, identifier = context.voice, "placebo-figure"
    title = voice.say("report.challenges.placebo_title")
    strips = tuple(
        Strip(
            title=voice.outcome(outcome),
            unit=voice.say("report.challenges.in_errors"),
            whiskers=tuple(
                Whisker(
                    _when(context, row),
                    row["statistic"],
                    row["statistic"] - critical,
                    row["statistic"] + critical,
                )
                for row in rows
                if row["outcome"] == outcome
            ),
            smallest=None,
            write=voice.numbers.signed,
        )
        for outcome in dict.fromkeys(row["outcome"] for row in rows)
    )
    data = Table(
        id=f"{identifier}-data",
        title=title,
        columns=tuple(
            voice.say(f"report.challenges.column_{name}")
            for name in ("comparison", "statistic", "p_adjusted")
        ),
        rows=tuple(_placebo_row(context, row) for row in rows),
        caption=context.caption(),
    )
    furthest = max(rows, key=lambda row: abs(row["statistic"]))
    alternative = voice.say(
        "report.challenges.placebo_alternative",
        n=voice.numbers.integer(len(rows)),
        furthest=voice.numbers.signed(furthest["statistic"], 2),
        critical=voice.numbers.decimal(critical, 2),
    )
    return Figure(
        id=identifier,
        title=title,
        svg=coefficient_plot(strips, identifier=identifier, title=title, alternative=alternative),
        alternative=alternative,
        data=data,
        caption=context.caption(
            voice.say(
                "report.challenges.placebo_reading",
                comparison=str(data.rows[0][0]),
                statistic=voice.numbers.signed(rows[0]["statistic"], 2),
            ),
            notes=(
                voice.say(
                    "report.challenges.placebo_note", critical=voice.numbers.decimal(critical, 2)
                ),
            ),
        ),
    )


def _placebo_row(context: Context, row: Row) -> tuple[Cell, ...]:
    voice, place = context.voice, _place(row)
    head = voice.say(
        "report.challenges.comparison",
        outcome=voice.outcome(row["outcome"]),
        when=_when(context, row),
    )
    return (
        head,
        voice.plain(f"{place}#t", row["statistic"], 2, is_signed=True),
        voice.p(f"{place}#p_adjusted", row["p_adjusted"]),
    )
