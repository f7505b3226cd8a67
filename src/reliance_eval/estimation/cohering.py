"""One coherent table: ITT, first stage, LATE and untreated-complier mean of the same units.

A LATE rests on the units whose outcome and take-up are both known, and its row takes the ITT and
the first stage of just these: LATE times first stage is the ITT, whatever is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from narwhals.stable.v2.typing import IntoDataFrame

from reliance_eval.estimation.complying import late
from reliance_eval.estimation.estimates import Answer, Estimate, NotEstimable, Promise
from reliance_eval.estimation.framing import names_of
from reliance_eval.estimation.redraws.asking import OFFER_OF
from reliance_eval.estimation.table import COLUMNS as OF_ESTIMATES
from reliance_eval.estimation.table import convention, set_text

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: dict[str, str] = {
    **{name: OF_ESTIMATES[name] for name in ("outcome", "horizon_months", "subgroup")},
    **{name: OF_ESTIMATES[name] for name in ("arm", "reference", "level")},
    "estimator": "string",
    "mean_reference": "Float64",
    "itt": "Float64",
    "itt_std_error": "Float64",
    "itt_conf_low": "Float64",
    "itt_conf_high": "Float64",
    "p_value": "Float64",
    "first_stage": "Float64",
    "first_stage_std_error": "Float64",
    "first_stage_conf_low": "Float64",
    "first_stage_conf_high": "Float64",
    "first_stage_f": "Float64",
    "late": "Float64",
    "late_std_error": "Float64",
    "late_set": "string",
    "untreated_complier_mean": "Float64",
    "n": "Int64",
    "n_arm": "Int64",
    "n_reference": "Int64",
    "role": "string",
    "status": "string",
    "reason": "string",
    "variance": "string",
}
"""The columns of ``coherent.csv``, with their pandas types; ITT and LATE have one p."""


def coherent_table(  # noqa: PLR0913 (that of ``late``)
    data: IntoDataFrame,
    *,
    outcomes: str | Sequence[str],
    offer: str,
    take_up: str,
    blocks: str | Sequence[str] | None = None,
    clusters: str | None = None,
    covariates: Sequence[str] = (),
    variance: str | None = None,
    weights: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate ITT, first stage, LATE and untreated-complier mean, one row an outcome.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame
        One row a unit. A row rests on the units whose outcome and take-up are both known.
    outcomes : str or sequence of str
        Columns.
    offer, take_up, blocks, clusters, covariates, variance, weights, level
        As in ``late``.

    Returns
    -------
    DataFrame
        One row an outcome (and arm, where there are several), always the same columns; LATE times
        first stage is the ITT.

    Raises
    ------
    DataError
        A column is not there, or holds what it may not.
    ProtocolError
        ``variance`` or ``level`` is not admissible.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {
    ...         "z": [0, 0, 0, 0, 1, 1, 1, 1],
    ...         "d": [0, 0, 0, 0, 1, 1, 1, 0],
    ...         "y": [1.0, 2.0, 3.0, 2.0, 3.0, 5.0, 7.0, 2.0],
    ...     }
    ... )
    >>> table = coherent_table(frame, outcomes="y", offer="z", take_up="d")
    >>> table[["itt", "first_stage", "late", "untreated_complier_mean"]].values.tolist()
    [[2.25, 0.75, 3.0, 2.0]]
    """
    answers: list[Answer] = []
    for outcome in names_of(outcomes):
        found = late(
            data,
            outcome=outcome,
            offer=offer,
            take_up=take_up,
            blocks=blocks,
            clusters=clusters,
            covariates=covariates,
            variance=variance,
            weights=weights,
            level=level,
        )
        answers += found if isinstance(found, tuple) else (found,)
    return _table(_row(answer, None) | {"estimator": _estimator(covariates)} for answer in answers)


