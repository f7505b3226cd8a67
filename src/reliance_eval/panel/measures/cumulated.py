"""The sum between the draw and the horizon: euros received, or events counted."""

from __future__ import annotations

import numpy as np

from reliance_eval.panel.measure import MEASURES, Events, FloatArray, Measure, after_draw


def sum_of_months(values: FloatArray) -> FloatArray:
    """Sum the months; one month missing and the sum is."""
    return np.asarray(values.sum(axis=1), dtype=np.float64)


def sum_of_events(events: Events) -> FloatArray:
    """Sum the events' values; 0 without an event, NaN where a value is missing."""
    # Equal sums whatever the order of rows: floating-point addition is not associative.
    order = np.lexsort((events.value, events.unit))
    sums = np.bincount(events.unit[order], events.value[order], minlength=events.units)
    return sums.astype(np.float64)


MEASURES.register("cumulated")(
    Measure(months=after_draw, over_months=sum_of_months, over_events=sum_of_events)
)
