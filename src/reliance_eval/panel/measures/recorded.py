"""The value that an extract with one row a unit records for the horizon."""

from __future__ import annotations

from reliance_eval.panel.measure import MEASURES, FloatArray, Measure


def as_recorded(values: FloatArray) -> FloatArray:
    """Give the value as it stands."""
    return values


MEASURES.register("recorded")(Measure(over_record=as_recorded))
