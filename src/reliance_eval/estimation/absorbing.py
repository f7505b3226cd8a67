"""Least squares beside effects that have too many levels to be columns.

By the theorem of Frisch, Waugh and Lovell coefficients and residuals are those of the regression
with an indicator a level. The leverage of the absorbed indicators is kept with the fit, so that
HC2, HC3, CR2 and every degree of freedom are that regression's too.

References
----------
Frisch and Waugh (1933), Econometrica 1(4), 387-401; Lovell (1963), JASA 58, 993-1010.
"""

from __future__ import annotations

import numpy as np

from reliance_eval.estimation.arrays import Floats, Ints
from reliance_eval.estimation.fixed_effects import absorption
from reliance_eval.estimation.linear import Fit, solved


def absorb(columns: Floats, codes: tuple[Ints, ...], weights: Floats | None = None) -> Floats:
    """Take fixed effects out of columns: what is left of each, beside the indicators.

    Parameters
    ----------
    columns : array (n, k)
    codes : tuple of arrays of int (n,)
        One or several effects, each as codes from 0.
    weights : array (n,), optional
        Positive weights of the rows.

    Returns
    -------
    array (n, k)
        Residuals of the (weighted) regression of each column on all indicators.

    Examples
    --------
    >>> import numpy as np
    >>> village = np.array([0, 0, 1, 1])
    >>> absorb(np.array([[1.0], [3.0], [10.0], [20.0]]), (village,)).ravel().tolist()
    [-1.0, 1.0, -5.0, 5.0]
    """
    taken = absorption(codes, weights)
    left = np.empty(columns.shape, order="F")
    for place, column in enumerate(columns.T):
        left[:, place] = taken.left(column)
    return left


def absorbed_least_squares(  # noqa: PLR0913 (those of least_squares, and the effects)
    design: Floats,
    outcomes: Floats,
    *,
    names: tuple[str, ...],
    effects: tuple[Ints, ...],
    weights: Floats | None = None,
    overwrite: bool = False,
) -> Fit:
    """Solve least squares beside absorbed effects, for one or several outcomes.

    Parameters
    ----------
    design : array (n, k)
        Columns in order of precedence, without a constant. A column that the effects determine
        is dropped by name, as one that earlier columns determine.
    outcomes : array (n, m)
    names : tuple of str
        Names of the k columns.
    effects : tuple of arrays of int (n,)
        One or several effects, each as codes from 0: a level seen in one row is no fault, that
        row has leverage one.
    weights : array (n,), optional
        Positive weights of the rows.
    overwrite : bool
        Let the design (best in Fortran order) become the basis, to hold it only once.

    Returns
    -------
    Fit
        ``leverage``, ``df_residual`` and ``spread`` count the absorbed indicators.

    Raises
    ------
    Unestimable
        ``too_few_units``: there are not more rows than columns and independent indicators.

    Examples
    --------
    >>> import numpy as np
    >>> village = np.array([0, 0, 0, 1, 1, 1])
    >>> x = np.array([[0.0], [1.0], [2.0], [0.0], [1.0], [2.0]])
    >>> y = 2.0 * x + 10.0 * village[:, None] + np.array([[0.0, 0.0, 0.0, 1.0, -2.0, 1.0]]).T
    >>> fit = absorbed_least_squares(x, y, names=("x",), effects=(village,))
    >>> fit.coefficients.ravel().round(12).tolist(), fit.df_residual
    ([2.0], 3)
    """
    taken = absorption(effects, weights)
    root = taken.root
    scaled = design if overwrite else np.empty(design.shape, order="F")
    scale = np.empty(design.shape[1])
    for place, column in enumerate(design.T):
        scale[place] = np.linalg.norm(column if root is None else root * column)
        left = taken.left(column / (scale[place] or 1.0))
        scaled[:, place] = left if root is None else root * left
    centred = np.empty(outcomes.shape, order="F")
    for place, column in enumerate(outcomes.T):
        left = taken.left(column)
        centred[:, place] = left if root is None else root * left
    return solved(scaled, centred, names=names, scale=scale, absorbed=taken)
