"""The mean of the months between the draw and the horizon, or of the events of the window."""

from __future__ import annotations

import numpy as np

from reliance_eval.panel.measure import MEASURES, Events, FloatArray, Measure, after_draw
from reliance_eval.panel.measures.cumulated import sum_of_events


def mean_of_months(values: FloatArray) -> FloatArray:
    """Give the mean of the months; one month missing and the mean is."""
    return np.asarray(values.mean(axis=1), dtype=np.float64)


def mean_of_events(events: Events) -> FloatArray:
    """Give the mean of the events' values; NaN without an event or where one is missing."""
    count = events.count()
    return np.where(count > 0, sum_of_events(events) / np.maximum(count, 1), np.nan)


MEASURES.register("mean")(
    Measure(months=after_draw, over_months=mean_of_months, over_events=mean_of_events)
)
