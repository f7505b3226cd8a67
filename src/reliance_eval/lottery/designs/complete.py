"""Complete: the announced numbers of places, drawn among all units together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from reliance_eval.lottery.design import DESIGNS, FloatArray, IntArray, Lots
from reliance_eval.lottery.designs.stratified import Stratified
from reliance_eval.lottery.filling import count, fill, fillings, shares


class Complete(Stratified):
    """One block holds everyone, whatever blocks the lots name."""

    def allocate(self, tickets: npt.NDArray[Any], lots: Lots) -> IntArray:
        """Fill the places in ticket order over all units."""
        return fill(tickets, _whole(lots))

    def probabilities(self, lots: Lots) -> FloatArray:
        """Give each unit's probability of each arm, (n, A)."""
        return shares(_whole(lots))

    def permutations(self, lots: Lots) -> int:
        """Count the assignments this design can give."""
        return count(_whole(lots))

    def enumerate(self, lots: Lots) -> Iterator[IntArray]:
        """Give every assignment once, as (n,) arrays."""
        return fillings(_whole(lots))


def _whole(lots: Lots) -> Lots:
    together = np.zeros_like(lots.blocks)
    return replace(lots, blocks=together, places=lots.places.sum(axis=0)[None, :])


DESIGNS.register("complete")(Complete())
