"""A lottery design: a pure function from tickets to arms.

The official draw takes its tickets from SHA-256, re-draws (randomisation inference, power) take
theirs from a NumPy generator: one rule, two sources, so that inference replays the very code that
held the lottery.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from reliance_eval.errors import DataError, Fault
from reliance_eval.lottery.shelving import Shelved, shelved
from reliance_eval.registry import Registry

if TYPE_CHECKING:
    import pandas as pd

    from reliance_eval.lottery.model import Draw

IntArray: TypeAlias = npt.NDArray[np.integer[Any]]
FloatArray: TypeAlias = npt.NDArray[np.float64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

IN_RESERVE = -1

RAREST = 1000
"""A draw that its own rule accepts less than once in so many tries is not held again: its
assignments are so few that chance has little left to decide."""

PATIENCE = 20 * RAREST
"""Tries after which it is decided whether a draw is that rare: 20 are then expected, and fewer than
half of them found about once in a hundred times where the rate is just ``1 / RAREST``."""


TICKETS = 1 << 16
"""Tickets drawn at once: half a megabyte stays in a processor's cache while they are sorted."""


@dataclass(frozen=True, eq=False)
class Lots:
    """What a draw is held on, in the canonical order of the units (sorted by identifier).

    Attributes
    ----------
    blocks : (n,) int
        Block of each unit, 0 to B-1.
    places : (B, A) int
        Places of each block by arm; counted in clusters where clusters are drawn. Of a simple
        draw, the counts that chance gave (zeros before it is held).
    clusters : (n,) int
        Cluster of each unit, 0 to G-1; ``arange(n)`` where the units themselves are drawn. All
        members of a cluster are in one block.
    odds : (B, 2) int, optional
        Of a simple draw: a chance of a in b of the first arm, by block.
    covariates : (n, k) int, optional
        Of a re-randomised draw: the whole numbers that the arms must be alike on.
    bounds : (k,) int, optional
        How far apart the arms may be on each.
    whole : int
        What a ticket is a share of, for designs that read more than its order: 1 for a
        generator's tickets, 2**256 for SHA-256's.
    """

    blocks: IntArray
    places: IntArray
    clusters: IntArray
    odds: IntArray | None = None
    covariates: IntArray | None = None
    bounds: IntArray | None = None
    whole: int = 1

    @cached_property
    def first_members(self) -> IntArray:
        """First member of each cluster in canonical order: its ticket is the cluster's, (G,)."""
        return np.unique(self.clusters, return_index=True)[1]

    @cached_property
    def drawn_blocks(self) -> IntArray:
        """Block of each thing that is drawn (a cluster, or a unit), (G,)."""
        return self.blocks[self.first_members]

    @cached_property
    def is_clustered(self) -> bool:
        """Whether some cluster has two members or more."""
        return self.clusters.size > 0 and int(self.clusters.max()) + 1 < self.clusters.size

    @cached_property
    def shelved(self) -> Shelved:
        """Who is drawn, blocks of one size side by side."""
        return shelved(self.drawn_blocks if self.is_clustered else self.blocks, self.places)

    def of_things(self) -> Lots:
        """Give the lots of what is drawn alone: one row a cluster where clusters are drawn.

        A re-randomised draw looks at its units' covariates, and keeps them.
        """
        if not self.is_clustered or self.covariates is not None:
            return self
        blocks = self.drawn_blocks
        return replace(self, blocks=blocks, clusters=np.arange(blocks.size))


class Design(Protocol):
    """What every design answers; ``Lots`` say on whom."""

    def allocate(self, tickets: npt.NDArray[Any], lots: Lots) -> IntArray:
        """Give the arm of each unit, (..., n): 0 to A-1, or -1 for the reserve.

        Parameters
        ----------
        tickets : (..., n) array
            Numbers between 0 and ``lots.whole``, distinct within a block; leading axes are
            separate draws. Most designs read their order alone.
        lots : Lots
        """
        ...

    def accepts(self, arms: IntArray, lots: Lots) -> BoolArray:
        """Say which assignments (..., n) stand; the others are drawn again, (...)."""
        ...

    def is_even(self, lots: Lots) -> bool:
        """Say whether all the assignments that the design can give are equally likely."""
        ...

    def probabilities(self, lots: Lots) -> FloatArray:
        """Give each unit's probability of each arm, (n, A)."""
        ...

    def permutations(self, lots: Lots) -> int | None:
        """Count the assignments this design can give; None where they are too many to count."""
        ...

    def enumerate(self, lots: Lots) -> Iterator[IntArray]:
        """Give every assignment once, as (n,) arrays."""
        ...


