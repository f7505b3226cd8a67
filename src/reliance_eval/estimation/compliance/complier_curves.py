"""How the outcome is spread among compliers, with and without taking the offer up.

An effect of the offer is linear in the outcome, so that on D 1{Y <= t} it is the compliers' part of
the distribution function with take-up, on -(1 - D) 1{Y <= t} without it, and with a kernel in
place of the indicator the same of the density. Both are divided by the effect on D.

References
----------
Abadie (2002), JASA 97, 284-292: the distributions, and the test that they are equal.
Chernozhukov, Fernández-Val and Galichon (2010), Econometrica 78(3), 1093-1125: rearrangement.
Silverman (1986), Density Estimation for Statistics and Data Analysis, eq. 3.31: the bandwidth.
Kitagawa (2015), Econometrica 83(5), 2043-2063: densities of compliers are nowhere negative.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import Floats, Ints
from reliance_eval.estimation.compliance.complier_means import Quotient, means, solve
from reliance_eval.estimation.effects import cells_of
from reliance_eval.estimation.sample import REFERENCE, Sample, keep

POINTS = 100
"""Points of the grid, as in the Nancy trial's figures."""
DISCRETE = 20
"""An outcome of so few values is described by the probability of each, not by a density."""
TRIMMED = 0.01
"""Part of the outcomes beyond each end of the grid: its ends are then no single person's value."""
CHUNK = 8
"""Points of the grid whose columns are held at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The outcome of compliers in one state, on a grid of t points.

    Attributes
    ----------
    cdf : array (t,)
        Rearranged: it never falls, and stays between 0 and 1.
    density : array (t,)
        As estimated: below zero in places by noise. Of an outcome of few values, probabilities.
    std_error : array (t,)
        Of the density, at each point on its own; 0 where nothing varies.
    """

    cdf: Floats
    density: Floats
    std_error: Floats

    def negative_mass(self, spacing: float) -> float:
        """Give the part of the density under zero; ``spacing`` is 1 for probabilities."""
        return float(spacing * np.maximum(-self.density, 0.0).sum())


