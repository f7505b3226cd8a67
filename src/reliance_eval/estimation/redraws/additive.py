"""The additive regression's coefficient of the offer, with its HC2 variance, over many assignments.

Blocks and covariates are the same under every assignment: they are taken out of the outcome once,
and what is left of the offer is what a re-draw decides (Frisch and Waugh). The coefficient is then
one product, and the variance one more.

References
----------
Frisch and Waugh (1933), Econometrica 1(4), 387-401.
MacKinnon and White (1985), Journal of Econometrics 29(3): HC2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from reliance_eval.estimation.arrays import FULL, ROUNDING, Floats
from reliance_eval.estimation.redraws.covariates_used import independent, scaled, without_blocks
from reliance_eval.estimation.redraws.products import across
from reliance_eval.estimation.redraws.replaying import Codes
from reliance_eval.estimation.redraws.shelving import KEPT, Seats, Shelf, by_block, shelves
from reliance_eval.estimation.redraws.weighing import Moments, patterns_of, quiet


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Outcomes that the same units have.

    Attributes
    ----------
    which : array of int (m,)
        Their places.
    shelves : tuple of Shelf
    sums : tuple of arrays (b, 1 + m + k, s)
        One, what is left of the outcomes, and an orthonormal basis of what is left of covariates.
    basis : tuple of arrays (b, s, k)
    left : tuple of arrays (m, b, s)
        What is left of the outcomes.
    room : tuple of arrays (b, s)
        One less the leverage that units have without the offer.
    size : array (b,)
        Units with a value, by block.
    """

    which: npt.NDArray[np.intp]
    shelves: tuple[Shelf, ...]
    sums: tuple[Floats, ...]
    basis: tuple[Floats, ...]
    left: tuple[Floats, ...]
    room: tuple[Floats, ...]
    size: Floats

    def found(self, assigned: Codes, arm: int, *, has_variance: bool) -> Moments:
        """Give coefficients and, where asked for, variances, (m, r)."""
        m = len(self.which)
        held = [shelf.inside(assigned, arm) for shelf in self.shelves]
        sums = [across(one, inside) for one, inside in zip(self.sums, held, strict=True)]
        shares = [
            found[:, 0] / self.size[shelf.blocks][:, None]
            for shelf, found in zip(self.shelves, sums, strict=True)
        ]
        along = np.sum([found[:, 1 + m :].sum(axis=0) for found in sums], axis=0)
        offered = np.sum([found[:, 0].sum(axis=0) for found in sums], axis=0)
        taken = np.sum(
            [(found[:, 0] * share).sum(axis=0) for found, share in zip(sums, shares, strict=True)],
            axis=0,
        ) + np.sum(along**2, axis=0)
        # What blocks and covariates leave of the offer, squared; nothing, where they decide it.
        whole = np.where(offered - taken > ROUNDING * offered, offered - taken, np.nan)
        estimate = np.sum([found[:, 1 : 1 + m].sum(axis=0) for found in sums], axis=0) / whole
        variance = np.zeros_like(estimate)
        if has_variance:
            for place, offer in enumerate(held):
                # What is left of the offer, once its block and the covariates are out.
                left = offer - shares[place][:, None]
                left -= self.basis[place] @ along
                variance += self._spread(place, left, estimate=estimate, whole=whole)
        return Moments(estimate, variance / whole**2)

    def _spread(self, place: int, offer: Floats, *, estimate: Floats, whole: Floats) -> Floats:
        """Add up (what is left of the offer x residual)² over one less the leverage, (m, r)."""
        square = offer**2
        room = self.room[place][:, :, None] - square / whole
        is_full = room < FULL
        # A unit that a column of its own fits bears on nothing, or leaves no variance at all.
        bears = is_full & (square > FULL * whole)
        square[is_full] = 0.0
        square /= np.where(is_full, 1.0, room)
        square[bears] = np.nan
        total = np.empty_like(estimate)
        for column, left in enumerate(self.left[place]):
            residual = left[:, :, None] - offer * estimate[column]
            residual *= residual
            residual *= square
            total[column] = residual.sum(axis=(0, 1))
        return total


