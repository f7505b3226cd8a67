"""What an offer did to one or several outcomes of the same units, with their joint spread."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats, Ints
from reliance_eval.estimation.sample import REFERENCE, Kept, Sample


@dataclass(frozen=True, slots=True, eq=False)
class Tested:
    """What p and interval are made from, where effects' own spread would mislead.

    Attributes
    ----------
    values : array (m,)
    influence : array (m, g')
        Columns as in ``Effects.influence``, then others.
    df : array (m,)
    variance : str
        Name of the convention of the first outcome; the others keep theirs.
    bounds : tuple of (low, high)
        Where the first effect can lie at all.
    """

    values: Floats
    influence: Floats
    df: Floats
    variance: str
    bounds: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Test:
    """What tests one effect: ``value / norm(influence)`` is its t.

    Attributes
    ----------
    value : float
    influence : array (g,)
    df : float
    variance : str
    bounds : tuple of (low, high)
        Where the effect can lie at all.
    """

    value: float
    influence: Floats
    df: float
    variance: str
    bounds: tuple[float, float] = (-np.inf, np.inf)


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
    tested : Tested or None
        What stands in for values and influence in tests and intervals.
    """

    values: Floats
    influence: Floats
    df: Floats
    variance: str
    rows: Bools
    mean_reference: Floats
    notes: tuple[str, ...] = ()
    note_values: dict[str, str] = field(default_factory=dict)
    tested: Tested | None = None

    @property
    def covariance(self) -> Floats:
        """Covariance of the m effects, as they are tested."""
        influence = self.influence if self.tested is None else self.tested.influence
        product: Floats = influence @ influence.T
        return product

    def test(self, which: int) -> Test:
        """Give what tests one of the effects.

        Where made-up units enter, the contributions are those of the units there are, made as
        long as all are: several outcomes of the same units keep their correlation.
        """
        tested = self.tested
        if which > 0 or tested is None:
            value, df = float(self.values[which]), float(self.df[which])
            return Test(value, self.influence[which], df, self.variance)
        whole = tested.influence[0]
        own = whole[: self.influence.shape[1]]
        longer = np.linalg.norm(whole) / np.linalg.norm(own)
        return Test(
            value=float(tested.values[0]),
            influence=own * longer,
            df=float(tested.df[0]),
            variance=tested.variance,
            bounds=tested.bounds,
        )

    def tested_by(self, tested: Tested, *, note: str) -> Effects:
        """Give the same effects with what tests them, and a note that says so."""
        return replace(
            self,
            tested=tested,
            notes=(*self.notes, note),
            note_values=self.note_values | {note: ""},
        )


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
