"""The columns of a regression on an offer, beside the indicators that it absorbs.

An additive regression has an indicator for each other arm and one for each block. An interacted
one (Lin) has an indicator for each arm of each block: with these cells absorbed, the effect of the
offer is no coefficient but a contrast of the cells' levels, taken at the covariates' means.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats, Ints
from reliance_eval.estimation.effects import means_by
from reliance_eval.estimation.sample import REFERENCE, Kept, Sample

OFFER = "offer"


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The columns beside the absorbed effect, and how the cells' levels make the estimate.

    Attributes
    ----------
    columns : array (r, k)
    names, origins : tuple of str
        ``origins`` is the covariate that each column comes from.
    effect : array of int (r,)
        Block of each row or, where there are contrasts, its cell.
    contrasts : array (cells,) or None
        What the level of each cell counts in the estimate; None where it is a coefficient.
    """

    columns: Floats
    names: tuple[str, ...]
    origins: tuple[str, ...]
    effect: Ints
    contrasts: Floats | None = None


def additive(sample: Sample, rows: Bools) -> Design:
    """Offer, other arms and covariates, beside block effects.

    The blocks where one arm was lost stay: they bear on the covariates.
    """
    arms = sample.arms[rows]
    others = [arm for arm in np.unique(arms).tolist() if arm not in (REFERENCE, sample.target)]
    compared = [sample.target, *others]
    columns = np.empty((len(arms), len(compared) + len(sample.covariate_names)), order="F")
    for place, arm in enumerate(compared):
        columns[:, place] = arms == arm
    for place, column in enumerate(sample.covariates.T, start=len(compared)):
        columns[:, place] = column[rows]
    names = (OFFER, *(f"arm {arm}" for arm in others))
    return Design(
        columns,
        names=names + tuple(f"with {name}" for name in sample.covariate_names),
        origins=("",) * len(names) + sample.covariate_names,
        effect=sample.blocks[rows],
    )


def interacted(sample: Sample, kept: Kept, rows: Bools) -> Design:
    """Centred covariates, and these times each arm, beside an effect of each block and arm."""
    arms, size = sample.arms[rows], int(sample.arms.max()) + 1
    compared = [arm for arm in np.unique(arms).tolist() if arm != REFERENCE]
    k = len(sample.covariate_names)
    columns = np.empty((len(arms), k * (1 + len(compared))), order="F")
    centres = _centres(sample, kept)
    for place, column in enumerate(sample.covariates.T):
        columns[:, place] = column[rows] - centres[place]
        for turn, arm in enumerate(compared, start=1):
            columns[:, turn * k + place] = columns[:, place] * (arms == arm)
    contrasts = np.zeros((len(sample.block_names), size))
    contrasts[:, sample.target] = kept.weights
    contrasts[:, REFERENCE] = -kept.weights
    times = tuple(f"arm {arm} times" for arm in compared)
    return Design(
        columns,
        names=tuple(f"{with_} {x}" for with_ in ("with", *times) for x in sample.covariate_names),
        origins=sample.covariate_names * (1 + len(compared)),
        effect=sample.blocks[rows] * size + arms,
        contrasts=contrasts.ravel(),
    )


def contrast(design: Design, columns: Floats, weights: Floats | None) -> Floats:
    """Give what the means of columns over the cells make of the estimate, shape (k,)."""
    if design.contrasts is None:
        return np.zeros(columns.shape[1])
    own = np.ones(len(columns)) if weights is None else weights
    found: Floats = design.contrasts @ means_by(design.effect, columns, own, len(design.contrasts))
    return found


def _centres(sample: Sample, kept: Kept) -> Floats:
    """Give the means of the covariates among those drawn, in the blocks that remain."""
    counts = np.bincount(sample.blocks, minlength=len(kept.weights))
    each = (kept.weights / np.maximum(counts, 1))[sample.blocks]
    centres: Floats = each @ sample.covariates
    return centres
