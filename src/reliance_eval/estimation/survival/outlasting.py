"""Comparing arms on the time from the draw to an event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoDataFrame

from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.estimation.arrays import ROUNDING
from reliance_eval.estimation.estimates import Answer, NotEstimable
from reliance_eval.estimation.finding import difference
from reliance_eval.estimation.framing import Columns, check_columns, names_of, read_frame
from reliance_eval.estimation.inference import critical_value, p_value
from reliance_eval.estimation.regressing import regression_effects
from reliance_eval.estimation.sample import REFERENCE
from reliance_eval.estimation.survival.hazards import cox, log_rank
from reliance_eval.estimation.survival.lifetimes import Comparison, HazardRatio, LogRank, Survival
from reliance_eval.estimation.survival.lives import (
    Lives,
    curve_of,
    events_of,
    pseudo_observations,
    times_of,
)
from reliance_eval.estimation.unadjusted import unadjusted_effects
from reliance_eval.estimation.unestimable import Unestimable


def time_to_event(  # noqa: PLR0913 (the signature is a contract)
    data: IntoDataFrame,
    *,
    time: str,
    event: str,
    offer: str,
    until: float,
    drawn_on: str | None = None,
    blocks: str | Sequence[str] | None = None,
    clusters: str | None = None,
    covariates: Sequence[str] = (),
    weights: str | None = None,
    reference: object = None,
    level: float = 0.95,
) -> Survival:
    """Compare arms on the time from the draw to an event, some of which are yet to come.

    Kaplan-Meier curves with blocks at their shares; the difference in restricted mean time as a
    block-weighted difference of pseudo-observations (without censoring before ``until`` it is
    ``itt`` of the time cut at ``until``); the log-rank test and Cox's hazard ratio, stratified
    by block. All take for granted that who is lost to follow-up does not depend on when the
    event would have come, arm by arm.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame
        One row a unit.
    time : str
        Column of the time from the draw to the event, or to the last day the unit was known to
        be without it; or of that day itself, with ``drawn_on``: times are then in days.
    event : str
        Column, 0 or 1: whether the event is what ended the time.
    offer : str
        Column, as in ``itt``.
    until : float
        Limit of the restricted means, in the unit of the times: say it before seeing the data.
    drawn_on : str, optional
        Column of the day of the draw, where ``time`` is a date.
    blocks, clusters, weights, reference, level
        As in ``itt``.
    covariates : sequence of str
        Columns known before the draw: in Cox's regression, and interacted with the offer (Lin)
        for the restricted mean.

    Returns
    -------
    Survival

    Raises
    ------
    DataError
        A time is negative (an event before the draw), or an event neither 0 nor 1.
    ProtocolError
        ``until`` is not positive, or ``time`` is a date without the day it counts from.

    References
    ----------
    Uno et al. (2014), Journal of Clinical Oncology 32, 2380-2385: restricted means for trials.
    Andersen, Hansen and Klein (2004), Lifetime Data Analysis 10, 335-350.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {
    ...         "z": [0, 0, 0, 1, 1, 1],
    ...         "t": [2.0, 4.0, 6.0, 4.0, 6.0, 6.0],
    ...         "e": [1, 1, 0, 1, 1, 0],
    ...     }
    ... )
    >>> found = time_to_event(frame, time="t", event="e", offer="z", until=6.0)
    >>> round(found.comparisons[0].restricted_mean.estimate, 6), found.curves[0].median
    (1.333333, 4.0)
    """
    if not (np.isfinite(until) and until > 0.0):
        raise ProtocolError(Fault("E-ESTIMATION-UNTIL", "until", {"until": until}))
    columns = Columns(
        outcome=event,
        offer=offer,
        blocks=names_of(blocks),
        clusters=clusters,
        weights=weights,
        covariates=names_of(covariates),
    )
    frame = nw.from_native(data, eager_only=True)
    clock = tuple(name for name in (time, drawn_on) if name)
    check_columns(tuple(frame.columns), replace(columns, blocks=columns.blocks + clock))
    read = read_frame(data, columns, reference=reference, variance=None, level=level)
    times = times_of(frame, time, drawn_on)[read.inside]
    is_event = events_of(read.sample.outcome, times, event)
    lives = Lives(replace(read.sample, outcome=times), is_event, read.arms, until)
    return Survival(
        time=time,
        event=event,
        until=until,
        level=level,
        curves=tuple(curve_of(lives, code) for code in range(len(read.arms))),
        log_rank=_log_rank(lives),
        comparisons=_comparisons(lives),
        n_missing=int(np.sum(np.isnan(times))),
        is_clustered=read.sample.is_clustered,
        notes=read.sample.notes,
        note_values=read.sample.note_values,
    )


def _log_rank(lives: Lives) -> LogRank | NotEstimable:
    sample, rows = lives.sample, lives.sample.observed
    try:
        statistic, df, p = log_rank(
            sample.outcome[rows], lives.is_event[rows], sample.arms[rows], sample.blocks[rows]
        )
    except Unestimable as refusal:
        return NotEstimable(reason=refusal.reason, values=refusal.values)
    return LogRank(statistic=statistic, df=df, p_value=p)


def _comparisons(lives: Lives) -> tuple[Comparison, ...]:
    hazards = _hazard_ratios(lives)
    return tuple(
        Comparison(
            arm=lives.arms[code],
            reference=lives.arms[REFERENCE],
            restricted_mean=_difference(lives, code),
            hazard_ratio=hazards[code],
        )
        for code in range(1, len(lives.arms))
    )


def _difference(lives: Lives, target: int) -> Answer:
    """Give the difference in restricted means: the ITT on pseudo-observations."""
    sample = replace(lives.sample, target=target)
    try:
        pseudo = replace(sample, outcome=pseudo_observations(lives, sample))
        run = unadjusted_effects
        if pseudo.covariate_names:
            run = partial(regression_effects, form="interacted")
        found: Answer = difference(pseudo, run(pseudo, pseudo.outcome[:, None])).estimate
    except Unestimable as refusal:
        found = NotEstimable(
            reason=refusal.reason,
            n=sample.n_arm + sample.n_reference,
            n_arm=sample.n_arm,
            n_reference=sample.n_reference,
            values=refusal.values,
        )
    return found.revised(arm=lives.arms[target], reference=lives.arms[REFERENCE])


def _hazard_ratios(lives: Lives) -> dict[int, HazardRatio | NotEstimable]:
    """Compare the hazards of all arms with events in one regression, stratified by block."""
    sample, rows = lives.sample, lives.sample.observed
    counts = np.bincount(sample.arms[rows & lives.is_event], minlength=len(lives.arms))
    codes = range(1, len(lives.arms))
    found: dict[int, HazardRatio | NotEstimable] = dict.fromkeys(
        codes, NotEstimable(reason="no_event")
    )
    asked = [code for code in codes if counts[code]]
    if not asked or not counts[REFERENCE]:
        return found
    rows &= np.isin(sample.arms, [REFERENCE, *asked])
    offers = [(sample.arms[rows] == code).astype(float) for code in asked]
    design = np.column_stack([*offers, sample.covariates[rows]])
    try:
        fit = cox(sample.outcome[rows], lives.is_event[rows], design, sample.blocks[rows])
    except Unestimable as refusal:
        return dict.fromkeys(codes, NotEstimable(reason=refusal.reason, values=refusal.values))
    robust = fit.robust_std_errors(sample.clusters[rows])
    z = critical_value(sample.level, np.inf)
    for place, code in enumerate(asked):
        value, error = float(fit.coefficients[place]), float(robust[place])
        if error <= ROUNDING:
            found[code] = NotEstimable(reason="no_variation")
            continue
        found[code] = HazardRatio(
            log_ratio=value,
            std_error=error,
            std_error_model=float(fit.model_std_errors[place]),
            ratio=float(np.exp(value)),
            conf_low=float(np.exp(value - z * error)),
            conf_high=float(np.exp(value + z * error)),
            statistic=value / error,
            p_value=p_value(value / error, np.inf),
        )
    return found
