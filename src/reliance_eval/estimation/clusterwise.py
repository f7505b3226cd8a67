r"""CR2 and CR3 cluster by cluster, and Satterthwaite's degrees of freedom, however many effects.

With H the hat matrix of all columns, absorbed indicators included, and c the pull of each row on
the coefficient (the coefficient is c'y), cluster g contributes ``e_g' p_g``, where
:math:`p_g = (I - H_{gg})^{-1/2} c_g` for CR2 and :math:`(I - H_{gg})^{-1} c_g` for CR3. H = FF' for
the orthonormal F = [D, Y, Q]: D the indicators of the largest absorbed effect, Y what the other
effects add, Q the columns. No row of D has more than one entry, so :math:`H_{gg}` is never
assembled from columns that a cluster does not meet. Where rows have weights, rows and columns are
times their roots: the working model is of errors that are equal once so multiplied.

- a small cluster is decomposed as the square of its rows, all clusters of a size together;
- a large one by the Gram matrix of the columns it meets, :math:`M_g = F_g'F_g = V S V'`:
  :math:`(I - F_gF_g')^{-p} c = c + F_g V \varphi(S) V' F_g' c`, with
  :math:`\varphi(s) = ((1 - s)^{-p} - 1)/s`.

A direction that a cluster alone decides (s = 1) has residual zero by construction. It is left out,
as the symmetric Moore-Penrose root does, where c does not lie along it; where it does, no variance
exists. A level that lies in one cluster whole is such a direction, of which c has nothing where the
coefficient is that of a column. A large cluster costs the cube of the levels it meets in part.

The degrees of freedom under independent equal errors are :math:`(tr A)^2 / tr A^2` of
:math:`A_{gh} = p_g'(I - H)_{gh} p_h = [g = h] p_g'p_g - u_g'u_h`, :math:`u_g = F_g'p_g`. With U the
rows u, :math:`tr A^2` needs only :math:`\lVert U'U \rVert^2`, whose part in D is sparse:
diagonal where clusters are nested in the effect.

References
----------
Bell and McCaffrey (2002), Survey Methodology 28(2), 169-181: CR2 and its degrees of freedom.
Imbens and Kolesár (2016), Review of Economics and Statistics 98(4), 701-712: the same, in use.
Pustejovsky and Tipton (2018), JBES 36(4), 672-683, theorem 1: fixed effects and full leverage. The
indicators stay in H here: a fit that omits them has another CR2 where clusters cross effects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reliance_eval.estimation.arrays import FULL, Bools, Floats, Ints
from reliance_eval.estimation.linear import Fit
from reliance_eval.estimation.unestimable import Unestimable

if TYPE_CHECKING:
    from scipy.sparse import csr_array

SMALL = 32
"""Rows up to which a cluster is decomposed by its rows, whatever its columns."""

NUMBERS_AT_ONCE = 1 << 21


def corrected(fit: Fit, pull: Floats, *, power: float, codes: Ints, count: int) -> Floats:
    """Correct each row's pull for what the fit took from its cluster, shape (n,).

    Parameters
    ----------
    fit : Fit
    pull : array (n,)
        In the span of the fit's columns and effects.
    power : float
        One half for CR2, one for CR3.
    codes : array of int (n,)
        Cluster of each row, 0 to ``count`` - 1, each seen.

    Raises
    ------
    Unestimable
        ``too_few_clusters``: a cluster alone decides a direction that bears on the coefficient.
    """
    asked = _Correction(fit, pull, power, np.sqrt(FULL) * float(np.linalg.norm(pull)), count)
    order = np.argsort(codes, kind="stable")
    lengths = np.bincount(codes, minlength=count)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    found = np.empty(len(pull))
    limit = max(SMALL, fit.columns + 1)
    for length in np.unique(lengths).tolist():
        where = starts[lengths == length]
        if length > limit:
            for start in where:
                rows = order[start : start + length]
                found[rows] = asked.by_columns(rows)
            continue
        step = max(1, NUMBERS_AT_ONCE // (length * max(length, limit)))
        for first in range(0, len(where), step):
            rows = order[where[first : first + step, None] + np.arange(length)]
            found[rows] = asked.by_rows(rows)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Correction:
    """What is corrected; ``size`` is the length under which a component is rounding noise."""

    fit: Fit
    pull: Floats
    power: float
    size: float
    count: int

    def by_rows(self, rows: Ints) -> Floats:
        """Correct clusters of s rows each, ``rows`` (g, s), by decomposing the squares of H."""
        basis = self.fit.basis[rows]
        hat = basis @ basis.swapaxes(-1, -2)
        if self.fit.absorbed:
            hat += self.fit.absorbed.projection(rows)
        taken, vectors = np.linalg.eigh(hat)
        along = np.einsum("gij,gi->gj", vectors, self.pull[rows])
        is_full = self._is_full(taken, along)
        room = np.where(is_full, 1.0, 1.0 - taken)
        along = np.where(is_full, 0.0, along / room**self.power)
        found: Floats = np.einsum("gij,gj->gi", vectors, along)
        return found

    def by_columns(self, rows: Ints) -> Floats:
        """Correct one cluster by decomposing the Gram matrix of the columns it meets."""
        whole, met = _met_by(self.fit, rows)
        # A level that lies in the cluster whole is a direction of its own, and a full one.
        along = whole.along(self.pull[rows])
        self._is_full(np.ones(whole.levels), along)
        own = self.pull[rows] - whole.combined(along)
        taken, vectors = np.linalg.eigh(met.gram())
        along = vectors.T @ met.along(own)
        is_full = self._is_full(taken, along)
        room = np.where(is_full, 1.0, 1.0 - taken)
        root = np.sqrt(room)
        factor = 1.0 / room if self.power == 1.0 else 1.0 / (root * (1.0 + root))
        return own + met.combined(vectors @ (np.where(is_full, -1.0, factor) * along))

    def _is_full(self, taken: Floats, along: Floats) -> Bools:
        is_full: Bools = 1.0 - taken < FULL
        if np.any(np.abs(along[is_full]) > self.size):
            raise Unestimable("too_few_clusters", n=str(self.count))
        return is_full


@dataclass(frozen=True, slots=True, eq=False)
class _Met:
    """Columns that a cluster meets: ``levels`` indicators, then ordinary ones.

    Row i has ``unit[i]`` in the indicator ``codes[i]`` and zero in the others.
    """

    unit: Floats
    codes: Ints
    levels: int
    columns: Floats

    def gram(self) -> Floats:
        """Give F_g'F_g; its upper triangle is not filled."""
        levels, size = self.levels, self.levels + self.columns.shape[1]
        found = np.zeros((size, size))
        found[range(levels), range(levels)] = self._by_level(self.unit)
        for place, column in enumerate(self.columns.T, start=levels):
            found[place, :levels] = self._by_level(column)
        found[levels:, levels:] = self.columns.T @ self.columns
        return found

    def along(self, own: Floats) -> Floats:
        """Give F_g'c."""
        return np.concatenate([self._by_level(own), self.columns.T @ own])

    def combined(self, weights: Floats) -> Floats:
        """Give F_g w."""
        found: Floats = self.columns @ weights[self.levels :]
        if self.levels:
            found += self.unit * weights[np.minimum(self.codes, self.levels - 1)]
        return found

    def _by_level(self, column: Floats) -> Floats:
        sums = np.bincount(self.codes, self.unit * column, minlength=self.levels)
        return sums[: self.levels].astype(np.float64)


