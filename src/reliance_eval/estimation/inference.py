"""From an estimate and its spread to p-values, intervals and Anderson-Rubin sets.

References
----------
Anderson and Rubin (1949), Annals of Mathematical Statistics 20(1), 46-63.
Dufour and Taamouti (2005), Econometrica 73(4), 1351-1365: the set as a quadratic inequality.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt

from reliance_eval.estimation.arrays import ROUNDING
from reliance_eval.estimation.estimates import Interval


def p_value(statistic: float, df: float) -> float:
    """Give the two-sided p of a t statistic.

    >>> round(p_value(2.0, 60.0), 6)
    0.050033
    """
    from scipy.special import stdtr

    return min(1.0, 2.0 * float(stdtr(df, -abs(statistic))))


def critical_value(level: float, df: float) -> float:
    """Give the t that an interval at ``level`` extends to, in standard errors.

    >>> round(critical_value(0.95, 60.0), 6)
    2.000298
    """
    from scipy.special import stdtrit

    return float(-stdtrit(df, (1.0 - level) / 2.0))


def interval(
    estimate: float,
    std_error: float,
    critical: float,
    *,
    bounds: tuple[float, float] = (-inf, inf),
) -> tuple[Interval, ...]:
    """Give the interval that a critical value makes, within the bounds of what can be."""
    reach = critical * std_error
    return ((max(estimate - reach, bounds[0]), min(estimate + reach, bounds[1])),)


@dataclass(frozen=True, slots=True)
class ReducedForm:
    """What the offer did to the outcome and to take-up, and how the two vary together.

    Attributes
    ----------
    on_outcome, on_take_up : float
        Effects of the offer.
    variance, covariance, take_up_variance : float
        Of these two effects.
    """

    on_outcome: float
    on_take_up: float
    variance: float
    covariance: float
    take_up_variance: float

    @property
    def ratio(self) -> float:
        """The local average treatment effect."""
        return self.on_outcome / self.on_take_up

    def anderson_rubin(self, critical: float) -> tuple[Interval, ...]:
        """Give every effect tau for which the offer has no effect left on Y - tau D.

        The set solves (rho - tau pi)² ≤ c² V(tau), a quadratic in tau: an interval, two rays or
        the whole line; never empty, since tau = rho/pi is in it.

        Parameters
        ----------
        critical : float
            The t statistic at which zero effect is rejected: F(1, df) is its square.
        """
        c2 = critical**2
        a = self.on_take_up**2 - c2 * self.take_up_variance
        b = self.on_outcome * self.on_take_up - c2 * self.covariance
        c = self.on_outcome**2 - c2 * self.variance
        if abs(a) <= ROUNDING * self.on_take_up**2:
            return _half_line(b, c)
        room = b**2 - a * c
        if room <= 0.0:
            return ((self.ratio, self.ratio),) if a > 0.0 else ((None, None),)
        far = b + sqrt(room) if b >= 0.0 else b - sqrt(room)
        low, high = sorted((far / a, c / far if far != 0.0 else 0.0))
        return ((low, high),) if a > 0.0 else ((None, low), (high, None))


def _half_line(b: float, c: float) -> tuple[Interval, ...]:
    """Solve c ≤ 2 b tau, what remains of the quadratic where its leading term vanishes."""
    if b == 0.0:
        return ((None, None),)
    end = c / (2.0 * b)
    return ((end, None),) if b > 0.0 else ((None, end),)
