"""Periods: single months counted from the draw's month, or bins of several.

Bins after the draw start at month 0; bins before it end with month -2, because month -1 is the
baseline at which covariates are read: with six months, [-13, -7), [-7, -1), [0, 6), [6, 12)...
"""

from __future__ import annotations

from dataclasses import dataclass

from reliance_eval.errors import Fault, ProtocolError

BASELINE = -1
"""The month before the draw: part of no bin."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Consecutive months, counted from the draw's month.

    Attributes
    ----------
    first, last : int
        Both included.
    """

    first: int
    last: int

    @property
    def months(self) -> range:
        """Its months, in order."""
        return range(self.first, self.last + 1)

    @property
    def is_before(self) -> bool:
        """Whether it ends before the draw's month: the offer can have done nothing in it."""
        return self.last < 0


def periods_of(first: int, last: int, *, bins: int | None = None) -> tuple[Period, ...]:
    """Cut the months from ``first`` to ``last`` into single months or whole bins.

    Parameters
    ----------
    first, last : int
        Months counted from the draw's month, both included.
    bins : int, optional
        Months a bin; months that fill no whole bin are left out.

    Raises
    ------
    ProtocolError
        ``bins`` is no count of months, or no period fits between the two months.

    Examples
    --------
    >>> [(p.first, p.last) for p in periods_of(-13, 12, bins=6)]
    [(-13, -8), (-7, -2), (0, 5), (6, 11)]
    """
    if bins is not None and bins < 1:
        raise ProtocolError(Fault("E-ESTIMATION-BINS", "bins", {"bins": bins}))
    if bins is None:
        found = [Period(month, month) for month in range(first, last + 1)]
    else:
        before = range((first - BASELINE) // -bins, 0, -1)
        starts = [BASELINE - bins * k for k in before]
        starts += list(range(max(0, -(-first // bins)) * bins, last + 1, bins))
        found = [Period(start, start + bins - 1) for start in starts]
        found = [period for period in found if first <= period.first and period.last <= last]
    if not found:
        values = {"first": first, "last": last}
        raise ProtocolError(Fault("E-ESTIMATION-NO-PERIOD", "month", dict(values)))
    return tuple(found)


def left_out(first: int, last: int, periods: tuple[Period, ...]) -> tuple[int, ...]:
    """Give the months between two that no period holds."""
    held = {month for period in periods for month in period.months}
    return tuple(month for month in range(first, last + 1) if month not in held)
