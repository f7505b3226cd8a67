"""Intakes: each wave followed from its own day, and what a later wave changes of an earlier one.

A control whom a later wave drew again and offered a place is no control from that day on: her
earlier row keeps what was known before, and what comes later is ``redrawn``. Drawn again as a
control, she has a row in each wave.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeAlias

import numpy as np
import pandas as pd

from reliance_eval.lottery import Draw
from reliance_eval.lottery.pooling import WAVE, own_name, part_of, waves_of
from reliance_eval.months import add_months, month_number
from reliance_eval.protocol import Protocol

REDRAWN = "redrawn"
NOT_YET = "not_yet_observed"

Tables: TypeAlias = tuple[pd.DataFrame, pd.DataFrame]


def follow_waves(draw: Draw, follow: Callable[[Draw], Tables]) -> Tables:
    """Give the units and outcomes of a pooled draw, each wave followed as a draw of its own.

    Parameters
    ----------
    draw : Draw
        A pooled draw.
    follow : function of Draw
        Gives the units of one draw and, for each outcome and horizon in turn, their outcomes.
    """
    found: list[Tables] = []
    for wave in waves_of(draw):
        units, outcomes = follow(part_of(draw, wave))
        rows = draw.assignment.loc[draw.assignment[WAVE] == wave, "unit"]
        names = dict(zip(rows.map(own_name), rows, strict=True))
        found.append(
            (
                units.assign(unit=units["unit"].map(names), wave=wave),
                outcomes.assign(unit=outcomes["unit"].map(names)),
            )
        )
    units = pd.concat([units for units, _ in found], ignore_index=True)
    order = np.argsort(units["unit"].to_numpy(dtype=str), kind="stable")
    outcomes = pd.concat(
        [
            pd.concat(
                [o.iloc[cell * len(u) : (cell + 1) * len(u)] for u, o in found], ignore_index=True
            ).iloc[order]
            for cell in range(len(found[0][1]) // len(found[0][0]))
        ],
        ignore_index=True,
    )
    return _without_later_offers(
        units.iloc[order].reset_index(drop=True), outcomes, draw.protocol, draw.reference
    )


def _without_later_offers(
    units: pd.DataFrame, outcomes: pd.DataFrame, protocol: Protocol, reference: str
) -> Tables:
    """Drop what an earlier row shows from the day on which a later wave offered a place."""
    days = {wave.name: wave.day for wave in protocol.clauses.lottery.waves}
    until = _later_offers(units, days, reference)
    if not until:
        return units, outcomes
    since = dict(zip(units["unit"], units[WAVE].map(days), strict=True))
    is_over = np.zeros(len(outcomes), dtype=np.bool_)
    cells = outcomes[["unit", "outcome", "horizon_months"]]
    for row, (unit, name, horizon) in enumerate(cells.itertuples(index=False)):
        if unit in until:
            kind = protocol.extract(protocol.outcome(name).origin.extract).kind
            is_over[row] = _reaches(since[unit], horizon, until[unit], is_monthly=kind == "monthly")
    is_over &= (outcomes["status"] != NOT_YET).to_numpy()
    told = outcomes.assign(
        value=outcomes["value"].mask(is_over), status=outcomes["status"].mask(is_over, REDRAWN)
    )
    if "take_up" in units:
        # She took part, if she did, because of the later offer: of the earlier wave she had none.
        units = units.assign(take_up=units["take_up"].mask(units["unit"].isin(until), 0.0))
    return units, told


def _later_offers(units: pd.DataFrame, days: dict[str, date], reference: str) -> dict[str, date]:
    """Give the rows of controls who have an offer from a later wave, and its day."""
    offers: dict[str, date] = {}
    for unit, wave, arm in units[["unit", WAVE, "arm"]].itertuples(index=False):
        if arm != reference:
            offers[own_name(unit)] = days[wave]
    return {
        unit: offers[own_name(unit)]
        for unit, wave in units[["unit", WAVE]].itertuples(index=False)
        if own_name(unit) in offers and days[wave] < offers[own_name(unit)]
    }


def _reaches(day: date, horizon: int, later: date, *, is_monthly: bool) -> bool:
    """Say whether a horizon reads the later day's month, or that day."""
    if is_monthly:
        return month_number(day) + horizon >= month_number(later)
    return add_months(day, horizon) > later
