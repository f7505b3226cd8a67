"""What the blocks of a trial say under many assignments, weighed and put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from reliance_eval.estimation.arrays import ROUNDING, Bools, Floats
from reliance_eval.estimation.redraws.replaying import Codes
from reliance_eval.estimation.small_blocks import pool_of


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Estimates and their variances, one row an assignment, one column an outcome.

    Attributes
    ----------
    estimate : array (r, m)
        NaN where no block has a value in both arms.
    variance : array (r, m)
        NaN where the variance cannot be estimated.
    """

    estimate: Floats
    variance: Floats

    @property
    def studentised(self) -> Floats:
        """Estimate over standard error; no difference is 0, a difference without spread is inf."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio: Floats = self.estimate / np.sqrt(self.variance)
        return np.where((self.estimate == 0) & (self.variance == 0), 0.0, ratio)


class Many(Protocol):
    """A comparison, ready to be made again under many assignments."""

    def estimates(self, assigned: Codes) -> Floats:
        """Give the estimates under assignments (r, t) of what is drawn, (r, m)."""
        ...

    def moments(self, assigned: Codes) -> Moments:
        """Give the estimates and their variances."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """What each block says, arrays (b, m, r): the arms' difference, its variance, its size.

    ``drawn`` is the smaller number of units (or clusters) an arm has in the block.
    """

    difference: Floats
    variance: Floats
    size: Floats
    drawn: Floats


def shares_of(blocks: Codes) -> Floats:
    """Give each block's share of all units, (b,)."""
    share: Floats = np.bincount(blocks) / len(blocks)
    return share


def weighed(difference: Floats, is_kept: Bools, share: Floats, size: Floats) -> Floats:
    """Weigh differences (b, m, r) by the shares of the blocks that remain, (r, m)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if is_kept.all():
            total = np.tensordot(share / share.sum(), difference, axes=1)
        else:
            weights = share[:, None, None] * is_kept
            total = np.sum(weights * difference, axis=0) / weights.sum(axis=0)
    return quiet(total.T, size)


def put_together(cells: Cells, share: Floats, size: Floats) -> Moments:
    """Weigh what the blocks say; blocks with an arm of one are pooled."""
    weights = share[:, None, None] * (cells.drawn > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights /= weights.sum(axis=0)
        estimate = np.sum(weights * cells.difference, axis=0)
        is_small = (cells.drawn == 1) & (weights > 0)
        variance = np.sum(np.where(is_small, 0.0, weights**2 * cells.variance), axis=0)
    for column in np.flatnonzero(is_small.any(axis=(0, 2))):
        variance[column] = _pooled(cells, weights, is_small, int(column))
    return Moments(quiet(estimate.T, size), np.ascontiguousarray(variance.T))


def rows_by_block(blocks: Codes) -> list[npt.NDArray[np.intp]]:
    """Give the positions of each block's units, blocks in order of their codes."""
    order = np.argsort(blocks, kind="stable")
    starts = np.flatnonzero(np.diff(blocks[order])) + 1
    return np.split(order, starts)


def centred(outcomes: Floats, rows: list[npt.NDArray[np.intp]]) -> tuple[Floats, Bools]:
    """Centre outcomes within blocks: no difference moves, and sums of squares stay accurate.

    Returns the values, zero where missing, and where they are known.
    """
    known = ~np.isnan(outcomes)
    values = np.where(known, outcomes, 0.0)
    size = np.abs(values).max(axis=0, initial=0.0)
    for own in rows:
        counts = np.maximum(known[own].sum(axis=0), 1)
        values[own] -= np.where(known[own], values[own].sum(axis=0) / counts, 0.0)
    values[np.abs(values) <= ROUNDING * size] = 0.0
    return values, known


def patterns_of(known: Bools) -> tuple[Bools, npt.NDArray[np.intp]]:
    """Give the distinct columns of who is known, (n, p), and which of them each column is, (m,)."""
    seen: dict[bytes, int] = {}
    which = np.array([seen.setdefault(column.tobytes(), len(seen)) for column in known.T], np.intp)
    first = [int(np.flatnonzero(which == place)[0]) for place in range(len(seen))]
    return known[:, first], which


def without_noise(estimate: Floats, values: Floats) -> Floats:
    """Make exactly zero the differences (r, m) that are rounding noise of the values (n, m)."""
    return quiet(estimate, np.abs(values).max(axis=0, initial=0.0))


def quiet(estimate: Floats, size: Floats) -> Floats:
    """Make exactly zero the differences (r, m) that are rounding noise of values of a size (m,)."""
    return np.where(np.abs(estimate) <= ROUNDING * size, 0.0, estimate)


def _pooled(cells: Cells, weights: Floats, is_small: Bools, column: int) -> Floats:
    """Give the variance of one outcome where some blocks have an arm of one; NaN if none exists."""
    own = weights[:, column].T
    pool = pool_of(own, cells.size[:, column].T, is_small[:, column].T)
    apart = pool.multipliers * pool.deviations(cells.difference[:, column].T) ** 2
    within = np.where(pool.members, 0.0, own**2 * cells.variance[:, column].T)
    total: Floats = np.sum(apart + within, axis=1)
    return np.where(pool.is_possible, total, np.nan)
