"""Several periods at once: one critical value for all of them, and one test that all are zero.

References
----------
Hothorn, Bretz and Westfall (2008), Biometrical Journal 50(3), 346-363: single-step max-|t|.
Hotelling (1931), Annals of Mathematical Statistics 2(3), 360-378: the law of the joint test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats
from reliance_eval.estimation.estimates import Estimate, NotEstimable
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.multiplicity import MaxT, correlation
from reliance_eval.estimation.walds import Degrees

APART = 1e-8
"""A period whose correlations with the others leave less than this of its variance says nothing
that they do not say."""

NODES = 16
"""Statistics at which a long family's p is integrated; between them it is interpolated, without
ever changing an order: some thirty months would otherwise take seconds for a third digit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodTest:
    """A test that the effects of several periods are all zero.

    Attributes
    ----------
    statistic : float
        The F statistic: the Wald statistic over its degrees of freedom, scaled as Hotelling's.
    df, df_residual : float
        Of the F; an infinite second makes it a chi-square over its degrees of freedom.
    p_value : float
    effects : int
        How many were tested; more than ``df`` where some are determined by others.
    """

    statistic: float
    df: float
    df_residual: Degrees
    p_value: float
    effects: int


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """What holds for several effects together.

    Attributes
    ----------
    correlation : array (j, j)
    df : float
    statistics : array (j,)
    critical : float
        The |t| that the largest passes with probability 1 - level.
    p_values : array (j,)
    """

    correlation: Floats
    df: float
    statistics: Floats
    critical: float
    p_values: Floats


def band_of(findings: Sequence[Finding], *, like: Band | None = None) -> Band:
    """Give one critical value for several effects, and their p.

    Parameters
    ----------
    findings : sequence of Finding
    like : Band, optional
        Given back where it is about the same statistics: a LATE is tested by its ITT.
    """
    between = correlation(np.stack([finding.influence for finding in findings]))
    df = min(finding.estimate.df for finding in findings)
    statistics = np.abs([finding.estimate.statistic for finding in findings])
    if like is not None and like.df == df and len(like.statistics) == len(statistics):
        is_same = np.allclose(like.correlation, between, rtol=0.0, atol=APART)
        if is_same and np.allclose(like.statistics, statistics, rtol=APART):
            return like
    largest = MaxT(between, df)
    level = findings[0].estimate.level
    critical = largest.critical_value(level)
    return Band(between, df, statistics, critical, _p_values(largest, statistics, critical, level))


def with_band(findings: Sequence[Finding], band: Band) -> tuple[Estimate, ...]:
    """Give the estimates with the p and interval that hold for all of them together."""
    told = []
    for finding, p in zip(findings, band.p_values, strict=True):
        intervals = finding.set_at(band.critical)
        low, high = intervals[0] if len(intervals) == 1 else (None, None)
        told.append(
            finding.estimate.revised(
                # No correction can make a p smaller than the one it corrects; the lattice could.
                p_adjusted=max(float(p), finding.estimate.p_value),
                conf_low_adjusted=low,
                conf_high_adjusted=high,
                adjustment="max-t",
            )
        )
    return tuple(told)


def test_of_all(findings: Sequence[Finding]) -> PeriodTest | NotEstimable:
    """Test that all effects are zero, by their joint covariance.

    With a Wald statistic W on q independent effects and v degrees of freedom, W (v - q + 1)/(v q)
    follows F(q, v - q + 1).
    """
    from scipy.special import chdtrc, fdtrc

    df = min(finding.estimate.df for finding in findings)
    scores = np.array([finding.estimate.statistic for finding in findings])
    between = correlation(np.stack([finding.influence for finding in findings]))
    kept = _apart(between)
    q = int(kept.sum())
    room = df - q + 1.0
    if room < 1.0:
        return NotEstimable(reason="too_many_periods", values={"effects": str(q)})
    wald = float(scores[kept] @ np.linalg.solve(between[np.ix_(kept, kept)], scores[kept]))
    if np.isinf(df):
        statistic, p = wald / q, float(chdtrc(q, wald))
    else:
        statistic = wald * room / (df * q)
        p = float(fdtrc(q, room, statistic))
    return PeriodTest(
        statistic=statistic, df=float(q), df_residual=room, p_value=p, effects=len(findings)
    )


def _p_values(largest: MaxT, statistics: Floats, critical: float, level: float) -> Floats:
    """Give the p of every statistic."""
    if len(statistics) <= NODES:
        return np.array([largest.p_value(statistic) for statistic in statistics])
    from scipy.interpolate import PchipInterpolator

    ordered = np.sort(statistics)
    places = np.unique(np.linspace(0, len(ordered) - 1, NODES).round().astype(int))
    nodes = [(value, largest.p_value(value)) for value in ordered[places]]
    at, p = np.array(sorted([*nodes, (critical, 1.0 - level)])).T
    at, first = np.unique(at, return_index=True)
    falling = np.minimum.accumulate(p[first])
    found: Floats = np.clip(PchipInterpolator(at, falling)(statistics), 0.0, 1.0)
    return found


def _apart(between: Floats) -> Bools:
    """Say which effects those before them do not determine."""
    kept = np.zeros(len(between), dtype=np.bool_)
    for place in range(len(between)):
        left = 1.0
        if kept.any():
            across = between[kept, place]
            left -= float(across @ np.linalg.solve(between[np.ix_(kept, kept)], across))
        kept[place] = left > APART
    return kept
