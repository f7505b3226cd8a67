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

from reliance_eval.estimation.arrays import Bools, Floats
from reliance_eval.estimation.unestimable import Unestimable

DEPENDENT = 1e-11
"""A column of length one with less than this left, once the others are taken out, is dropped.
Exact copies leave 1e-15; NIST's Filip, the hardest full-rank design tested, leaves 8e-11."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A solved least-squares problem.

    Attributes
    ----------
    names : tuple of str
        The k columns kept.
    dropped : tuple of str
        Columns that those before them determine.
    coefficients : array (k, m)
        One column an outcome.
    residuals : array (n, m)
        Times the root of the weights, where there are weights.
    basis : array (n, k)
        Q of the column-scaled, root-weighted design.
    triangle : array (k, k)
        R of the column-scaled design.
    scale : array (k,)
        Length of each column.
    """

    names: tuple[str, ...]
    dropped: tuple[str, ...]
    coefficients: Floats
    residuals: Floats
    basis: Floats
    triangle: Floats
    scale: Floats

    @property
    def df_residual(self) -> int:
        """Rows minus columns."""
        return int(self.basis.shape[0] - self.basis.shape[1])

    @property
    def leverage(self) -> Floats:
        """Diagonal of the hat matrix, shape (n,)."""
        diagonal: Floats = np.einsum("ij,ij->i", self.basis, self.basis)
        return diagonal

    def direction(self, name: str) -> Floats:
        """Give t such that the named coefficient is ``(basis @ t) @ outcome``; shape (k,)."""
        from scipy.linalg import solve_triangular

        column = self.names.index(name)
        unit = np.zeros(len(self.names))
        unit[column] = 1.0 / self.scale[column]
        solved: Floats = solve_triangular(self.triangle, unit, trans="T")
        return solved


def least_squares(
    design: Floats, outcomes: Floats, *, names: tuple[str, ...], weights: Floats | None = None
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
    from scipy.linalg import solve_triangular

    if weights is not None:
        root = np.sqrt(weights)[:, None]
        design, outcomes = design * root, outcomes * root
    scale = np.sqrt(np.einsum("ij,ij->j", design, design))
    kept = scale > 0
    scaled = design / np.where(kept, scale, 1.0)
    basis, triangle = np.linalg.qr(scaled[:, kept])
    if np.any(np.abs(np.diag(triangle)) < DEPENDENT) or triangle.shape[0] < triangle.shape[1]:
        kept &= _independent(scaled)
        basis, triangle = np.linalg.qr(scaled[:, kept])
    if basis.shape[0] <= basis.shape[1]:
        raise Unestimable("too_few_units", columns=str(basis.shape[1]))
    solution: Floats = solve_triangular(triangle, basis.T @ outcomes)
    return Fit(
        names=tuple(name for name, keep in zip(names, kept, strict=True) if keep),
        dropped=tuple(name for name, keep in zip(names, kept, strict=True) if not keep),
        coefficients=solution / scale[kept, None],
        residuals=outcomes - scaled[:, kept] @ solution,
        basis=basis,
        triangle=triangle,
        scale=scale[kept],
    )


def _independent(scaled: Floats) -> Bools:
    """Say which columns those before them do not determine (Gram-Schmidt, done twice)."""
    n, k = scaled.shape
    basis = np.empty((n, min(n, k)), order="F")
    kept = np.zeros(k, dtype=np.bool_)
    rank = 0
    for column in range(k):
        left = scaled[:, column].copy()
        for _ in range(2):
            left -= basis[:, :rank] @ (basis[:, :rank].T @ left)
        length = float(np.linalg.norm(left))
        if length > DEPENDENT and rank < basis.shape[1]:
            basis[:, rank] = left / length
            kept[column] = True
            rank += 1
    return kept
