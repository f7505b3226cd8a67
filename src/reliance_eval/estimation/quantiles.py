"""Quantiles of an arm, how far they may be from the truth, and their difference between arms.

A quantile is read off the arm's weighted distribution, and so are the ends of its interval, at the
levels the quantile's own plus and minus some standard errors of the distribution there (Woodruff).
No density is estimated and nothing is drawn at random; where many share a value the interval ends
on it, as it should. The interval of a difference adds the squares of the four distances between
quantiles and ends, so that a long side stays long (Zou and Donner; Bonett and Price for medians).

References
----------
Woodruff (1952), Journal of the American Statistical Association 47, 635-646.
Zou and Donner (2008), Statistics in Medicine 27(10), 1693-1702.
Bonett and Price (2020), British Journal of Mathematical and Statistical Psychology 73, 384-397.
Firpo (2007), Econometrica 75(1), 259-276: the difference of weighted quantiles.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, inf, sqrt

import numpy as np

from reliance_eval.estimation.arrays import ROUNDING, Bools, Floats, Ints
from reliance_eval.estimation.effects import cells_of
from reliance_eval.estimation.sample import Kept, Sample

FAR = 60.0
"""Standard errors beyond which no end is looked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """An arm's outcomes in order, with the block weights of those drawn.

    Attributes
    ----------
    values : array (r,)
        Sorted.
    heights : array (r,)
        The distribution function at each, from the first one's weight to one.
    weights : array (r,)
    cells, groups : array of int (r,)
        Block, and what was drawn, of each.
    groups_in : array of int (b,)
        How many were drawn into each block's cell.
    """

    values: Floats
    heights: Floats
    weights: Floats
    cells: Ints
    groups: Ints
    groups_in: Ints

    def quantile(self, level: float, *, is_above: bool = False) -> float:
        """Give the least value whose distribution function reaches (or is above) a level.

        Minus infinity for a level under all of it, infinity for one over.
        """
        if level <= 0.0:
            return -inf
        slack = ROUNDING if is_above else -ROUNDING
        place = int(np.searchsorted(self.heights, level + slack))
        return float(self.values[place]) if place < len(self.values) else inf

    def contributions(self, value: float, size: int) -> Floats:
        """Give what each group adds to the distribution function at a value, shape (size,).

        Within the block, as in the Neyman variance; where a cell holds one group, around the
        arm's own height.
        """
        under = (self.values <= value).astype(np.float64)
        totals = np.bincount(self.cells, self.weights, minlength=len(self.groups_in))
        full = np.where(totals > 0.0, totals, 1.0)
        means = np.bincount(self.cells, self.weights * under, minlength=len(totals)) / full
        height = float(np.sum(self.weights * under))
        is_lone = self.groups_in[self.cells] < 2
        centre = np.where(is_lone, height, means[self.cells])
        summed = np.bincount(self.groups, self.weights * (under - centre), minlength=size)
        share = np.bincount(self.groups, self.weights / full[self.cells], minlength=size)
        lone = np.zeros(size, dtype=np.bool_)
        lone[self.groups] = is_lone
        room = np.where(lone | (share >= 1.0 - ROUNDING), 1.0, 1.0 - share)
        found: Floats = summed / np.sqrt(room)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Quantile:
    """One quantile of one arm.

    Attributes
    ----------
    distribution : Distribution
    level : float
        Between 0 and 1.
    value : float
    contributions : array (g,)
        What each group adds to the distribution function at the value.
    std_error : float
        Of the distribution function where it is at the level.
    """

    distribution: Distribution
    level: float
    value: float
    contributions: Floats
    std_error: float

    def ends(self, critical: float) -> tuple[float, float]:
        """Give the interval that a critical value makes; an end may be infinite."""
        reach = critical * self.std_error
        low = self.distribution.quantile(self.level - reach)
        return low, self.distribution.quantile(self.level + reach, is_above=True)

    def influence(self, critical: float) -> Floats:
        """Give what each group adds to the quantile: zero where many share its value.

        The density is the slope of the distribution between the interval's ends.
        """
        low, high = self.ends(critical)
        sides = [abs(end - self.value) for end in (low, high) if np.isfinite(end)]
        stretch = sum(sides) / (len(sides) * critical * self.std_error) if sides else 0.0
        return -self.contributions * stretch

    @property
    def share_at(self) -> float:
        """The part of the arm that has exactly this value."""
        is_here = self.distribution.values == self.value
        return float(np.sum(self.distribution.weights[is_here]))


