"""One distance for a whole table, referred to what the lottery, held again, gives by luck.

The differences in means of all lines (each arm less the reference, block-weighted) form one vector;
its covariance is its second moment over the re-draws and the draw itself, which treats them all
alike, so that p is exact whatever the design. Directions the design holds at zero (a block's own
share) are left out by rank.

References
----------
Hansen and Bowers (2008), Statistical Science 23(2), 219-236: one omnibus distance of balance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats, Ints
from reliance_eval.estimation.redraws.blockwise import moments
from reliance_eval.estimation.redraws.replaying import Codes, Replay, Tail, is_extreme, p_value

RANK = 1e-9
"""Smallest eigenvalue kept, relative to the largest, of the correlation of the differences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawTest:
    """The joint test that holds the lottery again.

    Attributes
    ----------
    statistic : float
        Squared Mahalanobis distance of the differences from zero, under the design.
    df : int
        Directions in which the design lets the differences move.
    p_value : float
    monte_carlo_error : float or None
        None where all assignments were enumerated.
    redraws : int
    is_exact : bool
    """

    statistic: float
    df: int
    p_value: float
    monte_carlo_error: float | None
    redraws: int
    is_exact: bool


@dataclass(frozen=True, slots=True, eq=False)
class Redrawn:
    """The differences of all lines, as drawn and under every re-draw.

    Attributes
    ----------
    observed : array (1, k * m)
        Arms other than the reference, then lines.
    redrawn : array (r, k * m)
    is_exact : bool
        Whether the re-draws are all the assignments of the design.
    lines : int
        m, the lines an arm.
    """

    observed: Floats
    redrawn: Floats
    is_exact: bool
    lines: int

    def test(self, lines: Ints | None = None, *, arm: int | None = None) -> DrawTest | None:
        """Test all differences at once; None where the design holds them all at zero.

        Parameters
        ----------
        lines : array of int, optional
            Only these lines.
        arm : int, optional
            Only this arm, by its place among those compared.
        """
        kept = self._columns(lines, arm)
        observed, redrawn = self.observed[:, kept], self.redrawn[:, kept]
        both = np.concatenate([observed, redrawn])
        distance, rank = _distances(both, redrawn if self.is_exact else both)
        if rank == 0:
            return None
        extreme = is_extreme(distance[1:], distance[0]).sum(keepdims=True)
        found = Tail(distance[:1], extreme, len(redrawn), self.is_exact)
        return DrawTest(
            statistic=float(distance[0]),
            df=rank,
            p_value=found.p_value(),
            monte_carlo_error=found.monte_carlo_error(),
            redraws=found.size,
            is_exact=found.is_exact,
        )

    def p_of_line(self, arm: int, line: int) -> float | None:
        """Give the two-sided p-value of one difference; None where the design holds it at zero."""
        column = arm * self.lines + line
        redrawn, observed = self.redrawn[:, column], float(self.observed[0, column])
        if np.isnan(observed) or np.nanmax(np.abs(redrawn), initial=0.0) <= RANK:
            return None
        extreme = int(is_extreme(redrawn, observed).sum())
        return p_value(extreme, redraws=len(redrawn), is_exact=self.is_exact)

    def _columns(self, lines: Ints | None, arm: int | None) -> Ints:
        chosen = np.arange(self.lines) if lines is None else lines
        starts = np.arange(0, self.observed.shape[1], self.lines)
        starts = starts if arm is None else starts[[arm]]
        columns: Ints = (starts[:, None] + chosen).ravel()
        return columns


def redrawn(
    columns: Floats, replay: Replay, *, reference: int, scopes: tuple[Bools, ...]
) -> tuple[Redrawn, ...]:
    """Hold the lottery again once, and compare the arms on every line in each scope.

    Parameters
    ----------
    columns : array (n, m)
        Complete; ``lines.columns_of``.
    replay : Replay
    reference : int
        Code of the arm that others are compared with.
    scopes : tuple of arrays of bool (n,)
        Everybody, or the units of one wave, whose lottery was its own.
    """
    others = [arm for arm in range(replay.lots.places.shape[1]) if arm != reference]

    def vector(assigned: Codes, rows: Bools) -> Floats:
        blocks = np.unique(replay.lots.blocks[rows], return_inverse=True)[1]
        parts = [
            moments(columns[rows], assigned[:, rows], pair=(arm, reference), blocks=blocks).estimate
            for arm in others
        ]
        return np.concatenate(parts, axis=1)

    held: list[list[Floats]] = [[] for _ in scopes]
    for chunk in replay.chunks():
        for found, rows in zip(held, scopes, strict=True):
            found.append(vector(chunk, rows))
    return tuple(
        Redrawn(
            observed=vector(replay.observed[np.newaxis], rows),
            redrawn=np.concatenate(found),
            is_exact=replay.is_exact,
            lines=columns.shape[1],
        )
        for found, rows in zip(held, scopes, strict=True)
    )


def _distances(vectors: Floats, whole: Floats) -> tuple[Floats, int]:
    """Give each vector's squared distance, NaN where an arm was empty, and the rank."""
    whole = whole[~np.isnan(whole).any(axis=1)]
    spread = np.sqrt(np.mean(whole**2, axis=0))
    # Columns are scaled to unit variance, so what the design holds at zero is rounding noise.
    free = spread > RANK
    if not free.any():
        return np.zeros(len(vectors)), 0
    scaled = whole[:, free] / spread[free]
    values, directions = np.linalg.eigh(scaled.T @ scaled / len(scaled))
    kept = values > RANK * values[-1]
    turned = (vectors[:, free] / spread[free]) @ directions[:, kept]
    return np.sum(turned**2 / values[kept], axis=1), int(kept.sum())
