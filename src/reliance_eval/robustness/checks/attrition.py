"""Attrition: whether an outcome is known as often in every arm, and why it is not known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.redraws.blockwise import Moments, moments
from reliance_eval.estimation.redraws.replaying import Codes, Replay, Tail, replay_of, tail
from reliance_eval.lottery import Draw
from reliance_eval.panel import Panel, in_draw_order
from reliance_eval.robustness.check import CHECKS, Cell, Check, CheckRule

STATUSES = ("observed", "not_yet_observed", "not_delivered", "missing")
RARE = ("objected", "redrawn")
"""Statuses that have a column of their own only where somebody has one."""

ENDS = ("response_rate", "difference", "conf_low", "conf_high")

LARGE_GAP = 0.05
"""A gap that calls for attention whatever its p: of the order of the cautious boundary of the
What Works Clearinghouse (Standards Handbook 4.1, table II.1)."""


@dataclass(frozen=True, slots=True, eq=False)
class _Gaps:
    """Gaps in response rates, each arm less the reference, one column a pattern of response.

    Attributes
    ----------
    by_arm : mapping of int to Moments
        As drawn; arrays (1, patterns).
    df : int
        Things drawn less two a block: degrees of freedom of the blocked Neyman variance.
    tail : Tail
        Of the largest studentised gap over the arms.
    """

    by_arm: dict[int, Moments]
    df: int
    tail: Tail


def attrition(panel: Panel) -> tuple[Check, ...]:
    """Count, size and test the gap in response rates for every outcome and horizon."""
    draw: Draw = panel.nearest(Draw)
    replay = replay_of(draw, stream="attrition")
    units = pd.Index(in_draw_order(panel)["unit"])
    cells = {
        f"{outcome}.{horizon}": rows.set_index("unit")["status"].reindex(units).to_numpy(object)
        for (outcome, horizon), rows in panel.outcomes.groupby(
            ["outcome", "horizon_months"], sort=False
        )
    }
    status = np.column_stack(list(cells.values()))
    # Whom time has not reached yet has neither answered nor failed to.
    responded = np.where(status == "not_yet_observed", -1, (status == "observed") * 1)
    # Outcomes of one delivery are often lost together: each pattern is tested once.
    patterns, pattern_of = np.unique(responded, axis=1, return_inverse=True)
    gaps = _gaps(np.where(patterns < 0, np.nan, patterns), replay, draw=draw)
    return tuple(
        _check(
            subject, status[:, cell], pattern=int(pattern_of.ravel()[cell]), gaps=gaps, draw=draw
        )
        for cell, subject in enumerate(cells)
    )


def _gaps(responded: Floats, replay: Replay, *, draw: Draw) -> _Gaps:
    lots, reference = replay.lots, draw.arms.index(draw.reference)

    def compared(assigned: Codes) -> dict[int, Moments]:
        return {
            arm: moments(
                responded,
                assigned,
                pair=(arm, reference),
                blocks=lots.blocks,
                clusters=lots.clusters if lots.is_clustered else None,
            )
            for arm in range(len(draw.arms))
            if arm != reference
        }

    def largest(assigned: Codes) -> Floats:
        every = [np.abs(gap.studentised) for gap in compared(assigned).values()]
        found: Floats = np.max(every, axis=0)
        return found

    drawn = len(lots.first_members)
    return _Gaps(
        by_arm=compared(replay.observed[np.newaxis]),
        df=drawn - 2 * len(lots.places),
        tail=tail(replay, largest),
    )


def _check(
    subject: str, status: npt.NDArray[Any], *, pattern: int, gaps: _Gaps, draw: Draw
) -> Check:
    level = draw.protocol.clauses.inference.level
    arms = draw.drawn.sort_values("unit", kind="stable")["arm"].to_numpy()
    statuses = (*STATUSES, *(name for name in RARE if (status == name).any()))
    ends = [_ends(arm, pattern, gaps=gaps, draw=draw) for arm in draw.arms]
    rows = tuple(
        (*_counts(arm, status[arms == arm], statuses), *gap)
        for arm, gap in zip(draw.arms, ends, strict=True)
    )
    counted = Check(
        name="attrition",
        subject=subject,
        verdict="not_run",
        sentence="check.attrition.not_yet_observed",
        columns=("arm", "n", *(f"{name}_n" for name in statuses), *ENDS),
        rows=rows,
    )
    reached = status[status != "not_yet_observed"]
    if not reached.size:
        return counted
    if (reached == "observed").all():
        return replace(counted, verdict="passed", sentence="check.attrition.complete")
    p = gaps.tail.p_value(pattern)
    largest = max((gap[0] for gap in ends if gap[0] is not None), key=abs, default=0.0)
    is_apart = p < 1 - level or abs(largest) >= LARGE_GAP
    return replace(
        counted,
        verdict="attention" if is_apart else "passed",
        statistic=float(gaps.tail.statistics[pattern]),
        p_value=p,
        monte_carlo_error=gaps.tail.monte_carlo_error(pattern),
        redraws=gaps.tail.size,
        sentence="check.attrition.apart" if is_apart else "check.attrition.alike",
        values={
            "p": p,
            "points": 100 * largest,
            "response_rate": float((reached == "observed").mean()),
            "redraws": gaps.tail.size,
        },
    )


def _counts(arm: str, status: npt.NDArray[Any], statuses: tuple[str, ...]) -> tuple[Cell, ...]:
    counts = [int((status == name).sum()) for name in statuses]
    reached = len(status) - counts[statuses.index("not_yet_observed")]
    return (arm, len(status), *counts, counts[0] / reached if reached else None)


def _ends(
    arm: str, pattern: int, *, gaps: _Gaps, draw: Draw
) -> tuple[float | None, float | None, float | None]:
    gap = gaps.by_arm.get(draw.arms.index(arm))
    return _interval(gap, pattern, df=gaps.df, draw=draw) if gap else (None, None, None)


def _interval(
    gap: Moments, pattern: int, *, df: int, draw: Draw
) -> tuple[float | None, float | None, float | None]:
    """Give the gap and its interval: blocked Neyman, t with n less two a block."""
    from scipy.special import stdtrit

    difference, variance = float(gap.estimate[0, pattern]), float(gap.variance[0, pattern])
    if np.isnan(difference):
        return None, None, None
    if np.isnan(variance) or variance == 0 or df < 1:
        return difference, None, None
    half = float(stdtrit(df, (1 + draw.protocol.clauses.inference.level) / 2)) * variance**0.5
    return difference, difference - half, difference + half


CHECKS.register("attrition")(CheckRule(reads=(Panel,), run=attrition))
