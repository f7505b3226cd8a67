"""Kaplan-Meier curves, their restricted means, and what each unit contributes to them.

The contributions are the curve's derivatives in the units' weights (the infinitesimal jackknife).
Their sum of squares is Greenwood's variance exactly, so one unit's part of it is known: that is
what lets a restricted mean be compared within blocks, and what a fitted curve's variance alone,
or the variance of the times themselves, does not give.

References
----------
Kaplan and Meier (1958), JASA 53, 457-481; Greenwood (1926) for the variance.
Kalbfleisch and Prentice (2002), section 1.4: the interval on the log(-log) scale.
Andersen, Hansen and Klein (2004), Lifetime Data Analysis 10, 335-350: pseudo-observations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats, Ints
from reliance_eval.estimation.unestimable import Unestimable


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """A weighted Kaplan-Meier curve, one entry a distinct time of an event.

    Attributes
    ----------
    times : array (k,)
    at_risk, events : array (k,)
        Counts of units, whatever their weights.
    weight_at_risk, hazard, survival : array (k,)
    std_error : array (k,)
        Greenwood's, of the survival.
    """

    times: Floats
    at_risk: Floats
    events: Floats
    weight_at_risk: Floats
    hazard: Floats
    survival: Floats
    std_error: Floats

    def at(self, time: float) -> float:
        """Give the probability of no event up to a time, included."""
        place = int(np.searchsorted(self.times, time, side="right"))
        return float(self.survival[place - 1]) if place else 1.0

    def interval(self, level: float) -> tuple[Floats, Floats]:
        """Give the interval of each step on the log(-log) scale; a certain end is its own."""
        from scipy.special import ndtri

        critical = float(ndtri(0.5 + level / 2.0))
        inside = (self.survival > 0.0) & (self.survival < 1.0)
        s = np.where(inside, self.survival, 0.5)
        wide = critical * np.where(inside, self.std_error, 0.0) / (s * np.log(s))
        low, high = s ** np.exp(-wide), s ** np.exp(wide)
        return np.where(inside, low, self.survival), np.where(inside, high, self.survival)

    @property
    def median(self) -> float | None:
        """First time at which half have had the event (the middle of a step at one half)."""
        below = np.flatnonzero(self.survival <= 0.5 + 1e-12)
        if not len(below):
            return None
        first = int(below[0])
        is_flat = abs(self.survival[first] - 0.5) <= 1e-12
        if is_flat and first + 1 < len(self.times):
            return float((self.times[first] + self.times[first + 1]) / 2.0)
        return float(self.times[first])


@dataclass(frozen=True, slots=True, eq=False)
class RestrictedMean:
    """The mean time without the event, up to a limit.

    Attributes
    ----------
    value : float
    contributions : array (n,)
        What each unit adds to it, weights included: they sum to zero, and their squares to
        Greenwood's variance.
    """

    value: float
    contributions: Floats

    @property
    def std_error(self) -> float:
        """Greenwood's."""
        return float(np.linalg.norm(self.contributions))


def steps_of(times: Floats, is_event: Bools, weights: Floats) -> Steps:
    """Fit a weighted Kaplan-Meier curve.

    Parameters
    ----------
    times : array (n,)
        From the draw; an event and a censoring at one time: the event comes first.
    is_event : array of bool (n,)
    weights : array (n,)

    Examples
    --------
    >>> ones = np.ones(4)
    >>> steps_of(np.array([1.0, 2.0, 2.0, 3.0]), ones == 1, ones).survival.tolist()
    [0.75, 0.25, 0.0]
    """
    at, place = np.unique(times[is_event], return_inverse=True)
    own = weights[is_event]
    size = len(at)
    events = np.bincount(place, minlength=size).astype(float)
    weight_events = np.bincount(place, own, minlength=size)
    squares = np.bincount(place, own**2, minlength=size)
    order = np.argsort(times, kind="stable")
    before = np.searchsorted(times[order], at, side="left").astype(np.int64)
    at_risk = len(times) - before.astype(float)
    weight_at_risk = _left(weights[order], before)
    hazard = np.minimum(weight_events / weight_at_risk, 1.0)
    survival: Floats = np.cumprod(1.0 - hazard).astype(np.float64)
    # Sum over those at risk of (w (dN - h))², over (n (1 - h))²: d/(n(n - d)) for equal weights.
    spread = squares * (1.0 - 2.0 * hazard) + hazard**2 * _left(weights[order] ** 2, before)
    room = (weight_at_risk * (1.0 - hazard)) ** 2
    growth = np.cumsum(np.where(hazard < 1.0, spread / np.where(hazard < 1.0, room, 1.0), 0.0))
    return Steps(
        times=at,
        at_risk=at_risk,
        events=events,
        weight_at_risk=weight_at_risk,
        hazard=hazard,
        survival=survival,
        std_error=survival * np.sqrt(growth),
    )


def restricted_mean(
    times: Floats, is_event: Bools, weights: Floats, *, until: float
) -> RestrictedMean:
    """Give the area under a Kaplan-Meier curve up to a limit.

    Raises
    ------
    Unestimable
        ``follow_up_too_short``: nobody is followed to the limit, and not all had the event.
    """
    steps = steps_of(times, is_event, weights)
    if times.max() < until and steps.at(float(times.max())) > 0.0:
        raise Unestimable("follow_up_too_short", until=f"{until:g}", last=f"{times.max():g}")
    inside = steps.times <= until
    at, survival = steps.times[inside], steps.survival[inside]
    edges = np.concatenate([[0.0], at, [until]])
    heights = np.concatenate([[1.0], survival])
    areas = heights * np.diff(edges)
    beyond = np.cumsum(areas[::-1])[::-1][1:]
    hazard = steps.hazard[inside]
    room = steps.weight_at_risk[inside] * (1.0 - hazard)
    pull = np.where(beyond > 0.0, beyond / np.where(beyond > 0.0, room, 1.0), 0.0)
    expected = np.concatenate([[0.0], np.cumsum(pull * hazard)])
    passed = np.searchsorted(at, times, side="right")
    mine = np.searchsorted(at, times, side="left")
    is_counted = is_event & (times <= until)
    happened = np.zeros(len(times))
    happened[is_counted] = pull[mine[is_counted]]
    return RestrictedMean(float(areas.sum()), -weights * (happened - expected[passed]))


def _left(ordered: Floats, before: Ints) -> Floats:
    """Give the sums of what remains after the first ones, in order."""
    tail = np.concatenate([np.cumsum(ordered[::-1])[::-1], [0.0]])
    found: Floats = tail[before]
    return found
