"""The variance of blocks too small to show one: how their differences vary among themselves.

A block with one unit in an arm says nothing about the variance within it. Such blocks are pooled;
the spread of their differences around their weighted mean, corrected for the weights, estimates
the variance of that mean, and over-states it where effects differ between blocks.

References
----------
Pashley and Miratrix (2021), JEBS 46(3), 271-296: the hybrid estimator, for blocks of any size.
Their formula needs every pooled block to weigh under half of the pool. Where one does not, the
smallest other blocks join until it holds: the argument is the same for any set of blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Which blocks are pooled, and what each of their squared deviations weighs.

    Attributes
    ----------
    members : array of bool (..., b)
        Blocks whose variance comes from the pool.
    shares : array (..., b)
        Weight of each member within the pool; zero elsewhere.
    multipliers : array (..., b)
        The pool's part of the variance is the sum of multiplier times (difference - pool mean)².
    is_possible : array of bool (...)
        False where no pool of the blocks keeps every member under half.
    """

    members: Bools
    shares: Floats
    multipliers: Floats
    is_possible: Bools

    def deviations(self, differences: Floats) -> Floats:
        """Give each member's distance from the pool's weighted mean; zero for the others."""
        mean = np.sum(self.shares * differences, axis=-1, keepdims=True)
        return np.where(self.members, differences - mean, 0.0)


def pool_of(weights: Floats, sizes: Floats, is_small: Bools) -> Pool:
    """Choose the blocks to pool and their multipliers.

    Parameters
    ----------
    weights : array (..., b)
        Weight of each block in the estimate (sums to one; zero for a lost block).
    sizes : array (..., b)
        Units observed in each block.
    is_small : array of bool (..., b)
        Blocks with an arm of one unit (or of one cluster).

    Returns
    -------
    Pool
        Without members where no block is small.
    """
    # Small blocks first, then the others from the smallest, lost ones last.
    rank = np.where(is_small, -1.0, np.where(weights > 0.0, sizes, np.inf))
    order = np.argsort(rank, axis=-1, kind="stable")
    sorted_weights = np.take_along_axis(weights, order, axis=-1)
    total = np.cumsum(sorted_weights, axis=-1)
    largest = np.maximum.accumulate(sorted_weights, axis=-1)
    needed = np.sum(is_small, axis=-1, keepdims=True)
    position = np.arange(weights.shape[-1])
    fits = (position + 1 >= needed) & (2.0 * largest < total * (1.0 - 1e-12))
    is_possible = np.any(fits, axis=-1)
    last = np.argmax(fits, axis=-1)[..., None]
    wanted = is_possible[..., None] & (needed > 0)
    members = np.zeros(weights.shape, dtype=np.bool_)
    np.put_along_axis(members, order, (position <= last) & wanted, axis=-1)
    members &= weights > 0.0
    pooled = np.where(members, weights, 0.0)
    whole = np.sum(pooled, axis=-1, keepdims=True)
    shares = pooled / np.where(whole > 0.0, whole, 1.0)
    apart = shares**2 / (1.0 - 2.0 * shares)
    multipliers = whole**2 * apart / (1.0 + np.sum(apart, axis=-1, keepdims=True))
    return Pool(members, shares, multipliers, is_possible | (needed[..., 0] == 0))
