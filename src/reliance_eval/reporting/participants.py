"""The participants after the draw, counted exactly, arm by arm, and held to Kirchhoff's law.

Whoever was drawn is in one arm, took the offer up or did not, and has at each horizon of each
outcome a value or one reason for having none; whoever is analysed has a value. A flow of
participants is drawn from these counts or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from reliance_eval.errors import Fault, InternalError
from reliance_eval.estimation import Estimates
from reliance_eval.lottery import EXCLUDED, RESERVE, Draw
from reliance_eval.panel import Panel

OBSERVED = "observed"
Cell = tuple[str, int]
"""An outcome and a horizon in months."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of the units of one arm.

    Attributes
    ----------
    drawn : int
    took_up : int or None
        None where take-up is not known of everybody.
    statuses : mapping of (outcome, horizon) to counts by status
    analysed : mapping of (outcome, horizon) to int
        Units behind the estimate promised first; a horizon without one is left out.
    """

    arm: str
    drawn: int
    took_up: int | None
    statuses: dict[Cell, dict[str, int]]
    analysed: dict[Cell, int]


def participants(
    draw: Draw, panel: Panel | None, estimates: Estimates | None
) -> tuple[Followed, ...]:
    """Count the units of each arm, from allocation to analysis.

    Raises
    ------
    InternalError
        The counts do not add up: somebody was drawn and is nowhere, or is analysed without a
        value.
    """
    arms = draw.assignment["arm"].value_counts()
    found = tuple(_followed(arm, int(arms.get(arm, 0)), panel, estimates) for arm in draw.arms)
    if faults := [*_of_draw(draw, found), *_of_arms(found, panel)]:
        raise InternalError(faults)
    return found


def _followed(arm: str, drawn: int, panel: Panel | None, estimates: Estimates | None) -> Followed:
    if panel is None:
        return Followed(arm, drawn, None, {}, {})
    took_up = None
    if "take_up" in panel.units:
        values = panel.units.loc[panel.units["arm"] == arm, "take_up"]
        took_up = None if values.isna().any() else int((values > 0).sum())
    inside = panel.units.loc[panel.units["arm"] == arm, "unit"]
    rows = panel.outcomes[panel.outcomes["unit"].isin(inside)]
    columns = (rows[name] for name in ("outcome", "horizon_months", "status"))
    statuses: dict[Cell, dict[str, int]] = {}
    for (outcome, horizon, status), n in Counter(zip(*columns, strict=True)).items():
        statuses.setdefault((str(outcome), int(horizon)), {})[str(status)] = n
    return Followed(arm, drawn, took_up, statuses, _analysed(arm, estimates))


def _analysed(arm: str, estimates: Estimates | None) -> dict[Cell, int]:
    """Give the units of an arm behind the first ITT of each primary outcome and horizon."""
    found: dict[Cell, int] = {}
    for row in () if estimates is None else estimates.estimated:
        p = row.promise
        if p is None or p.estimand != "itt" or p.subgroup or p.role != "primary":
            continue
        if arm in (p.arm, p.reference):
            n = row.n_arm if arm == p.arm else row.n_reference
            found.setdefault((p.outcome, p.horizon_months), n)
    return found


def _of_draw(draw: Draw, found: tuple[Followed, ...]) -> Iterator[Fault]:
    """Find whom the draw placed nowhere: neither in an arm, nor in reserve, nor excluded."""
    outside = int(draw.assignment["arm"].isin((RESERVE, EXCLUDED)).sum())
    if sum(each.drawn for each in found) + outside != len(draw.assignment):
        yield Fault("E-REPORT-FLOW", "draw")


def _of_arms(found: tuple[Followed, ...], panel: Panel | None) -> Iterator[Fault]:
    for each in found:
        if panel is not None and int((panel.units["arm"] == each.arm).sum()) != each.drawn:
            yield Fault("E-REPORT-FLOW", f"panel.{each.arm}")
        if each.took_up is not None and each.took_up > each.drawn:
            yield Fault("E-REPORT-FLOW", f"take_up.{each.arm}")
        for (outcome, horizon), counts in each.statuses.items():
            if sum(counts.values()) != each.drawn:
                yield Fault("E-REPORT-FLOW", f"{outcome}.{horizon}.{each.arm}")
        for (outcome, horizon), n in each.analysed.items():
            if n > each.statuses.get((outcome, horizon), {}).get(OBSERVED, 0):
                yield Fault("E-REPORT-FLOW", f"analysed.{outcome}.{horizon}.{each.arm}")
