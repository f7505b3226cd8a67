"""The block-weighted difference in means, with blocked Neyman or CR2 variances by cell.

A regression saturated in blocks and arms is a set of means, so its HC2 and CR2 variances and their
degrees of freedom have closed forms by cell: one pass over the units, however many blocks.

References
----------
Imbens and Rubin (2015), Causal Inference, section 9.5: stratified experiments.
Pashley and Miratrix (2021): blocks with an arm of one (``small_blocks``).
Bell and McCaffrey (2002): CR2 and its degrees of freedom, here for means.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import ROUNDING, Bools, Floats, Ints
from reliance_eval.estimation.effects import Cells, Effects, cells_of
from reliance_eval.estimation.sample import Kept, Sample, keep
from reliance_eval.estimation.small_blocks import Pool, pool_of
from reliance_eval.estimation.unestimable import Unestimable


def blocked_effects(sample: Sample, outcomes: Floats) -> Effects:
    """Give the block-weighted difference in means of m outcomes.

    Parameters
    ----------
    sample : Sample
        Where clusters were drawn, each is whole within one block and one arm
        (``is_nested``); ``variance="pairs"`` takes every variance from between the blocks.
    outcomes : array (n, m)

    Raises
    ------
    Unestimable
        ``single_unit``, ``singleton_arm``, ``too_few_clusters``: no variance exists.
    """
    parts = _parts(sample, outcomes)
    cells, kept = parts.cells, parts.kept
    within = _within(parts, outcomes[cells.rows])
    between = np.sqrt(parts.pool.multipliers) * parts.pool.deviations(cells.differences.T)
    influence = np.concatenate([within, between], axis=1)
    noise = ROUNDING * _size(parts, outcomes[cells.rows])
    influence[np.linalg.norm(influence, axis=1) <= noise] = 0.0
    notes = _notes(parts)
    return Effects(
        values=kept.weights @ cells.differences,
        influence=influence,
        df=_degrees(parts, within, between),
        variance=_name(parts),
        rows=cells.rows,
        mean_reference=kept.weights @ cells.means[::2],
        notes=tuple(notes),
        note_values=notes,
    )


def is_nested(sample: Sample) -> bool:
    """Say whether every observed cluster lies in one block and one arm."""
    rows = sample.observed & sample.compared
    cell = 2 * sample.blocks[rows] + (sample.arms[rows] == sample.target)
    pairs = np.unique(np.stack([sample.clusters[rows], cell]), axis=1)
    return bool(pairs.shape[1] == len(np.unique(pairs[0])))


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """What was drawn (units or clusters), by cell.

    ``codes`` is the group of each row, ``present`` the groups seen, ``cell`` and ``share`` their
    cell and their part of its weight (their leverage on its mean), ``counts`` (b, 2) how many.
    """

    codes: Ints
    present: Ints
    cell: Ints
    share: Floats
    counts: Ints


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """One comparison: its cells, what was drawn into them, and the blocks that are pooled."""

    sample: Sample
    kept: Kept
    cells: Cells
    drawn: _Drawn
    is_small: Bools
    pool: Pool

    @property
    def is_counted(self) -> Bools:
        """Blocks whose variance comes from within them."""
        counted: Bools = (self.kept.weights > 0.0) & ~self.pool.members
        return counted


def _parts(sample: Sample, outcomes: Floats) -> _Parts:
    kept = keep(sample)
    cells = cells_of(sample, kept, outcomes)
    drawn = _drawn(sample, cells)
    is_kept = kept.weights > 0.0
    is_small = is_kept & (np.min(drawn.counts, axis=1) == 1)
    wanted = is_kept if sample.variance == "pairs" else is_small
    pool = pool_of(kept.weights, drawn.counts.sum(axis=1).astype(float), wanted)
    if not pool.is_possible:
        raise _no_variance(sample, is_small)
    return _Parts(sample, kept, cells, drawn, is_small, pool)


def _drawn(sample: Sample, cells: Cells) -> _Drawn:
    present, first, codes = np.unique(
        sample.clusters[cells.rows], return_index=True, return_inverse=True
    )
    cell = cells.codes[first]
    weight = np.bincount(codes, cells.unit_weights, minlength=len(present))
    counts = np.bincount(cell, minlength=len(cells.totals)).reshape(-1, 2)
    return _Drawn(codes, present, cell, weight / cells.totals[cell], counts)


def _within(parts: _Parts, outcomes: Floats) -> Floats:
    """Give each group's contribution, shape (m, groups); zero in pooled blocks."""
    cells, drawn = parts.cells, parts.drawn
    residuals = cells.unit_weights[:, None] * (outcomes - cells.means[cells.codes])
    block = drawn.cell // 2
    is_counted = parts.is_counted[block]
    sign = np.where(drawn.cell % 2 == 1, 1.0, -1.0) * parts.kept.weights[block]
    room = np.where(is_counted, 1.0 - drawn.share, 1.0)
    factor = np.where(is_counted, sign / (cells.totals[drawn.cell] * np.sqrt(room)), 0.0)
    influence = np.zeros((outcomes.shape[1], parts.sample.groups))
    for column in range(outcomes.shape[1]):
        summed = np.bincount(drawn.codes, residuals[:, column], minlength=len(drawn.present))
        influence[column, drawn.present] = factor * summed
    return influence


