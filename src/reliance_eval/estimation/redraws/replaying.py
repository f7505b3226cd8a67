"""Holding the draw's own lottery again, many times, and counting what chance alone would do.

The same code that held the lottery holds its re-draws; only the tickets come from a generator.
Where the design has few enough assignments they are all enumerated, and p is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from reliance_eval import fingerprint
from reliance_eval.estimation.arrays import Bools, Floats, Ints
from reliance_eval.lottery.design import DESIGNS, Design, Lots, lots_of, redraw

if TYPE_CHECKING:
    from reliance_eval.lottery import Draw

Codes: TypeAlias = npt.NDArray[np.integer[Any]]
"""Arms, blocks or clusters as small numbers; arms of (r, n) are r assignments of n units."""

TIE = 1e-9
"""Relative slack within which two statistics are equal (``numbers.md``: ``>=``, never ``>``)."""

CELLS = 1 << 17
"""Units times re-draws held at once. A megabyte an array of floats stays in a processor's cache;
larger and smaller chunks were slower when measured (600 units, 18 blocks)."""

FEWEST = 32
"""Re-draws in a chunk however many units there are, so that loops over blocks are shared."""

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many re-draws are done, of how many."""


@dataclass(frozen=True, eq=False)
class Replay:
    """A lottery as held, and how to hold it again.

    Attributes
    ----------
    design : Design
        The rule of the draw.
    lots : Lots
        The units drawn again, in canonical order, with blocks, clusters and places.
    observed : array of int (n,)
        Arm of each unit as drawn.
    free : array of bool (n,)
        Units drawn again; the others keep the arm they have.
    redraws : int
        Re-draws wanted; fewer where all the design's assignments can be enumerated.
    seed : int
        Seed of the re-draws.
    stream : str
        What the re-draws are for: streams of one seed are independent of one another.
    """

    design: Design
    lots: Lots
    observed: Codes
    free: Bools
    redraws: int
    seed: int
    stream: str

    @cached_property
    def _every(self) -> int | None:
        """How many assignments there are, where all are enumerated and weigh the same."""
        count = self.design.permutations(self.lots) if self.design.is_even(self.lots) else None
        return count if count is not None and count <= self.redraws else None

    @property
    def is_exact(self) -> bool:
        """Whether every assignment of the design is enumerated."""
        return self._every is not None

    @property
    def size(self) -> int:
        """Number of assignments that ``chunks`` gives in all."""
        return self.redraws if self._every is None else self._every

    @cached_property
    def _things(self) -> Lots:
        return self.lots.of_things()

    @cached_property
    def columns(self) -> Ints:
        """Place of each unit among what is drawn, (n,); -1 where it keeps its arm."""
        found = np.full(len(self.observed), -1, dtype=np.int64)
        own = len(self._things.blocks)
        is_collapsed = own < len(self.lots.blocks)
        found[self.free] = self.lots.clusters if is_collapsed else np.arange(own)
        return found

    @cached_property
    def drawn(self) -> Codes:
        """Arms of what is drawn, as the lottery gave them, (t,)."""
        found = np.empty(len(self._things.blocks), dtype=np.int8)
        found[self.columns[self.free]] = self.observed[self.free]
        return found

    def drawn_chunks(self, *, cells: int = CELLS) -> Iterator[Codes]:
        """Give assignments of what is drawn, arrays (r, t); the chunk's size moves no number."""
        rows = max(FEWEST, cells // max(1, len(self.observed)))
        if self.is_exact:
            yield from _stacked(self.design.enumerate(self._things), rows)
            return
        rng = generator(self.seed, self.stream)
        for start in range(0, self.redraws, rows):
            count = min(rows, self.redraws - start)
            yield redraw(self.design, self._things, redraws=count, rng=rng)

    def chunks(self, *, cells: int = CELLS) -> Iterator[Codes]:
        """Give the assignments of all units, in arrays (r, n)."""
        for chunk in self.drawn_chunks(cells=cells):
            yield self._filled(chunk)

    def among(self, arms: tuple[int, ...]) -> Replay:
        """Give the lottery that moves only the units now in some arms, between those arms.

        With three arms or more, that one arm does nothing says nothing about the others: units of
        a third arm show an outcome that no re-draw may lend to these two.
        """
        free = np.isin(self.observed, arms)
        if free.all():
            return self
        places = np.zeros_like(self.lots.places)
        places[:, list(arms)] = self.lots.places[:, list(arms)]
        covariates = self.lots.covariates
        lots = replace(
            self.lots,
            blocks=self.lots.blocks[free],
            places=places,
            clusters=np.unique(self.lots.clusters[free], return_inverse=True)[1],
            covariates=None if covariates is None else covariates[free],
        )
        return replace(self, lots=lots, free=free)

    def _filled(self, drawn: Codes) -> Codes:
        if self.free.all():
            return drawn[:, self.columns] if drawn.shape[1] < len(self.columns) else drawn
        filled = np.repeat(self.observed[np.newaxis].astype(np.int8), len(drawn), axis=0)
        filled[:, self.free] = drawn[:, self.columns[self.free]]
        return filled


def replay_of(draw: Draw, *, stream: str) -> Replay:
    """Prepare the re-draws of a draw, as many as its protocol promised."""
    inference = draw.protocol.clauses.inference
    arms = draw.drawn.sort_values("unit", kind="stable")["arm"]
    return Replay(
        design=DESIGNS[draw.design],
        lots=lots_of(draw),
        observed=arms.map({arm: code for code, arm in enumerate(draw.arms)}).to_numpy(np.int64),
        free=np.ones(len(arms), dtype=np.bool_),
        redraws=inference.redraws,
        seed=inference.seed,
        stream=stream,
    )


def generator(seed: int, stream: str) -> np.random.Generator:
    """Give the generator of a named stream of a seed; the same on every machine."""
    word = int(fingerprint.of_text(stream)[:16], 16)
    return np.random.default_rng(np.random.SeedSequence([seed, word]))


@dataclass(frozen=True, slots=True, eq=False)
class Tail:
    """How many assignments give statistics at least as far from zero as the draw's own.

    Attributes
    ----------
    statistics : array (m,)
        Under the assignment that was drawn.
    extreme : array of int (m,)
        Assignments at least as extreme, among ``size``.
    size : int
    is_exact : bool
        Whether all assignments of the design were enumerated.
    """

    statistics: Floats
    extreme: Ints
    size: int
    is_exact: bool

    def p_value(self, column: int = 0) -> float:
        """Give the p-value of one statistic."""
        return p_value(int(self.extreme[column]), redraws=self.size, is_exact=self.is_exact)

    def monte_carlo_error(self, column: int = 0) -> float | None:
        """Give the standard error p owes to sampling re-draws; None where all are enumerated."""
        if self.is_exact:
            return None
        p = self.p_value(column)
        return sqrt(p * (1 - p) / (1 + self.size))


def tail(replay: Replay, statistic: Callable[[Codes], Floats], *, cells: int = CELLS) -> Tail:
    """Hold the lottery again and count how often a statistic is as extreme as it was.

    Parameters
    ----------
    replay : Replay
    statistic : callable
        From assignments (r, n) to statistics (r, m), each assignment on its own.
    cells : int
        Units times re-draws held at once.
    """
    observed = statistic(replay.observed[np.newaxis])[0]
    return counted(replay, observed, (statistic(chunk) for chunk in replay.chunks(cells=cells)))


def counted(
    replay: Replay, observed: Floats, redrawn: Iterable[Floats], *, progress: Progress | None = None
) -> Tail:
    """Count how often re-drawn statistics (r, m), chunk after chunk, are as extreme as observed."""
    extreme = np.zeros(observed.shape, dtype=np.int64)
    done = 0
    for chunk in redrawn:
        extreme += is_extreme(chunk, observed).sum(axis=0)
        done += len(chunk)
        if progress is not None:
            progress(done, replay.size)
    return Tail(observed, extreme, replay.size, replay.is_exact)


def is_extreme(statistics: Floats, observed: Floats | float) -> Bools:
    """Say which re-drawn statistics are at least as far from zero as the observed one.

    A re-draw whose statistic does not exist (NaN) counts as extreme: p can only grow by it.

    >>> is_extreme(np.array([-2.0, 1.9, np.nan]), 2.0).tolist()
    [True, False, True]
    """
    near: Bools = np.abs(statistics) < np.abs(observed) * (1 - TIE)
    return ~near


def p_value(extreme: int, *, redraws: int, is_exact: bool) -> float:
    """Give p from the number of extreme re-draws.

    Sampled re-draws: (1 + extreme) / (1 + redraws), never zero. Enumerated assignments hold the
    observed one, so p is their plain share.

    >>> p_value(4, redraws=99, is_exact=False), p_value(2, redraws=70, is_exact=True)
    (0.05, 0.02857142857142857)

    References
    ----------
    Phipson and Smyth (2010), "Permutation p-values should never be zero", section 4.
    """
    return extreme / redraws if is_exact else (1 + extreme) / (1 + redraws)


def _stacked(assignments: Iterator[Codes], rows: int) -> Iterator[Codes]:
    held: list[Codes] = []
    for assignment in assignments:
        held.append(assignment)
        if len(held) == rows:
            yield np.stack(held)
            held = []
    if held:
        yield np.stack(held)
