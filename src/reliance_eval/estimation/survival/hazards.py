"""Hazards: the log-rank test and Cox's regression, stratified, with a variance robust by cluster.

The coefficients are statsmodels', polished by one step of Newton's; the robust variance is this
project's own, because with tied times statsmodels' follows Breslow whatever ties the fit has.

References
----------
Mantel (1966), Cancer Chemotherapy Reports 50, 163-170: the log-rank test.
Cox (1972), JRSS B 34(2), 187-220; Efron (1977), JASA 72, 557-565: tied times.
Lin and Wei (1989), JASA 84, 1074-1078: the robust variance.
Therneau and Grambsch (2000), Modeling Survival Data, sections 3.3 and 7.2: Efron's residuals.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats, Ints
from reliance_eval.estimation.factoring import DEPENDENT
from reliance_eval.estimation.unestimable import Unestimable


@dataclass(frozen=True, slots=True, eq=False)
class CoxFit:
    """A fitted proportional-hazards regression.

    Attributes
    ----------
    coefficients : array (k,)
        Log hazard ratios.
    information : array (k, k)
    scores : array (n, k)
        Each unit's score residuals.
    """

    coefficients: Floats
    information: Floats
    scores: Floats

    @property
    def model_std_errors(self) -> Floats:
        """Roots of the inverse information: right if hazards are proportional."""
        found: Floats = np.sqrt(np.diag(np.linalg.inv(self.information)))
        return found

    def robust_std_errors(self, clusters: Ints) -> Floats:
        """Give the roots of the sandwich, with contributions added up by cluster."""
        changes = np.linalg.solve(self.information, self.scores.T)
        summed = np.zeros((len(self.coefficients), int(clusters.max()) + 1))
        np.add.at(summed.T, clusters, changes.T)
        found: Floats = np.linalg.norm(summed, axis=1)
        return found


def log_rank(times: Floats, is_event: Bools, arms: Ints, blocks: Ints) -> tuple[float, int, float]:
    """Give the stratified log-rank statistic, its degrees of freedom and its p.

    Raises
    ------
    Unestimable
        ``no_event``: nobody had the event while both arms of a block were at risk.
    """
    from scipy.special import chdtrc
    from statsmodels.duration.survfunc import survdiff

    strata = blocks if len(np.unique(blocks)) > 1 else None
    try:
        found, _ = survdiff(times, is_event.astype(int), arms, strata=strata)
    except np.linalg.LinAlgError:
        raise Unestimable("no_event") from None
    if not np.isfinite(found):
        raise Unestimable("no_event")
    df = len(np.unique(arms)) - 1
    return float(found), df, float(chdtrc(df, found))


def cox(times: Floats, is_event: Bools, design: Floats, blocks: Ints) -> CoxFit:
    """Fit proportional hazards with a baseline hazard for each block (Efron's ties).

    Parameters
    ----------
    times : array (n,)
    is_event : array of bool (n,)
    design : array (n, k)
        Without a constant.
    blocks : array of int (n,)

    Raises
    ------
    Unestimable
        ``no_event``, ``collinear_hazards``: some coefficient is infinite or not determined.
    """
    from statsmodels.duration.hazard_regression import PHReg

    if not is_event.any():
        raise Unestimable("no_event")
    centred = design - design.mean(axis=0)
    scale = np.sqrt(np.mean(centred**2, axis=0))
    if np.any(scale == 0.0):
        raise Unestimable("collinear_hazards")
    scaled = centred / scale
    strata = blocks if len(np.unique(blocks)) > 1 else None
    model = PHReg(times, scaled, status=is_event.astype(int), strata=strata, ties="efron")
    with warnings.catch_warnings():
        # Whether it converged is decided below, by a step of Newton's.
        warnings.simplefilter("ignore")
        start = np.asarray(model.fit(disp=0).params, dtype=np.float64)
    if not np.all(np.isfinite(start)):
        raise Unestimable("no_event")
    scores, information = residuals(times, is_event, scaled, blocks, start)
    values = np.linalg.eigvalsh(information)
    if values[0] <= DEPENDENT * max(values[-1], 1.0):
        raise Unestimable("collinear_hazards")
    polished = start + np.linalg.solve(information, scores.sum(axis=0))
    if not np.allclose(polished, start, atol=1e-3):
        # Newton still moves: the likelihood has no maximum, an arm without an event.
        raise Unestimable("no_event")
    scores, information = residuals(times, is_event, scaled, blocks, polished)
    return CoxFit(polished / scale, information * np.outer(scale, scale), scores * scale)


def residuals(
    times: Floats, is_event: Bools, design: Floats, blocks: Ints, coefficients: Floats
) -> tuple[Floats, Floats]:
    """Give each unit's score residuals, shape (n, k), and the information, shape (k, k)."""
    n, k = design.shape
    scores, information = np.zeros((n, k)), np.zeros((k, k))
    risk = np.exp(design @ coefficients)
    for block in np.unique(blocks):
        rows = np.flatnonzero(blocks == block)
        rows = rows[np.argsort(times[rows], kind="stable")]
        own, more = _block(times[rows], is_event[rows], design[rows], risk[rows])
        scores[rows] = own
        information += more
    return scores, information


def _block(times: Floats, is_event: Bools, x: Floats, risk: Floats) -> tuple[Floats, Floats]:
    """Do the same within one block, whose rows are in the order of time."""
    n, k = x.shape
    scores, information = np.zeros((n, k)), np.zeros((k, k))
    at = np.unique(times[is_event])
    first = np.searchsorted(times, at, side="left")
    # Sums over those at risk, from the last to the first.
    weighted = risk[:, None] * x
    products = weighted[:, :, None] * x[:, None, :]
    s0, s1, s2 = (np.cumsum(part[::-1], axis=0)[::-1] for part in (risk, weighted, products))
    steps, means = np.zeros(len(at)), np.zeros((len(at), k))
    for place, (time, begin) in enumerate(zip(at, first, strict=True)):
        tied = begin + np.flatnonzero(is_event[begin:] & (times[begin:] == time))
        share = np.arange(len(tied)) / len(tied)
        left = s0[begin] - share * risk[tied].sum()
        mean = (s1[begin] - np.outer(share, weighted[tied].sum(axis=0))) / left[:, None]
        second = s2[begin] - share[:, None, None] * products[tied].sum(axis=0)
        information += np.sum(
            second / left[:, None, None] - mean[:, :, None] * mean[:, None, :], axis=0
        )
        steps[place] = np.sum(1.0 / left)
        means[place] = np.sum(mean / left[:, None], axis=0)
        scores[tied] += x[tied] - mean.mean(axis=0)
        # The tied are at risk for a part of their own step only: give back what is too much.
        too_much = np.sum(share / left)
        excess = np.sum((share / left)[:, None] * mean, axis=0)
        scores[tied] += risk[tied, None] * (x[tied] * too_much - excess)
    passed = np.searchsorted(at, times, side="right")
    hazard = np.concatenate([[0.0], np.cumsum(steps)])[passed]
    drift = np.vstack([np.zeros((1, k)), np.cumsum(means, axis=0)])[passed]
    scores -= risk[:, None] * (x * hazard[:, None] - drift)
    return scores, information