def pulls(sample: Sample) -> Floats:
    """Give s such that the block-weighted effect of the offer on a column is s @ column, (n,)."""
    kept = keep(sample)
    cells = cells_of(sample, kept, np.empty((len(sample.arms), 0)))
    sign = np.where(cells.codes % 2 == 1, 1.0, -1.0)
    found = np.zeros(len(sample.arms))
    weight = kept.weights[cells.codes // 2] * cells.unit_weights
    found[cells.rows] = sign * weight / cells.totals[cells.codes]
    return found


def grid_of(values: Floats, bandwidth: float | None) -> Floats:
    """Give the points of the curves: every value of a discrete outcome, or an even grid."""
    if bandwidth is None:
        return np.unique(values)
    low, high = np.quantile(values, (TRIMMED, 1.0 - TRIMMED))
    return np.linspace(low - bandwidth, high + bandwidth, POINTS)


def silverman(values: Floats) -> float | None:
    """Give the bandwidth 0.9 min(sd, IQR / 1.34) n^(-1/5); None for an outcome of few values.

    >>> silverman(np.arange(100.0)) is None, silverman(np.tile([0.0, 1.0], 50)) is None
    (False, True)
    """
    if len(np.unique(values)) <= DISCRETE:
        return None
    low, high = np.quantile(values, (0.25, 0.75))
    spread = float(np.std(values, ddof=1))
    narrow = min(spread, float(high - low) / 1.34) if high > low else spread
    bandwidth: float = 0.9 * narrow * float(len(values)) ** -0.2
    return bandwidth


def curves(
    sample: Sample, taken: Floats, grid: Floats, bandwidth: float | None
) -> tuple[Curve, Curve]:
    """Give the curves of treated and of untreated compliers.

    Parameters
    ----------
    sample : Sample
        Without take-up: its outcome says who is observed.
    taken : array (n,)
        0.0 or 1.0 where the sample is observed.
    grid : array (t,)
    bandwidth : float or None
        None where the outcome is discrete and the grid holds its values.
    """
    found = []
    for state in (taken, 1.0 - taken):
        density, error = _density(sample, state, grid, bandwidth)
        found.append(Curve(_rearranged(_cdf(sample, state, grid)), density, error))
    return found[0], found[1]


def _cdf(sample: Sample, state: Floats, grid: Floats) -> Floats:
    """Give the distribution function on a grid, as estimated."""
    weights = pulls(sample)
    rows = weights != 0.0
    mass = weights[rows] * state[rows]
    order = np.argsort(sample.outcome[rows], kind="stable")
    reached = np.concatenate([[0.0], np.cumsum(mass[order])])
    below = np.searchsorted(sample.outcome[rows][order], grid, side="right")
    cdf: Floats = reached[below] / mass.sum()
    return cdf


def _rearranged(cdf: Floats) -> Floats:
    return np.clip(np.sort(cdf), 0.0, 1.0) + 0.0  # no negative zero


def _density(
    sample: Sample, state: Floats, grid: Floats, bandwidth: float | None
) -> tuple[Floats, Floats]:
    found = [mean for chunk in _chunks(grid) for mean in _at(sample, state, chunk, bandwidth)]
    return np.array([value for value, _ in found]), np.array([error for _, error in found])


def _at(
    sample: Sample, state: Floats, points: Floats, bandwidth: float | None
) -> list[tuple[float, float]]:
    quotients = [Quotient(state * _kernel(sample.outcome, t, bandwidth), state) for t in points]
    return [
        (0.0, 0.0) if mean is None else (mean.estimate, mean.std_error or 0.0)
        for mean in means(sample, solve(sample, quotients))
    ]


def _kernel(values: Floats, point: float, bandwidth: float | None) -> Floats:
    if bandwidth is None:
        return np.where(np.isfinite(values), values == point, np.nan).astype(np.float64)
    scaled = (values - point) / bandwidth
    height: Floats = np.exp(-0.5 * scaled**2) / (bandwidth * np.sqrt(2.0 * np.pi))
    return height


def _chunks(grid: Floats) -> Iterator[Floats]:
    for start in range(0, len(grid), CHUNK):
        yield grid[start : start + CHUNK]


def largest_gaps(sample: Sample, assigned: Ints) -> Floats:
    """Give the largest effect of the offer on any 1{Y <= t}, for each assignment, (r, 1).

    Divided by the first stage it is the largest gap between the two distribution functions of
    compliers. Undivided, it depends on the outcome and the offer alone: an assignment that did
    not happen says what it would have been, had taking part done nothing to anybody.

    Parameters
    ----------
    sample : Sample
        Its outcome says who is observed; weights are not used.
    assigned : array (r, n)
        Arms, coded as the sample's.
    """
    seen = np.flatnonzero(sample.observed)
    order = seen[np.argsort(sample.outcome[seen], kind="stable")]
    values = sample.outcome[order]
    is_last = np.append(values[1:] != values[:-1], True)
    blocks, arms = sample.blocks[order], assigned[:, order]
    one = _per_block(arms == sample.target, blocks, len(sample.shares))
    other = _per_block(arms == REFERENCE, blocks, len(sample.shares))
    weights = np.where((one > 0) & (other > 0), sample.shares, 0.0)
    total = weights.sum(axis=1, keepdims=True)
    weights = weights / np.where(total > 0.0, total, np.nan)
    up, down = weights / np.maximum(one, 1), weights / np.maximum(other, 1)
    steps = (arms == sample.target) * up[:, blocks] - (arms == REFERENCE) * down[:, blocks]
    reached = np.cumsum(steps, axis=1)[:, is_last]
    largest: Floats = np.abs(reached).max(axis=1)[:, np.newaxis]
    return largest


def _per_block(inside: Ints, blocks: Ints, count: int) -> Ints:
    """Count the true cells of each row by block, (r, b)."""
    place = blocks + count * np.arange(len(inside))[:, np.newaxis]
    found = np.bincount(place[inside.astype(np.bool_)], minlength=count * len(inside))
    return found.reshape(len(inside), count)
