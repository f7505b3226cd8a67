"""Simple: each unit by itself, with announced odds; totals are left to chance.

References
----------
RL1, "Simple and re-randomised draws": T when ticket x b < a x 2**256, in whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from reliance_eval.lottery.design import DESIGNS, BoolArray, FloatArray, IntArray, Lots


class Simple:
    """A ticket under the block's odds takes the first arm, any other the second."""

    def allocate(self, tickets: npt.NDArray[Any], lots: Lots) -> IntArray:
        """Compare each ticket with the odds; whole numbers stay whole, however large."""
        odds = _odds(lots)
        under = np.array([chances * lots.whole for chances in odds[:, 0].tolist()])
        own = tickets[..., lots.first_members] * odds[:, 1][lots.drawn_blocks]
        is_offered = np.asarray(own < under[lots.drawn_blocks], dtype=np.bool_)
        return np.where(is_offered, 0, 1).astype(np.int8)[..., lots.clusters]

    def accepts(self, arms: IntArray, lots: Lots) -> BoolArray:
        """Accept every assignment, even one that leaves an arm empty."""
        return np.ones(arms.shape[:-1], dtype=np.bool_)

    def is_even(self, lots: Lots) -> bool:
        """All assignments are equally likely where the odds are one in two."""
        odds = _odds(lots)
        return bool(np.all(2 * odds[:, 0] == odds[:, 1]))

    def probabilities(self, lots: Lots) -> FloatArray:
        """Give each unit's probability of each arm, (n, 2)."""
        odds = _odds(lots)
        first = odds[:, 0] / odds[:, 1]
        return np.column_stack([first, 1 - first])[lots.blocks]

    def permutations(self, lots: Lots) -> int:
        """Count the assignments this design can give: two for each thing that is drawn."""
        return 1 << int(lots.drawn_blocks.size)

    def enumerate(self, lots: Lots) -> Iterator[IntArray]:
        """Give every assignment once, as (n,) arrays."""
        for arms in product((0, 1), repeat=lots.drawn_blocks.size):
            yield np.array(arms, dtype=np.int8)[lots.clusters]


def _odds(lots: Lots) -> IntArray:
    if lots.odds is None:
        raise ValueError("a simple draw needs odds")
    return lots.odds


DESIGNS.register("simple")(Simple())
