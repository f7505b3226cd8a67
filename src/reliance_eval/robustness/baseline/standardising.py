"""Differences between arms in standard deviations: of a number, a level, a whole variable.

References
----------
Imbens and Rubin (2015), *Causal Inference*, eq. 14.2: the difference over the root of the arms'
mean variance, which no sample size makes larger.
Yang and Dalton (2012), SAS Global Forum, paper 335: one number for a variable of k levels, the
Mahalanobis distance of its shares under the arms' mean multinomial covariance.
"""

from __future__ import annotations

import numpy as np

from reliance_eval.estimation.arrays import ROUNDING, Bools, Floats
from reliance_eval.estimation.redraws.replaying import Codes

RANK = 1e-9
"""Smallest eigenvalue of a covariance, relative to the largest, that is not rounding noise."""


def pooled_deviation(arm: Floats, reference: Floats) -> float:
    """Give the square root of the two arms' mean variance (Imbens and Rubin, eq. 14.2)."""
    variances = [float(part.var(ddof=1)) if part.size > 1 else 0.0 for part in (arm, reference)]
    return float(np.sqrt(np.mean(variances)))


def gaps(
    columns: Floats, arms: Codes, *, pair: tuple[int, int], blocks: Codes, weights: Floats | None
) -> Floats:
    """Give block-weighted differences in means, (m,); NaN where no block has both arms.

    Parameters
    ----------
    columns : array (n, m)
        NaN where a unit has no value.
    arms, blocks : array of int (n,)
    pair : tuple of int
        The arm compared, and the one it is compared with.
    weights : array (n,) or None
        Of the units, in the means of their block and in their block's share.
    """
    weighed = np.ones(len(arms)) if weights is None else weights
    size = int(blocks.max(initial=-1)) + 1
    shares = np.bincount(blocks, weighed, minlength=size)
    found = np.empty(columns.shape[1])
    for place, column in enumerate(columns.T):
        known = ~np.isnan(column)
        # Centred, sums keep their digits; within blocks, that moves no difference.
        values = np.where(known, column - _middle(column), 0.0)
        means, counts = [], []
        for arm in pair:
            inside = np.where(known & (arms == arm), weighed, 0.0)
            counts.append(np.bincount(blocks, inside, minlength=size))
            sums = np.bincount(blocks, inside * values, minlength=size)
            means.append(sums / np.where(counts[-1] > 0, counts[-1], 1.0))
        kept = np.where((counts[0] > 0) & (counts[1] > 0), shares, 0.0)
        if not kept.any():
            found[place] = np.nan
            continue
        gap = float(kept @ (means[0] - means[1]) / kept.sum())
        noise = ROUNDING * float(np.abs(values).max(initial=0.0))
        found[place] = gap if abs(gap) > noise else 0.0
    return found


def _middle(column: Floats) -> float:
    known = column[~np.isnan(column)]
    return float(known.mean()) if known.size else 0.0


def whole_difference(differences: Floats, arm: Floats, reference: Floats) -> float | None:
    """Give one standardised difference for a variable of k levels (Yang and Dalton, eq. 4).

    Parameters
    ----------
    differences, arm, reference : array (k,)
        Differences in shares, and each arm's own shares, level by level.

    Returns
    -------
    float or None
        Never negative. None where the shares differ in a direction in which they never vary: the
        arms have no level in common, and no finite distance.

    Examples
    --------
    >>> import numpy as np
    >>> half, third = np.array([0.5, 0.5]), np.array([1 / 3, 2 / 3])
    >>> round(whole_difference(half - third, half, third), 4)
    0.343
    """
    is_met = (arm > 0) | (reference > 0)
    # Shares sum to one: the last level says nothing that the others do not.
    shares = [side[is_met][:-1] for side in (arm, reference)]
    gap = differences[is_met][:-1]
    if not gap.size or not np.any(gap):
        return 0.0
    covariance = np.mean([np.diag(side) - np.outer(side, side) for side in shares], axis=0)
    values, directions = np.linalg.eigh(covariance)
    free: Bools = values > RANK * max(float(values[-1]), RANK)
    along = directions.T @ gap
    if np.any(np.abs(along[~free]) > RANK):
        return None
    return float(np.sqrt(np.sum(along[free] ** 2 / values[free])))
