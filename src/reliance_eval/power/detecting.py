"""Formulas: the power of a comparison, the smallest effect it detects, the units it needs.

All effects are those of the offer; an effect on those who take it up is the offer's divided by the
difference in take-up, and its test is the same test.

References
----------
Bloom (1995), Evaluation Review 19(5), 547-556: smallest detectable effects, and take-up.
Duflo, Glennerster and Kremer (2007), Handbook of Development Economics 4, section 4: blocks,
covariates, clusters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import inf, isinf, isnan, sqrt

import numpy as np

from reliance_eval.estimation.multiplicity import MaxT

FURTHEST = 12.0
"""Standard errors past the critical value where any power asked for is reached."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How an outcome is spread in the two arms.

    Attributes
    ----------
    reference : float
        Standard deviation in the reference arm, and in both where no rate is known.
    rate : float or None
        Of a yes-or-no outcome: the share of yes in the reference arm. The share among the offered
        is another, and so is its spread.
    sign : {1.0, -1.0}
        Side of zero that is asked about.
    """

    reference: float
    rate: float | None = None
    sign: float = 1.0

    def in_arm(self, effect: float) -> float:
        """Give the standard deviation among the offered, for a signed effect of the offer."""
        if self.rate is None:
            return self.reference
        share = min(1.0, max(0.0, self.rate + effect))
        return sqrt(share * (1.0 - share))

    @property
    def furthest(self) -> float:
        """The largest effect there can be, without its sign."""
        if self.rate is None:
            return inf
        return 1.0 - self.rate if self.sign > 0 else self.rate


def spread_of_share(rate: float, sign: float) -> Spread:
    """Give the spread of a yes-or-no outcome.

    Examples
    --------
    >>> rising = spread_of_share(0.10, 1.0)
    >>> round(rising.reference, 3), round(rising.in_arm(0.05), 3)
    (0.3, 0.357)
    """
    return Spread(sqrt(rate * (1.0 - rate)), rate, sign)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How many of two arms are drawn, and what becomes of them.

    Attributes
    ----------
    arm, reference : float
        Units drawn (in a clustered draw: clusters times their mean size).
    attrition : float
        Share of them without an outcome, in both arms alike.
    icc, cluster_size : float
        Intra-cluster correlation, and the mean number of units drawn together.
    """

    arm: float
    reference: float
    attrition: float = 0.0
    icc: float = 0.0
    cluster_size: float = 1.0

    @property
    def design_effect(self) -> float:
        """By how much clusters multiply a variance, among those whose outcome is known."""
        answering = max(1.0, self.cluster_size * (1.0 - self.attrition))
        return 1.0 + (answering - 1.0) * self.icc

    def std_error(self, spread: Spread, effect: float = 0.0, *, r2: float = 0.0) -> float:
        """Give the standard error of a difference in means, in the outcome's unit.

        Parameters
        ----------
        spread : Spread
            Of the outcome.
        effect : float
            The true effect of the offer, signed: a share's spread depends on it.
        r2 : float
            Share of its variance that blocks, or blocks and covariates, explain.

        Examples
        --------
        >>> round(Sizes(arm=565, reference=565).std_error(Spread(0.3)), 5)
        0.01785
        """
        known = 1.0 - self.attrition
        per_unit = (1.0 - r2) * self.design_effect / known
        variances = spread.in_arm(effect) ** 2 / self.arm + spread.reference**2 / self.reference
        return sqrt(per_unit * variances)

    @property
    def df(self) -> float:
        """Degrees of freedom of the difference: outcomes known, or clusters, minus two."""
        known = 1.0 if self.cluster_size > 1.0 else 1.0 - self.attrition
        return max(1.0, known * (self.arm + self.reference) / self.cluster_size - 2.0)


def critical_value(level: float, df: float = inf) -> float:
    """Give the |t| that a test at a level needs."""
    from scipy.special import ndtri, stdtrit

    half = (1.0 - level) / 2.0
    return -float(ndtri(half) if isinf(df) else stdtrit(df, half))


