"""The time, in months, before something first was true; the whole horizon where it never was."""

from __future__ import annotations

import numpy as np

from reliance_eval.panel.measure import MEASURES, Events, FloatArray, Measure, after_draw


def months_before(values: FloatArray) -> FloatArray:
    """Count the months that passed without it: 0 if month 1 has it, all of them if none has.

    A month unknown before the first that has it, or with none that has it, and the count is.
    """
    width = values.shape[1]
    is_yes = (values != 0) & ~np.isnan(values)
    first = np.where(is_yes.any(axis=1), is_yes.argmax(axis=1), width)
    is_before = np.arange(width) < first[:, None]
    is_unknown = (np.isnan(values) & is_before).any(axis=1)
    return np.where(is_unknown, np.nan, first.astype(np.float64))


def time_before(events: Events) -> FloatArray:
    """Give the days from the draw to the first event, in months of the window's mean length.

    The whole horizon without one; NaN where an unknown event may have come first.
    """
    whole = float(events.months)
    is_yes = ~np.isnan(events.value) & (events.value != 0)
    never = np.int64(events.days)
    first = np.full(events.units, never, dtype=np.int64)
    unknown = first.copy()
    day = events.day - events.first_day
    np.minimum.at(first, events.unit[is_yes], day[is_yes])
    is_missing = np.isnan(events.value)
    np.minimum.at(unknown, events.unit[is_missing], day[is_missing])
    has_unknown = np.bincount(events.unit[is_missing], minlength=events.units) > 0
    is_hidden = has_unknown & (unknown <= first)
    share = first / max(events.days, 1)
    return np.where(is_hidden, np.nan, np.where(first < never, whole * share, whole))


MEASURES.register("time_to")(
    Measure(months=after_draw, over_months=months_before, over_events=time_before)
)
