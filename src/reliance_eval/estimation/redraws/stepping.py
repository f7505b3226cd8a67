"""Correcting a family by joint re-draws: what the largest of its |t| does by luck alone.

Every re-draw moves all statistics of the family at once, so their dependence is kept without being
modelled. The assignment that was drawn is one of the pool, which makes every p a share of it and
never zero.

References
----------
Westfall and Young (1993), *Resampling-Based Multiple Testing*, algorithm 2.8: smallest p.
Romano and Wolf (2005), JASA 100(469), 94-108; (2016), Statistics & Probability Letters 113, 38-40:
largest studentised statistic.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from reliance_eval.estimation.arrays import Floats, Ints
from reliance_eval.estimation.redraws.replaying import TIE


@dataclass(frozen=True, eq=False)
class JointRedraws:
    """The studentised statistics of a family over the same re-draws.

    Attributes
    ----------
    statistics : array (m,)
        As drawn.
    redrawn : array (r, m)
        Under each re-draw; NaN where one has no answer, which counts as extreme.
    is_exact : bool
        Whether the re-draws are all the design's assignments, the one drawn among them.
    """

    statistics: Floats
    redrawn: Floats
    is_exact: bool

    @cached_property
    def _pool(self) -> Floats:
        """Absolute statistics of every assignment, the one drawn among them."""
        redrawn = np.where(np.isnan(self.redrawn), np.inf, np.abs(self.redrawn))
        return redrawn if self.is_exact else np.vstack([np.abs(self.statistics), redrawn])

    @cached_property
    def _largest(self) -> Floats:
        """The largest of each assignment, in ascending order."""
        return np.sort(self._pool.max(axis=1))

    def single_step(self) -> Floats:
        """Give single-step max-|t| p-values, which ``critical_value`` agrees with."""
        return _share_over(self._largest, np.abs(self.statistics))

    def critical_value(self, level: float) -> float:
        """Give the |t| that a statistic must pass for its single-step p to fall to 1 - level."""
        # A rounding slack, so that 1 - 0.95 of 20 assignments is one of them.
        rejected = int((1.0 - level) * len(self._largest) + TIE)
        return float(self._largest[-1 - rejected])

    def romano_wolf(self) -> Floats:
        """Give step-down p-values: each against the largest of those not yet rejected."""
        order = np.argsort(-np.abs(self.statistics), kind="stable")
        remaining = np.maximum.accumulate(self._pool[:, order[::-1]], axis=1)[:, ::-1]
        stepped = [
            _share_over(np.sort(largest), np.abs(self.statistics[place : place + 1]))[0]
            for largest, place in zip(remaining.T, order, strict=True)
        ]
        return _in_place(np.array(stepped), order)

    def westfall_young(self) -> Floats:
        """Give step-down p-values: each against the smallest p of those not yet rejected."""
        own = np.column_stack([_share_over(np.sort(column), column) for column in self._pool.T])
        # A re-draw without an answer is as extreme as can be, however many such there are.
        own[np.isinf(self._pool)] = 0.0
        observed = np.array(
            [
                _share_over(np.sort(column), np.abs(statistic)[None])[0]
                for column, statistic in zip(self._pool.T, self.statistics, strict=True)
            ]
        )
        order = np.lexsort((-np.abs(self.statistics), observed))
        remaining = np.minimum.accumulate(own[:, order[::-1]], axis=1)[:, ::-1]
        return _in_place(np.mean(remaining <= observed[order], axis=0), order)


def _share_over(ordered: Floats, values: Floats) -> Floats:
    """Give the share of an ascending pool that is at least each value, ties included."""
    below = np.searchsorted(ordered, values * (1.0 - TIE), side="left")
    share: Floats = (len(ordered) - below) / len(ordered)
    return share


def _in_place(stepped: Floats, order: Ints) -> Floats:
    """Put p-values back in their order; none is smaller than that of a step before it."""
    placed = np.empty(len(stepped))
    placed[order] = np.maximum.accumulate(stepped)
    return placed
