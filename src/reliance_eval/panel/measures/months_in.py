"""The number of months, between the draw and the horizon, in which something was true."""

from __future__ import annotations

import numpy as np

from reliance_eval.panel.measure import MEASURES, FloatArray, Measure, after_draw


def count_months(values: FloatArray) -> FloatArray:
    """Count the months that are not zero; one month missing and the count is."""
    is_partial = np.isnan(values).any(axis=1)
    return np.where(is_partial, np.nan, (values != 0).sum(axis=1))


MEASURES.register("months_in")(Measure(months=after_draw, over_months=count_months))
