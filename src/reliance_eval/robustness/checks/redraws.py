"""Randomisation inference: how often the lottery, held again, gives an effect as large by luck."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reliance_eval.estimation import Estimate, Estimates
from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.estimates import Promise
from reliance_eval.estimation.promising import promises
from reliance_eval.estimation.redraws.asking import OFFER_OF, Questions, questions
from reliance_eval.estimation.redraws.reassigning import studentised
from reliance_eval.estimation.redraws.replaying import Codes, Tail, replay_of, tail
from reliance_eval.estimation.sampling import Panelled
from reliance_eval.lottery import Draw
from reliance_eval.robustness.check import CHECKS, Check, CheckRule

CLOSE = 0.02
"""Two p-values nearer than this say the same, whichever side of the threshold they are on: this
far apart, or three Monte-Carlo errors where few re-draws make those larger."""

ADJUSTED_REDRAWS = 2_000
"""The most re-draws for an estimate with covariates, which solves a regression an assignment and
each pattern of missing outcomes: they put a p of 0.05 within 0.01 (two Monte-Carlo errors) and
keep the challenge of a whole trial within seconds. ``redraw_test`` takes any number."""


@dataclass(frozen=True, slots=True, eq=False)
class _Replayed:
    """Where the answer to one promise stands: a column of a tail."""

    tail: Tail
    column: int

    @property
    def p_value(self) -> float:
        """The p-value by re-draws."""
        return self.tail.p_value(self.column)


def redraws(estimates: Estimates) -> tuple[Check, ...]:
    """Test every promised effect of the offer by the draw's own design; refer LATEs to them.

    The hypothesis is that the offer did nothing to anybody. All outcomes are tested over one pass
    of the same re-draws; with three arms or more, units of other arms keep theirs.
    """
    estimated = {each.promise.id: each for each in estimates.estimated if each.promise}
    replayed = _replayed(estimates, estimated)
    by_cell = {
        _cell_of(each.promise, each.promise.estimator): replayed[name]
        for name, each in estimated.items()
        if each.promise and name in replayed
    }
    level = estimates.protocol.clauses.inference.level
    checks = []
    for name in estimates.order:
        estimate = estimated.get(name)
        if estimate is None or estimate.promise is None:
            checks.append(_not_run(name, "not_estimable"))
        elif estimate.promise.estimand == "late":
            offer = OFFER_OF.get(estimate.promise.estimator, "")
            found = by_cell.get(_cell_of(estimate.promise, offer))
            if found is None:
                checks.append(_not_run(name, "no_counterpart"))
            else:
                checks.append(_check(name, estimate, found, level=level, is_referred=True))
        elif name in replayed:
            checks.append(_check(name, estimate, replayed[name], level=level))
        else:
            checks.append(_not_run(name, "not_replayed"))
    return tuple(checks)


def _replayed(estimates: Estimates, estimated: dict[str, Estimate]) -> dict[str, _Replayed]:
    """Replay every promise of an effect of the offer that can be, arm by arm."""
    draw: Draw = estimates.nearest(Draw)
    panelled = Panelled(estimates.parent)
    whole = replay_of(draw, stream="redraws")
    reference = draw.arms.index(draw.reference)
    wanted = [
        cell
        for cell in promises(draw)
        if cell.promise.id in estimated and cell.promise.estimand == "itt"
    ]
    replayed: dict[str, _Replayed] = {}
    places = [(arm, has) for arm in range(len(draw.arms)) for has in (False, True)]
    for arm, has_covariates in places:
        cells = [
            cell
            for cell in wanted
            if cell.promise.arm == draw.arms[arm] and bool(cell.covariates) == has_covariates
        ]
        asked = questions(cells, panelled)
        if not asked:
            continue
        most = ADJUSTED_REDRAWS if has_covariates else whole.redraws
        # A sample codes its reference 0 and the others in the draw's order.
        others = iter(range(1, len(draw.arms)))
        codes = [0 if index == reference else next(others) for index in range(len(draw.arms))]

        def statistics(
            assigned: Codes, asked: Questions = asked, codes: list[int] = codes
        ) -> Floats:
            found = [studentised(each, assigned, arms=codes) for each in asked.values()]
            return np.concatenate(found, axis=1)

        replay = replace(whole.among((arm, reference)), redraws=min(most, whole.redraws))
        result = tail(replay, statistics)
        ids = [name for group in asked for name in group]
        for column, promise in enumerate(ids):
            if np.isfinite(result.statistics[column]):
                replayed[promise] = _Replayed(result, column)
    return replayed


def _cell_of(promise: Promise, estimator: str) -> tuple[object, ...]:
    place = (promise.outcome, promise.horizon_months, promise.subgroup, promise.arm)
    return (*place, estimator)


def _not_run(name: str, why: str) -> Check:
    return Check(name="redraws", subject=name, verdict="not_run", sentence=f"check.redraws.{why}")


def _check(
    name: str, estimate: Estimate, found: _Replayed, *, level: float, is_referred: bool = False
) -> Check:
    p, error = found.p_value, found.tail.monte_carlo_error(found.column)
    is_same_side = (p < 1 - level) == (estimate.p_value < 1 - level)
    agrees = is_same_side or abs(p - estimate.p_value) < max(CLOSE, 3 * (error or 0.0))
    if is_referred:
        sentence = "as_offer"
    else:
        sentence = ("agrees" if agrees else "differs") + ("_exactly" if found.tail.is_exact else "")
    return Check(
        name="redraws",
        subject=name,
        verdict="passed" if agrees else "attention",
        statistic=float(found.tail.statistics[found.column]),
        p_value=p,
        monte_carlo_error=error,
        redraws=found.tail.size,
        sentence=f"check.redraws.{sentence}",
        values={
            "p": p,
            "p_estimate": estimate.p_value,
            "error": error,
            "redraws": found.tail.size,
        },
    )


CHECKS.register("redraws")(CheckRule(reads=(Estimates,), run=redraws))
