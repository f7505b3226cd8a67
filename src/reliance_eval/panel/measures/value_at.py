"""The value of the horizon's month, or of the window's last event (a survey's answer)."""

from __future__ import annotations

import numpy as np

from reliance_eval.panel.measure import MEASURES, Events, FloatArray, Measure


def horizon_month(horizon: int) -> tuple[int, ...]:
    """Give the only month read."""
    return (horizon,)


def only_month(values: FloatArray) -> FloatArray:
    """Give the value of that month."""
    return values[:, 0]


def last_event(events: Events) -> FloatArray:
    """Give the value of each unit's last event; NaN without one.

    Two different values at the last moment contradict each other: the value is missing.
    """
    latest = np.full(events.units, np.iinfo(np.int64).min, dtype=np.int64)
    np.maximum.at(latest, events.unit, events.moment)
    is_last = events.moment == latest[events.unit]
    unit, value = events.unit[is_last], events.value[is_last]
    is_missing = np.isnan(value)
    missing = np.bincount(unit[is_missing], minlength=events.units)
    lowest = np.full(events.units, np.inf)
    highest = np.full(events.units, -np.inf)
    np.minimum.at(lowest, unit[~is_missing], value[~is_missing])
    np.maximum.at(highest, unit[~is_missing], value[~is_missing])
    return np.where((lowest == highest) & (missing == 0), highest, np.nan)


MEASURES.register("value_at")(
    Measure(months=horizon_month, over_months=only_month, over_events=last_event)
)
