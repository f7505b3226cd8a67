"""Placebo: whether the arms differ where no offer can have moved anything.

The promised estimators of the offer's effect are asked about months before the draw, and about the
outcomes that the protocol declares the offer cannot move. The lottery held again gives all these
comparisons at once: what they show together is referred to the largest |t| of each re-draw, so that
the test is exact however many there are, and however they hang together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.estimates import Estimate, NotEstimable
from reliance_eval.estimation.estimator import ESTIMATORS, answer
from reliance_eval.estimation.promising import Cell, compared
from reliance_eval.estimation.redraws.reassigning import Question, studentised
from reliance_eval.estimation.redraws.replaying import (
    Codes,
    Replay,
    is_extreme,
    p_value,
    replay_of,
)
from reliance_eval.estimation.sample import REFERENCE, Sample
from reliance_eval.estimation.sampling import Panelled
from reliance_eval.estimation.unestimable import Unestimable
from reliance_eval.lottery import Draw
from reliance_eval.panel import Panel
from reliance_eval.robustness.check import CHECKS, Check, CheckRule
from reliance_eval.robustness.check import Cell as Plain

COLUMNS = (
    "outcome",
    "month",
    "estimator",
    "arm",
    "estimate",
    "std_error",
    "statistic",
    "p_value",
    "p_adjusted",
    "arm_n",
    "reference_n",
    "arm_nonzero_n",
    "reference_nonzero_n",
)

MOST_REDRAWS = 2_000
"""They put a p of 0.05 within 0.01 (two Monte-Carlo errors); estimators with covariates solve a
regression a re-draw and comparison."""


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """One comparison: its cell, its sample and the drawn units it holds, and what it showed."""

    cell: Cell
    question: Question
    estimate: Estimate

    @property
    def sample(self) -> Sample:
        """The units compared."""
        return self.question.samples[0]


def placebo(panel: Panel) -> tuple[Check, ...]:
    """Compare the arms at months before the draw and on outcomes that cannot move."""
    draw: Draw = panel.nearest(Draw)
    cells = _cells(draw)
    if not cells:
        return (_not_run("none"),)
    asked = _asked(panel, cells)
    if not asked:
        return (_not_run("not_estimable"),)
    replay = replay_of(draw, stream="placebo")
    replay = replace(replay, redraws=min(MOST_REDRAWS, replay.redraws))
    observed, largest = _largest(asked, replay, draw)
    p_adjusted = [
        p_value(int(is_extreme(largest, t).sum()), redraws=len(largest), is_exact=replay.is_exact)
        for t in observed
    ]
    p = min(p_adjusted)
    level = draw.protocol.clauses.inference.level
    is_still = p >= 1 - level
    return (
        Check(
            name="placebo",
            verdict="passed" if is_still else "attention",
            statistic=float(np.max(np.abs(observed))),
            p_value=p,
            monte_carlo_error=(
                None if replay.is_exact else float(np.sqrt(p * (1 - p) / (1 + len(largest))))
            ),
            redraws=len(largest),
            sentence=f"check.placebo.{'still' if is_still else 'moved'}",
            values={
                "p": p,
                "redraws": len(largest),
                "comparisons": len(asked),
                "critical": _critical(largest, level=level),
            },
            columns=COLUMNS,
            rows=tuple(
                _row(each, float(t), one)
                for each, t, one in zip(asked, observed, p_adjusted, strict=True)
            ),
        ),
    )


def _not_run(why: str) -> Check:
    return Check(name="placebo", verdict="not_run", sentence=f"check.placebo.{why}")


def _cells(draw: Draw) -> tuple[Cell, ...]:
    """List the comparisons: months before the draw, then outcomes that cannot move."""
    outcomes = draw.protocol.clauses.outcomes
    before = [cell for o in outcomes for cell in compared(draw, o, o.placebo_months)]
    after = [
        cell
        for outcome in outcomes
        if outcome.role == "placebo"
        for cell in compared(draw, outcome, outcome.horizons_months)
    ]
    return (*before, *after)


def _asked(panel: Panel, cells: tuple[Cell, ...]) -> tuple[_Asked, ...]:
    """Answer the comparisons that have a number and that a re-draw can answer too."""
    months = panel.months.rename(columns={"month": "horizon_months"})
    before, after = Panelled(replace(panel, outcomes=months)), Panelled(panel)
    found = []
    for cell in cells:
        panelled = before if cell.promise.horizon_months < 0 else after
        try:
            sample, rows = panelled.sample(cell), panelled.rows(cell)
        except Unestimable:
            continue
        if not ESTIMATORS[cell.promise.estimator].uses_covariates:
            sample = sample.without_covariates()
        question = Question(cell.promise.estimator, (sample,), rows)
        given = answer(cell.promise.estimator, sample)
        if not isinstance(given, NotEstimable) and question.is_replayable:
            found.append(_Asked(cell, question, given.estimate))
    return tuple(found)


def _largest(asked: tuple[_Asked, ...], replay: Replay, draw: Draw) -> tuple[Floats, Floats]:
    """Give each comparison's t as drawn, and the largest |t| of every re-draw.

    Nothing compared here can have been moved by any arm: all are drawn again, whatever their
    number.
    """
    order = (draw.reference, *(arm for arm in draw.arms if arm != draw.reference))
    codes = [order.index(arm) for arm in draw.arms]

    def of(assigned: Codes) -> Floats:
        found = [studentised(each.question, assigned, arms=codes) for each in asked]
        return np.concatenate(found, axis=1)

    observed = of(replay.observed[np.newaxis])[0]
    is_known = np.isfinite(observed)
    chunks = [np.abs(of(chunk)) for chunk in replay.chunks()]
    # A re-draw without a t counts as extreme: p can only grow by it.
    largest = np.concatenate([np.where(np.isnan(c), np.inf, c).max(axis=1) for c in chunks])
    return np.where(is_known, observed, 0.0), largest


def _critical(largest: Floats, *, level: float) -> float:
    """Give the largest |t| that luck alone passes as rarely as the level says."""
    finite = largest[np.isfinite(largest)]
    return float(np.quantile(finite, level, method="higher")) if finite.size else 0.0


def _row(asked: _Asked, t: float, p_adjusted: float) -> tuple[Plain, ...]:
    sample, promise, found = asked.sample, asked.cell.promise, asked.estimate
    counts = [
        int(np.sum(sample.observed & (sample.arms == arm) & is_counted))
        for is_counted in (np.ones_like(sample.observed), sample.outcome != 0)
        for arm in (sample.target, REFERENCE)
    ]
    return (
        promise.outcome,
        promise.horizon_months,
        promise.estimator,
        promise.arm,
        found.estimate,
        found.std_error,
        t,
        found.p_value,
        p_adjusted,
        *counts,
    )


CHECKS.register("placebo")(CheckRule(reads=(Panel,), run=placebo))
