"""CR2 where clusters hold units of several arms, over many assignments at once.

A regression saturated in blocks and arms is a set of means, so a cluster's leverage is a number a
block and arm: its contributions there are corrected one by one, then added before squaring.

References
----------
Bell and McCaffrey (2002), Survey Methodology 28(2), 169-181: CR2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reliance_eval.estimation.arrays import FULL, Bools, Floats
from reliance_eval.estimation.redraws.blockwise import BlockMeans
from reliance_eval.estimation.redraws.replaying import Codes
from reliance_eval.estimation.redraws.shelving import Seats
from reliance_eval.estimation.redraws.weighing import Moments, centred, rows_by_block


@dataclass(frozen=True, slots=True, eq=False)
class CrossedMeans:
    """Block-weighted differences whose clusters may lie in both arms, and in several blocks.

    Attributes
    ----------
    plain : BlockMeans
        The same differences of units.
    outcomes : array (n, m)
        NaN where a unit has no value.
    blocks, clusters : arrays of int (n,)
    seats : Seats
    """

    plain: BlockMeans
    outcomes: Floats
    blocks: Codes
    clusters: Codes
    seats: Seats

    def estimates(self, assigned: Codes) -> Floats:
        """Give the estimates under each assignment, (r, m)."""
        return self.plain.estimates(assigned)

    def moments(self, assigned: Codes) -> Moments:
        """Give the estimates and CR2 variances; none where one cluster fills a block's arm."""
        estimate = self.plain.estimates(assigned)
        arms, pair = self.seats.arms(assigned), self.seats.pair
        rows = rows_by_block(self.blocks)
        values, known = centred(self.outcomes, rows)
        codes = np.unique(self.clusters, return_inverse=True)[1]
        variance = np.empty_like(estimate)
        for column in range(self.outcomes.shape[1]):
            weights = _weights(known[:, column], arms, pair=pair, rows=rows)
            influence = np.zeros((len(arms), int(codes.max()) + 1))
            for own, weight in zip(rows, weights, strict=True):
                # A block's units are put together by cluster, to be summed piece by piece.
                order = own[np.argsort(codes[own], kind="stable")]
                present, starts = np.unique(codes[order], return_index=True)
                for arm, sign in zip(pair, (1.0, -1.0), strict=True):
                    inside = (arms[:, order] == arm) & known[order, column]
                    sums = np.add.reduceat(inside * values[order, column], starts, axis=1)
                    sizes = np.add.reduceat(inside.astype(np.float64), starts, axis=1)
                    influence[:, present] += sign * weight[:, None] * _corrected(sums, sizes)
            variance[:, column] = np.sum(influence**2, axis=1)
        return Moments(estimate, variance)


def _corrected(sums: Floats, sizes: Floats) -> Floats:
    """Give what each cluster contributes to a mean, freed of its own leverage; NaN if it is all."""
    count = np.maximum(sizes.sum(axis=1, keepdims=True), 1)
    residual = sums - sizes * (sums.sum(axis=1, keepdims=True) / count)
    room = 1 - sizes / count
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(room > FULL, residual / (count * np.sqrt(room)), np.nan)


def _weights(
    known: Bools, assigned: Codes, *, pair: tuple[int, int], rows: list[npt.NDArray[np.intp]]
) -> Floats:
    """Give each block's weight under each assignment, (b, r): zero where an arm is not seen."""
    share = np.array([len(own) for own in rows]) / len(known)
    seen = [[((assigned[:, own] == arm) & known[own]).any(axis=1) for arm in pair] for own in rows]
    weights = share[:, None] * np.array([one & other for one, other in seen])
    with np.errstate(divide="ignore", invalid="ignore"):
        total: Floats = weights / weights.sum(axis=0)
    return total
