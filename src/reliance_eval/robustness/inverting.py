"""A confidence interval by inverting re-draws: every effect the lottery would not reject.

Under an effect of tau on everybody, outcomes less tau times the offer are what all would have
shown without it. Estimates are linear in outcomes and variances quadratic, so five numbers a
re-draw give its statistic at every tau; no re-draw is computed twice.

References
----------
Rosenbaum (2002), *Observational Studies*, section 2.6.2; Imbens and Rubin (2015), section 5.7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.redraws.blockwise import Moments
from reliance_eval.estimation.redraws.replaying import is_extreme, p_value

DOUBLINGS = 16
"""An end further away than 2**16 standard errors is no end; so far out, shifted outcomes keep five
digits fewer than the outcomes themselves, which still tells ties from near ties."""

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


def outcomes_shifted(outcome: Floats, offered: Floats) -> Floats:
    """Give the three outcomes whose moments ``Shifts`` needs, (n, 3)."""
    known = np.where(np.isnan(outcome), np.nan, offered)
    return np.column_stack([outcome, known, outcome + known])


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
