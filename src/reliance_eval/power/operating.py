"""Operating characteristics: how often the promised analyses of many trials are right.

References
----------
Blair, Cooper, Coppock and Humphreys (2019), American Political Science Review 113(3), 838-859:
diagnosing a design by running its analyses on simulated worlds.
Gelman and Carlin (2014), Perspectives on Psychological Science 9(6), 641-651: errors of sign and of
magnitude among the results called significant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from reliance_eval.estimation import Promise
from reliance_eval.estimation.arrays import Bools, Floats
from reliance_eval.power.detecting import Spread
from reliance_eval.power.repeating import Found

FEWEST = 2
"""Trials below which nothing has a Monte-Carlo error."""
HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Measured:
    """A number found by simulation, and its Monte-Carlo standard error."""

    value: float
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Operating:
    """What the analysis of one promise does, over many trials.

    Attributes
    ----------
    promise : Promise
    answered : int
        Trials that had an estimate.
    truth : float or None
        The true effect on people of this kind; None where the world has none to tell.
    bias : Measured or None
        Mean of estimate minus the true effect on those drawn.
    coverage : Measured or None
        Share of intervals (for a LATE, of Anderson-Rubin sets) that hold the truth.
    power, power_family : Measured
        Share of trials with p under 1 - level, alone and as corrected in the family.
    wrong_sign : Measured or None
        Type S: share of these on the wrong side of zero; None where the truth is zero or no trial
        was significant.
    exaggeration : Measured or None
        Type M: mean of |estimate| over |truth| among these.
    std_error, spread : Measured
        Mean standard error, and standard deviation of the estimates themselves.
    smallest, smallest_family : Measured or None
        The smallest effect found with the power asked for, were every estimate moved by it.
    """

    promise: Promise
    answered: int
    truth: float | None
    bias: Measured | None
    coverage: Measured | None
    power: Measured
    power_family: Measured | None
    wrong_sign: Measured | None
    exaggeration: Measured | None
    std_error: Measured
    spread: Measured
    smallest: Measured | None
    smallest_family: Measured | None


@dataclass(frozen=True, slots=True, eq=False)
class Shifts:
    """Estimates of the offer's effect around their mean, to be moved by any effect.

    What a trial finds of an effect is taken to be its error plus the effect; of a share, whose
    spread depends on the effect, errors and standard errors are stretched as a formula says.

    Attributes
    ----------
    errors, std_errors, critical : array (r,)
    spread : Spread or None
        Of a yes-or-no outcome in the simulated world; None where an effect stretches nothing.
    centre : float
        The mean of the estimates.
    """

    errors: Floats
    std_errors: Floats
    critical: Floats
    spread: Spread | None = None
    centre: float = 0.0

    def power_at(self, effect: float) -> Measured:
        """Give the share of trials that find an effect, of either sign."""
        moved = effect / self._stretch(effect)
        hits = [
            np.abs(self.errors + side * moved) > self.critical * self.std_errors
            for side in (-1.0, 1.0)
        ]
        each = (hits[0].astype(float) + hits[1]) / 2.0
        return share(float(each.mean()), each.size)

    def smallest(self, power: float) -> Measured:
        """Give the effect that is found with a power, with the error of where it is reached."""
        error = sqrt(power * (1.0 - power) / self.errors.size)
        low, high = (self._reaching(min(0.999, power + side * error)) for side in (-1.0, 1.0))
        return Measured(self._reaching(power), (high - low) / 2.0)

    def _stretch(self, effect: float) -> float:
        """Give how much wider estimates are at an effect than in the simulated world."""
        spread = self.spread
        if spread is None:
            return 1.0
        variances = [
            spread.in_arm(at) ** 2 + spread.reference**2
            for at in (spread.sign * effect, self.centre)
        ]
        return sqrt(variances[0] / variances[1])

    def _reaching(self, power: float) -> float:
        low = 0.0
        high = 2.0 * float(np.max(np.abs(self.errors) + self.critical * self.std_errors))
        for _ in range(HALVINGS):
            middle = (low + high) / 2.0
            low, high = (middle, high) if self.power_at(middle).value < power else (low, middle)
        return high


def share(value: float, count: int) -> Measured:
    """Give a share with the error of so many trials; that of at least one of each kind."""
    nearest = min(max(value, 1.0 / (count + 2.0)), 1.0 - 1.0 / (count + 2.0))
    return Measured(value, sqrt(nearest * (1.0 - nearest) / count))


def mean(values: Floats) -> Measured:
    """Give a mean with its standard error."""
    return Measured(float(values.mean()), float(values.std(ddof=1) / sqrt(values.size)))


def shifts_of(
    found: Sequence[Found], *, spread: Spread | None = None, in_family: bool = False
) -> Shifts | None:
    """Give what can be moved; None where the analysis has no such critical value."""
    kept = [f for f in found if f.std_error > 0.0]
    values = [f.critical_family if in_family else f.critical for f in kept]
    if len(kept) < FEWEST or any(value is None for value in values):
        return None
    of_offer = np.array([f.estimate * f.take_up for f in kept])
    std_errors = np.array([f.std_error for f in kept])
    centre = float(of_offer.mean())
    return Shifts(of_offer - centre, std_errors, np.array(values, dtype=float), spread, centre)


def operating_of(
    promise: Promise, found: Sequence[Found], *, power: float, spread: Spread | None = None
) -> Operating | None:
    """Summarise what trials found for one promise; None where fewer than two had an estimate.

    Parameters
    ----------
    promise : Promise
    found : sequence of Found
        One a trial.
    power : float
        That the smallest effects are asked for.
    spread : Spread, optional
        Of a yes-or-no outcome in the simulated world.
    """
    if len(found) < FEWEST:
        return None
    estimates = np.array([f.estimate for f in found])
    truths = [f.truth for f in found if f.truth is not None]
    truth = float(np.mean(truths)) if truths else None
    p_values = np.array([f.p_value for f in found])
    significant = p_values < 1.0 - promise.level
    take_up = float(np.mean([f.take_up for f in found]))
    return Operating(
        promise=promise,
        answered=len(found),
        truth=truth,
        bias=_bias(found),
        coverage=None if truth is None else _coverage(found, truth),
        power=share(float(significant.mean()), len(found)),
        power_family=_power_family(found, promise.level),
        wrong_sign=_wrong_sign(estimates[significant], truth),
        exaggeration=_exaggeration(estimates[significant], truth),
        std_error=mean(np.array([f.error for f in found])),
        spread=_spread(estimates),
        smallest=_smallest(shifts_of(found, spread=spread), power, take_up),
        smallest_family=_smallest(shifts_of(found, spread=spread, in_family=True), power, take_up),
    )


def _bias(found: Sequence[Found]) -> Measured | None:
    errors = [f.estimate - f.sample_truth for f in found if f.sample_truth is not None]
    return mean(np.array(errors)) if len(errors) >= FEWEST else None


def _coverage(found: Sequence[Found], truth: float) -> Measured:
    covered = [
        any(
            (low is None or low <= truth) and (high is None or truth <= high)
            for low, high in f.intervals
        )
        for f in found
    ]
    return share(float(np.mean(covered)), len(covered))


def _power_family(found: Sequence[Found], level: float) -> Measured | None:
    corrected = [f.p_adjusted for f in found if f.p_adjusted is not None]
    if not corrected:
        return None
    return share(float(np.mean(np.array(corrected) < 1.0 - level)), len(corrected))


def _wrong_sign(significant: Floats, truth: float | None) -> Measured | None:
    if not truth or not significant.size:
        return None
    is_wrong: Bools = np.sign(significant) != np.sign(truth)
    return share(float(is_wrong.mean()), significant.size)


def _exaggeration(significant: Floats, truth: float | None) -> Measured | None:
    if not truth or significant.size < FEWEST:
        return None
    return mean(np.abs(significant) / abs(truth))


def _spread(estimates: Floats) -> Measured:
    """Give a standard deviation with its error, by the delta method."""
    around = estimates - estimates.mean()
    spread = float(estimates.std(ddof=1))
    if spread == 0.0:
        return Measured(0.0, 0.0)
    of_square = float(np.mean(around**4)) - spread**4
    return Measured(spread, sqrt(max(of_square, 0.0) / estimates.size) / (2.0 * spread))


def _smallest(shifts: Shifts | None, power: float, take_up: float) -> Measured | None:
    if shifts is None or take_up <= 0.0:
        return None
    found = shifts.smallest(power)
    return Measured(found.value / take_up, found.error / take_up)
