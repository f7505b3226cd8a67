"""Whether an effect differs between groups of people: the test of interaction.

Groups hold different people, so their estimates are independent unless clusters cross them. The
test is Welch's comparison of several means, made on effects: for two groups it is the t of their
difference, with Welch and Satterthwaite's degrees of freedom.

References
----------
Welch (1951), Biometrika 38(3/4), 330-336: several means of unequal variances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.inference import critical_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The test that several effects are one.

    Attributes
    ----------
    statistic : float
        F with ``df_between`` and ``df`` degrees of freedom.
    p_value : float
    difference, std_error, conf_low, conf_high : float or None
        The second group's effect less the first's, where there are two.
    """

    statistic: float
    df_between: int
    df: float
    p_value: float
    difference: float | None = None
    std_error: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None


def compared(findings: Sequence[Finding], *, groups: int) -> Difference:
    """Compare the effects found in several groups of people.

    Parameters
    ----------
    findings : sequence of Finding
        Two or more, over the same units' and clusters' codes.
    groups : int
        Number of these codes: what each unit or cluster contributes comes first in ``influence``,
        and pooled blocks after them.
    """
    values = np.array([finding.estimate.estimate for finding in findings])
    df = np.array([finding.estimate.df for finding in findings])
    covariance = _covariance(findings, groups)
    level = findings[0].estimate.level
    if np.any(covariance != np.diag(np.diag(covariance))):
        statistic, df_within = _wald(values, covariance), float(df.min())
    else:
        statistic, df_within = _welch(values, np.diag(covariance), df)
    count = len(values) - 1
    found = Difference(
        statistic=statistic,
        df_between=count,
        df=df_within,
        p_value=_p_value(statistic, count, df_within),
    )
    if count > 1:
        return found
    gap = float(values[1] - values[0])
    std_error = float(np.sqrt(covariance[0, 0] + covariance[1, 1] - 2.0 * covariance[0, 1]))
    reach = critical_value(level, df_within) * std_error
    return Difference(
        statistic=statistic,
        df_between=count,
        df=df_within,
        p_value=found.p_value,
        difference=gap,
        std_error=std_error,
        conf_low=gap - reach,
        conf_high=gap + reach,
    )


def _covariance(findings: Sequence[Finding], groups: int) -> Floats:
    """Give the covariance of the estimates; groups share clusters, never people or blocks."""
    contributions = np.stack([finding.contributions[:groups] for finding in findings])
    covariance: Floats = contributions @ contributions.T
    np.fill_diagonal(covariance, [finding.estimate.std_error**2 for finding in findings])
    return covariance


def _welch(values: Floats, variances: Floats, df: Floats) -> tuple[float, float]:
    """Give Welch's F and its second degrees of freedom."""
    weights = 1.0 / variances
    shares = weights / weights.sum()
    count = len(values)
    spread = float(np.sum(weights * (values - shares @ values) ** 2)) / (count - 1)
    doubt = float(np.sum((1.0 - shares) ** 2 / df))
    slack = 1.0 + 2.0 * (count - 2) / (count**2 - 1) * doubt
    return spread / slack, (count**2 - 1) / (3.0 * doubt) if doubt > 0.0 else np.inf


def _wald(values: Floats, covariance: Floats) -> float:
    """Give the F of all differences from the first, whatever the covariance."""
    contrasts = np.column_stack([-np.ones(len(values) - 1), np.eye(len(values) - 1)])
    gaps = contrasts @ values
    solved = np.linalg.solve(contrasts @ covariance @ contrasts.T, gaps)
    return float(gaps @ solved) / len(gaps)


def _p_value(statistic: float, count: int, df: float) -> float:
    from scipy.special import chdtrc, fdtrc

    if np.isinf(df):
        return float(chdtrc(count, count * statistic))
    return float(fdtrc(count, df, statistic))
