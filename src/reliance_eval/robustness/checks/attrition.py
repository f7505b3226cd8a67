"""Attrition: whether an outcome is known as often in every arm, of whom, and why it is not known.

Rates are compared in points and by re-draws of the lottery; what calls for attention is a gap that
chance does not explain, a gap beyond the cautious boundary of the What Works Clearinghouse
(``tolerating``), or variables known before the draw that predict response in one arm otherwise
than in another.
"""

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
from reliance_eval.lottery.pooling import WAVE
from reliance_eval.panel import Panel, in_draw_order
from reliance_eval.panel.model import EXPECTED, RARE
from reliance_eval.robustness.baseline.lines import Line, lines_of
from reliance_eval.robustness.bounds.selecting import Selection, selections
from reliance_eval.robustness.check import CHECKS, Cell, Check, CheckRule
from reliance_eval.robustness.tolerating import tolerated_gap

ENDS = ("response_rate", "difference", "conf_low", "conf_high")


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
    selections : mapping of int to Selection
        What predicts response, of the patterns of primary outcomes with somebody missing.
    """

    by_arm: dict[int, Moments]
    df: int
    tail: Tail
    selections: dict[int, Selection]


def attrition(panel: Panel) -> tuple[Check, ...]:
    """Count, size and test the gap in response rates for every outcome and horizon."""
    draw: Draw = panel.nearest(Draw)
    replay = replay_of(draw, stream="attrition")
    people = in_draw_order(panel)
    units = pd.Index(people["unit"])
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
    known = np.where(patterns < 0, np.nan, patterns)
    of_cell = {subject: int(pattern_of.ravel()[cell]) for cell, subject in enumerate(cells)}
    gaps = _gaps(known, replay, draw=draw)
    found = _selections(panel, people, known, of_cell, replay)
    gaps = replace(gaps, selections=found)
    groups = _groups(draw, people)
    return tuple(
        _check(subject, status[:, cell], pattern=of_cell[subject], gaps=gaps, groups=groups)
        for cell, subject in enumerate(cells)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """Who is counted together: the units of an arm, and of each wave of it where there are waves.

    ``inside`` gives each pair (wave, arm) its units; the wave is ``""`` for all of them.
    """

    draw: Draw
    has_waves: bool
    inside: dict[tuple[str, str], npt.NDArray[np.bool_]]


def _groups(draw: Draw, people: pd.DataFrame) -> _Groups:
    arms = draw.drawn.sort_values("unit", kind="stable")["arm"].to_numpy()
    waves = people[WAVE].to_numpy(object) if WAVE in people else np.full(len(arms), "")
    names = ["", *(wave.name for wave in draw.protocol.clauses.lottery.waves)]
    inside = {
        (wave, arm): (arms == arm) & ((waves == wave) if wave else True)
        for wave in (names if WAVE in people else [""])
        for arm in draw.arms
    }
    return _Groups(draw, WAVE in people, inside)


def _selections(
    panel: Panel,
    people: pd.DataFrame,
    known: Floats,
    of_cell: dict[str, int],
    replay: Replay,
) -> dict[int, Selection]:
    """Ask what predicts response to the primary outcomes that somebody lacks."""
    draw: Draw = panel.nearest(Draw)
    lines = _lines(panel, people)
    primary = {
        of_cell[f"{outcome.name}.{horizon}"]
        for outcome in draw.protocol.clauses.outcomes
        for horizon in (outcome.horizons_months if outcome.role == "primary" else ())
        if f"{outcome.name}.{horizon}" in of_cell
    }
    asked = [pattern for pattern in sorted(primary) if _varies(known[:, pattern])]
    if not lines or not asked:
        return {}
    found = selections(known[:, asked], lines, replay, reference=draw.arms.index(draw.reference))
    # As many outcomes and horizons ask the same of one lottery: Bonferroni over those that differ.
    return {
        pattern: replace(one, p_selection=min(1.0, len(asked) * one.p_selection))
        if one.p_selection is not None
        else one
        for pattern, one in zip(asked, found, strict=True)
    }


def _lines(panel: Panel, people: pd.DataFrame) -> tuple[Line, ...]:
    """Give the variables that vary; an erased row has the mean of everybody."""
    erased = people["unit"].isin(panel.units.loc[panel.is_erased, "unit"]).to_numpy(bool)
    lines = []
    for line in lines_of(people[~erased], panel.protocol):
        spread = np.full(len(people), np.nan)
        spread[~erased] = line.values
        if _varies(spread):
            lines.append(replace(line, values=spread))
    return tuple(lines)


def _varies(values: Floats) -> bool:
    seen = values[np.isfinite(values)]
    return bool(len(seen) and np.ptp(seen) > 0.0)


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
        selections={},
    )


def _check(
    subject: str, status: npt.NDArray[Any], *, pattern: int, gaps: _Gaps, groups: _Groups
) -> Check:
    draw = groups.draw
    level = draw.protocol.clauses.inference.level
    statuses = (*EXPECTED, *(name for name in RARE if (status == name).any()))
    ends = {arm: _ends(arm, pattern, gaps=gaps, draw=draw) for arm in draw.arms}
    rows = tuple(
        (
            *((wave,) if groups.has_waves else ()),
            *_counts(arm, status[inside], statuses),
            *((None, None, None) if wave else ends[arm]),
        )
        for (wave, arm), inside in groups.inside.items()
    )
    head = ("wave", "arm", "n") if groups.has_waves else ("arm", "n")
    counted = Check(
        name="attrition",
        subject=subject,
        verdict="not_run",
        sentence="check.attrition.not_yet_observed",
        columns=(*head, *(f"{name}_n" for name in statuses), *ENDS),
        rows=rows,
    )
    reached = status[status != "not_yet_observed"]
    if not reached.size:
        return counted
    if (reached == "observed").all():
        return replace(counted, verdict="passed", sentence="check.attrition.complete")
    p = gaps.tail.p_value(pattern)
    largest = max((gap[0] for gap in ends.values() if gap[0] is not None), key=abs, default=0.0)
    rate = float((reached == "observed").mean())
    tolerated = tolerated_gap(1.0 - rate)
    found = gaps.selections.get(pattern)
    selects = found is not None and found.p_selection is not None and found.p_selection < 1 - level
    is_apart = p < 1 - level or abs(largest) > tolerated
    sentence = "apart" if is_apart else "selects" if selects else "alike"
    return replace(
        counted,
        verdict="attention" if is_apart or selects else "passed",
        statistic=float(gaps.tail.statistics[pattern]),
        p_value=p,
        monte_carlo_error=gaps.tail.monte_carlo_error(pattern),
        redraws=gaps.tail.size,
        sentence=f"check.attrition.{sentence}",
        values={
            "p": p,
            "points": 100 * largest,
            "tolerated_rate": tolerated,
            "response_rate": rate,
            "redraws": gaps.tail.size,
            "p_predicted": None if found is None else found.p_predicted,
            "p_selection": None if found is None else found.p_selection,
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
