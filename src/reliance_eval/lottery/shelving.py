"""Blocks of one size side by side, so that their tickets are sorted together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.integer[Any]]
Bools: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """Blocks of one size, whose tickets are sorted together.

    Attributes
    ----------
    run : slice
        Their units, block after block, in the order of ``Shelved``.
    blocks, size : int
        How many blocks, of how many units each.
    ranks : tuple of (k,) int
        By arm but the last that fills up, the rank from 0 of the ticket that takes its last place.
    none : tuple of (k,) bool
        Blocks where no place is taken up to that arm.
    has_reserve : bool
        Whether some block has more units than places.
    """

    run: slice
    blocks: int
    size: int
    ranks: tuple[Ints, ...]
    none: tuple[Bools, ...]
    has_reserve: bool


@dataclass(frozen=True, slots=True, eq=False)
class Shelved:
    """Units in the order in which blocks of one size follow one another.

    Attributes
    ----------
    order, back : (m,) int or None
        The units in that order, and the way back; None where units are in that order already.
    shelves : tuple of Shelf
    """

    order: Ints | None
    back: Ints | None
    shelves: tuple[Shelf, ...]


def shelved(blocks: Ints, places: Ints) -> Shelved:
    """Put blocks of one size side by side.

    Parameters
    ----------
    blocks : (n,) int
        Of what is drawn.
    places : (B, A) int
    """
    members = members_of(blocks, len(places))
    sizes = np.array([len(units) for units in members])
    if np.any(places.sum(axis=1) > sizes):
        raise ValueError("more places than units in a block")
    shelves: list[Shelf] = []
    order: list[Ints] = []
    start = 0
    for size in np.unique(sizes[sizes > 0]).tolist():
        alike = np.flatnonzero(sizes == size)
        order += [members[block] for block in alike]
        last = np.cumsum(places[alike], axis=1).T
        cuts = [taken for taken in last if not np.all(taken == size)]
        shelf = Shelf(
            run=slice(start, start + size * len(alike)),
            blocks=len(alike),
            size=size,
            ranks=tuple(np.maximum(taken - 1, 0) for taken in cuts),
            none=tuple(taken == 0 for taken in cuts),
            has_reserve=bool(np.any(last[-1] < size)),
        )
        shelves.append(shelf)
        start = shelf.run.stop
    whole = np.concatenate(order) if order else np.arange(0)
    if np.array_equal(whole, np.arange(len(whole))):
        return Shelved(None, None, tuple(shelves))
    return Shelved(whole, np.argsort(whole), tuple(shelves))


def members_of(blocks: Ints, count: int) -> list[Ints]:
    """Give the positions of each block's units, in their order."""
    order = np.argsort(blocks, kind="stable")
    cuts = np.searchsorted(blocks[order], np.arange(1, count))
    return np.split(order, cuts)
