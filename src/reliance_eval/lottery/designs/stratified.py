"""Stratified: a draw of its own in each block, with the places the quotas give it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from reliance_eval.lottery.design import DESIGNS, BoolArray, FloatArray, IntArray, Lots
from reliance_eval.lottery.filling import count, fill, fillings, shares


class Stratified:
    """Each block fills its own places from its own units."""

    def allocate(self, tickets: npt.NDArray[Any], lots: Lots) -> IntArray:
        """Fill the places of each block in ticket order."""
        return fill(tickets, lots)

    def accepts(self, arms: IntArray, lots: Lots) -> BoolArray:
        """Accept every assignment."""
        return np.ones(arms.shape[:-1], dtype=np.bool_)

    def is_even(self, lots: Lots) -> bool:
        """All assignments are equally likely: every order of tickets is."""
        return True

    def probabilities(self, lots: Lots) -> FloatArray:
        """Give each unit's probability of each arm, (n, A)."""
        return shares(lots)

    def permutations(self, lots: Lots) -> int | None:
        """Count the assignments this design can give."""
        return count(lots)

    def enumerate(self, lots: Lots) -> Iterator[IntArray]:
        """Give every assignment once, as (n,) arrays."""
        return fillings(lots)


DESIGNS.register("stratified")(Stratified())
