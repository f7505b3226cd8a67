"""The rule of the lottery, apart from its randomness: places are filled in ticket order.

Within a block, who holds the smallest tickets takes the first arm's places, the next ones the
second arm's, and so on; who comes after the last place is in reserve. The official draw brings
tickets from SHA-256, a re-draw from NumPy: the rule below does not know which.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

import numpy as np
import numpy.typing as npt

from reliance_eval.lottery.design import IN_RESERVE, FloatArray, IntArray, Lots
from reliance_eval.lottery.shelving import Shelf, members_of


def fill(tickets: npt.NDArray[Any], lots: Lots) -> IntArray:
    """Fill the places of every block in ticket order.

    Parameters
    ----------
    tickets : (..., n) array
        Any sortable numbers, distinct within a block; leading axes are separate draws.
    lots : Lots

    Returns
    -------
    (..., n) int8 array
        Arm of each unit, 0 to A-1, or -1 for the reserve.
    """
    if not lots.is_clustered:
        return _fill_drawn(tickets, lots)
    return _fill_drawn(tickets[..., lots.first_members], lots)[..., lots.clusters]


def _fill_drawn(tickets: npt.NDArray[Any], lots: Lots) -> IntArray:
    # Blocks of one size are sorted together: 10,000 small blocks cost no more than a large one.
    shelved = lots.shelved
    if shelved.order is not None:
        tickets = tickets.take(shelved.order, axis=-1)
    arms = np.empty(tickets.shape, dtype=np.int8)
    for shelf in shelved.shelves:
        by_block = (*tickets.shape[:-1], shelf.blocks, shelf.size)
        own = _by_cutoff(tickets[..., shelf.run].reshape(by_block), shelf, lots.places.shape[1])
        arms[..., shelf.run] = own.reshape(*tickets.shape[:-1], -1)
    return arms if shelved.back is None else arms.take(shelved.back, axis=-1)


def _by_cutoff(tickets: npt.NDArray[Any], shelf: Shelf, arms: int) -> IntArray:
    """Place the (..., k, m) units of a shelf: an arm's cut-off is the ticket of its last place."""
    if not shelf.ranks:
        return np.zeros(tickets.shape, dtype=np.int8)
    ordered = np.sort(tickets, axis=-1)
    every = np.arange(shelf.blocks)
    arm: IntArray | None = None
    for rank, none in zip(shelf.ranks, shelf.none, strict=True):
        is_after = np.asarray(tickets > ordered[..., every, rank][..., None], dtype=np.bool_)
        if none.any():
            is_after |= none[:, None]
        arm = is_after.view(np.int8) if arm is None else arm + is_after
    assert arm is not None
    if shelf.has_reserve:
        arm[arm == arms] = IN_RESERVE
    return arm


def shares(lots: Lots) -> FloatArray:
    """Give each unit's probability of each arm, (n, A)."""
    sizes = np.bincount(lots.drawn_blocks, minlength=len(lots.places))
    return np.asarray(lots.places / np.maximum(sizes, 1)[:, None], dtype=np.float64)[lots.blocks]


def count(lots: Lots) -> int:
    """Count the assignments the rule can give: a product of multinomial coefficients."""
    total = 1
    for size, places in zip(_sizes(lots), lots.places.tolist(), strict=True):
        left = size
        for place in places:
            total *= math.comb(left, place)
            left -= place
    return total


def fillings(lots: Lots) -> Iterator[IntArray]:
    """Give every assignment the rule can give, each once, as (n,) arrays."""
    members = members_of(lots.drawn_blocks, len(lots.places))
    ways = [
        tuple(_ways(tuple(range(len(units))), tuple(places)))
        for units, places in zip(members, lots.places.tolist(), strict=True)
    ]
    for chosen in product(*ways):
        arms = np.full(lots.drawn_blocks.size, IN_RESERVE, dtype=np.int8)
        for units, groups in zip(members, chosen, strict=True):
            for arm, group in enumerate(groups):
                arms[units[list(group)]] = arm
        yield arms[np.unique(lots.clusters, return_inverse=True)[1]]


def _ways(units: tuple[int, ...], places: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], ...]]:
    if not places:
        yield ()
        return
    for group in combinations(units, places[0]):
        rest = tuple(unit for unit in units if unit not in group)
        for others in _ways(rest, places[1:]):
            yield (group, *others)


def _sizes(lots: Lots) -> list[int]:
    sizes: list[int] = np.bincount(lots.drawn_blocks, minlength=len(lots.places)).tolist()
    return sizes
