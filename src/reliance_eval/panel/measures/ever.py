"""Whether something was ever true between the draw and the horizon."""

from __future__ import annotations

import numpy as np

from reliance_eval.panel.measure import MEASURES, Events, FloatArray, Measure, after_draw


def any_month(values: FloatArray) -> FloatArray:
    """Answer yes if any known month does; no only if every month is known."""
    is_yes = ((values != 0) & ~np.isnan(values)).any(axis=1)
    is_partial = np.isnan(values).any(axis=1)
    return np.where(is_yes, 1.0, np.where(is_partial, np.nan, 0.0))


def any_event(events: Events) -> FloatArray:
    """Answer yes if any event does; no without one; NaN where only unknown ones remain."""
    is_missing = np.isnan(events.value)
    is_yes = ~is_missing & (events.value != 0)
    yes = np.bincount(events.unit[is_yes], minlength=events.units)
    missing = np.bincount(events.unit[is_missing], minlength=events.units)
    return np.where(yes > 0, 1.0, np.where(missing > 0, np.nan, 0.0))


MEASURES.register("ever")(Measure(months=after_draw, over_months=any_month, over_events=any_event))
