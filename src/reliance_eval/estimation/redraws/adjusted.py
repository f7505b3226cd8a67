"""Lin-adjusted differences, with their HC2 variances, over many assignments at once.

The offer interacted with centred block indicators and covariates is one regression an arm; its
variance is the sum of the arms' own. Within an arm the block indicators are taken out by hand
(Frisch and Waugh), which leaves a small system in the covariates alone.

References
----------
Lin (2013), Annals of Applied Statistics 7(1), section 4.
MacKinnon and White (1985), Journal of Econometrics 29(3): HC2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import FULL, Bools, Floats
from reliance_eval.estimation.columns import Covariates
from reliance_eval.estimation.redraws.covariates_used import independent, is_used, scaled
from reliance_eval.estimation.redraws.products import product_of
from reliance_eval.estimation.redraws.replaying import Codes
from reliance_eval.estimation.redraws.summing import Alike, Sums, alike_samples, summed
from reliance_eval.estimation.redraws.weighing import Moments, without_noise

SOLVED = 1e-6
"""Largest entry of S S⁻¹ - I for which a system counts as solved."""

FLAT = 1e-10
"""A covariate with less than this share of its squares in an arm does not vary there."""


def adjusted_moments(
    outcomes: Floats,
    assigned: Codes,
    *,
    pair: tuple[int, int],
    blocks: Codes,
    covariates: Covariates,
) -> Moments:
    """Give Lin's difference and its HC2 variance under each assignment.

    Parameters
    ----------
    outcomes : array (n, m)
        One column an outcome; NaN where a unit has no value.
    assigned : array (r, n)
        Arm index of each unit, one row an assignment.
    pair : tuple of int
        The arm compared, and the one it is compared with.
    blocks : array (n,)
    covariates : Covariates
        Complete columns, known before the draw. Blocks and covariates are centred at their means
        among all units given, in the blocks that keep both arms.

    Returns
    -------
    Moments
        NaN where an arm's regression has no solution under an assignment.
    """
    estimate = np.full((len(assigned), outcomes.shape[1]), np.nan)
    variance = np.full_like(estimate, np.nan)
    kept = independent(covariates.values, blocks)
    for sample in alike_samples(outcomes, blocks, scaled(covariates.values[:, kept])):
        within = assigned[:, sample.rows]
        insides = [[within[:, own] == side for own in sample.blocks] for side in pair]
        counts = [np.stack([each.sum(axis=1) for each in inside]) for inside in insides]
        weights = sample.share * ((counts[0] > 0) & (counts[1] > 0))
        with np.errstate(divide="ignore", invalid="ignore"):
            weights = weights / weights.sum(axis=0)
        sizes = [own.stop - own.start for own in sample.blocks]
        present = np.repeat(weights > 0, sizes, axis=0).T
        used = is_used(covariates, within, rows=sample.rows, present=present)[:, kept]
        found = _difference(sample, insides, weights=weights, used=used)
        size = np.abs(outcomes[:, sample.which])
        estimate[:, sample.which] = without_noise(found.estimate, size)
        variance[:, sample.which] = found.variance
    return Moments(estimate, variance)


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One arm by assignment: who is in (by block), how many, and what they sum to.

    ``mean_x`` (b, r, k) and ``mean_y`` (b, r, m) are means by block; ``sxx`` (r, k, k) and ``sxy``
    (r, k, m) sums of products around them; ``gap`` (r, k) is how far the arm's covariates are
    from those drawn.
    """

    inside: list[Bools]
    count: Floats
    mean_x: Floats
    mean_y: Floats
    sxx: Floats
    sxy: Floats
    gap: Floats


def _difference(
    sample: Alike, insides: Sequence[Sequence[Bools]], *, weights: Floats, used: Bools
) -> Moments:
    """Give the difference of the arms' fitted means among those drawn, and its HC2 variance."""
    arm, other = (_side(sample, inside, weights) for inside in insides)
    sides = (arm, other)
    solved = _solve(arm, other, used=used)
    base = np.einsum("br,brm->rm", weights, sides[0].mean_y - sides[1].mean_y)
    total = base + np.einsum("rk,rkm->rm", sides[0].gap, solved.slopes[0])
    total -= np.einsum("rk,rkm->rm", sides[1].gap, solved.slopes[1])
    variance = np.zeros_like(total)
    for which, side in enumerate(sides):
        slope, pull = solved.slopes[which], solved.pulls[which]
        own = weights[:, :, None] / side.count
        own = own - np.einsum("brk,rk->br", side.mean_x, pull)[:, :, None]
        line = np.concatenate([own, np.broadcast_to(pull, side.mean_x.shape)], axis=2)
        room = _room(solved.inverses[which], mean_x=side.mean_x, count=side.count)
        squares = _squared_weights(sample, side.inside, line=line, room=room)
        level = side.mean_y - np.einsum("brk,rkm->brm", side.mean_x, slope)
        variance += _squared_residuals(summed(sample, squares), slope=slope, level=level)
    variance[np.isnan(total)] = np.nan
    return Moments(total, variance)


