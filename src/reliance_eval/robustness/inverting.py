"""A confidence interval by inverting re-draws: every effect the lottery would not reject.

Under an effect of tau on everybody, outcomes less tau times the offer are what all would have
shown without it. Estimates are linear in outcomes and variances quadratic, so five numbers a
re-draw give its statistic at every tau; no re-draw is computed twice.

References
----------
Rosenbaum (2002), *Observational Studies*, section 2.6.2; Imbens and Rubin (2015), section 5.7.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from reliance_eval.estimation.estimates import Interval
from reliance_eval.estimation.redraws.replaying import is_extreme, p_value
from reliance_eval.estimation.redraws.weighing import Moments
from reliance_eval.estimation.sample import Sample

DOUBLINGS = 16
"""An end further away than 2**16 standard errors is no end; so far out, shifted outcomes keep five
digits fewer than the outcomes themselves, which still tells ties from near ties."""

MOST = 1 << 20
"""Re-draws that an interval is made of, however many there are: its ends then move by less than a
thousandth of their distance, and the numbers kept take 50 megabytes."""

HALVINGS = 60
"""Enough to halve a bracket down to the last bits of a double."""


@dataclass(frozen=True, slots=True, eq=False)
class Shifts:
    """What shifting the offered by tau does to the statistic of each re-draw.

    Attributes
    ----------
    redrawn : Moments
        Arrays (r, 3): of the outcome, of the offer as it was, and of their sum.
    estimate, std_error : float
        As drawn.
    is_studentised : bool
    is_exact : bool
        Whether the re-draws are all the design's assignments.
    """

    redrawn: Moments
    estimate: float
    std_error: float
    is_studentised: bool
    is_exact: bool

    def p_value(self, tau: float) -> float:
        """Give the p-value of the hypothesis that the offer adds tau to everybody."""
        found = self.redrawn.estimate[:, 0] - tau * self.redrawn.estimate[:, 1]
        observed = self.estimate - tau
        if self.is_studentised:
            own, offer, both = self.redrawn.variance.T
            variance = np.maximum(own - tau * (both - own - offer) + tau**2 * offer, 0.0)
            found = Moments(found, variance).studentised
            observed /= self.std_error
        extreme = int(is_extreme(found, observed).sum())
        return p_value(extreme, redraws=len(found), is_exact=self.is_exact)


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Moments of the three outcomes of ``shifted``, chunk after chunk of re-draws.

    Attributes
    ----------
    parts : list of Moments
    """

    parts: list[Moments] = field(default_factory=list)

    def add(self, found: Moments) -> None:
        """Keep a chunk, (r, 3), while there is room."""
        room = MOST - sum(len(part.estimate) for part in self.parts)
        if room > 0:
            self.parts.append(Moments(found.estimate[:room], found.variance[:room]))

    def interval(
        self, drawn: Moments, *, level: float, is_studentised: bool, is_exact: bool
    ) -> Interval:
        """Give the effects that the re-draws do not reject; ``drawn`` (1, 3) is as drawn."""
        shifts = Shifts(
            redrawn=Moments(
                np.concatenate([part.estimate for part in self.parts]),
                np.concatenate([part.variance for part in self.parts]),
            ),
            estimate=float(drawn.estimate[0, 0]),
            std_error=float(np.sqrt(drawn.variance[0, 0])),
            is_studentised=is_studentised,
            is_exact=is_exact,
        )
        return end(shifts, level=level, sign=-1), end(shifts, level=level, sign=1)


def shifted(sample: Sample) -> tuple[Sample, Sample, Sample]:
    """Give a sample with the three outcomes of ``Shifts``: its own, the offer, and their sum."""
    offered = (sample.arms == sample.target).astype(np.float64)
    known = np.where(np.isnan(sample.outcome), np.nan, offered)
    both = sample.outcome + known
    return sample, replace(sample, outcome=known), replace(sample, outcome=both)


def end(shifts: Shifts, *, level: float, sign: int) -> float | None:
    """Give one end of the interval, outward of which every effect tried is rejected.

    Parameters
    ----------
    sign : {-1, 1}
        The lower end, or the upper one.

    Returns
    -------
    float or None
        None where no effect on that side is rejected: the interval has no end there.
    """
    inside, outside = 0.0, shifts.std_error
    for _ in range(DOUBLINGS):
        if shifts.p_value(shifts.estimate + sign * outside) <= 1 - level:
            break
        inside, outside = outside, 2 * outside
    else:
        return None
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        if shifts.p_value(shifts.estimate + sign * middle) <= 1 - level:
            outside = middle
        else:
            inside = middle
    return shifts.estimate + sign * outside
