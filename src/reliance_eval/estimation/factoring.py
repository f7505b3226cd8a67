"""QR of a tall design: in place, by slices, with an explicit decision on rank.

R is found a slice of the rows at a time, and the design then becomes Q in place: a million rows
are held once. Where the columns are far from orthogonal Q is factored again ("twice is enough").

References
----------
Demmel, Grigori, Hoemmen and Langou (2012), SIAM J. Sci. Comput. 34(1), A206-A239: QR by slices.
Giraud, Langou, Rozložník and van den Eshof (2005), Numer. Math. 101, 87-100: twice is enough.
"""

from __future__ import annotations

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats

DEPENDENT = 1e-11
"""A column of length one with less than this left, once the others are taken out, is dropped.
Exact copies leave 1e-15; NIST's Filip, the hardest full-rank design tested, leaves 8e-11."""

FAR_FROM_ORTHOGONAL = 1e3
"""Condition of R over which Q is factored again: under it Q's columns are orthogonal to 1e-13."""

SLICE = 6000
"""Numbers factored at once: in the processor's first cache, and few enough for one thread, whose
work several would take longer to share out than to do."""


def factored(scaled: Floats, kept: Bools) -> tuple[Floats, Floats, Bools]:
    """Factor the columns that those before them do not determine.

    Parameters
    ----------
    scaled : array (n, k)
        Columns that were of length one, in order of precedence. Many rows in Fortran order are
        overwritten by Q where every column is kept.
    kept : array of bool (k,)
        Columns that may be kept: those with a length.

    Returns
    -------
    Q (n, r), R (r, r), and which columns are kept
    """
    columns = scaled if np.all(kept) else np.asfortranarray(scaled[:, kept])
    if columns.shape[1] <= len(columns):
        basis, triangle = _qr(columns)
        if _is_independent(triangle):
            return basis, triangle, kept
    kept = kept & _independent(scaled)
    return *_qr(np.asfortranarray(scaled[:, kept])), kept


def _qr(columns: Floats) -> tuple[Floats, Floats]:
    """Factor columns; many of them in place, and only where they are independent."""
    if columns.size <= 2 * SLICE:
        basis, triangle = np.linalg.qr(columns)
        return basis, triangle
    triangle = _triangle(columns)
    if not _is_independent(triangle):
        return columns, triangle
    _divide(columns, triangle)
    if np.linalg.cond(triangle) > FAR_FROM_ORTHOGONAL:
        second = _triangle(columns)
        _divide(columns, second)
        triangle = second @ triangle
    return columns, triangle


def _is_independent(triangle: Floats) -> bool:
    return bool(np.all(np.abs(np.diag(triangle)) >= DEPENDENT))


def _triangle(columns: Floats) -> Floats:
    """Give R of a QR factorisation, a slice of the rows at a time."""
    from scipy.linalg.lapack import dgeqrf

    n, k = columns.shape
    step = max(SLICE // max(k, 1), 4 * k)
    if n <= 2 * step:
        return np.asarray(np.linalg.qr(columns, mode="r"))
    slices = np.zeros((-(-n // step), k, k))
    for place, start in enumerate(range(0, n, step)):
        factored = dgeqrf(columns[start : start + step])[0][:k]
        slices[place, : len(factored)] = factored
    slices[:, np.tri(k, k, -1, dtype=np.bool_)] = 0.0
    return _triangle(np.asfortranarray(slices.reshape(-1, k)))


def _divide(columns: Floats, triangle: Floats) -> None:
    """Turn columns X into X R^-1, in place."""
    from scipy.linalg.blas import dtrsm

    found = dtrsm(1.0, triangle, columns, side=1, overwrite_b=1)
    if found is not columns and not np.shares_memory(found, columns):
        columns[:] = found


def solution(triangle: Floats, right: Floats, *, transposed: bool = False) -> Floats:
    """Solve R x = b, or R'x = b, for the columns of b."""
    from scipy.linalg.lapack import dtrtrs

    if not triangle.size:
        return np.zeros(right.shape)
    found: Floats = dtrtrs(triangle, right, trans=int(transposed))[0]
    return found


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
