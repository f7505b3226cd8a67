"""The picture of response through time, from the counts that are published."""

from __future__ import annotations

from reliance_eval.panel.model import Panel
from reliance_eval.reporting.disclosure import Shown
from reliance_eval.reporting.document import Cell, Figure, Number, Table
from reliance_eval.reporting.missing.counting import Place, cells_of, shown_statuses
from reliance_eval.reporting.missing.drawing import Response, Words, response_picture
from reliance_eval.reporting.section import Context

LEAST = 2
"""Horizons that a line needs."""

IDENTIFIER = "follow-up-figure"


def response_figure(context: Context, panel: Panel) -> Figure | None:
    """Draw the share known by horizon and arm, for primary outcomes; None where none has a line.

    A horizon is drawn where the count of every arm is published, rounded: where only a minimum
    is, or a sign, it is left out.
    """
    voice = context.voice
    rates = _rates(context, panel)
    panels = tuple(
        Response(
            title=voice.outcome(outcome),
            horizons=tuple(found),
            series=tuple(
                (voice.arm(arm), tuple(rates[arm] for rates in found.values()))
                for arm in context.places
            ),
        )
        for outcome, found in rates.items()
        if len(found) >= LEAST
    )
    if not panels:
        return None
    title = voice.say("missing.response_title")
    drawn = {outcome: found for outcome, found in rates.items() if len(found) >= LEAST}
    data = _data(context, drawn, title)
    alternative = " ".join(
        voice.say(
            "missing.response_said",
            row=str(row[0]),
            arm=str(row[1]),
            share=row[2].text if isinstance(row[2], Number) else str(row[2]),
        )
        for row in data.rows
    )
    svg = response_picture(
        panels,
        Words(
            identifier=IDENTIFIER,
            title=title,
            alternative=alternative,
            across=voice.say("missing.axis_months"),
        ),
        percent=lambda share: voice.numbers.percent(share, 0),
    )
    return Figure(
        id=IDENTIFIER,
        title=title,
        svg=svg,
        alternative=alternative,
        data=data,
        caption=context.caption(alternative.split(". ")[0], notes=data.caption.notes),
    )


def _rates(context: Context, panel: Panel) -> dict[str, dict[int, dict[str, float]]]:
    """Give published shares by primary outcome, horizon and arm."""
    cells = cells_of(context, panel.counts())
    primary = {o.name for o in context.protocol.clauses.outcomes if o.role == "primary"}
    rates: dict[str, dict[int, dict[str, float]]] = {}
    for place, arms in cells.items():
        outcome, horizon = place
        if outcome in primary and (found := _published(context, place, arms)):
            rates.setdefault(outcome, {})[horizon] = found
    return rates


def _published(
    context: Context, place: Place, arms: dict[str, dict[str, int]]
) -> dict[str, float] | None:
    found = {}
    for arm, cell in arms.items():
        reached = sum(cell.values()) - cell["not_yet_observed"]
        shown = shown_statuses(context, cell, f"follow_up.{place[0]}.{place[1]}.{arm}")["observed"]
        # Where waves are not all reached, what is printed is a part of those drawn, not of these.
        if reached != sum(cell.values()) or shown.mark not in ("exact", "rounded"):
            return None
        assert shown.value is not None
        found[arm] = min(1.0, shown.value / reached)
    return found


def _data(context: Context, rates: dict[str, dict[int, dict[str, float]]], title: str) -> Table:
    voice, gate = context.voice, context.gate
    digits = gate.share_digits(context.places.values())
    rows: list[tuple[Cell, ...]] = []
    for outcome, horizons in rates.items():
        for horizon, arms in horizons.items():
            for arm, share in arms.items():
                value = round(100 * share, digits)
                text = voice.numbers.percent(share, digits)
                identifier = f"response.{outcome}.{horizon}.{arm}#share"
                # The count it is a share of was decided with the others of its arm.
                gate.again(identifier, Shown(share, "rounded"))
                number = Number(identifier, value, text)
                rows.append((voice.cell_label(outcome, horizon), voice.arm(arm), number))
    return Table(
        id=f"{IDENTIFIER}-data",
        title=title,
        columns=(
            voice.say("report.column.outcome"),
            voice.say("report.column.arm"),
            voice.say("missing.column_known"),
        ),
        rows=tuple(rows),
        caption=context.caption(),
    )
