"""What an offer did to one or several outcomes of the same units, with their joint spread."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats, Ints
from reliance_eval.estimation.sample import REFERENCE, Kept, Sample


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Effects of the offer on m outcomes, linear in the outcomes.

    Attributes
    ----------
    values : array (m,)
    influence : array (m, g)
        What each unit or cluster, then each pooled block, contributes; ``influence @
        influence.T`` is the covariance. A row is exactly zero where the outcome does not vary.
    df : array (m,)
    variance : str
        Name of the convention.
    rows : array of bool (n,)
        Rows of the sample that were used.
    mean_reference : array (m,)
        Block-weighted means in the reference arm.
    notes : tuple of str
    note_values : mapping of str to str
    """

    values: Floats
    influence: Floats
    df: Floats
    variance: str
    rows: Bools
    mean_reference: Floats
    notes: tuple[str, ...] = ()
    note_values: dict[str, str] = field(default_factory=dict)

    @property
    def covariance(self) -> Floats:
        """Covariance of the m effects."""
        product: Floats = self.influence @ self.influence.T
        return product


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Blocks by arms: two cells a block, the reference first.

    Attributes
    ----------
    rows : array of bool (n,)
        Observed units of the two arms, in the blocks where both are seen.
    codes : array of int (r,)
        Cell of each of these rows: twice the block, plus one in the arm.
    unit_weights : array (r,)
    totals : array (2b,)
        Weight of each cell.
    means : array (2b, m)
        Zero in an empty cell, which has no weight in the estimate.
    """

    rows: Bools
    codes: Ints
    unit_weights: Floats
    totals: Floats
    means: Floats

    @property
    def differences(self) -> Floats:
        """Arm minus reference by block, shape (b, m)."""
        gaps: Floats = self.means[1::2] - self.means[::2]
        return gaps


def cells_of(sample: Sample, kept: Kept, outcomes: Floats) -> Cells:
    """Average the outcomes within each block and arm."""
    rows = kept.rows & sample.compared
    size = 2 * len(sample.block_names)
    codes = 2 * sample.blocks[rows] + (sample.arms[rows] != REFERENCE)
    weights = np.ones(len(codes)) if sample.weights is None else sample.weights[rows]
    totals = np.bincount(codes, weights, minlength=size).astype(np.float64)
    return Cells(rows, codes, weights, totals, means_by(codes, outcomes[rows], weights, size))


def means_by(codes: Ints, outcomes: Floats, weights: Floats, size: int) -> Floats:
    """Give the weighted mean of each outcome by cell, shape (size, m); zero in empty cells.

    The mean is taken twice, the second time of what the first left: an outcome that does not
    vary within a cell then leaves exactly nothing.
    """
    totals = np.bincount(codes, weights, minlength=size)
    full = np.where(totals > 0.0, totals, 1.0)
    means = np.empty((size, outcomes.shape[1]))
    for column in range(outcomes.shape[1]):
        values = outcomes[:, column]
        first = np.bincount(codes, weights * values, minlength=size) / full
        second = np.bincount(codes, weights * (values - first[codes]), minlength=size) / full
        means[:, column] = first + second
    return means