def promised_table(answers: Sequence[Answer]) -> pd.DataFrame:
    """Give the coherent table of all that was promised.

    One row a promised LATE. An ITT whose outcome, horizon, subgroup, arm and adjustment have no
    LATE has a row of its own; a LATE without a number shows the ITT that has one.
    """
    itts = {
        _place(promise): answer
        for answer in answers
        if (promise := answer.promise) is not None and promise.estimand == "itt"
    }
    rows: dict[tuple[object, ...], dict[str, Any]] = {}
    for answer in answers:
        promise = answer.promise
        if promise is None:
            continue
        if promise.estimand == "late":
            rows[promise.id,] = _row(answer, itts.get(_place(promise)))
        elif not any(
            other.promise is not None
            and other.promise.estimand == "late"
            and _place(other.promise) == _place(promise)
            for other in answers
        ):
            rows[promise.id,] = _of_itt(answer)
    return _table(rows.values())


def _place(promise: Promise) -> tuple[object, ...]:
    """Say which cell an ITT and a LATE share: a LATE's estimator has that of an ITT in it."""
    estimator = OFFER_OF.get(promise.estimator, promise.estimator)
    place = (promise.outcome, promise.horizon_months, promise.subgroup, promise.arm)
    return (*place, estimator)


def _estimator(covariates: Sequence[str]) -> str:
    return "two_stage" if names_of(covariates) else "wald"


def _row(answer: Answer, itt: Answer | None) -> dict[str, Any]:
    """Give the row of a LATE; the promised ITT stands in where the LATE has no number."""
    row = _common(answer)
    if isinstance(answer, NotEstimable):
        beside = _effect(itt) if isinstance(itt, Estimate) else {}
        return row | beside | {"status": "not_estimable", "reason": answer.reason}
    return (
        row
        | _effect(answer.itt)
        | _stage(answer)
        | {
            "late": answer.estimate,
            "late_std_error": answer.std_error,
            "late_set": set_text(answer.anderson_rubin) if answer.anderson_rubin else None,
            "untreated_complier_mean": answer.untreated_complier_mean,
            "status": "estimated",
            "variance": convention(answer, "en"),
        }
    )


def _of_itt(answer: Answer) -> dict[str, Any]:
    row = _common(answer)
    if isinstance(answer, NotEstimable):
        return row | {"status": "not_estimable", "reason": answer.reason}
    return row | _effect(answer) | {"status": "estimated", "variance": convention(answer, "en")}


def _common(answer: Answer) -> dict[str, Any]:
    promise = answer.promise
    return {
        "outcome": promise.outcome if promise else answer.outcome or None,
        "horizon_months": promise.horizon_months if promise else None,
        "subgroup": (promise.subgroup or None) if promise else None,
        "arm": promise.arm if promise else answer.arm or None,
        "reference": promise.reference if promise else answer.reference or None,
        "level": promise.level if promise else getattr(answer, "level", None),
        "estimator": promise.estimator if promise else None,
        "role": promise.role if promise else None,
        "n": answer.n,
        "n_arm": answer.n_arm,
        "n_reference": answer.n_reference,
    }


def _effect(itt: Estimate | None) -> dict[str, Any]:
    if itt is None:
        return {}
    return {
        "mean_reference": itt.mean_reference,
        "itt": itt.estimate,
        "itt_std_error": itt.std_error,
        "itt_conf_low": itt.conf_low,
        "itt_conf_high": itt.conf_high,
        "p_value": itt.p_value,
    }


def _stage(answer: Estimate) -> dict[str, Any]:
    stage = answer.first_stage
    if stage is None:
        # Take-up does not vary within the arms: its effect is known, and has no sampling error.
        is_known = answer.itt is not None and answer.estimate != 0.0
        known = answer.itt.estimate / answer.estimate if is_known and answer.itt else None
        return {"first_stage": known}
    return {
        "first_stage": stage.estimate,
        "first_stage_std_error": stage.std_error,
        "first_stage_conf_low": stage.conf_low,
        "first_stage_conf_high": stage.conf_high,
        "first_stage_f": answer.first_stage_f,
    }


def _table(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    listed = [[row.get(name) for name in COLUMNS] for row in rows]
    return pd.DataFrame(listed, columns=[*COLUMNS]).astype(COLUMNS)