@cache
def family_value(method: str, cells: int, level: float, df: float, correlation: float) -> float:
    """Give the |t| that one member of a corrected family needs.

    Methods without a single critical value (Holm, Hochberg and those of the false discovery rate)
    are given Bonferroni's, with which each of them rejects at least as often.
    """
    if method == "none" or cells == 1:
        return critical_value(level, df)
    if method in ("max-t", "max-t-redraws", "romano-wolf", "westfall-young"):
        between = np.full((cells, cells), correlation)
        np.fill_diagonal(between, 1.0)
        return MaxT(between, df).critical_value(level)
    return critical_value(1.0 - (1.0 - level) / cells, df)


def power_at(effect: float, std_error: float, *, critical: float, df: float = inf) -> float:
    """Give the chance that a true effect is found different from zero.

    Examples
    --------
    >>> round(power_at(0.05, 0.3 * (2 / 565) ** 0.5, critical=1.959964), 3)
    0.8
    """
    from scipy.special import nctdtr, ndtr

    shift = abs(effect) / std_error
    if isinf(df):
        return float(ndtr(shift - critical) + ndtr(-shift - critical))
    below, above = nctdtr(df, shift, critical), nctdtr(df, shift, -critical)
    # Far out in the wrong direction the library has no number left: there is no chance either.
    return float(1.0 - below + (0.0 if isnan(above) else above))


def smallest_effect(  # noqa: PLR0913
    sizes: Sizes,
    spread: Spread,
    *,
    critical: float | None = None,
    level: float = 0.95,
    power: float = 0.80,
    r2: float = 0.0,
) -> float | None:
    """Give the smallest true effect of the offer that is found with a given power.

    Parameters
    ----------
    sizes : Sizes
    spread : Spread
    critical : float, optional
        The |t| that is needed; by default that of one two-sided test at ``level``.
    level, power, r2 : float

    Returns
    -------
    float or None
        Without its sign; None where the largest effect there can be is not found so often.

    Examples
    --------
    >>> drawn = Sizes(arm=600, reference=600, attrition=0.12)
    >>> round(smallest_effect(drawn, Spread(0.3)) / 0.5, 3)
    0.104
    """
    from scipy.optimize import brentq

    asked = critical_value(level, sizes.df) if critical is None else critical

    def lacking(effect: float) -> float:
        std_error = sizes.std_error(spread, spread.sign * effect, r2=r2)
        return power_at(effect, std_error, critical=asked, df=sizes.df) - power

    widest = max(spread.reference, 0.5 if spread.rate is not None else 0.0)
    reach = (asked + FURTHEST) * sizes.std_error(Spread(widest), r2=r2)
    # At the very end nobody, or everybody, says yes: nothing is left to vary.
    furthest = min(reach, spread.furthest * (1.0 - 1e-9))
    if lacking(furthest) < 0.0:
        return None
    return float(brentq(lacking, 0.0, furthest, xtol=1e-12))


def units_needed(  # noqa: PLR0913
    effect: float,
    spread: Spread,
    *,
    level: float = 0.95,
    power: float = 0.80,
    share: float = 0.5,
    r2: float = 0.0,
    design_effect: float = 1.0,
) -> float:
    """Give the units with an outcome that a two-arm trial needs, both arms together.

    The normal law is used, as in published calculations; the result is not rounded.

    Parameters
    ----------
    effect : float
        Of the offer, without its sign.
    spread : Spread
    level, power : float
    share : float
        Of the units that are offered.
    r2 : float
    design_effect : float

    Examples
    --------
    >>> total = units_needed(0.5 * 0.10, Spread(0.3))
    >>> round(total / 2), round(total / (1 - 0.12))
    (565, 1284)
    """
    from scipy.special import ndtri

    quantiles = critical_value(level) + float(ndtri(power))
    of_arm = spread.in_arm(spread.sign * effect) ** 2 / share
    variances = of_arm + spread.reference**2 / (1.0 - share)
    return quantiles**2 * (1.0 - r2) * design_effect * variances / effect**2
