"""Answers as one table, always the same columns in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reliance_eval.estimation.estimates import (
    Answer,
    Estimate,
    Interval,
    NotEstimable,
    Promise,
)
from reliance_eval.estimation.saying import set_said, spread_said
from reliance_eval.language.catalogue import words

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: dict[str, str] = {
    "id": "string",
    "outcome": "string",
    "horizon_months": "Int64",
    "estimand": "string",
    "estimator": "string",
    "subgroup": "string",
    "arm": "string",
    "reference": "string",
    "estimate": "Float64",
    "std_error": "Float64",
    "df": "Float64",
    "statistic": "Float64",
    "p_value": "Float64",
    "conf_low": "Float64",
    "conf_high": "Float64",
    "level": "Float64",
    "family": "string",
    "p_adjusted": "Float64",
    "conf_low_adjusted": "Float64",
    "conf_high_adjusted": "Float64",
    "n": "Int64",
    "n_arm": "Int64",
    "n_reference": "Int64",
    "mean_reference": "Float64",
    "first_stage": "Float64",
    "first_stage_f": "Float64",
    "set": "string",
    "status": "string",
    "reason": "string",
    "variance": "string",
    "specification": "string",
}
"""The columns of ``Estimates.tidy()`` and of ``estimates.csv``, with their pandas types."""

EXPLORATORY = "exploratory"
"""Stands in the place of a family, and beside an estimate in a notebook."""

SHOWN = (
    "id",
    "outcome",
    "arm",
    "estimate",
    "std_error",
    "p_value",
    "conf_low",
    "conf_high",
    "p_adjusted",
    "n_arm",
    "n_reference",
    "set",
    "reason",
    "variance",
)

_SAME = (
    "estimate",
    "std_error",
    "df",
    "statistic",
    "p_value",
    "conf_low",
    "conf_high",
    "level",
    "p_adjusted",
    "conf_low_adjusted",
    "conf_high_adjusted",
    "mean_reference",
    "first_stage_f",
)


def table_of(answers: Sequence[Answer]) -> pd.DataFrame:
    """Give one row an answer; an absent value is NA."""
    import pandas as pd

    rows = [_row(answer) for answer in answers]
    table = pd.DataFrame([[row.get(name) for name in COLUMNS] for row in rows], columns=[*COLUMNS])
    return table.astype(COLUMNS)


def summary(answers: Sequence[Answer]) -> str:
    """Give the table a notebook shows: counts and estimates, empty columns left out."""
    table = table_of(answers)[list(SHOWN)]
    if any(answer.promise and answer.promise.role == EXPLORATORY for answer in answers):
        roles = [answer.promise.role if answer.promise else "" for answer in answers]
        table.insert(1, "role", roles)
    table = table.loc[:, [bool(table[name].notna().any()) for name in table]]
    html: str = table.to_html(index=False, border=0, na_rep="", float_format="{:.4g}".format)
    return html


def convention(estimate: Estimate, language: str) -> str:
    """Say in words how an estimate's spread, set and correction were made."""
    catalogue = words(language)
    parts = [spread_said(estimate, catalogue.text)]
    if estimate.anderson_rubin:
        parts.append(set_said(estimate, catalogue.text))
    if estimate.adjustment:
        parts.append(catalogue.text(f"estimation.adjustment.{estimate.adjustment}"))
    return catalogue.text("estimation.convention_separator").join(parts)


def _family(promise: Promise) -> str:
    return EXPLORATORY if promise.role == EXPLORATORY else promise.family


def set_text(intervals: Sequence[Interval]) -> str:
    """Write a confidence set as text.

    >>> set_text(((None, -1.5), (2.0, None)))
    '(-inf, -1.5] ∪ [2.0, inf)'
    """
    return " ∪ ".join(
        f"{'(-inf' if low is None else f'[{low!r}'}, {'inf)' if high is None else f'{high!r}]'}"
        for low, high in intervals
    )


def _row(answer: Answer) -> dict[str, str | int | float | None]:
    promise = answer.promise
    row: dict[str, str | int | float | None] = {
        "id": promise.id if promise else None,
        "outcome": promise.outcome if promise else answer.outcome or None,
        "horizon_months": promise.horizon_months if promise else None,
        "estimand": promise.estimand if promise else None,
        "estimator": promise.estimator if promise else None,
        "subgroup": promise.subgroup if promise else None,
        "arm": promise.arm if promise else answer.arm or None,
        "reference": promise.reference if promise else answer.reference or None,
        "level": promise.level if promise else None,
        # What nobody promised before the draw belongs to no family, and says what it is.
        "family": _family(promise) if promise else None,
        "specification": promise.specification if promise else None,
        "n": answer.n,
        "n_arm": answer.n_arm,
        "n_reference": answer.n_reference,
    }
    if isinstance(answer, NotEstimable):
        return row | {"status": "not_estimable", "reason": answer.reason}
    row |= {name: getattr(answer, name) for name in _SAME}
    return row | {
        "first_stage": answer.first_stage.estimate if answer.first_stage else None,
        "set": set_text(answer.anderson_rubin) if answer.anderson_rubin else None,
        "status": "estimated",
        "variance": convention(answer, "en"),
    }
