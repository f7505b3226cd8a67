"""The change from the month before the draw to the horizon's month."""

from __future__ import annotations

from reliance_eval.panel.measure import MEASURES, FloatArray, Measure


def before_and_at(horizon: int) -> tuple[int, ...]:
    """Give the two months read."""
    return (-1, horizon)


def difference(values: FloatArray) -> FloatArray:
    """Give the later value minus the earlier; one missing and the change is."""
    return values[:, 1] - values[:, 0]


MEASURES.register("change")(Measure(months=before_and_at, over_months=difference))
