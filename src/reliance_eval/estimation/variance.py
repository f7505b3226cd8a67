"""Variances of one coefficient, as what each unit or cluster contributes to it.

Every convention is a sum of squares over units or clusters; the contributions themselves are
kept, because their products across outcomes give the joint distribution of several estimates.

References
----------
MacKinnon and White (1985), Journal of Econometrics 29(3), 305-325: HC1, HC2, HC3.
Bell and McCaffrey (2002), Survey Methodology 28(2), 169-181: CR2 (``clusterwise``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import FULL, ROUNDING, Floats, Ints
from reliance_eval.estimation.clusterwise import corrected, satterthwaite
from reliance_eval.estimation.linear import Fit
from reliance_eval.estimation.unestimable import Unestimable

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
        Of columns alone, or beside absorbed effects: the numbers are those of the regression
        with every indicator written out.
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
    pull = fit.pull(name)
    return spread_of(fit, pull, convention=convention, clusters=clusters, groups=groups)


def spread_of(fit: Fit, pull: Floats, *, convention: str, clusters: Ints, groups: int) -> Spread:
    """Give the spread of any estimate that is linear in the coefficients and absorbed effects.

    Parameters
    ----------
    fit : Fit
    pull : array (n,)
        What each row's root-weighted outcome adds to the estimate: a vector in the span of the
        root-weighted columns and indicators.
    convention, clusters, groups
        As in ``spread``.

    Raises
    ------
    Unestimable
        As in ``spread``.
    """
    if convention in CLUSTERED:
        return _clustered(fit, pull, convention=convention, clusters=clusters, groups=groups)
    n = len(pull)
    per_row, full = pull, 0
    if convention == "classical":
        per_row = np.full(n, np.linalg.norm(pull) / np.sqrt(fit.df_residual))
    elif convention == "HC1":
        per_row = pull * np.sqrt(n / fit.df_residual)
    elif convention in ("HC2", "HC3"):
        per_row, full = _with_room(fit, pull, power=0.5 if convention == "HC2" else 1.0)
    influence = np.zeros((fit.residuals.shape[1], groups))
    influence[:, clusters] = (fit.residuals * per_row[:, None]).T
    return Spread(influence=influence, df=float(fit.df_residual), full_leverage=full)


def _with_room(fit: Fit, pull: Floats, *, power: float) -> tuple[Floats, int]:
    """Divide each row's pull by what the fit left it, and count the rows left nothing.

    A row fitted alone by its own column has residual zero: 0/0 where it bears on the estimate,
    and nothing where it does not.
    """
    room = 1.0 - fit.leverage
    is_full = room < FULL
    full = int(np.count_nonzero(is_full))
    if not full:
        return pull / room**power, full
    if np.any(np.abs(pull[is_full]) > np.sqrt(FULL) * np.linalg.norm(pull)):
        raise Unestimable("leverage_one", n=str(full))
    return np.where(is_full, 0.0, pull / np.where(is_full, 1.0, room) ** power), full


def _clustered(fit: Fit, pull: Floats, *, convention: str, clusters: Ints, groups: int) -> Spread:
    present, codes = np.unique(clusters, return_inverse=True)
    count = len(present)
    if count < 2:
        raise Unestimable("too_few_clusters", n=str(count))
    df, pulls = float(count - 1), pull
    if convention == "CR1":
        pulls = pull * np.sqrt(count / (count - 1) * (len(pull) - 1) / fit.df_residual)
    elif convention in ("CR2", "CR3"):
        power = 0.5 if convention == "CR2" else 1.0
        pulls = corrected(fit, pull, power=power, codes=codes, count=count)
        df = satterthwaite(fit, pulls, codes=codes, count=count) if convention == "CR2" else df
    influence = np.zeros((fit.residuals.shape[1], groups))
    for place, residuals in enumerate(fit.residuals.T):
        influence[place, present] = np.bincount(codes, residuals * pulls, minlength=count)
    noise = ROUNDING * np.abs(fit.residuals).max(initial=0.0) * np.linalg.norm(pull)
    if np.all(np.linalg.norm(influence, axis=1) <= noise):
        raise Unestimable("too_few_clusters", n=str(count))
    return Spread(influence=influence, df=df)
