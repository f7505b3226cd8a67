"""Least squares by column-scaled QR, with an explicit decision on rank.

Columns are scaled to length one before the factorisation, so that a column in euros and one in
years weigh the same in it. A column that the ones before it determine is dropped by name; nothing
is ever solved by a silent pseudo-inverse.

References
----------
Golub and Van Loan (2013), Matrix Computations, sections 5.2 (QR) and 5.3.7 (column scaling).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.factoring import factored, solution
from reliance_eval.estimation.fixed_effects import Absorption
from reliance_eval.estimation.unestimable import Unestimable


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A solved least-squares problem.

    Attributes
    ----------
    names : tuple of str
        The k columns kept.
    dropped : tuple of str
        Columns that those before them, or the absorbed effects, determine.
    coefficients : array (k, m)
        One column an outcome.
    residuals : array (n, m)
        Times the root of the weights, where there are weights.
    basis : array (n, k)
        Q of the column-scaled, root-weighted design (of what absorbed effects leave of it).
    triangle : array (k, k)
        R of the column-scaled design.
    scale : array (k,)
        Length of each column.
    absorbed : Absorption or None
        Effects that are in the regression without being columns of ``basis``.
    """

    names: tuple[str, ...]
    dropped: tuple[str, ...]
    coefficients: Floats
    residuals: Floats
    basis: Floats
    triangle: Floats
    scale: Floats
    absorbed: Absorption | None = None

    @property
    def rank(self) -> int:
        """Columns and independent absorbed indicators."""
        return len(self.names) + (self.absorbed.rank if self.absorbed else 0)

    @property
    def columns(self) -> int:
        """Columns whose rows are dense: Q's, and what further absorbed effects add."""
        return len(self.names) + (len(self.absorbed.reach) if self.absorbed else 0)

    @property
    def df_residual(self) -> int:
        """Rows minus rank."""
        return int(self.basis.shape[0] - self.rank)

    @property
    def leverage(self) -> Floats:
        """Diagonal of the hat matrix, absorbed effects included, shape (n,)."""
        diagonal: Floats = np.einsum("ij,ij->i", self.basis, self.basis)
        return diagonal + self.absorbed.leverage() if self.absorbed else diagonal

    def direction(self, name: str) -> Floats:
        """Give t such that the named coefficient is ``(basis @ t) @ outcome``; shape (k,)."""
        shares = np.zeros(len(self.names))
        shares[self.names.index(name)] = 1.0
        return self._direction(shares)

    def pull(self, name: str) -> Floats:
        """Give what each row's (root-weighted) outcome adds to the named coefficient, (n,)."""
        pull: Floats = self.basis @ self.direction(name)
        return pull

    def combined_pull(self, shares: Floats) -> Floats:
        """Give the same for the sum of all coefficients, each times its share (k,)."""
        pull: Floats = self.basis @ self._direction(shares)
        return pull

    def _direction(self, shares: Floats) -> Floats:
        return solution(self.triangle, (shares / self.scale)[:, None], transposed=True)[:, 0]


def least_squares(
    design: Floats,
    outcomes: Floats,
    *,
    names: tuple[str, ...],
    weights: Floats | None = None,
    overwrite: bool = False,
) -> Fit:
    """Solve least squares for one or several outcomes on the same columns.

    Parameters
    ----------
    design : array (n, k)
        Columns in order of precedence: of two that say the same, the later one is dropped.
    outcomes : array (n, m)
    names : tuple of str
        Names of the k columns.
    weights : array (n,), optional
        Positive weights of the rows.
    overwrite : bool
        Let the design (best in Fortran order) become the basis, to hold it only once.

    Raises
    ------
    Unestimable
        ``too_few_units``: there are not more rows than columns.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 2.0], [1.0, 2.0, 4.0], [1.0, 3.0, 6.0]])
    >>> fit = least_squares(x, x[:, [1]] * 3 + 1, names=("one", "x", "twice_x"))
    >>> fit.dropped, fit.coefficients.ravel().round(12).tolist()
    (('twice_x',), [1.0, 3.0])
    """
    scaled = design if overwrite else np.array(design, dtype=np.float64, order="F")
    if weights is not None:
        root = np.sqrt(weights)[:, None]
        scaled *= root
        outcomes = outcomes * root
    scale = np.sqrt(np.einsum("ij,ij->j", scaled, scaled))
    scaled /= np.where(scale > 0.0, scale, 1.0)
    return solved(scaled, outcomes, names=names, scale=scale)


def solved(
    scaled: Floats,
    outcomes: Floats,
    *,
    names: tuple[str, ...],
    scale: Floats,
    absorbed: Absorption | None = None,
) -> Fit:
    """Solve least squares on columns that were of length one before effects were taken out.

    Parameters
    ----------
    scaled : array (n, k)
        Overwritten.
    outcomes : array (n, m)
        Root-weighted; without the absorbed effects.
    scale : array (k,)
        Lengths the columns had.
    """
    kept = scale > 0.0
    basis, triangle, kept = factored(scaled, kept)
    rank = len(triangle) + (absorbed.rank if absorbed else 0)
    if len(basis) <= rank:
        raise Unestimable("too_few_units", columns=str(rank))
    along = basis.T @ outcomes
    residuals = outcomes - basis @ along
    again = basis.T @ residuals
    residuals -= basis @ again
    solved_for = solution(triangle, along + again)
    return Fit(
        names=tuple(name for name, keep in zip(names, kept, strict=True) if keep),
        dropped=tuple(name for name, keep in zip(names, kept, strict=True) if not keep),
        coefficients=solved_for / scale[kept, None],
        residuals=residuals,
        basis=basis,
        triangle=triangle,
        scale=scale[kept],
        absorbed=absorbed,
    )
