"""The blocked estimator's own t under many assignments at once, for randomisation inference.

Everything comes from sums of the outcome and its square by block and arm, as matrix products: no
loop over assignments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reliance_eval.estimation.arrays import ROUNDING, Floats, Ints
from reliance_eval.estimation.small_blocks import pool_of

CHUNK = 1 << 22
"""Assignments times units held as floats at once (32 MB)."""


def studentised(
    y: Floats, offered: npt.NDArray[np.generic], blocks: Ints, shares: Floats
) -> Floats:
    """Give the blocked estimator's t under each assignment.

    Parameters
    ----------
    y : array (n,)
        Outcome of the observed units of the two arms, without missing values.
    offered : array (r, n), boolean or 0-1
        Who would have been offered, one row an assignment.
    blocks : array of int (n,)
        Block of each unit, codes into ``shares``.
    shares : array (b,)
        Each block's share of those drawn; blocks without both arms are left out, as the
        estimator leaves them.

    Returns
    -------
    array (r,)
        Zero where there is neither an effect nor variation; infinite where a t does not exist
        (no common block, no variance): such a re-draw counts as extreme, which can only raise p.

    Examples
    --------
    >>> y = np.array([1.0, 3.0, 2.0, 6.0])
    >>> studentised(y, np.array([[0, 1, 0, 1]]), np.zeros(4, dtype=int), np.ones(1)).round(6)
    array([1.897367])
    """
    moments = _moments(y, offered, blocks, shares)
    has_none = ~(moments.variance > 0.0)
    ratio = moments.estimate / np.sqrt(np.where(has_none, 1.0, moments.variance))
    flat = np.where(np.abs(moments.estimate) <= moments.noise, 0.0, np.inf)
    return np.where(moments.exists, np.where(has_none, flat, ratio), np.inf)


def coefficient(
    y: Floats, offered: npt.NDArray[np.generic], blocks: Ints, shares: Floats
) -> Floats:
    """Give the block-weighted difference under each assignment; infinite where none exists.

    The arguments are those of ``studentised``.
    """
    moments = _moments(y, offered, blocks, shares)
    return np.where(np.isfinite(moments.estimate), moments.estimate, np.inf)


@dataclass(frozen=True, slots=True, eq=False)
class _Moments:
    estimate: Floats
    variance: Floats
    exists: npt.NDArray[np.bool_]
    noise: float


def _moments(y: Floats, offered: npt.NDArray[np.generic], blocks: Ints, shares: Floats) -> _Moments:
    size = len(shares)
    is_in = blocks[:, None] == np.arange(size)
    counts = is_in.sum(axis=0).astype(float)
    # Centring within blocks moves no difference and keeps the sums of squares accurate.
    centre = (is_in * y[:, None]).sum(axis=0) / np.maximum(counts, 1.0)
    left = np.where(is_in, y[:, None] - centre, 0.0)
    products = np.concatenate([is_in, left, left**2], axis=1)
    rows = max(1, CHUNK // max(1, len(y)))
    sums = np.concatenate(
        [
            offered[start : start + rows].astype(np.float64) @ products
            for start in range(0, len(offered), rows)
        ]
    )
    whole = products.sum(axis=0)
    arm = np.split(sums, 3, axis=1)
    reference = np.split(whole - sums, 3, axis=1)
    noise = ROUNDING * float(np.abs(y).max(initial=0.0))
    return _combined(arm, reference, shares, noise)


def _combined(arm: list[Floats], reference: list[Floats], shares: Floats, noise: float) -> _Moments:
    fewest = np.minimum(arm[0], reference[0])
    is_whole = (fewest >= 1.0) & (shares > 0.0)
    weights = np.where(is_whole, shares, 0.0)
    total = weights.sum(axis=1, keepdims=True)
    weights = weights / np.where(total > 0.0, total, 1.0)
    sides = [_side(*side) for side in (arm, reference)]
    differences = np.where(is_whole, sides[0][0] - sides[1][0], 0.0)
    pool = pool_of(weights, arm[0] + reference[0], is_whole & (fewest == 1.0))
    inner = np.where(pool.members, 0.0, weights**2 * (sides[0][1] + sides[1][1])).sum(axis=1)
    outer = (pool.multipliers * pool.deviations(differences) ** 2).sum(axis=1)
    exists = (total[:, 0] > 0.0) & pool.is_possible
    variance = inner + outer
    return _Moments(
        estimate=np.where(total[:, 0] > 0.0, (weights * differences).sum(axis=1), np.nan),
        variance=np.where(variance > noise**2, variance, 0.0),
        exists=exists,
        noise=noise,
    )


def _side(count: Floats, total: Floats, squares: Floats) -> tuple[Floats, Floats]:
    """Give means and variances of means; zero variance where an arm has one unit or none."""
    mean = total / np.where(count > 0.0, count, 1.0)
    spread = np.maximum(squares - count * mean**2, 0.0)
    room = np.where(count > 1.0, count * (count - 1.0), 1.0)
    return mean, np.where(count > 1.0, spread / room, 0.0)
