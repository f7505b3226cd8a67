"""Lives from the draw to an event, as arms of a blocked trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from reliance_eval.errors import DataError, Fault, ProtocolError
from reliance_eval.estimation.arrays import Bools, Floats
from reliance_eval.estimation.columns import numbers
from reliance_eval.estimation.sample import REFERENCE, Sample, keep
from reliance_eval.estimation.survival.lifetimes import Curve
from reliance_eval.estimation.survival.survival_curves import restricted_mean, steps_of
from reliance_eval.estimation.unestimable import Unestimable


@dataclass(frozen=True, slots=True, eq=False)
class Lives:
    """The units drawn, how long each was followed, and whether the event ended it.

    Attributes
    ----------
    sample : Sample
        Its outcome is the time from the draw; NaN where it is missing.
    is_event : array of bool (n,)
    arms : tuple of str
        The reference first.
    until : float
        Limit of the restricted means.
    """

    sample: Sample
    is_event: Bools
    arms: tuple[str, ...]
    until: float


def times_of(frame: nw.DataFrame[Any], time: str, drawn_on: str | None) -> Floats:
    """Read times from the draw: numbers, or days between two dates.

    Raises
    ------
    DataError
        A time is negative: the event, or the last news, is from before the draw.
    ProtocolError
        A date without the day it counts from, or that day beside a number.
    """
    is_date = frame[time].dtype in (nw.Date, nw.Datetime)
    if is_date != (drawn_on is not None):
        raise ProtocolError(Fault("E-ESTIMATION-CLOCK", time, {"name": time}))
    if drawn_on is None:
        found = numbers(frame[time], time)
    else:
        found = _days(frame[time]) - _days(frame[drawn_on])
    if early := int(np.sum(found < 0.0)):
        raise DataError(Fault("E-ESTIMATION-BEFORE-DRAW", time, {"n": early}))
    return found


def events_of(values: Floats, times: Floats, where: str) -> Bools:
    """Give whether the event ended each known time.

    Raises
    ------
    DataError
        It is neither 0 nor 1 for somebody whose time is known.
    """
    known = np.isfinite(times)
    if strange := int(np.sum(known & (values != 0.0) & (values != 1.0))):
        raise DataError(Fault("E-ESTIMATION-EVENT", where, {"n": strange}))
    found: Bools = known & (values == 1.0)
    return found


def curve_of(lives: Lives, code: int) -> Curve:
    """Fit an arm's Kaplan-Meier curve, its blocks at their shares of those drawn."""
    sample = lives.sample
    rows = sample.observed & (sample.arms == code)
    weights = _weights(sample, rows)
    times, is_event = sample.outcome[rows], lives.is_event[rows]
    steps = steps_of(times, is_event, weights)
    low, high = steps.interval(sample.level)
    value, error = None, None
    try:
        mean = restricted_mean(times, is_event, weights, until=lives.until)
        value, error = mean.value, mean.std_error
    except Unestimable:
        pass
    return Curve(
        arm=lives.arms[code],
        n=int(rows.sum()),
        n_events=int(is_event.sum()),
        times=tuple(steps.times.tolist()),
        at_risk=tuple(int(n) for n in steps.at_risk),
        events=tuple(int(n) for n in steps.events),
        survival=tuple(steps.survival.tolist()),
        std_error=tuple(steps.std_error.tolist()),
        conf_low=tuple(low.tolist()),
        conf_high=tuple(high.tolist()),
        median=steps.median,
        restricted_mean=value,
        restricted_mean_std_error=error,
    )


def pseudo_observations(lives: Lives, sample: Sample) -> Floats:
    """Give each unit's part of its arm's restricted mean; NaN where it was not followed.

    An arm's mean plus what the unit adds to it over its weight: the block-weighted mean of these
    is the arm's restricted mean, and without censoring each is the time itself, cut at the limit.

    Parameters
    ----------
    lives : Lives
    sample : Sample
        The same units, with the arm to compare as its ``target``.

    Raises
    ------
    Unestimable
        ``empty_arm``, ``no_common_block``, ``follow_up_too_short``.
    """
    kept = keep(sample)
    found = np.full(len(sample.outcome), np.nan)
    for code in (REFERENCE, sample.target):
        rows = kept.rows & (sample.arms == code)
        weights = _weights(sample, rows)
        mean = restricted_mean(
            sample.outcome[rows], lives.is_event[rows], weights, until=lives.until
        )
        found[rows] = mean.value + mean.contributions / weights
    return found


def _weights(sample: Sample, rows: Bools) -> Floats:
    """Give weights that sum to one, under which each block of the rows has its share."""
    own = np.ones(len(rows)) if sample.weights is None else sample.weights
    codes = sample.blocks[rows]
    totals = np.bincount(codes, own[rows], minlength=len(sample.block_names))
    shares = np.where(totals > 0.0, sample.shares, 0.0)
    weights: Floats = own[rows] * (shares / shares.sum())[codes] / totals[codes]
    return weights


def _days(column: nw.Series[Any]) -> Floats:
    """Give a column of dates as days since 1970, NaN where missing."""
    days = column.to_numpy().astype("datetime64[D]")
    found: Floats = np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(np.float64))
    return found