@dataclass(frozen=True, slots=True, eq=False)
class Additive:
    """Coefficients of the offer beside blocks and covariates, in trials of two arms.

    Attributes
    ----------
    seats : Seats
    parts : tuple of Part
    size : array (m,)
        Largest value of each outcome.
    """

    seats: Seats
    parts: tuple[Part, ...]
    size: Floats

    def estimates(self, assigned: Codes) -> Floats:
        """Give the coefficients under each assignment, (r, m)."""
        return self._found(assigned, has_variance=False).estimate

    def moments(self, assigned: Codes) -> Moments:
        """Give the coefficients and their HC2 variances; NaN where there is none."""
        return self._found(assigned, has_variance=True)

    def _found(self, assigned: Codes, *, has_variance: bool) -> Moments:
        shape = (len(assigned), len(self.size))
        result = Moments(np.empty(shape), np.empty(shape))
        for part in self.parts:
            found = part.found(assigned, self.seats.pair[0], has_variance=has_variance)
            result.estimate[:, part.which] = quiet(found.estimate.T, self.size[part.which])
            result.variance[:, part.which] = found.variance.T
        return result


def additive(outcomes: Floats, blocks: Codes, covariates: Floats, seats: Seats) -> Additive:
    """Prepare the additive regressions of two arms.

    Parameters
    ----------
    outcomes : array (n, m)
        NaN where a unit has no value.
    blocks : array of int (n,)
        Codes from 0.
    covariates : array (n, k)
    seats : Seats
    """
    known = ~np.isnan(outcomes)
    patterns, group = patterns_of(known)
    parts = [
        _part(
            outcomes,
            blocks,
            covariates,
            replace(seats, columns=np.where(pattern, seats.columns, KEPT)),
            np.flatnonzero(group == index),
        )
        for index, pattern in enumerate(patterns.T)
    ]
    size = np.abs(np.where(known, outcomes, 0.0)).max(axis=0, initial=0.0)
    return Additive(seats, tuple(parts), size)


def _part(
    outcomes: Floats, blocks: Codes, covariates: Floats, seats: Seats, which: npt.NDArray[np.intp]
) -> Part:
    rows = np.flatnonzero(seats.columns != KEPT)
    own = np.unique(blocks[rows], return_inverse=True)[1]
    x = covariates[rows]
    x = scaled(x[:, independent(x, own)])
    basis = np.zeros((len(blocks), x.shape[1]))
    within = np.column_stack([without_blocks(column, own) for column in x.T]) if x.size else x
    basis[rows] = np.linalg.qr(within)[0]
    left = np.zeros((len(blocks), len(which)))
    for place, column in enumerate(outcomes[np.ix_(rows, which)].T):
        rest = without_blocks(column, own)
        # Twice: what the first pass leaves of rounding, the second takes out.
        for _ in range(2):
            rest = rest - basis[rows] @ (basis[rows].T @ rest)
            rest = without_blocks(rest, own)
        left[rows, place] = rest
    size = np.bincount(blocks[rows], minlength=int(blocks.max()) + 1).astype(np.float64)
    room = 1.0 - 1.0 / np.maximum(size, 1.0)[blocks] - np.sum(basis**2, axis=1)
    on_shelves = shelves(blocks, seats)
    return Part(
        which=which,
        shelves=on_shelves,
        sums=tuple(
            by_block(shelf, [np.ones(len(blocks)), *left.T, *basis.T]) for shelf in on_shelves
        ),
        basis=tuple(basis[shelf.rows] for shelf in on_shelves),
        left=tuple(left.T[:, shelf.rows] for shelf in on_shelves),
        room=tuple(room[shelf.rows] for shelf in on_shelves),
        size=size,
    )