def _degrees(parts: _Parts, within: Floats, between: Floats) -> Floats:
    """Give degrees of freedom: Welch, n - 2B or Satterthwaite; mixed with the pool's, K - 1."""
    counts = parts.drawn.counts[parts.is_counted]
    pooled = int(parts.pool.members.sum())
    if len(counts) == 0:
        return np.full(len(within), float(pooled - 1))
    if parts.sample.is_clustered:
        inner = np.full(len(within), _satterthwaite(parts))
    elif len(counts) == 1 and not pooled:
        is_arm = parts.drawn.cell % 2 == 1
        squares = within[:, parts.drawn.present] ** 2
        sides = np.stack([squares[:, ~is_arm].sum(axis=1), squares[:, is_arm].sum(axis=1)], axis=1)
        return _mixed(sides, counts[0] - 1.0)
    else:
        inner = np.full(len(within), float(counts.sum() - 2 * len(counts)))
    if not pooled:
        return inner
    variances = np.stack([np.sum(within**2, axis=1), np.sum(between**2, axis=1)], axis=1)
    return _mixed(variances, np.stack([inner, np.full_like(inner, pooled - 1.0)], axis=1))


def _mixed(variances: Floats, degrees: Floats) -> Floats:
    """Give Welch and Satterthwaite's degrees of freedom for a sum of variances."""
    total = variances.sum(axis=1)
    squares = (variances**2 / degrees).sum(axis=1)
    is_flat = squares <= 0.0
    mixed: Floats = np.where(is_flat, 1.0, total**2 / np.where(is_flat, 1.0, squares))
    return mixed


def _satterthwaite(parts: _Parts) -> float:
    """Give CR2's degrees of freedom for a weighted sum of cell means.

    With h the leverage of a cluster on its cell's mean and W the cell's weight, the quadratic form
    of Bell and McCaffrey has h/W on its diagonal and -(b_g b_h) off it, b² = h²/(W(1 - h)).
    """
    drawn, totals = parts.drawn, parts.cells.totals
    block = drawn.cell // 2
    scale = np.where(parts.is_counted[block], parts.kept.weights[block] ** 2, 0.0)
    room = np.where(scale > 0.0, 1.0 - drawn.share, 1.0)
    own = scale * drawn.share / totals[drawn.cell]
    back = scale * drawn.share**2 / (totals[drawn.cell] * room)
    by_cell = np.bincount(drawn.cell, back, minlength=len(totals))
    squares = np.sum(own**2) + np.sum(by_cell**2) - np.sum(back**2)
    return float(np.sum(own) ** 2 / squares)


def _size(parts: _Parts, outcomes: Floats) -> Floats:
    """Give the length of what the contributions are differences of."""
    cells = parts.cells
    pull = parts.kept.weights[cells.codes // 2] * cells.unit_weights / cells.totals[cells.codes]
    length: Floats = np.linalg.norm(pull[:, None] * outcomes, axis=0)
    return length


def _name(parts: _Parts) -> str:
    if parts.sample.is_clustered:
        return "CR2"
    if not np.any(parts.is_counted):
        return "pairs"
    return "neyman" if len(parts.sample.block_names) == 1 else "blocked"


def _names(sample: Sample, which: Bools) -> str:
    return ", ".join(np.array(sample.block_names, dtype=object)[which])


def _no_variance(sample: Sample, is_small: Bools) -> Unestimable:
    if sample.is_clustered:
        return Unestimable("too_few_clusters", n=str(len(np.unique(sample.clusters))))
    if sample.variance == "pairs":
        return Unestimable("too_few_blocks")
    if len(sample.block_names) == 1:
        return Unestimable("single_unit")
    return Unestimable("singleton_arm", blocks=_names(sample, is_small))


def _notes(parts: _Parts) -> dict[str, str]:
    notes: dict[str, str] = {}
    if parts.kept.lost:
        notes["lost_blocks"] = ", ".join(parts.kept.lost)
    if np.any(parts.is_small):
        notes["small_blocks"] = _names(parts.sample, parts.is_small)
    return notes