def _side(sample: Alike, inside: Sequence[Bools], weights: Floats) -> _Side:
    # A block that is lost leaves no unit in either arm.
    kept = [own & now[:, None] for own, now in zip(inside, weights > 0, strict=True)]
    sums = summed(sample, kept)
    count = np.maximum(sums.one, 1)
    mean_x, mean_y = sums.x / count, sums.y / count
    return _Side(
        inside=kept,
        count=count,
        mean_x=mean_x,
        mean_y=mean_y,
        sxx=sums.xx - np.einsum("bri,brj->rij", mean_x, sums.x),
        sxy=sums.xy - np.einsum("bri,brm->rim", mean_x, sums.y),
        gap=weights.T @ sample.mean_x - np.einsum("br,brk->rk", weights, mean_x),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Solved:
    """Slopes (r, k, m), pulls (r, k) and metrics of leverage (r, k, k), the arm's first."""

    slopes: tuple[Floats, Floats]
    pulls: tuple[Floats, Floats]
    inverses: tuple[Floats, Floats]


def _solve(arm: _Side, other: _Side, *, used: Bools) -> _Solved:
    """Solve both arms' regressions: the other's slopes, and what the arm's have on top.

    A covariate that does not vary within one of the arms has nothing on top: its slope is that of
    the arm in which it varies, as where a regression drops the interaction it cannot estimate.
    """
    k = arm.sxx.shape[1]
    gram = np.block([[arm.sxx + other.sxx, arm.sxx], [arm.sxx, arm.sxx]])
    whole = np.einsum("rii->ri", arm.sxx + other.sxx)
    least = np.minimum(np.einsum("rii->ri", arm.sxx), np.einsum("rii->ri", other.sxx))
    used = used & (whole > FLAT * len(arm.inside[0].T))
    free = np.concatenate([used, used & (least > FLAT * whole)], axis=1)
    inverse = _inverses(gram, free)
    sums = np.concatenate([arm.sxy + other.sxy, arm.sxy], axis=1)
    slope = inverse @ sums
    pull = np.einsum("rij,rj->ri", inverse, np.concatenate([arm.gap - other.gap, arm.gap], axis=1))
    together = inverse[:, :k] + inverse[:, k:]
    return _Solved(
        slopes=(slope[:, :k] + slope[:, k:], slope[:, :k]),
        # In the difference the other arm's fitted mean enters with a minus.
        pulls=(pull[:, :k] + pull[:, k:], -pull[:, :k]),
        inverses=(together[:, :, :k] + together[:, :, k:], inverse[:, :k, :k]),
    )


def _room(inverse: Floats, *, mean_x: Floats, count: Floats) -> Floats:
    """Give one less the leverage, as coefficients of (1, x, xx), array (b, r, 1 + k + k²).

    With mean and count of a unit's block and arm, its leverage is 1/count plus the square of its
    distance from the mean in the metric of the inverse.
    """
    turned = np.einsum("rij,brj->bri", inverse, mean_x)
    constant = 1 - 1 / count - np.einsum("brk,brk->br", turned, mean_x)[:, :, None]
    flat = np.broadcast_to(-inverse.reshape(len(inverse), -1), (*count.shape[:2], inverse[0].size))
    return np.concatenate([constant, 2 * turned, flat], axis=2)


def _squared_weights(
    sample: Alike, inside: Sequence[Bools], *, line: Floats, room: Floats
) -> Iterator[Floats]:
    """Give, block by block, each unit's squared weight in the estimate over its room."""
    for block, own in enumerate(sample.blocks):
        weight = product_of(line[block], sample.quadratic[own, : 1 + sample.k].T)
        left = product_of(room[block], sample.quadratic[own].T)
        # A unit alone in its block and arm is fitted exactly: it has no residual to square.
        left[left <= FULL] = np.inf
        weight *= weight
        weight /= left
        weight *= inside[block]
        yield weight


def _squared_residuals(sums: Sums, *, slope: Floats, level: Floats) -> Floats:
    """Give the weighted sum of (y - x'slope - level)², expanded into sums over units.

    Expanded, it costs products of matrices and nothing per unit, assignment and outcome.
    """
    total = sums.yy + np.einsum("rim,rij,rjm->rm", slope, sums.xx, slope)
    total -= 2 * np.einsum("rkm,rkm->rm", slope, sums.xy)
    total += np.einsum("brl,brm->rm", sums.one, level**2)
    total += 2 * np.einsum(
        "brm,brk,rkm->rm", level, sums.x, slope, optimize=["einsum_path", (1, 2), (0, 1)]
    )
    total -= 2 * np.einsum("brm,brm->rm", level, sums.y)
    floored: Floats = np.maximum(total, 0.0)
    return floored


def _inverses(gram: Floats, free: Bools) -> Floats:
    """Invert symmetric matrices over their free columns, zero over the others.

    NaN where that cannot be done.
    """
    k = gram.shape[1]
    if k == 0:
        return gram
    both = free[:, :, None] & free[:, None, :]
    safe = np.where(both, gram, np.eye(k))
    is_null = np.linalg.slogdet(safe)[0] <= 0
    safe[is_null] = np.eye(k)
    inverse: Floats = np.linalg.inv(safe)
    error = np.abs(safe @ inverse - np.eye(k)).max(axis=(1, 2))
    inverse = np.where(both, inverse, 0.0)
    inverse[is_null | (error > SOLVED)] = np.nan
    return inverse
