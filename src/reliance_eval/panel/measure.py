"""What a measure is: how one outcome's rows become one value a unit.

Measures are pure functions on arrays. They are given what lies inside their window and nothing
else, as numbers (a condition's answers are 1 and 0), with NaN where a value is missing; they give
NaN where the unit's value cannot be known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from reliance_eval.registry import Registry

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

DAY = 1 << 32
"""One day among the moments of events: the delivery's day is added to it."""


@dataclass(frozen=True, slots=True)
class Events:
    """The dated events of some units inside one window.

    Attributes
    ----------
    units : int
        Units followed, with or without an event.
    unit : int array, shape (r,)
        The unit of each event, from 0 to ``units`` - 1.
    moment : int array, shape (r,)
        When it happened: later is larger, equal on the same day of the same delivery.
    value : float array, shape (r,)
        What it holds; NaN where missing.
    first_day, days, months : int
        The window: its first day (a day number), and its length in days and in months.
    """

    units: int
    unit: IntArray
    moment: IntArray
    value: FloatArray
    first_day: int = 0
    days: int = 0
    months: int = 0

    @property
    def day(self) -> IntArray:
        """The day number of each event, shape (r,)."""
        return self.moment // DAY

    def count(self) -> IntArray:
        """Count each unit's events, shape (units,)."""
        return np.bincount(self.unit, minlength=self.units)


@dataclass(frozen=True, slots=True)
class Measure:
    """One way to sum a life up at a horizon; what it has no function for, it cannot read.

    Attributes
    ----------
    months : function of the horizon
        The months read, counted from the draw's month, in order.
    over_months : function of a float array of shape (n, len(months)) to one of shape (n,)
        The value from a monthly extract.
    over_events : function of Events to a float array of shape (units,)
        The value from dated events.
    over_record : function of a float array of shape (n,) to one of shape (n,)
        The value from the only row of a unit.
    """

    months: Callable[[int], range | tuple[int, ...]] | None = None
    over_months: Callable[[FloatArray], FloatArray] | None = None
    over_events: Callable[[Events], FloatArray] | None = None
    over_record: Callable[[FloatArray], FloatArray] | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of extract it can read."""
        functions = {
            "monthly": self.over_months,
            "events": self.over_events,
            "units": self.over_record,
        }
        return tuple(kind for kind, function in functions.items() if function is not None)


MEASURES: Registry[Measure] = Registry("measure", "reliance_eval.panel.measures")


def after_draw(horizon: int) -> range:
    """Give the months that sums and means read: 1 to the horizon."""
    return range(1, horizon + 1)
