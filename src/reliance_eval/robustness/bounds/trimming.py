r"""Lee's bounds: the effect on units whose outcome is known whatever arm they are in.

If the offer moves response one way only (monotone response), the arm that responds more holds all
that the other does and others besides. The others are at worst its lowest outcomes, or its
highest: trimming so many from one end or the other bounds its mean.

**Tie rule: exact fractional trimming.** The arm keeps a mass, not a number of units: with p the
response rate of the arm that responds less, the mean of the upper tail of mass p of the other is

.. math:: (1/p) \{ y p + E[S (Y - y)^+] \}

for any y where the tail begins; the unit on the border counts in part. Equal outcomes share what
is trimmed, and the order of rows moves no number.

By the same formula the bound is, to first order, a difference of two means (y is where a maximum
is reached, so its own error adds nothing): its variance is the variance of that difference, by
blocks and clusters as for any estimate. In one block of units it is the variance of Lee's
proposition 3.

Within cells of variables known before the draw the bounds are means over cells, weighted by units
whose outcome is known in either arm: in the whole population they are never wider. The arm that
responds more is the same in all cells; where a cell says otherwise, which chance does in small
ones, none of its outcomes is trimmed.

References
----------
Lee (2009), Review of Economic Studies 76(3), 1071-1102: propositions 1a, 2 (tightening), 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats, Ints
from reliance_eval.robustness.bounds.bounded import Ends
from reliance_eval.robustness.bounds.responding import Response

FEWEST = 2
"""Units of each arm that a cell needs to be one: with fewer, it joins others like it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """What the units of one cell add to the sum of its effects, and to its size (r,) each."""

    sums: Floats
    sizes: Floats


def trimmed_ends(response: Response, cells: Ints | None = None) -> Ends:
    """Give Lee's bounds, within cells if there are any.

    Parameters
    ----------
    response : Response
    cells : array of int (r,), optional
        Cell of each unit, known before the draw; those too small are put together.
    """
    codes = (
        np.zeros(len(response.known), dtype=np.int64)
        if cells is None
        else merged(cells, response.is_arm)
    )
    masses, ratio = _masses(response, codes)
    ends = [_upper(response, sign * response.outcome, codes, ratio) for sign in (-1.0, 1.0)]
    values = np.array([-ends[0][0], ends[1][0]])
    parts = np.column_stack([-ends[0][1], ends[1][1]])
    influence, df = response.spread(parts)
    trimmed, side = _trimmed(response, codes, masses, ratio)
    about = {"trimmed_share": trimmed, "trimmed_arm": side, "cells": int(codes.max()) + 1}
    return Ends(values, influence, df, response.about() | about)


def merged(cells: Ints, is_arm: Bools) -> Ints:
    """Put together the cells with too few units in an arm; give codes from 0."""
    _, codes = np.unique(cells, return_inverse=True)
    for _ in range(2):
        counts = [np.bincount(codes[side], minlength=codes.max() + 1) for side in (is_arm, ~is_arm)]
        is_small = np.minimum(*counts) < FEWEST
        if not is_small.any():
            break
        # What they make together may still be too small: then the largest cell takes it in.
        first = int(np.flatnonzero(is_small)[0])
        taken = first if is_small.sum() > 1 else int(np.argmax(counts[0] + counts[1]))
        _, codes = np.unique(np.where(is_small[codes], taken, codes), return_inverse=True)
    return codes


def _masses(response: Response, codes: Ints) -> tuple[Floats, Floats]:
    """Give each cell's share of those drawn, and what turns an arm's weights into that share."""
    count = int(codes.max()) + 1
    own = [
        np.bincount(codes, np.where(side, response.weights, 0.0), minlength=count)
        for side in (np.logical_not(response.is_arm), response.is_arm)
    ]
    shares = np.bincount(codes, response.weights, minlength=count) / 2.0
    by_arm = np.stack(own)[response.is_arm.astype(np.int64), codes]
    return shares, shares[codes] / by_arm