def distribution_of(sample: Sample, kept: Kept, arm: int) -> Distribution:
    """Order the observed outcomes of an arm, each block with its share of those drawn."""
    cells = cells_of(sample, kept, sample.outcome[:, None])
    is_arm = sample.arms[cells.rows] == arm
    pull = kept.weights[cells.codes // 2] * cells.unit_weights / cells.totals[cells.codes]
    values, weights = sample.outcome[cells.rows][is_arm], pull[is_arm]
    blocks, groups = cells.codes[is_arm] // 2, sample.clusters[cells.rows][is_arm]
    order = np.argsort(values, kind="stable")
    pairs = np.unique(np.stack([blocks, groups]), axis=1)
    return Distribution(
        values=values[order],
        heights=_heights(values[order], weights[order]),
        weights=weights[order],
        cells=blocks[order],
        groups=groups[order],
        groups_in=np.bincount(pairs[0], minlength=len(kept.weights)),
    )


def quantile_of(distribution: Distribution, level: float, *, size: int) -> Quantile:
    """Give a quantile with the standard error of the distribution function at its level.

    The variance found at the value is carried to the level: where many share the value the two
    differ, and it is at the level that the ends are looked for.
    """
    value = distribution.quantile(level)
    added = distribution.contributions(value, size)
    height = float(np.sum(distribution.weights[distribution.values <= value]))
    plain = height * (1.0 - height) * float(np.sum(distribution.weights**2))
    apart = float(np.sum(added**2))
    # At the largest value the function is one and shows no spread: then that of simple sampling.
    ratio = apart / plain if plain > ROUNDING and apart > ROUNDING * plain else 1.0
    own = level * (1.0 - level) * float(np.sum(distribution.weights**2))
    return Quantile(distribution, level, value, added, sqrt(own * ratio))


def difference_at(arm: Quantile, reference: Quantile, critical: float) -> tuple[float, float]:
    """Give the interval of the difference that a critical value makes; ends may be infinite."""
    gap = arm.value - reference.value
    (low, high), (low_reference, high_reference) = arm.ends(critical), reference.ends(critical)
    down = hypot(arm.value - low, high_reference - reference.value)
    up = hypot(high - arm.value, reference.value - low_reference)
    return gap - down, gap + up


def statistic_of(arm: Quantile, reference: Quantile) -> float:
    """Give the largest critical value whose interval excludes zero, with the difference's sign."""
    gap = arm.value - reference.value
    inside, outside = FAR, 0.0
    if gap == 0.0 or not _excludes(arm, reference, outside):
        return 0.0
    while inside - outside > 1e-10:
        middle = (inside + outside) / 2.0
        if _excludes(arm, reference, middle):
            outside = middle
        else:
            inside = middle
    return outside if gap > 0.0 else -outside


def _excludes(arm: Quantile, reference: Quantile, critical: float) -> bool:
    low, high = difference_at(arm, reference, critical)
    return low > 0.0 or high < 0.0


def _heights(values: Floats, weights: Floats) -> Floats:
    """Give the distribution function at each value, the same for values that are equal."""
    summed = np.cumsum(weights)
    is_last: Bools = np.append(values[1:] != values[:-1], True)
    lasts = np.flatnonzero(is_last)
    heights: Floats = summed[lasts[np.searchsorted(lasts, np.arange(len(values)))]] / summed[-1]
    return heights
