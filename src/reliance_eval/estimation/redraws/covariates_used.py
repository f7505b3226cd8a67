"""Which covariates an adjusted estimate can use: by the sample, and by each assignment.

What is said here for many assignments at once is what ``estimation.regressing`` decides for one;
a test holds the two together.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt

from reliance_eval.estimation.arrays import Bools, Floats
from reliance_eval.estimation.columns import INDICATOR, Covariates
from reliance_eval.estimation.redraws.products import product_of
from reliance_eval.estimation.redraws.replaying import Codes
from reliance_eval.estimation.regressing import LEAST_MISSING

DEPENDENT = 1e-7
"""A covariate of length one with less left, once blocks and the ones before are out, is dropped."""


def independent(covariates: Floats, blocks: Codes) -> Bools:
    """Say which covariates the blocks and the ones before them do not determine, (k,)."""
    kept = np.zeros(covariates.shape[1], dtype=np.bool_)
    basis: list[Floats] = []
    for place, column in enumerate(covariates.T):
        rest = column - column.mean()
        length = float(np.linalg.norm(rest))
        for _ in range(2):
            rest = without_blocks(rest, blocks)
            for direction in basis:
                rest -= direction * (direction @ rest)
        left = float(np.linalg.norm(rest))
        if left > DEPENDENT * length:
            kept[place] = True
            basis.append(rest / left)
    return kept


def without_blocks(column: Floats, blocks: Codes) -> Floats:
    """Take out of a column its mean in each block."""
    counts = np.maximum(np.bincount(blocks), 1)
    left: Floats = column - (np.bincount(blocks, column) / counts)[blocks]
    return left


def scaled(covariates: Floats) -> Floats:
    """Centre covariates and scale them to unit mean square."""
    middle = covariates - covariates.mean(axis=0)
    size = np.sqrt(np.mean(middle**2, axis=0))
    unit: Floats = middle / np.where(size > 0, size, 1.0)
    return unit


def is_used(
    covariates: Covariates, assigned: Codes, *, rows: npt.NDArray[np.intp], present: Bools
) -> Bools:
    """Say which covariates each assignment lets the regression use, (r, k).

    An indicator of a missing covariate is left out where some arm shows a pattern of missing
    covariates in one unit alone: that unit would decide the coefficient.

    Parameters
    ----------
    covariates : Covariates
    assigned : array (r, s)
        Arms of the units of the sample.
    rows : array (s,)
        Their positions among all units.
    present : array of bool (r, s)
        Units in a block that keeps both arms.
    """
    values = covariates.values[rows]
    used = np.ones((len(assigned), values.shape[1]), dtype=np.bool_)
    arms = [((assigned == arm) & present).astype(np.float64) for arm in np.unique(assigned)]
    places = np.flatnonzero([name.endswith(INDICATOR) for name in covariates.names])
    for last, place in enumerate(places):
        before = places[:last]
        # Assignments that left out the same earlier indicators show the same patterns.
        for chosen in product((True, False), repeat=len(before)):
            alike = (used[:, before] == np.array(chosen, dtype=np.bool_)).all(axis=1)
            if alike.any():
                tried = values[:, [*before[list(chosen)], place]]
                shown = [arm[alike] for arm in arms]
                used[alike, place] = _rarest(tried, shown) >= LEAST_MISSING
    return used


def _rarest(indicators: Floats, arms: list[Floats]) -> Floats:
    """Count the units that show the rarest pattern shown in an arm, by assignment."""
    patterns, code = np.unique(indicators, axis=0, return_inverse=True)
    members = (code.reshape(-1, 1) == np.arange(len(patterns))).astype(np.float64)
    counts = np.stack([product_of(arm, members) for arm in arms])
    rarest: Floats = np.where(counts > 0, counts, np.inf).min(axis=(0, 2))
    return rarest