def _met_by(fit: Fit, rows: Ints) -> tuple[_Met, _Met]:
    """Give the levels that lie in a cluster whole, and the other columns it meets."""
    taken, basis = fit.absorbed, fit.basis[rows]
    nothing, first = np.zeros(len(rows)), np.zeros(len(rows), dtype=np.int64)
    if taken is None:
        return _Met(nothing, first, 0, basis[:, :0]), _Met(nothing, first, 0, basis)
    unit = taken.unit[rows]
    _, codes = np.unique(taken.codes[rows], return_inverse=True)
    is_whole = 1.0 - np.bincount(codes, unit**2) < FULL
    place = np.where(is_whole, np.cumsum(is_whole), np.cumsum(~is_whole)) - 1
    inside = np.where(is_whole[codes], unit, 0.0)
    whole = _Met(inside, place[codes], int(is_whole.sum()), basis[:, :0])
    columns = np.concatenate([taken.basis(rows), basis], axis=1)
    return whole, _Met(unit - inside, place[codes], int(np.sum(~is_whole)), columns)


def satterthwaite(fit: Fit, pulls: Floats, *, codes: Ints, count: int) -> float:
    """Give the degrees of freedom of a CR2 variance under independent, equal errors.

    Parameters
    ----------
    fit : Fit
    pulls : array (n,)
        Corrected, as ``corrected`` gives them.
    codes : array of int (n,)
        Cluster of each row, 0 to ``count`` - 1.
    """
    from scipy.sparse import csr_array

    own = np.bincount(codes, pulls**2, minlength=count)
    dense = _met(fit, pulls, codes, count)
    back = np.einsum("gi,gi->g", dense, dense)
    crossed = float(np.sum((dense.T @ dense) ** 2))
    if fit.absorbed:
        shape = (count, len(fit.absorbed.totals))
        sparse = csr_array((pulls * fit.absorbed.unit, (codes, fit.absorbed.codes)), shape=shape)
        entries = sparse.tocoo()
        back = back + np.bincount(entries.coords[0], entries.data**2, minlength=count)
        crossed += 2.0 * float(np.sum(np.asarray(sparse.T @ dense) ** 2)) + _squares(sparse)
    trace = float(np.sum(own - back))
    squares = crossed + float(np.sum(own**2 - 2.0 * own * back))
    return trace**2 / squares


def _met(fit: Fit, pulls: Floats, codes: Ints, count: int) -> Floats:
    """Give Y_g'p_g and Q_g'p_g for each cluster, shape (g, r + k)."""
    from scipy.sparse import csr_array

    k = fit.basis.shape[1]
    found = np.empty((count, k))
    for place in range(k):
        found[:, place] = np.bincount(codes, pulls * fit.basis[:, place], minlength=count)
    taken = fit.absorbed
    if taken is None or not len(taken.reach):
        return found
    weighted = pulls if taken.root is None else pulls * taken.root
    shape = (count, len(taken.totals))
    added = -(csr_array((weighted, (codes, taken.codes)), shape=shape) @ taken.shift.T)
    for levels in taken.others:
        shape = (count, taken.reach.shape[1])
        added = added + csr_array((weighted, (codes, levels)), shape=shape) @ taken.reach.T
    return np.concatenate([added, found], axis=1)


def _squares(sparse: csr_array) -> float:
    """Give the sum of squares of U'U, or of UU', whichever is cheaper: they are equal."""
    sparse.sum_duplicates()
    by_row = np.diff(sparse.indptr).astype(np.float64)
    by_column = np.bincount(sparse.indices).astype(np.float64)
    is_by_row = np.sum(by_row**2) <= np.sum(by_column**2)
    product = sparse.T @ sparse if is_by_row else sparse @ sparse.T
    return float(np.sum(product.data**2))
