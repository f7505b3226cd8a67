"""Block-weighted differences in means, with their variances, over many assignments at once.

For each assignment these are the numbers the blocked estimator would have given, had the lottery
come out so: same weights, same blocked Neyman variance, same rule where a block has an arm of one.
Who has a value is held fixed: a lost unit stays lost in every re-draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reliance_eval.estimation.arrays import ROUNDING, Bools, Floats
from reliance_eval.estimation.redraws.products import product_of
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


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """What each block says, arrays (b, r, m): the arms' difference, its variance, its size.

    ``drawn`` is the smaller number of units (or clusters) an arm has in the block.
    """

    difference: Floats
    variance: Floats
    size: Floats
    drawn: Floats


def moments(
    outcomes: Floats,
    assigned: Codes,
    *,
    pair: tuple[int, int],
    blocks: Codes,
    clusters: Codes | None = None,
) -> Moments:
    """Give the block-weighted difference and its variance under each assignment.

    Parameters
    ----------
    outcomes : array (n, m)
        One column an outcome; NaN where a unit has no value.
    assigned : array (r, n)
        Arm index of each unit, one row an assignment.
    pair : tuple of int
        The arm compared, and the one it is compared with.
    blocks : array (n,)
        Block code of each unit. A block's weight is its share of all units given, with or
        without a value; a block without a value in one of the arms drops out of the sum.
    clusters : array (n,), optional
        Cluster code of each unit, where clusters were drawn: the variance is then CR2.

    References
    ----------
    Imbens and Rubin (2015), ch. 9 (blocked Neyman); Bell and McCaffrey (2002) (CR2);
    Pashley and Miratrix (2021) (blocks with an arm of one: ``estimation.small_blocks``).
    """
    rows = rows_by_block(blocks)
    values, known = centred(outcomes, rows)
    parts = [
        _cell(
            values[own],
            known[own],
            assigned[:, own],
            pair=pair,
            clusters=None if clusters is None else clusters[own],
        )
        for own in rows
    ]
    cells = _Cells(*(np.stack([getattr(part, name) for part in parts]) for name in _FIELDS))
    share = np.array([len(own) for own in rows]) / len(blocks)
    weights = share[:, None, None] * (cells.drawn > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights /= weights.sum(axis=0)
        estimate = np.sum(weights * cells.difference, axis=0)
        is_small = (cells.drawn == 1) & (weights > 0)
        variance = np.sum(np.where(is_small, 0.0, weights**2 * cells.variance), axis=0)
    for column in np.flatnonzero(is_small.any(axis=(0, 1))):
        variance[:, column] = _pooled(cells, weights, is_small, int(column))
    return Moments(without_noise(estimate, values), variance)


_FIELDS = ("difference", "variance", "size", "drawn")


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


def without_noise(estimate: Floats, values: Floats) -> Floats:
    """Make exactly zero the differences that are rounding noise of the values."""
    size = np.abs(values).max(axis=0, initial=0.0)
    return np.where(np.abs(estimate) <= ROUNDING * size, 0.0, estimate)


def _cell(
    values: Floats,
    known: Bools,
    assigned: Codes,
    *,
    pair: tuple[int, int],
    clusters: Codes | None,
) -> _Cells:
    means, variances, counts = [], [], []
    for arm in pair:
        inside = (assigned == arm).astype(np.float64)
        count = product_of(inside, known.astype(np.float64))
        mean = product_of(inside, values) / np.maximum(count, 1)
        if clusters is None:
            squares = product_of(inside, values**2)
            spread = squares - count * mean**2
            # What rounding leaves of an arm without variation is no variation.
            spread = np.where(spread > ROUNDING * squares, spread, 0.0)
            variance, drawn = spread / np.maximum(count * (count - 1), 1), count
        else:
            variance, drawn = _clustered(values, known, inside, mean=mean, clusters=clusters)
        means.append(mean)
        variances.append(variance)
        counts.append(drawn)
    drawn = np.minimum(*counts)
    return _Cells(
        difference=np.where(drawn > 0, means[0] - means[1], 0.0),
        variance=np.where(drawn > 1, variances[0] + variances[1], 0.0),
        size=counts[0] + counts[1],
        drawn=drawn,
    )


def _clustered(
    values: Floats, known: Bools, inside: Floats, *, mean: Floats, clusters: Codes
) -> tuple[Floats, Floats]:
    """Give CR2 of an arm's mean, each cluster's residual sum freed of its own leverage.

    Returns the variance, and how many clusters with a value the arm has.
    """
    members = (clusters[:, None] == np.unique(clusters)).astype(np.float64)
    sums, sizes = members.T @ values, members.T @ known.astype(np.float64)
    is_in = inside[:, members.argmax(axis=0)][:, :, None]
    count = np.maximum(np.sum(is_in * sizes, axis=1), 1)[:, None, :]
    room = 1 - sizes / count
    residual = sums - sizes * mean[:, None, :]
    part = np.where(room > 0, residual**2 / np.where(room > 0, room, 1.0), 0.0)
    variance = np.sum(is_in * part, axis=1) / count[:, 0] ** 2
    return variance, np.sum(is_in * (sizes > 0), axis=1)


def _pooled(cells: _Cells, weights: Floats, is_small: Bools, column: int) -> Floats:
    """Give the variance of one outcome where some blocks have an arm of one; NaN if none exists."""
    own = weights[:, :, column].T
    pool = pool_of(own, cells.size[:, :, column].T, is_small[:, :, column].T)
    apart = pool.multipliers * pool.deviations(cells.difference[:, :, column].T) ** 2
    within = np.where(pool.members, 0.0, own**2 * cells.variance[:, :, column].T)
    total: Floats = np.sum(apart + within, axis=1)
    return np.where(pool.is_possible, total, np.nan)
