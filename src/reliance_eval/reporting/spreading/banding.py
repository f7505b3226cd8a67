"""Cutting values into bands with round ends, none of which holds few people of any group.

Quantiles, minima and maxima stay inside: the first and the last band are open, ends are multiples
of a round step, and a band that is too small in one group joins its neighbour in all of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
"""Round numbers, times a power of ten."""

WANTED = 8
"""Bands aimed at between the tails."""

TAIL = 5.0
"""Percent of all values left to each open band, about."""

LEAST_BANDS = 3
"""Fewer say too little of a distribution to be drawn."""


@dataclass(frozen=True, slots=True)
class Bands:
    """Bands and how many values of each group are in each.

    Attributes
    ----------
    ends : tuple of float
        Ends between neighbours, rising; the first band is below the first end, the last one at
        the last end or above.
    has_zero : bool
        Whether the first band holds zero alone; its end is then zero, and belongs to it.
    counts : tuple of tuple of int
        One a group, in the order given; one number a band.
    """

    ends: tuple[float, ...]
    has_zero: bool
    counts: tuple[tuple[int, ...], ...]


def banded(groups: Sequence[Floats], *, least: int) -> Bands | None:
    """Cut groups of values into the same bands, each with ``least`` values of each group or more.

    Parameters
    ----------
    groups : sequence of array
        Values known, one array a group.
    least : int
        Smallest number of a group's values in a band, and outside it.

    Returns
    -------
    Bands or None
        None where fewer than three bands are left.

    Examples
    --------
    >>> import numpy as np
    >>> found = banded([np.arange(100.0), np.arange(0.0, 100.0, 2.0)], least=10)
    >>> found.ends, found.counts[1]
    ((20.0, 40.0, 60.0, 80.0), (10, 10, 10, 10, 10))
    """
    if not groups or any(len(group) < 2 * least for group in groups):
        return None
    pooled = np.concatenate(list(groups))
    low, high = np.percentile(pooled, [TAIL, 100.0 - TAIL])
    if not high > low:
        return None
    step = _step((high - low) / WANTED)
    first, last = math.floor(low / step) + 1, math.ceil(high / step) - 1
    ends = [step * k for k in range(first, last + 1)]
    zeros = [int((group == 0.0).sum()) for group in groups]
    has_zero = float(pooled.min()) >= 0.0 and min(zeros) >= least
    ends = [0.0, *(end for end in ends if end > 0.0)] if has_zero else ends
    return _merged(groups, ends, has_zero=has_zero, least=least)


def _step(width: float) -> float:
    """Give the smallest round step that is at least this wide."""
    power = 10.0 ** math.floor(math.log10(width))
    return power * next(step for step in STEPS if step * power >= width * (1 - 1e-9))


def _merged(
    groups: Sequence[Floats], ends: list[float], *, has_zero: bool, least: int
) -> Bands | None:
    """Take ends out until no band is small; a band joins the smaller of its neighbours."""
    while len(ends) >= LEAST_BANDS - 1:
        counts = np.array([_counts(group, ends, has_zero=has_zero) for group in groups])
        small = counts.min(axis=0)
        if small.min() >= least:
            shares = counts.max(axis=1)
            if any(len(g) - share < least for g, share in zip(groups, shares, strict=True)):
                return None
            numbers = tuple(tuple(int(n) for n in row) for row in counts)
            return Bands(tuple(ends), has_zero, numbers)
        place = int(small.argmin())
        sides = [side for side in (place - 1, place + 1) if 0 <= side < len(small)]
        # Zero stays by itself: it has enough values.
        sides = [side for side in sides if not (has_zero and side == 0)] or sides
        joined = min(sides, key=lambda side: (int(small[side]), side))
        removed = ends.pop(min(place, joined))
        has_zero = has_zero and removed != 0.0
    return None


def _counts(values: Floats, ends: list[float], *, has_zero: bool) -> npt.NDArray[np.intp]:
    places = np.searchsorted(ends, values, side="right")
    if has_zero:
        # Zero is the first band's own; the second begins above it.
        places = np.where(values == 0.0, 0, np.maximum(places, 1))
    return np.bincount(places, minlength=len(ends) + 1)
