"""Small blocks: one that would get fewer than four places joins its neighbour, before the draw.

The rule is declared, not chosen: ``lottery.merge`` names one banded variable, and blocks join
along it alone. As long as a block gets fewer than four places, the first such block in byte order
joins the block that holds the next lower band among those that have the same other codes, or
the next higher where there is none lower; shares are then counted again. The joined block
names its bands from the lowest, separated by ``-``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reliance_eval.errors import DataError, Fault
from reliance_eval.lottery.allocation import largest_remainder

SMALLEST = 4
"""Fewer places than this leave an arm with a single unit, and so without a variance."""


@dataclass(frozen=True, slots=True)
class _Block:
    """A block as its codes: those around the merging variable, and its bands on it."""

    before: tuple[str, ...]
    bands: tuple[int, ...]
    after: tuple[str, ...]
    size: int
    origins: tuple[str, ...]

    def name(self, levels: Sequence[str]) -> str:
        band = "-".join(levels[index] for index in self.bands)
        return "_".join((*self.before, band, *self.after))

    def joins(self, other: _Block) -> _Block:
        return _Block(
            before=self.before,
            bands=tuple(sorted(self.bands + other.bands)),
            after=self.after,
            size=self.size + other.size,
            origins=tuple(sorted(self.origins + other.origins)),
        )


def merge_small_blocks(
    sizes: Mapping[str, int],
    *,
    places: int,
    codes: Mapping[str, tuple[str, ...]],
    along: int | None,
    levels: Sequence[str],
) -> dict[str, str]:
    """Give the block that each small block, and those it joins, belong to at the draw.

    Parameters
    ----------
    sizes : mapping of str to int
        Units of each block of the frame.
    places : int
        Places in all (m).
    codes : mapping of str to tuple of str
        Band codes of each block, in the order of ``lottery.blocks``.
    along : int or None
        Position in ``codes`` of the variable that blocks may join along; None: none is declared.
    levels : sequence of str
        The levels of that variable, in the protocol's order.

    Returns
    -------
    dict of str to str
        Blocks of the frame that change name, and their new name.

    Raises
    ------
    DataError
        A block gets fewer than four places and has no neighbour to join: declare
        ``lottery.merge``, or fewer or wider bands.
    """
    small = _small(sizes, places)
    if along is None:
        if small:
            raise DataError(_fault(name, n, "E-LOTTERY-SMALL-BLOCK") for name, n in small.items())
        return {}
    blocks = {
        name: _Block(
            before=codes[name][:along],
            bands=(levels.index(codes[name][along]),),
            after=codes[name][along + 1 :],
            size=sizes[name],
            origins=(name,),
        )
        for name in sorted(sizes)
    }
    while small := _small({name: block.size for name, block in blocks.items()}, places):
        neighbours = {
            name: other for name in small if (other := _neighbour(blocks, name)) is not None
        }
        if not neighbours:
            raise DataError(
                _fault(name, n, "E-LOTTERY-SMALL-BLOCK-ALONE") for name, n in small.items()
            )
        first = min(neighbours)
        joined = blocks.pop(first).joins(blocks.pop(neighbours[first]))
        blocks[joined.name(levels)] = joined
    return {
        origin: name
        for name, block in sorted(blocks.items())
        if len(block.origins) > 1
        for origin in block.origins
    }


def _small(sizes: Mapping[str, int], places: int) -> dict[str, int]:
    shares = largest_remainder(places, sizes)
    return {name: share for name, share in shares.items() if share < SMALLEST}


def _neighbour(blocks: Mapping[str, _Block], name: str) -> str | None:
    here = blocks[name]
    line = {
        other: block.bands
        for other, block in blocks.items()
        if other != name and (block.before, block.after) == (here.before, here.after)
    }
    lower = [other for other, bands in line.items() if bands < here.bands]
    if lower:
        return max(lower, key=lambda other: line[other])
    return min(line, key=lambda other: line[other], default=None)


def _fault(name: str, places: int, code: str) -> Fault:
    return Fault(code, "", {"block": name, "n": places, "smallest": SMALLEST})
