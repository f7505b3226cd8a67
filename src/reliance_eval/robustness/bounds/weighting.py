"""Inverse-probability weights: those known stand for the unknown who were like them before.

The chance of being known is a logit of variables known before the draw, of its own in each arm
(that is, interacted with the offer); each known outcome then counts for one over its chance, within
its block and arm. It mends attrition that these variables explain, and no other.

The weights are estimated, and the variance says so: the part of what a unit adds to a mean that
the logit's own equations already explain is taken off.

References
----------
Robins, Rotnitzky and Zhao (1994), JASA 89(427), 846-866; Wooldridge (2007), Journal of
Econometrics 141(2), 1281-1301: estimated weights leave a smaller variance than known ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.inference import critical_value
from reliance_eval.estimation.linear import least_squares
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.unestimable import Unestimable
from reliance_eval.robustness.bounds.responding import Response, response_of

ROUNDS = 40
SETTLED = 1e-9
"""As in the estimated logit: a column that separates makes the predictor grow for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighted:
    """The effect with the known weighted for the unknown, and its interval."""

    estimate: float
    std_error: float
    df: float
    conf_low: float
    conf_high: float


def weighted_effect(sample: Sample) -> Weighted:
    """Weight the known by one over their chance of being known, arm by arm.

    Parameters
    ----------
    sample : Sample
        Its covariates are what response is predicted by.

    Raises
    ------
    Unestimable
        ``separation``: some covariate tells all the known from all the unknown of an arm.
    """
    response = response_of(sample)
    covariates = sample.covariates[response.rows]
    chance, basis = _chances(response, covariates)
    place = response.cells.codes
    raised = response.weights * response.known / chance
    size = len(response.cells.totals)
    mass = np.bincount(place, raised, minlength=size)
    block_mass = np.bincount(place, response.weights, minlength=size)
    mean = np.bincount(place, raised * response.outcome, minlength=size) / np.where(
        mass > 0.0, mass, 1.0
    )
    is_seen = (mass > 0.0).reshape(-1, 2).all(axis=1).repeat(2)
    share = np.where(is_seen, block_mass, 0.0) * 2.0 / block_mass[is_seen].sum()
    estimate = float(share[1::2] @ mean[1::2] - share[::2] @ mean[::2])
    scale = np.where(mass > 0.0, share / np.where(mass > 0.0, mass, 1.0), 0.0)[place]
    own = scale * response.known / chance * (response.outcome - mean[place])
    own = _without_what_is_explained(response, own, basis, chance)
    influence, df = response.spread(own[:, None])
    error = float(np.linalg.norm(influence[0]))
    reach = critical_value(sample.level, df) * error
    return Weighted(
        estimate=estimate,
        std_error=error,
        df=df,
        conf_low=estimate - reach,
        conf_high=estimate + reach,
    )


def _chances(response: Response, covariates: Floats) -> tuple[Floats, Floats]:
    """Give each unit's chance of being known, and the columns it is a logit of."""
    columns = np.column_stack([np.ones(len(response.known)), covariates])
    chance = np.ones(len(response.known))
    for side in (response.is_arm, ~response.is_arm):
        if response.known[side].all():
            continue
        chance[side] = logit_chance(columns[side], response.known[side].astype(np.float64))
    return chance, columns


def logit_chance(columns: Floats, outcome: Floats) -> Floats:
    """Give the fitted probabilities of a logit, by iterated least squares.

    Raises
    ------
    Unestimable
        ``separation``.
    """
    from scipy.special import expit

    names = tuple(str(place) for place in range(columns.shape[1]))
    chance = (outcome + 0.5) / 2.0
    odds = np.log(chance / (1.0 - chance))
    for _ in range(ROUNDS):
        room = chance * (1.0 - chance)
        if np.any(room == 0.0):
            break
        target = odds + (outcome - chance) / room
        fit = least_squares(columns, target[:, None], names=names, weights=room)
        before = odds
        odds = columns[:, np.isin(names, fit.names)] @ fit.coefficients[:, 0]
        chance = expit(odds)
        if np.max(np.abs(odds - before)) <= SETTLED * (1.0 + np.max(np.abs(odds))):
            found: Floats = chance
            return found
    raise Unestimable("separation")


def _without_what_is_explained(
    response: Response, own: Floats, columns: Floats, chance: Floats
) -> Floats:
    """Take off what the equations of the logit explain of each unit's contribution."""
    left = own.copy()
    for side in (response.is_arm, ~response.is_arm):
        if response.known[side].all():
            continue
        scores = columns[side] * (response.known[side] - chance[side])[:, None]
        names = tuple(str(place) for place in range(columns.shape[1]))
        left[side] = least_squares(scores, own[side][:, None], names=names).residuals[:, 0]
    return left
