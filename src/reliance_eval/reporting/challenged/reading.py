"""What the exhibits of the challenges read: rows of a check, and the effects of the key table."""

from __future__ import annotations

from typing import Any

from reliance_eval.estimation.estimates import Estimate
from reliance_eval.reporting.effects import Effect, effects, estimated, first_estimator, itt_rows
from reliance_eval.reporting.section import Context
from reliance_eval.robustness.check import Check

Row = dict[str, Any]


def rows_of(check: Check) -> tuple[Row, ...]:
    """Give the rows of a check, each by its columns."""
    return tuple(dict(zip(check.columns, row, strict=True)) for row in check.rows)


def primary_effects(context: Context) -> tuple[Effect, ...]:
    """Give the effects that the key table shows: primary, by the estimator promised first."""
    if context.estimates is None:
        return ()
    rows = itt_rows(context, role="primary")
    first = first_estimator(rows)
    chosen = [row for row in estimated(rows) if _estimator(row) == first]
    return tuple(effect for effect in effects(context, chosen) if not effect.is_withheld)


def every_primary_effect(context: Context) -> tuple[Effect, ...]:
    """Give the primary effects of the offer by every estimator promised, those withheld too."""
    if context.estimates is None:
        return ()
    return effects(context, estimated(itt_rows(context, role="primary")))


def _estimator(row: Estimate) -> str:
    return row.promise.estimator if row.promise is not None else ""
