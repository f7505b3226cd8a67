"""Block-weighted differences in means where clusters are drawn, over many assignments at once.

A cluster counts as what it sums to and how many of its units have a value. CR2 frees each
cluster's residual sum of its own leverage on the mean of its arm in its block.

References
----------
Bell and McCaffrey (2002), Survey Methodology 28(2), 169-181: CR2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.redraws.products import across
from reliance_eval.estimation.redraws.replaying import Codes
from reliance_eval.estimation.redraws.shelving import Seats, Shelf, by_block, shelves
from reliance_eval.estimation.redraws.weighing import (
    Cells,
    Moments,
    centred,
    patterns_of,
    put_together,
    rows_by_block,
    shares_of,
    weighed,
)


@dataclass(frozen=True, slots=True, eq=False)
class ClusterMeans:
    """Block-weighted differences in means of units drawn in clusters.

    Attributes
    ----------
    seats : Seats
        Of the clusters.
    shelves : tuple of Shelf
        Their rows are clusters.
    sums : tuple of arrays (b, 2 p + m, s)
        Units of each cluster with a value, by pattern; whether it has one; sums of outcomes.
    pattern : array of int (m,)
    share : array (b,)
        Each block's share of all units.
    size : array (m,)
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
        shape = (len(self.share), len(self.pattern), len(assigned))
        difference, is_kept = np.zeros(shape), np.zeros(shape, dtype=np.bool_)
        for shelf, sums in zip(self.shelves, self.sums, strict=True):
            sides = [self._side(sums, inside) for inside in self._inside(shelf, assigned)]
            drawn = np.minimum(sides[0].drawn, sides[1].drawn)
            is_kept[shelf.blocks] = drawn > 0
            difference[shelf.blocks] = np.where(drawn > 0, sides[0].mean - sides[1].mean, 0.0)
        return weighed(difference, is_kept, self.share, self.size)

    def moments(self, assigned: Codes) -> Moments:
        """Give the estimates and their CR2 variances."""
        shape = (len(self.share), len(self.pattern), len(assigned))
        cells = Cells(*(np.zeros(shape) for _ in range(4)))
        for shelf, sums in zip(self.shelves, self.sums, strict=True):
            inside = self._inside(shelf, assigned)
            arm, other = (self._side(sums, one) for one in inside)
            drawn = np.minimum(arm.drawn, other.drawn)
            cells.drawn[shelf.blocks] = drawn
            cells.size[shelf.blocks] = arm.drawn + other.drawn
            cells.difference[shelf.blocks] = np.where(drawn > 0, arm.mean - other.mean, 0.0)
            spread = np.stack(
                [
                    self._spread(sums, column, inside, (arm, other))
                    for column in range(len(self.pattern))
                ],
                axis=1,
            )
            cells.variance[shelf.blocks] = np.where(drawn > 1, spread, 0.0)
        return put_together(cells, self.share, self.size)

    def _inside(self, shelf: Shelf, assigned: Codes) -> tuple[Floats, Floats]:
        arm, other = self.seats.pair
        one = shelf.inside(assigned, arm)
        return one, (1.0 - one if self.seats.is_whole else shelf.inside(assigned, other))

    def _side(self, sums: Floats, inside: Floats) -> _Side:
        p = self._patterns
        found = across(sums, inside)
        count = np.maximum(found[:, :p], 1)[:, self.pattern]
        return _Side(found[:, p : 2 * p][:, self.pattern], 1.0 / count, found[:, 2 * p :] / count)

    def _spread(
        self, sums: Floats, column: int, inside: tuple[Floats, Floats], sides: tuple[_Side, _Side]
    ) -> Floats:
        """Add both arms' CR2 variances of one outcome, (b, r)."""
        p = self._patterns
        size = sums[:, self.pattern[column]][:, :, None]
        total = sums[:, 2 * p + column][:, :, None]
        is_arm = inside[0] > 0
        mean, inverse = (
            np.where(is_arm, one[:, None], other[:, None])
            for one, other in (
                (sides[0].mean[:, column], sides[1].mean[:, column]),
                (sides[0].inverse[:, column], sides[1].inverse[:, column]),
            )
        )
        mean *= -size
        mean += total
        mean *= inverse
        inverse *= -size
        inverse += 1.0
        # A cluster that is all its arm has in its block is fitted exactly.
        inverse[inverse <= 0.0] = np.inf
        mean *= mean
        mean /= inverse
        if not self.seats.is_whole:
            mean *= inside[0] + inside[1]
        spread: Floats = mean.sum(axis=1)
        return spread


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One arm by block, outcome and assignment, (b, m, r): clusters seen, 1/units, and mean."""

    drawn: Floats
    inverse: Floats
    mean: Floats


def cluster_means(outcomes: Floats, blocks: Codes, clusters: Codes, seats: Seats) -> ClusterMeans:
    """Prepare block-weighted differences of units drawn in clusters.

    Parameters
    ----------
    outcomes : array (n, m)
        One column an outcome; NaN where a unit has no value.
    blocks, clusters : arrays of int (n,)
        All units of a cluster are in one block.
    seats : Seats
        Of the units; those of a cluster share theirs.
    """
    values, known = centred(outcomes, rows_by_block(blocks))
    first, own = np.unique(clusters, return_index=True, return_inverse=True)[1:]
    patterns, pattern = patterns_of(known)
    sizes = [_summed(own, column.astype(np.float64)) for column in patterns.T]
    totals = [_summed(own, column) for column in values.T]
    columns = [*sizes, *((size > 0).astype(np.float64) for size in sizes), *totals]
    of_clusters = replace(seats, columns=seats.columns[first])
    on_shelves = shelves(blocks[first], of_clusters)
    return ClusterMeans(
        seats=of_clusters,
        shelves=on_shelves,
        sums=tuple(by_block(shelf, columns) for shelf in on_shelves),
        pattern=pattern,
        share=shares_of(blocks),
        size=np.abs(values).max(axis=0, initial=0.0),
    )


def _summed(own: npt.NDArray[np.intp], column: Floats) -> Floats:
    summed: Floats = np.bincount(own, column).astype(np.float64)
    return summed
