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
        return _fill_drawn(tickets, lots.blocks, lots.places)
    first = lots.first_members
    return _fill_drawn(tickets[..., first], lots.blocks[first], lots.places)[..., lots.clusters]


def _fill_drawn(tickets: npt.NDArray[Any], blocks: IntArray, places: IntArray) -> IntArray:
    arms = np.empty(tickets.shape, dtype=np.int8)
    members = _members(blocks, len(places))
    sizes = np.array([len(units) for units in members])
    if np.any(places.sum(axis=1) > sizes):
        raise ValueError("more places than units in a block")
    # Blocks of one size are sorted together: 10,000 small blocks cost no more than a large one.
    for size in np.unique(sizes[sizes > 0]):
        alike = np.flatnonzero(sizes == size)
        units = np.stack([members[block] for block in alike])
        arms[..., units] = _by_cutoff(tickets[..., units], places[alike])
    return arms


def _by_cutoff(tickets: npt.NDArray[Any], places: IntArray) -> IntArray:
    """Place blocks of one size: an arm's cut-off is the ticket that takes its last place.

    Parameters
    ----------
    tickets : (..., k, m) array
        Tickets of the m units of k blocks.
    places : (k, A) int array
    """
    count, size = tickets.shape[-2:]
    arm = np.zeros(tickets.shape, dtype=np.int8)
    ordered = np.sort(tickets, axis=-1)
    for last in np.cumsum(places, axis=1).T:  # rank that takes the arm's last place, by block
        if np.all(last == size):
            continue
        cutoff = ordered[..., np.arange(count), np.maximum(last - 1, 0)][..., None]
        arm += (tickets > cutoff) | (last == 0)[:, None]
    arm[arm == places.shape[1]] = IN_RESERVE
    return arm


def _members(blocks: IntArray, count: int) -> list[IntArray]:
    order = np.argsort(blocks, kind="stable")
    cuts = np.searchsorted(blocks[order], np.arange(1, count))
    return np.split(order, cuts)


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
    members = _members(lots.drawn_blocks, len(lots.places))
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
