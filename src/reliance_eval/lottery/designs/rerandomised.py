"""Re-randomised: drawn again until the arms are alike on announced covariates.

Only assignments within the bounds can come out, so inference holds only those again. A stratified
draw is held, and accepted when ``|n_2 * sum over arm 1 - n_1 * sum over arm 2|`` is within its
bound for every covariate: whole numbers, so that every program accepts the same draw.

References
----------
Morgan and Rubin (2012), Annals of Statistics 40(2), 1263-1282: with equal arms, exchanging them
exchanges accepted assignments, so every unit's chance stays one in two.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import comb

import numpy as np

from reliance_eval.lottery.design import DESIGNS, BoolArray, FloatArray, IntArray, Lots, redraw
from reliance_eval.lottery.designs.stratified import Stratified
from reliance_eval.lottery.filling import count, fillings, shares

ENUMERABLE = comb(16, 8)
"""Assignments before acceptance that are enumerated: 12,870, in about a fifth of a second."""

SAMPLED = 100_000
"""Re-draws that estimate a probability without a closed form, each within 0.005 (three standard
errors at one half)."""

EXACT = 2.0**53
"""Sums below it are exact in doubles, whatever the order of the terms."""


class Rerandomised(Stratified):
    """A stratified draw, restricted to the assignments that are balanced enough."""

    def accepts(self, arms: IntArray, lots: Lots) -> BoolArray:
        """Say which assignments are within every bound, in whole numbers."""
        covariates, bounds = _balance(lots)
        first, second = lots.places.sum(axis=0).tolist()
        largest = float(np.abs(covariates).max(initial=0)) * max(first, second) * arms.shape[-1]
        kind = np.float64 if largest < EXACT else object
        weights = np.array([second, -first, 0], dtype=kind)[arms]  # the reserve, -1, is the last
        apart = np.abs(weights @ covariates.astype(kind))
        return np.asarray(np.all(apart <= bounds, axis=-1), dtype=np.bool_)

    def probabilities(self, lots: Lots) -> FloatArray:
        """Give each unit's probability of each arm, (n, 2).

        Exact by symmetry where everybody is drawn and the arms are equal in every block; exact by
        enumeration where assignments are few; otherwise estimated by 100,000 re-draws of a fixed
        seed, each within 0.005.
        """
        if is_symmetric(lots):
            return shares(lots)
        if count(lots) <= ENUMERABLE:
            arms = np.stack(list(self.enumerate(lots)))
            return np.stack([(arms == arm).mean(axis=0) for arm in (0, 1)], axis=1)
        rng = np.random.default_rng(SAMPLED)
        found = np.zeros((lots.blocks.size, 2))
        rows = max(1, min(SAMPLED, 2**22 // max(1, lots.blocks.size)))
        for start in range(0, SAMPLED, rows):
            arms = redraw(self, lots, redraws=min(rows, SAMPLED - start), rng=rng)
            for arm in (0, 1):
                found[:, arm] += (arms == arm).sum(axis=0)
        return found / SAMPLED

    def permutations(self, lots: Lots) -> int | None:
        """Count the accepted assignments; None where too many would have to be tried."""
        if count(lots) > ENUMERABLE:
            return None
        return sum(1 for _ in self.enumerate(lots))

    def enumerate(self, lots: Lots) -> Iterator[IntArray]:
        """Give every accepted assignment once, as (n,) arrays."""
        return (arms for arms in fillings(lots) if self.accepts(arms, lots))


def is_symmetric(lots: Lots) -> bool:
    """Say whether exchanging the arms exchanges accepted assignments, and nobody is in reserve."""
    sizes = np.bincount(lots.drawn_blocks, minlength=len(lots.places))
    is_equal = np.all(lots.places[:, 0] == lots.places[:, 1])
    return bool(is_equal and np.all(lots.places.sum(axis=1) == sizes))


def _balance(lots: Lots) -> tuple[IntArray, IntArray]:
    if lots.covariates is None or lots.bounds is None:
        raise ValueError("a re-randomised draw needs covariates and bounds")
    return lots.covariates, lots.bounds


DESIGNS.register("rerandomised")(Rerandomised())