def _upper(response: Response, outcome: Floats, codes: Ints, ratio: Floats) -> tuple[float, Floats]:
    """Give the upper bound, and what each unit adds to it."""
    weights = response.weights * ratio
    is_arm_trimmed = response.rates[0] >= response.rates[1]
    sums, sizes = np.zeros(len(codes)), np.zeros(len(codes))
    for cell in range(int(codes.max()) + 1):
        inside = codes == cell
        seen = _Seen(
            is_trimmed=response.is_arm[inside] == is_arm_trimmed,
            known=response.known[inside],
            # The arm keeps its highest outcomes, the reference its lowest.
            values=outcome[inside] if is_arm_trimmed else -outcome[inside],
            weights=weights[inside],
        )
        part = _of_cell(seen)
        sums[inside], sizes[inside] = part.sums, part.sizes
    # Turned, the effect of what is trimmed over what is not is the effect of the arm either way.
    sign = np.where(response.is_arm == is_arm_trimmed, 1.0, -1.0)
    total, size = float(weights @ (sign * sums)), float(weights @ sizes)
    bound = total / size
    # An arm's part of a cell is a mean within the cell: what matters is the distance from it.
    own = (sign * sums - bound * sizes) / size * np.where(response.is_arm, 1.0, -1.0)
    place = 2 * codes + response.is_arm
    mass = np.bincount(place, weights)
    middle = np.bincount(place, weights * own) / np.where(mass > 0.0, mass, 1.0)
    return bound, ratio * (own - middle[place])


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """The units of one cell, outcomes turned so that the side that is trimmed keeps the highest."""

    is_trimmed: Bools
    known: Bools
    values: Floats
    weights: Floats


def _of_cell(seen: _Seen) -> _Part:
    """Give what adds up to mass times (mean of the trimmed side - mean of the other)."""
    trimmed, other = seen.known & seen.is_trimmed, seen.known & ~seen.is_trimmed
    more, less = (float(seen.weights[side].sum()) for side in (trimmed, other))
    if more >= less:
        border = _border(seen.values[trimmed], seen.weights[trimmed], less)
        from_border = seen.values - border
        sums = np.where(trimmed, np.maximum(from_border, 0.0), np.where(other, from_border, 0.0))
        return _Part(sums, other.astype(np.float64))
    # Chance has the cell the other way round: nothing is trimmed, and it weighs what it shows.
    middle = float(seen.weights[other] @ seen.values[other]) / less
    scale = np.where(trimmed, 1.0, more / less)
    sums = np.where(seen.known, scale * (seen.values - middle), 0.0)
    return _Part(sums, trimmed.astype(np.float64))


def _border(values: Floats, weights: Floats, mass: float) -> float:
    """Give the value where the upper tail of a mass begins."""
    if not len(values):
        return 0.0
    order = np.argsort(-values, kind="stable")
    reached = np.cumsum(weights[order])
    place = int(np.searchsorted(reached, mass * (1.0 - 1e-12)))
    return float(values[order][min(place, len(values) - 1)])


def _trimmed(response: Response, codes: Ints, masses: Floats, ratio: Floats) -> tuple[float, str]:
    """Give the share of the known outcomes that is trimmed, and of which arm."""
    count = int(codes.max()) + 1
    weights = response.weights * ratio * response.known
    arm, reference = (
        np.bincount(codes, np.where(side, weights, 0.0), minlength=count)
        for side in (response.is_arm, ~response.is_arm)
    )
    sign = 1.0 if arm.sum() >= reference.sum() else -1.0
    more, less = (arm, reference) if sign > 0.0 else (reference, arm)
    cut = np.where(more - less > 1e-12 * masses, more - less, 0.0)
    if not cut.any():
        return 0.0, ""
    return float(cut.sum() / more.sum()), "arm" if sign > 0.0 else "reference"
