"""Variances of one coefficient, as what each unit or cluster contributes to it.

Every convention is a sum of squares over units or clusters; the contributions themselves are
kept, because their products across outcomes give the joint distribution of several estimates.

References
----------
MacKinnon and White (1985), Journal of Econometrics 29(3), 305-325: HC1, HC2, HC3.
Bell and McCaffrey (2002), Survey Methodology 28(2), 169-181: CR2 and its degrees of freedom.
Pustejovsky and Tipton (2018), JBES 36(4), 672-683: CR2 where a cluster has full leverage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import ROUNDING, Floats, Ints
from reliance_eval.estimation.linear import Fit
from reliance_eval.estimation.unestimable import Unestimable

FULL = 1e-9
"""Distance of a leverage from one under which its residual is zero by construction."""

HETEROSKEDASTIC = ("HC0", "HC1", "HC2", "HC3")
CLUSTERED = ("CR0", "CR1", "CR2", "CR3")
REGRESSION = ("classical", *HETEROSKEDASTIC, *CLUSTERED)
VARIANCES = (*REGRESSION, "neyman", "blocked", "pairs")
"""The names a protocol may use."""


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How far a coefficient may be from the truth.

    Attributes
    ----------
    influence : array (m, g)
        What each unit or cluster contributes to the coefficient of each outcome:
        ``influence @ influence.T`` is the covariance of the m coefficients.
    df : float
        Degrees of freedom of the reference t.
    full_leverage : int
        Rows that a column of the design fits alone, without bearing on this coefficient.
    """

    influence: Floats
    df: float
    full_leverage: int = 0


def spread(fit: Fit, name: str, *, convention: str, clusters: Ints, groups: int) -> Spread:
    """Give the spread of a named coefficient under a convention.

    Parameters
    ----------
    fit : Fit
    name : str
        The coefficient.
    convention : str
        One of ``REGRESSION``. CR1 is Stata's: G/(G-1) times (n-1)/(n-k).
    clusters : array of int (n,)
        Group of each row, 0 to ``groups`` - 1; the row itself where rows are their own groups.
    groups : int
        Number of groups, some of which may have no row here.

    Raises
    ------
    Unestimable
        ``leverage_one``, ``too_few_clusters``: the convention has no value on this design.
    """
    if convention in CLUSTERED:
        return _clustered(fit, name, convention, clusters, groups)
    direction = fit.direction(name)
    pull = fit.basis @ direction
    n, k = fit.basis.shape
    room = 1.0 - fit.leverage
    is_full = room < FULL
    if convention == "classical":
        per_row = np.full(n, np.linalg.norm(direction) / np.sqrt(fit.df_residual))
        is_full &= False
    elif convention in ("HC0", "HC1"):
        per_row = pull * (np.sqrt(n / fit.df_residual) if convention == "HC1" else 1.0)
        is_full &= False
    else:
        # A row fitted alone by its own column has residual zero: 0/0 where it bears on the
        # coefficient, and nothing where it does not.
        if np.any(np.abs(pull[is_full]) > np.sqrt(FULL) * np.linalg.norm(direction)):
            raise Unestimable("leverage_one", n=str(int(np.sum(is_full))))
        power = 0.5 if convention == "HC2" else 1.0
        per_row = np.where(is_full, 0.0, pull / np.where(is_full, 1.0, room) ** power)
    contributions = fit.residuals * per_row[:, None]
    return Spread(
        influence=_summed(contributions, clusters, groups).T,
        df=float(n - k),
        full_leverage=int(np.sum(is_full)),
    )


def _clustered(fit: Fit, name: str, convention: str, clusters: Ints, groups: int) -> Spread:
    direction = fit.direction(name)
    n, k = fit.basis.shape
    present, codes = np.unique(clusters, return_inverse=True)
    count = len(present)
    if count < 2:
        raise Unestimable("too_few_clusters", n=str(count))
    scores = _scores(fit, codes, count)
    if convention in ("CR0", "CR1"):
        factor = count / (count - 1) * (n - 1) / fit.df_residual if convention == "CR1" else 1.0
        pulls = np.broadcast_to(direction * np.sqrt(factor), (count, k))
        df = float(count - 1)
    else:
        gram = _grams(fit.basis, codes, count)
        power = 0.5 if convention == "CR2" else 1.0
        pulls = _corrected(gram, direction, power, count)
        df = _satterthwaite(gram, pulls) if convention == "CR2" else float(count - 1)
    influence = np.zeros((scores.shape[0], groups))
    influence[:, present] = np.einsum("mgk,gk->mg", scores, pulls)
    noise = ROUNDING * np.abs(fit.residuals).max(initial=0.0) * np.linalg.norm(direction)
    if np.all(np.linalg.norm(influence, axis=1) <= noise):
        raise Unestimable("too_few_clusters", n=str(count))
    return Spread(influence=influence, df=df)


def _corrected(gram: Floats, direction: Floats, power: float, count: int) -> Floats:
    """Give, for each cluster, the direction corrected for what the fit took from it.

    With H_g = Q_g Q_g' and Q_g = U S V', (I - H_gg)^-p Q_g t = Q_g V (1 - S²)^-p V' t.
    """
    squared, vectors = np.linalg.eigh(gram)
    component = np.einsum("gij,i->gj", vectors, direction)
    room = 1.0 - squared
    is_full = room < FULL
    size = np.sqrt(FULL) * np.linalg.norm(direction)
    if np.any(np.abs(component[is_full]) > size):
        raise Unestimable("too_few_clusters", n=str(count))
    component = np.where(is_full, 0.0, component / np.where(is_full, 1.0, room) ** power)
    corrected: Floats = np.einsum("gij,gj->gi", vectors, component)
    return corrected


def _satterthwaite(gram: Floats, pulls: Floats) -> float:
    """Give the degrees of freedom of a CR2 variance under independent, equal errors."""
    moved = np.einsum("gij,gj->gi", gram, pulls)
    own = np.einsum("gi,gi->g", pulls, moved)
    back = np.einsum("gi,gi->g", moved, moved)
    trace = float(np.sum(own - back))
    crossed = moved.T @ moved
    squares = float(np.sum(crossed**2) + np.sum(own**2 - 2.0 * own * back))
    return trace**2 / squares


def _grams(basis: Floats, codes: Ints, count: int) -> Floats:
    k = basis.shape[1]
    gram = np.empty((count, k, k))
    for i in range(k):
        for j in range(i, k):
            gram[:, i, j] = np.bincount(codes, basis[:, i] * basis[:, j], minlength=count)
            gram[:, j, i] = gram[:, i, j]
    return gram


def _scores(fit: Fit, codes: Ints, count: int) -> Floats:
    """Give Q_g' e_g for each outcome and cluster, shape (m, g, k)."""
    m, k = fit.residuals.shape[1], fit.basis.shape[1]
    scores = np.empty((m, count, k))
    for outcome in range(m):
        for column in range(k):
            product = fit.basis[:, column] * fit.residuals[:, outcome]
            scores[outcome, :, column] = np.bincount(codes, product, minlength=count)
    return scores


def _summed(rows: Floats, codes: Ints, groups: int) -> Floats:
    """Place each row's contribution at its group: one row a group in these conventions."""
    placed = np.zeros((groups, rows.shape[1]))
    placed[codes] = rows
    return placed
