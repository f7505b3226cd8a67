"""The projection on the indicators of one or several effects, held without its matrix.

The effect with the most levels is projected on by means. What the indicators of the others add to
it has a Gram matrix of their levels only, factored by a pivoted Cholesky with an explicit rank:
the projection is exact, with no iteration and no tolerance on convergence.

References
----------
Guimarães and Portugal (2010), Stata Journal 10(4), 628-649: several effects by partialling out.
Lovell (2008), Journal of Economic Education 39(1), 88-91: the residuals are the full regression's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import Floats, Ints

DETERMINED = 1e-10
"""An indicator of length one with less than this squared length left is determined by others:
rounding leaves 1e-13 of thousands of levels, a chain of a thousand levels joined by ones 1e-3."""

ROWS_AT_ONCE = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Absorption:
    """The projection P on all indicators, for n rows.

    With b the level of row i in the first effect, c in another, r the root of its weight and W the
    weight of b, P has ``r_i r_j / W`` for rows of one level, plus the product of the rows
    ``r_i (reach[:, c] - shift[:, b])``, where the columns of reach of several effects are summed.

    Attributes
    ----------
    codes : array of int (n,)
        Level of each row in the effect with the most levels.
    totals : array (b,)
        Weight of each of these levels.
    root : array (n,) or None
        Root of each row's weight; None where all weigh one.
    others : array of int (e, n)
        Levels in the other effects, numbered through from one effect to the next.
    reach : array (r, j)
        Inverse of the factor of what the j other levels add; zero for levels that add nothing.
    shift : array (r, b)
        Mean of ``reach`` over each level of the first effect.
    unit : array (n,)
        Entry of each row in its first effect's indicator of length one.
    """

    codes: Ints
    totals: Floats
    root: Floats | None
    others: Ints
    reach: Floats
    shift: Floats
    unit: Floats

    @property
    def rank(self) -> int:
        """Number of linearly independent indicators."""
        return int(np.count_nonzero(self.totals)) + len(self.reach)

    def basis(self, rows: Ints) -> Floats:
        """Give some rows of an orthonormal basis of what the other effects add, (..., r)."""
        found: Floats = (
            self.reach.T[self.others[:, rows]].sum(axis=0) - self.shift.T[self.codes[rows]]
        )
        if self.root is not None:
            found *= np.expand_dims(self.root[rows], -1)
        return found

    def leverage(self) -> Floats:
        """Give the diagonal of P, shape (n,)."""
        found = self.unit**2
        if len(self.reach):
            for start in range(0, len(found), ROWS_AT_ONCE):
                rows = np.arange(start, min(start + ROWS_AT_ONCE, len(found)))
                found[rows] += np.sum(self.basis(rows) ** 2, axis=-1)
        return found

    def projection(self, rows: Ints) -> Floats:
        """Give P between rows of the same group: (..., s, s) for ``rows`` of shape (..., s)."""
        codes, unit = self.codes[rows], self.unit[rows]
        is_same = codes[..., :, None] == codes[..., None, :]
        found: Floats = unit[..., :, None] * unit[..., None, :] * is_same
        if len(self.reach):
            added = self.basis(rows)
            found += added @ added.swapaxes(-1, -2)
        return found

    def left(self, column: Floats) -> Floats:
        """Give what the effects leave of a column, shape (n,).

        It is taken out twice, the second time of what the first left: a column that the effects
        determine then leaves nothing but the rounding of its own values.
        """
        once = self._left_once(column)
        return self._left_once(once)

    def _left_once(self, column: Floats) -> Floats:
        weighted = column if self.root is None else self.root**2 * column
        full = np.where(self.totals > 0.0, self.totals, 1.0)
        if len(full) == 1:
            mean: float = weighted.sum() / full[0]
            return column - mean
        sums = np.bincount(self.codes, weighted, minlength=len(full))
        left: Floats = column - (sums / full)[self.codes]
        if len(self.reach):
            weighted = left if self.root is None else self.root**2 * left
            along = np.zeros(len(self.reach))
            for codes in self.others:
                along += self.reach @ np.bincount(codes, weighted, minlength=self.reach.shape[1])
            left += (along @ self.shift)[self.codes]
            of_levels = along @ self.reach
            for codes in self.others:
                left -= of_levels[codes]
        return left


def absorption(effects: tuple[Ints, ...], weights: Floats | None = None) -> Absorption:
    """Prepare the projection on the indicators of all levels of all effects.

    Parameters
    ----------
    effects : tuple of arrays of int (n,)
        One or several; codes from 0. All but the largest may have some thousands of levels
        together: what they add is held as a dense square.
    weights : array (n,), optional
        Positive.
    """
    ordered = sorted(effects, key=lambda codes: -int(codes.max(initial=0)))
    first = ordered[0]
    totals = np.bincount(first, weights).astype(np.float64)
    starts = np.cumsum([0, *(int(codes.max(initial=0)) + 1 for codes in ordered[1:])])
    others = np.empty((len(ordered) - 1, len(first)), dtype=np.int64)
    for place, codes in enumerate(ordered[1:]):
        others[place] = codes + starts[place]
    root = None if weights is None else np.sqrt(weights)
    reach, shift = _added(first, totals, weights, others, int(starts[-1]))
    unit = (1.0 if root is None else root) / np.sqrt(totals[first])
    return Absorption(first, totals, root, others, reach, shift, unit)


def _added(
    first: Ints, totals: Floats, weights: Floats | None, others: Ints, levels: int
) -> tuple[Floats, Floats]:
    """Factor what the indicators of the other effects add to those of the first."""
    from scipy.linalg import solve_triangular
    from scipy.linalg.lapack import dpstrf
    from scipy.sparse import csr_array

    if not levels:
        return np.empty((0, 0)), np.empty((0, len(totals)))
    rows, own = np.arange(len(first)), np.ones(len(first)) if weights is None else weights
    # The rows of several effects' levels are placed at once: one entry an effect in each row.
    place = (np.tile(rows, len(others)), others.ravel())
    shape = (len(first), levels)
    plain = csr_array((np.ones(others.size), place), shape=shape)
    weighted = csr_array((np.tile(own, len(others)), place), shape=shape)
    by_first = (len(totals), len(first))
    sums = csr_array((own, (first, rows)), shape=by_first) @ plain
    means = csr_array((own / totals[first], (first, rows)), shape=by_first) @ plain
    gram = (plain.T @ weighted).toarray()
    length = np.sqrt(np.diag(gram))
    length[length == 0.0] = 1.0
    left = (gram - (sums.T @ means).toarray()) / np.outer(length, length)
    factor, pivots, rank, _ = dpstrf(left, tol=DETERMINED, lower=1)
    if np.diag(left).max() <= DETERMINED:  # LAPACK does not compare the first pivot
        rank = 0
    kept = pivots[:rank] - 1
    reach = np.zeros((rank, levels))
    inverse = solve_triangular(factor[:rank, :rank], np.eye(rank), lower=True)
    reach[:, kept] = inverse / length[kept]
    return reach, np.asarray((means @ reach.T).T)
