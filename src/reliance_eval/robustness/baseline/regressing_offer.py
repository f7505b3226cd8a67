"""Whether covariates predict the offer within blocks: an F, as other papers print it.

With two arms it is the F of the covariates in the least-squares regression of the offer on them and
on block indicators. With more, arms are regressed together: Wilks' lambda, referred to F by Rao's
approximation, which is exact up to three arms and is the former F with two. Where groups of units
were drawn, a group and its means stand for its units.

The F law is an approximation here, since the offer is not a normal outcome; the test by re-draws is
the exact one.

References
----------
Wilks (1932), Biometrika 24, 471-494; Rao (1973), *Linear Statistical Inference*, section 8c.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.redraws.replaying import Codes

RANK = 1e-9
"""Smallest singular value kept, relative to the largest, of scaled columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferTest:
    """The F test of covariates in the regression of the offer on them, within blocks.

    Attributes
    ----------
    statistic : float
    df, df_residual : float
        Of the F law.
    p_value : float
    """

    statistic: float
    df: float
    df_residual: float
    p_value: float


def offer_test(  # noqa: PLR0913 (the covariates, and all that the draw says)
    columns: Floats,
    arms: Codes,
    *,
    reference: int,
    blocks: Codes,
    clusters: Codes | None = None,
    weights: Floats | None = None,
) -> OfferTest | None:
    """Test whether the covariates, together, predict the arm within blocks.

    Parameters
    ----------
    columns : array (n, m)
        Complete; a column that others determine, within blocks, adds nothing.
    arms, blocks : array of int (n,)
    reference : int
        Code of the arm that others are compared with.
    clusters : array of int (n,), optional
        Groups of units drawn together.
    weights : array (n,), optional
        Of the units.

    Returns
    -------
    OfferTest or None
        None where the blocks hold every covariate fixed, or leave no degree of freedom.
    """
    if clusters is not None:
        columns, arms, blocks, weights = _by_cluster(columns, arms, blocks, clusters, weights)
    root = np.ones(len(arms)) if weights is None else np.sqrt(weights)
    others = [arm for arm in np.unique(arms) if arm != reference]
    offers = np.column_stack([(arms == arm).astype(np.float64) for arm in others])
    within = [_within(part, blocks, root) for part in (columns, offers)]
    covariates = _basis(within[0], columns * root[:, None])
    offered = _basis(within[1], offers * root[:, None])
    p, q = covariates.shape[1], offered.shape[1]
    left = len(arms) - len(np.unique(blocks)) - q
    if not p or not q or left < p:
        return None
    taken = np.clip(np.linalg.svd(covariates.T @ offered, compute_uv=False) ** 2, 0.0, 1.0)
    return _referred(float(np.sum(np.log1p(-np.minimum(taken, 1 - RANK)))), p=p, q=q, left=left)


def _referred(log_lambda: float, *, p: int, q: int, left: int) -> OfferTest | None:
    """Refer Wilks' lambda to F (Rao): p covariates, q arms, ``left`` degrees of freedom."""
    from scipy.stats import f

    bottom = p**2 + q**2 - 5
    power = float(np.sqrt((p**2 * q**2 - 4) / bottom)) if bottom > 0 else 1.0
    df_residual = (left + q - (p + q + 1) / 2) * power - (p * q - 2) / 2
    if df_residual <= 0:
        return None
    statistic = float(np.expm1(-log_lambda / power)) * df_residual / (p * q)
    return OfferTest(
        statistic=statistic,
        df=float(p * q),
        df_residual=df_residual,
        p_value=float(f.sf(statistic, p * q, df_residual)),
    )


def _within(values: Floats, blocks: Codes, root: Floats) -> Floats:
    """Take each block's weighted mean away, and give rows times the root of their weight."""
    codes = np.unique(blocks, return_inverse=True)[1]
    totals = np.bincount(codes, root**2)
    means = [np.bincount(codes, root**2 * column) / totals for column in values.T]
    found: Floats = root[:, None] * (values - np.column_stack(means)[codes])
    return found


def _basis(within: Floats, before: Floats) -> Floats:
    """Give an orthonormal basis of what is left of columns; rounding noise is nothing left."""
    size, whole = np.linalg.norm(within, axis=0), np.linalg.norm(before, axis=0)
    kept = size > RANK * whole
    if not kept.any():
        return within[:, :0]
    basis, values, _ = np.linalg.svd(within[:, kept] / size[kept], full_matrices=False)
    found: Floats = basis[:, values > RANK * values[0]]
    return found


def _by_cluster(
    columns: Floats, arms: Codes, blocks: Codes, clusters: Codes, weights: Floats | None
) -> tuple[Floats, Codes, Codes, Floats | None]:
    """Give each cluster once, with the means of its units and the sum of their weights."""
    _, first, codes = np.unique(clusters, return_index=True, return_inverse=True)
    weighed = np.ones(len(arms)) if weights is None else weights
    totals: Floats = np.bincount(codes, weighed).astype(np.float64)
    means = np.column_stack([np.bincount(codes, weighed * c) / totals for c in columns.T])
    return means, arms[first], blocks[first], None if weights is None else totals
