"""Blocks of one size side by side, so that one product of matrices serves them all.

Arrays here have assignments last: (blocks, units of a block, assignments). Whatever is said of an
assignment is then a vector over all of them, and whatever is said of a unit is a matrix that
multiplies it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import Floats, Ints
from reliance_eval.estimation.redraws.replaying import CELLS, FEWEST, Codes

KEPT = -1
"""Of a unit that keeps its arm in every re-draw: its place among what is drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Seats:
    """Where a comparison finds its units in an assignment.

    Attributes
    ----------
    columns : array of int (n,)
        Place of each unit (of its cluster, where clusters are drawn) among what is drawn;
        ``KEPT`` for a unit of a third arm, which is in neither arm of the pair.
    pair : tuple of int
        Codes, in an assignment, of the arm compared and of the one it is compared with.
    is_whole : bool
        Whether whatever is drawn is in one of the two: the second arm is then all but the first.
    as_drawn : array of int (n,)
        Code of the arm each unit has, for those that keep it.
    """

    columns: Ints
    pair: tuple[int, int]
    is_whole: bool
    as_drawn: Codes

    def arms(self, assigned: Codes) -> Codes:
        """Give the arm of each unit under each assignment, (r, n)."""
        if len(self.columns) == assigned.shape[1] and np.array_equal(
            self.columns, np.arange(len(self.columns))
        ):
            return assigned
        taken = assigned[:, self.columns]
        keeps = self.columns == KEPT
        taken[:, keeps] = self.as_drawn[keeps]
        return taken


def every_seat(n: int, pair: tuple[int, int]) -> Seats:
    """Give the seats of a comparison whose assignments are of its own units."""
    return Seats(np.arange(n), pair, is_whole=False, as_drawn=np.zeros(n, dtype=np.int8))


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """Blocks of one size.

    Attributes
    ----------
    blocks : array of int (b,)
        Their codes.
    rows : array of int (b, s)
        Positions of their units in the sample.
    columns : array of int (b, s)
        Places of these units among what is drawn.
    """

    blocks: Ints
    rows: Ints
    columns: Ints

    def inside(self, assigned: Codes, arm: int) -> Floats:
        """Say who is in an arm under each assignment, as ones and zeros (b, s, r)."""
        flat = self.columns.ravel()
        is_run = len(flat) > 0 and flat[-1] - flat[0] + 1 == len(flat) and bool(self._is_sorted)
        taken = assigned[:, flat[0] : flat[-1] + 1] if is_run else assigned[:, flat]
        is_in = np.ascontiguousarray(taken.T) == arm
        inside: Floats = is_in.astype(np.float64).reshape(*self.rows.shape, len(assigned))
        return inside

    @property
    def _is_sorted(self) -> bool:
        return bool(np.all(np.diff(self.columns.ravel()) == 1))


def shelves(blocks: Codes, seats: Seats) -> tuple[Shelf, ...]:
    """Put the units that are drawn on shelves, by the size of their block.

    A shelf ends where its arrays would no longer stay in a processor's cache.

    Parameters
    ----------
    blocks : array of int (n,)
        Codes from 0.
    seats : Seats
    """
    drawn = np.flatnonzero(seats.columns != KEPT)
    order = drawn[np.argsort(blocks[drawn], kind="stable")]
    codes, starts, counts = np.unique(blocks[order], return_index=True, return_counts=True)
    most = max(1, CELLS // rows_at_once(len(blocks)))
    found = []
    for size in np.unique(counts):
        alike = np.flatnonzero(counts == size)
        for part in _parts(alike, max(1, most // int(size))):
            rows = order[starts[part][:, None] + np.arange(size)]
            found.append(Shelf(codes[part].astype(np.int64), rows, seats.columns[rows]))
    return tuple(found)


def rows_at_once(n: int) -> int:
    """Give how many assignments of n units are looked at together."""
    return max(FEWEST, CELLS // max(1, n))


def _parts(items: Ints, size: int) -> Iterator[Ints]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def by_block(shelf: Shelf, columns: Sequence[Floats]) -> Floats:
    """Give columns of the sample as matrices of a shelf's blocks, (b, c, s)."""
    return np.ascontiguousarray(np.stack([column[shelf.rows] for column in columns], axis=1))
