"""What an estimator is given: the drawn units, their design and their outcome, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats, Ints
from reliance_eval.estimation.peers import Reading, reading
from reliance_eval.estimation.unestimable import Unestimable

REFERENCE = 0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sample:
    """Every unit drawn (in the subgroup, where there is one), observed or not.

    Attributes
    ----------
    outcome : array (n,)
        NaN where it is missing.
    arms : array of int (n,)
        0 is the reference; ``target`` is the arm compared with it.
    target : int
    blocks : array of int (n,)
        Codes into ``block_names``.
    block_names : tuple of str
    shares : array (b,)
        Each block's share of those drawn: its weight, whatever is missing later.
    clusters : array of int (n,)
        What was drawn: codes from 0; each unit its own where units were drawn.
    groups : int
        Number of codes in ``clusters``.
    is_clustered : bool
    take_up : array (n,) or None
        NaN where unknown.
    weights : array (n,) or None
        Inverse probabilities of the arm, where they differ within a block.
    covariates : array (n, k)
        Complete, known before the draw.
    covariate_names : tuple of str
    level : float
    variance : str or None
        A name of ``VARIANCES``; None is the default of the estimator.
    convention : str
        The package whose standard error is wanted (``peers``); "" for none.
    is_two_stage : bool
        Whether that standard error is its two-stage least squares', not its regression's.
    notes : tuple of str
        What preparing the sample already has to say.
    note_values : mapping of str to str
    """

    outcome: Floats
    arms: Ints
    blocks: Ints
    block_names: tuple[str, ...]
    shares: Floats
    clusters: Ints
    groups: int
    is_clustered: bool = False
    target: int = 1
    take_up: Floats | None = None
    weights: Floats | None = None
    covariates: Floats
    covariate_names: tuple[str, ...] = ()
    level: float = 0.95
    variance: str | None = None
    convention: str = ""
    is_two_stage: bool = False
    notes: tuple[str, ...] = ()
    note_values: dict[str, str]

    @property
    def reading(self) -> Reading:
        """The variance of a regression, and how the package named reads it."""
        return reading(
            self.convention,
            self.variance,
            is_two_stage=self.is_two_stage,
            is_clustered=self.is_clustered,
        )

    @property
    def observed(self) -> Bools:
        """Rows with an outcome (and a take-up, where there is one)."""
        known: Bools = np.isfinite(self.outcome)
        return known if self.take_up is None else known & np.isfinite(self.take_up)

    @property
    def compared(self) -> Bools:
        """Rows of the two arms compared."""
        is_compared: Bools = (self.arms == self.target) | (self.arms == REFERENCE)
        return is_compared

    @property
    def n_arm(self) -> int:
        """Observed units of the arm."""
        return int(np.sum(self.observed & (self.arms == self.target)))

    @property
    def n_reference(self) -> int:
        """Observed units of the reference arm."""
        return int(np.sum(self.observed & (self.arms == REFERENCE)))

    @property
    def n_missing(self) -> int:
        """Drawn units of the two arms that were not observed."""
        return int(np.sum(self.compared & ~self.observed))

    def without_take_up(self) -> Sample:
        """Give the same sample as an effect of the offer alone sees it."""
        return replace(self, take_up=None)

    def only(self, rows: Bools) -> Sample:
        """Give some rows of the sample, with the shares of the blocks as they were."""
        return replace(
            self,
            outcome=self.outcome[rows],
            arms=self.arms[rows],
            blocks=self.blocks[rows],
            clusters=self.clusters[rows],
            take_up=None if self.take_up is None else self.take_up[rows],
            weights=None if self.weights is None else self.weights[rows],
            covariates=self.covariates[rows],
        )

    def subgroup(self, rows: Bools) -> Sample:
        """Give some people of the sample, each block weighed by its share of them."""
        part = self.only(rows)
        totals = np.bincount(part.blocks, part.weights, minlength=len(part.block_names))
        return replace(part, shares=totals / max(totals.sum(), np.finfo(np.float64).tiny))

    def without_covariates(self) -> Sample:
        """Give the same sample for a comparison that adjusts for nothing."""
        return replace(self, covariates=self.covariates[:, :0], covariate_names=())


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """The rows an estimate uses, and the weights of the blocks that remain.

    Attributes
    ----------
    rows : array of bool (n,)
    weights : array (b,)
        Shares of those drawn, made to sum to one over the blocks that remain; zero elsewhere.
    lost : tuple of str
        Blocks with no observed unit in one of the two arms.
    """

    rows: Bools
    weights: Floats
    lost: tuple[str, ...]


def keep(sample: Sample) -> Kept:
    """Choose the observed rows of the blocks where both arms are seen.

    Raises
    ------
    Unestimable
        ``empty_arm``: an arm has no observed unit; ``no_common_block``: no block has both.
    """
    if sample.n_arm == 0 or sample.n_reference == 0:
        raise Unestimable("empty_arm")
    blocks = len(sample.block_names)
    seen = [
        np.bincount(sample.blocks[sample.observed & (sample.arms == arm)], minlength=blocks) > 0
        for arm in (sample.target, REFERENCE)
    ]
    is_whole = seen[0] & seen[1]
    if not np.any(is_whole):
        raise Unestimable("no_common_block")
    is_drawn = sample.shares > 0.0
    weights = np.where(is_whole, sample.shares, 0.0)
    return Kept(
        rows=sample.observed & is_whole[sample.blocks],
        weights=weights / weights.sum(),
        lost=tuple(
            name
            for name, whole, drawn in zip(sample.block_names, is_whole, is_drawn, strict=True)
            if drawn and not whole
        ),
    )
