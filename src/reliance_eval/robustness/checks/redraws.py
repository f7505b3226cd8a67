"""Randomisation inference: how often the lottery, held again, gives an effect as large by luck."""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose

from reliance_eval.estimation import Estimate, Estimates
from reliance_eval.estimation.estimates import Promise
from reliance_eval.estimation.promising import promises
from reliance_eval.estimation.redraws.asking import OFFER_OF
from reliance_eval.estimation.sampling import Panelled
from reliance_eval.language.catalogue import Value
from reliance_eval.lottery import Draw
from reliance_eval.robustness.check import CHECKS, Cell, Check, CheckRule
from reliance_eval.robustness.replaying_promises import Replayed, replayed_promises

CLOSE = 0.02
"""Two p-values nearer than this say the same, whichever side of the threshold they are on: this
far apart, or three Monte-Carlo errors where few re-draws make those larger."""

SAME = 1e-9
"""Two statistics nearer than this, relatively, are one: they are the same sums in another order."""

COLUMNS = ("statistic", "p", "monte_carlo_error", "p_family", "effect_low", "effect_high")


def redraws(estimates: Estimates) -> tuple[Check, ...]:
    """Test every promised effect by the draw's own design.

    The hypothesis is that the offer did nothing to anybody. All promises of an arm are tested over
    one pass of the same re-draws: ITTs by their own t, LATEs by their Anderson-Rubin statistic,
    primary ITTs also by the largest |t| of their family and with an interval by inversion. With
    three arms or more, units of other arms keep theirs.
    """
    draw: Draw = estimates.nearest(Draw)
    level = estimates.protocol.clauses.inference.level
    estimated = {each.promise.id: each for each in estimates.estimated if each.promise}
    cells = [cell for cell in promises(draw) if cell.promise.id in estimated]
    replayed = replayed_promises(draw, cells, Panelled(estimates.parent), level=level)
    checks = []
    for name in estimates.order:
        if name not in estimated:
            checks.append(_not_run(name, "not_estimable"))
        elif name not in replayed:
            checks.append(_not_run(name, "not_replayed"))
        else:
            is_referred = _is_the_offers(estimated[name], estimated, replayed)
            found = replayed[name]
            checks.append(
                _check(name, estimated[name], found, level=level, is_referred=is_referred)
            )
    return tuple(checks)


def _is_the_offers(
    estimate: Estimate, estimated: Mapping[str, Estimate], replayed: Mapping[str, Replayed]
) -> bool:
    """Say whether a LATE has, re-draw by re-draw, the very test of a promised ITT."""
    promise = estimate.promise
    if promise is None or promise.estimand != "late":
        return False
    offer = OFFER_OF.get(promise.estimator, "")
    own = replayed[promise.id]
    return any(
        other.promise is not None
        and _cell_of(other.promise, other.promise.estimator) == _cell_of(promise, offer)
        and name in replayed
        and replayed[name].p_value == own.p_value
        and isclose(replayed[name].statistic, own.statistic, rel_tol=SAME)
        for name, other in estimated.items()
    )


def _cell_of(promise: Promise, estimator: str) -> tuple[object, ...]:
    place = (promise.outcome, promise.horizon_months, promise.subgroup, promise.arm)
    return (*place, estimator)


def _not_run(name: str, why: str) -> Check:
    return Check(name="redraws", subject=name, verdict="not_run", sentence=f"check.redraws.{why}")


def _check(
    name: str, estimate: Estimate, found: Replayed, *, level: float, is_referred: bool
) -> Check:
    p, error = found.p_value, found.error
    low, high = found.interval or (None, None)
    is_same_side = (p < 1 - level) == (estimate.p_value < 1 - level)
    agrees = is_same_side or abs(p - estimate.p_value) < max(CLOSE, 3 * (error or 0.0))
    has_more = found.p_family is not None and low is not None and high is not None
    sentence = "agrees" if agrees else "differs"
    sentence += ("_with_interval" if has_more else "") + ("_exactly" if found.is_exact else "")
    values: dict[str, Value] = {
        "p": p,
        "p_estimate": estimate.p_value,
        "error": error,
        "redraws": found.tail.size,
    }
    if has_more:
        values |= {"p_family": found.p_family, "effect_low": low, "effect_high": high}
    row: tuple[Cell, ...] = (found.statistic, p, error, found.p_family, low, high)
    return Check(
        name="redraws",
        subject=name,
        verdict="passed" if agrees else "attention",
        statistic=found.statistic,
        p_value=p,
        monte_carlo_error=error,
        redraws=found.tail.size,
        sentence=f"check.redraws.{'as_offer' if is_referred else sentence}",
        values=values,
        columns=COLUMNS,
        rows=(row,),
    )


CHECKS.register("redraws")(CheckRule(reads=(Estimates,), run=redraws))