DESIGNS: Registry[Design] = Registry("design", "reliance_eval.lottery.designs")


def redraw(design: Design, lots: Lots, *, redraws: int, rng: np.random.Generator) -> IntArray:
    """Hold the lottery again with a NumPy generator's tickets.

    Calling it several times with one generator gives the same draws as calling it once, so the
    caller may cut a large number of re-draws into chunks. Assignments that the design does not
    accept are drawn again; as many are tried at once as are still wanted, so that the last one
    tried is the last one kept and no ticket is drawn in vain.

    Returns
    -------
    (redraws, n) int8 array
        Arm of each unit in each re-draw.

    Raises
    ------
    DataError
        The design accepts fewer than about one assignment in 1,000.
    """
    n = lots.blocks.size
    found = np.empty((redraws, n), dtype=np.int8)
    kept = tried = 0
    while kept < redraws:
        rows = min(redraws - kept, max(1, TICKETS // max(1, n)))
        arms = design.allocate(rng.random((rows, n)), lots)
        tried += rows
        is_accepted = design.accepts(arms, lots)
        accepted = arms if np.all(is_accepted) else arms[is_accepted]
        found[kept : kept + len(accepted)] = accepted
        kept += len(accepted)
        if tried >= PATIENCE and 2 * kept * RAREST < tried:
            raise DataError(Fault("E-LOTTERY-RARELY-BALANCED", "", {"n": kept, "tried": tried}))
    return found


def lots_of(draw: Draw) -> Lots:
    """Give what inference replays: the drawn units, sorted by unit, without the reserve.

    Places are the counts found by block and arm: of clusters where clusters were drawn
    (``draw.drawn_in``), of units otherwise. A simple draw brings its odds, a re-randomised one
    its covariates and bounds: both hold for the drawn units as they did for all.
    """
    drawn = draw.drawn.sort_values("unit", kind="stable", ignore_index=True)
    blocks, names = _codes(drawn["block"])
    if draw.drawn_in == "clusters":
        clusters, _ = _codes(drawn["cluster"])
    else:
        clusters = np.arange(len(drawn))
    first = np.unique(clusters, return_index=True)[1]
    arms = drawn["arm"].map({arm: code for code, arm in enumerate(draw.arms)}).to_numpy(np.int64)
    places = np.zeros((len(names), len(draw.arms)), dtype=np.int64)
    np.add.at(places, (blocks[first], arms[first]), 1)
    odds = np.array([draw.odds[name] for name in names]) if draw.odds else None
    covariates = bounds = None
    if draw.bounds:
        bounds = np.array(draw.bounds, dtype=np.int64)
        covariates = covariates_of(draw, drawn["unit"])
    return Lots(blocks, places, clusters, odds=odds, covariates=covariates, bounds=bounds)


def covariates_of(draw: Draw, units: pd.Series[Any]) -> IntArray:
    """Give the whole numbers that a re-randomised draw compared, for some of its units, (n, k)."""
    from reliance_eval.eligibility import Flow
    from reliance_eval.lottery.scaling import scaled

    balance = draw.protocol.clauses.lottery.balance
    if balance is None:
        raise ValueError("the protocol of a re-randomised draw names what it balances")
    flow: Flow = draw.nearest(Flow)
    names = flow.eligible["unit"].astype(str).to_numpy(dtype=object)
    found = flow.eligible.set_index(names).loc[units.astype(str).to_numpy(dtype=object)]
    return scaled(found, balance.covariates)


def _codes(column: pd.Series[Any]) -> tuple[IntArray, list[str]]:
    """Give each text's number in byte order, and the distinct texts."""
    texts = [str(text) for text in column]
    names = sorted(set(texts))
    number = {text: code for code, text in enumerate(names)}
    return np.array([number[text] for text in texts], dtype=np.int64), names
