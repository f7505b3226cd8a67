"""A lottery design: a pure function from tickets to arms.

The official draw takes its tickets from SHA-256, re-draws (randomisation inference, power) take
theirs from a NumPy generator: one rule, two sources, so that inference replays the very code that
held the lottery.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from reliance_eval.registry import Registry

if TYPE_CHECKING:
    import pandas as pd

    from reliance_eval.lottery.model import Draw

IntArray: TypeAlias = npt.NDArray[np.integer[Any]]
FloatArray: TypeAlias = npt.NDArray[np.float64]

IN_RESERVE = -1


@dataclass(frozen=True, slots=True)
class Lots:
    """What a draw is held on, in the canonical order of the units (sorted by identifier).

    Attributes
    ----------
    blocks : (n,) int
        Block of each unit, 0 to B-1.
    places : (B, A) int
        Places of each block by arm; counted in clusters where clusters are drawn.
    clusters : (n,) int
        Cluster of each unit, 0 to G-1; ``arange(n)`` where the units themselves are drawn. All
        members of a cluster are in one block.
    """

    blocks: IntArray
    places: IntArray
    clusters: IntArray

    @property
    def first_members(self) -> IntArray:
        """First member of each cluster in canonical order: its ticket is the cluster's, (G,)."""
        return np.unique(self.clusters, return_index=True)[1]

    @property
    def drawn_blocks(self) -> IntArray:
        """Block of each thing that is drawn (a cluster, or a unit), (G,)."""
        return self.blocks[self.first_members]

    @property
    def is_clustered(self) -> bool:
        """Whether some cluster has two members or more."""
        return self.clusters.size > 0 and int(self.clusters.max()) + 1 < self.clusters.size


class Design(Protocol):
    """What every design answers; ``Lots`` say on whom."""

    def allocate(self, tickets: npt.NDArray[Any], lots: Lots) -> IntArray:
        """Give the arm of each unit, (..., n): 0 to A-1, or -1 for the reserve.

        Parameters
        ----------
        tickets : (..., n) array
            Any sortable numbers, distinct within a block; leading axes are separate draws.
        lots : Lots
        """
        ...

    def probabilities(self, lots: Lots) -> FloatArray:
        """Give each unit's probability of each arm, (n, A)."""
        ...

    def permutations(self, lots: Lots) -> int:
        """Count the assignments this design can give."""
        ...

    def enumerate(self, lots: Lots) -> Iterator[IntArray]:
        """Give every assignment once, as (n,) arrays."""
        ...


DESIGNS: Registry[Design] = Registry("design", "reliance_eval.lottery.designs")


def redraw(design: Design, lots: Lots, *, redraws: int, rng: np.random.Generator) -> IntArray:
    """Hold the lottery again with a NumPy generator's tickets.

    Calling it several times with one generator gives the same draws as calling it once, so the
    caller may cut a large number of re-draws into chunks.

    Returns
    -------
    (redraws, n) int8 array
        Arm of each unit in each re-draw.
    """
    return design.allocate(rng.random((redraws, lots.blocks.size)), lots)


def lots_of(draw: Draw) -> Lots:
    """Give what inference replays: the drawn units, sorted by unit, without the reserve.

    Places are the counts found by block and arm: of clusters where clusters were drawn
    (``draw.drawn_in``), of units otherwise.
    """
    drawn = draw.drawn.sort_values("unit", kind="stable", ignore_index=True)
    blocks, names = _codes(drawn["block"])
    if draw.drawn_in == "clusters":
        clusters, _ = _codes(drawn["cluster"])
    else:
        clusters = np.arange(len(drawn))
    first = np.unique(clusters, return_index=True)[1]
    arms = drawn["arm"].map({arm: code for code, arm in enumerate(draw.arms)}).to_numpy(np.int64)
    places = np.zeros((names, len(draw.arms)), dtype=np.int64)
    np.add.at(places, (blocks[first], arms[first]), 1)
    return Lots(blocks=blocks, places=places, clusters=clusters)


def _codes(column: pd.Series[Any]) -> tuple[IntArray, int]:
    """Give each text's number in byte order, and how many distinct texts there are."""
    texts = [str(text) for text in column]
    number = {text: code for code, text in enumerate(sorted(set(texts)))}
    return np.array([number[text] for text in texts], dtype=np.int64), len(number)
