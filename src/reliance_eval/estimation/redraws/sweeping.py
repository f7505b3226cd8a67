"""Small symmetric matrices inverted for many assignments at once, by sweeping.

Swept on each of its rows in turn, a matrix becomes its inverse: k steps, each the same for all
assignments, where a library would be called once a matrix.

References
----------
Goodnight (1979), The American Statistician 33(3), 149-158.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from reliance_eval.estimation.arrays import Bools, Floats

FLAT = 1e-6
"""A covariate of which blocks and the covariates before it leave an arm less than this share is
given to ``adjusted``, which decides whether it varies there; what is kept is solved to ten digits.
"""


def inverses(squares: Floats, k: int) -> tuple[Floats, Bools]:
    """Invert both arms' matrices under each assignment.

    Parameters
    ----------
    squares : array (2, k(k + 1)/2, r)
        Their upper triangles, row after row.
    k : int

    Returns
    -------
    tuple of array (2, k, k, r), array of bool (r,)
        The inverses, and the assignments in which both matrices have full rank: elsewhere they mean
        nothing.
    """
    swept = squares[:, _places(k)]
    own = np.einsum("aiir->air", swept).copy()
    # A covariate that does not vary in one arm may well do so in the other: it is measured by both.
    own = np.maximum(own, own.sum(axis=0))
    is_regular = np.ones(squares.shape[-1], dtype=np.bool_)
    for i in range(k):
        pivot = swept[:, i, i].copy()
        is_regular &= (pivot > FLAT * own[:, i]).all(axis=0)
        pivot = np.where(pivot > 0.0, pivot, 1.0)[:, None]
        column, row = swept[:, :, i].copy(), swept[:, i] / pivot
        swept -= column[:, :, None] * row[:, None]
        swept[:, i], swept[:, :, i] = row, -column / pivot
        swept[:, i, i] = 1.0 / pivot[:, 0]
    return swept, is_regular


def _places(k: int) -> npt.NDArray[np.intp]:
    """Give the place of each entry of a symmetric matrix in its upper triangle, (k, k)."""
    first, second = np.triu_indices(k)
    places = np.empty((k, k), dtype=np.intp)
    places[first, second] = places[second, first] = np.arange(len(first))
    return places
