"""One critical value for a family: p-values and intervals that agree with one another.

Single-step max-|t|: the chance that the largest of several correlated |t| passes a value. Computed
by integration on a fixed lattice, not by random numbers: the same on every machine.

References
----------
Hothorn, Bretz and Westfall (2008), Biometrical Journal 50(3), 346-363: single-step max-|t|.
Genz and Bretz (2009), Computation of Multivariate Normal and t Probabilities, sections 4.1 and
4.2: the transformation to the unit cube, and Richtmyer's lattice.
"""

from __future__ import annotations

import numpy as np

from reliance_eval.estimation.arrays import Floats

POINTS = 1 << 14
"""Lattice points; ``tests/estimation/test_multiplicity.py`` measures the error: under 2e-5."""

TINY = 1e-10
"""A conditional variance under this is that of an estimate which the others determine."""


class MaxT:
    """The largest of several |t| that share a correlation matrix and degrees of freedom.

    Parameters
    ----------
    correlation : array (j, j)
    df : float
        The smallest of the family's: the conservative choice where they differ.
    """

    def __init__(self, correlation: Floats, df: float) -> None:
        self._factor = _factor(correlation)
        self.df = df
        lattice = _lattice(len(correlation))
        self._points = lattice[:, 1:]
        self._radii = _radii(lattice[:, 0], df)

    def p_value(self, statistic: float) -> float:
        """Give the chance that the largest |t| is at least as far from zero."""
        from scipy.special import stdtr

        if len(self._factor) == 1:
            return min(1.0, 2.0 * float(stdtr(self.df, -abs(statistic))))
        return float(np.clip(1.0 - self._inside(abs(statistic)), 0.0, 1.0))

    def critical_value(self, level: float) -> float:
        """Give the |t| that the largest passes with probability 1 - level."""
        from scipy.optimize import brentq
        from scipy.special import stdtrit

        alpha = 1.0 - level
        low = float(-stdtrit(self.df, alpha / 2.0))
        if len(self._factor) == 1:
            return low
        high = float(-stdtrit(self.df, alpha / (2.0 * len(self._factor))))
        if self.p_value(low) <= alpha:
            return low
        # Bonferroni's value bounds it; a margin covers what the lattice leaves.
        found = brentq(lambda value: self.p_value(value) - alpha, low, 1.05 * high, xtol=1e-12)
        return float(found)

    def _inside(self, statistic: float) -> float:
        """Give the chance that every |t| stays under a value, one coordinate at a time."""
        from scipy.special import ndtr, ndtri

        bound = statistic * self._radii
        size = len(self._factor)
        chance = np.ones(len(bound))
        drawn = np.zeros((size, len(bound)))
        for row in range(size):
            mean = self._factor[row, :row] @ drawn[:row]
            own = self._factor[row, row]
            if own == 0.0:
                chance = np.where(np.abs(mean) <= bound * (1.0 + 1e-9), chance, 0.0)
                continue
            low, high = ndtr((-bound - mean) / own), ndtr((bound - mean) / own)
            chance = chance * (high - low)
            if row < size - 1:
                place = low + self._points[:, row] * (high - low)
                drawn[row] = ndtri(np.clip(place, 1e-300, 1.0 - 1e-16))
        return float(chance.mean())


def bonferroni(p: float, promised: int) -> float:
    """Give p times the number of promised cells, at most one.

    >>> bonferroni(0.02, 3), bonferroni(0.5, 3)
    (0.06, 1.0)
    """
    return min(1.0, promised * p)


def correlation(influences: Floats) -> Floats:
    """Give the correlations of estimates from what each unit contributes to them, (j, g)."""
    unit = influences / np.linalg.norm(influences, axis=1, keepdims=True)
    product: Floats = unit @ unit.T
    return product


def _factor(correlation: Floats) -> Floats:
    """Give a lower Cholesky factor; zero columns where a row is determined by those above."""
    size = len(correlation)
    factor = np.zeros((size, size))
    for row in range(size):
        for column in range(row):
            left = correlation[row, column] - factor[row, :column] @ factor[column, :column]
            pivot = factor[column, column]
            factor[row, column] = left / pivot if pivot > 0.0 else 0.0
        left = correlation[row, row] - factor[row, :row] @ factor[row, :row]
        factor[row, row] = np.sqrt(left) if left > TINY else 0.0
    return factor


def _lattice(dimensions: int) -> Floats:
    """Give Richtmyer's lattice folded onto itself, shape (POINTS, dimensions)."""
    steps = np.sqrt(np.array(_primes(dimensions), dtype=float))
    raw = np.arange(1, POINTS + 1)[:, None] * steps + 0.5
    folded: Floats = np.abs(2.0 * (raw % 1.0) - 1.0)
    return folded


def _primes(count: int) -> list[int]:
    found: list[int] = []
    candidate = 2
    while len(found) < count:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 1
    return found


def _radii(places: Floats, df: float) -> Floats:
    """Give quantiles of the root of a chi-square over its degrees of freedom; one without end."""
    from scipy.special import gammaincinv

    if np.isinf(df):
        return np.ones(len(places))
    if np.isinf(df):
        return np.ones(len(places))
    clipped = np.clip(places, 1e-12, 1.0 - 1e-12)
    roots: Floats = np.sqrt(2.0 * gammaincinv(df / 2.0, clipped) / df)
    return roots
