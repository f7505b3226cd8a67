"""Block-weighted differences in means, with their variances, over many assignments at once.

For each assignment these are the numbers the blocked estimator would have given, had the lottery
come out so: same weights, same blocked Neyman variance, same rule where a block has an arm of one.
Who has a value is held fixed: a lost unit stays lost in every re-draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reliance_eval.estimation.arrays import ROUNDING, Floats
from reliance_eval.estimation.redraws.cluster_means import cluster_means
from reliance_eval.estimation.redraws.products import across
from reliance_eval.estimation.redraws.replaying import Codes
from reliance_eval.estimation.redraws.shelving import Seats, Shelf, by_block, every_seat, shelves
from reliance_eval.estimation.redraws.weighing import (
    Cells,
    Many,
    Moments,
    centred,
    patterns_of,
    put_together,
    rows_by_block,
    shares_of,
    weighed,
    without_noise,
)

__all__ = [
    "BlockMeans",
    "Moments",
    "block_means",
    "centred",
    "moments",
    "rows_by_block",
    "without_noise",
]


@dataclass(frozen=True, slots=True, eq=False)
class BlockMeans:
    """Block-weighted differences in means of the units drawn.

    Attributes
    ----------
    seats : Seats
    shelves : tuple of Shelf
    sums : tuple of arrays (b, p + 2 m, s)
        What is summed in each block of a shelf: who is known, by pattern; outcomes; their squares.
    pattern : array of int (m,)
        Whose pattern each outcome has.
    share : array (b,)
        Each block's share of all units given.
    size : array (m,)
        Largest value of each outcome: what rounding is measured against.
    """

    seats: Seats
    shelves: tuple[Shelf, ...]
    sums: tuple[Floats, ...]
    pattern: npt.NDArray[np.intp]
    share: Floats
    size: Floats

    @property
    def _patterns(self) -> int:
        return int(self.pattern.max(initial=-1)) + 1

    def estimates(self, assigned: Codes) -> Floats:
        """Give the estimates under each assignment, (r, m)."""
        p, m = self._patterns, len(self.pattern)
        counts, means = [], []
        for of_arm in self._of_arms(assigned, p + m):
            counts.append(of_arm[:, :p][:, self.pattern])
            means.append(of_arm[:, p:] / np.maximum(counts[-1], 1))
        is_kept = np.minimum(*counts) > 0
        return weighed(np.where(is_kept, means[0] - means[1], 0.0), is_kept, self.share, self.size)

    def moments(self, assigned: Codes) -> Moments:
        """Give the estimates and their blocked Neyman variances."""
        p, m = self._patterns, len(self.pattern)
        of_arms = self._of_arms(assigned, p + 2 * m)
        # A second arm got by subtraction has the rounding of the whole block's squares.
        noise = ROUNDING * (of_arms[0][:, p + m :] + of_arms[1][:, p + m :])
        counts, means, variances = [], [], []
        for of_arm in of_arms:
            count = of_arm[:, :p][:, self.pattern]
            mean = of_arm[:, p : p + m] / np.maximum(count, 1)
            spread = of_arm[:, p + m :] - count * mean**2
            # What rounding leaves of an arm without variation is no variation.
            spread[spread <= noise] = 0.0
            counts.append(count)
            means.append(mean)
            variances.append(spread / np.maximum(count * (count - 1), 1))
        drawn = np.minimum(*counts)
        cells = Cells(
            difference=np.where(drawn > 0, means[0] - means[1], 0.0),
            variance=np.where(drawn > 1, variances[0] + variances[1], 0.0),
            size=counts[0] + counts[1],
            drawn=drawn,
        )
        return put_together(cells, self.share, self.size)

    def _of_arms(self, assigned: Codes, lines: int) -> tuple[Floats, Floats]:
        """Sum the first lines over each block's units in either arm, (b, lines, r)."""
        shape = (len(self.share), lines, len(assigned))
        found = np.zeros(shape), np.zeros(shape)
        arm, other = self.seats.pair
        for shelf, sums in zip(self.shelves, self.sums, strict=True):
            wanted = sums[:, :lines]
            found[0][shelf.blocks] = across(wanted, shelf.inside(assigned, arm))
            if self.seats.is_whole:
                whole = wanted.sum(axis=2)[:, :, None]
                found[1][shelf.blocks] = whole - found[0][shelf.blocks]
            else:
                found[1][shelf.blocks] = across(wanted, shelf.inside(assigned, other))
        return found


def block_means(outcomes: Floats, blocks: Codes, seats: Seats) -> BlockMeans:
    """Prepare block-weighted differences of units.

    Parameters
    ----------
    outcomes : array (n, m)
        One column an outcome; NaN where a unit has no value.
    blocks : array (n,)
        Codes from 0.
    seats : Seats
    """
    rows = rows_by_block(blocks)
    values, known = centred(outcomes, rows)
    patterns, pattern = patterns_of(known)
    columns = [*patterns.astype(np.float64).T, *values.T, *(values**2).T]
    on_shelves = shelves(blocks, seats)
    return BlockMeans(
        seats=seats,
        shelves=on_shelves,
        sums=tuple(by_block(shelf, columns) for shelf in on_shelves),
        pattern=pattern,
        share=shares_of(blocks),
        size=np.abs(values).max(axis=0, initial=0.0),
    )


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
    seats = every_seat(len(blocks), pair)
    many: Many
    if clusters is None:
        many = block_means(outcomes, blocks, seats)
    else:
        many = cluster_means(outcomes, blocks, clusters, seats)
    return many.moments(assigned)
