"""Every answer to missing outcomes side by side, and where the conclusion breaks down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reliance_eval.estimation.arrays import Ints
from reliance_eval.estimation.estimates import Estimate, NotEstimable
from reliance_eval.estimation.estimator import answer
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.unestimable import Unestimable
from reliance_eval.robustness.bounds.bounded import Bounds
from reliance_eval.robustness.bounds.responding import response_of
from reliance_eval.robustness.bounds.trimmed import lee
from reliance_eval.robustness.bounds.weighting import Weighted, weighted_effect
from reliance_eval.robustness.bounds.worst_cases import Line, Support, line_of

if TYPE_CHECKING:
    import pandas as pd

SHARES = tuple(place / 20 for place in range(21))
"""Shares of the missing at which the curve from complete cases to worst cases is drawn."""

HALVINGS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """What becomes of a conclusion as missing outcomes are trusted less and less.

    Attributes
    ----------
    complete : Estimate or NotEstimable
        On the known outcomes alone, as if the others were like them.
    weighted : Weighted or NotEstimable
        With the known weighted by inverse probabilities of being known.
    lee, tightened : Bounds or None
        ``tightened`` is None where nothing is named to tighten by.
    worst_case : Bounds
        Every missing outcome anywhere in its support.
    curve : tuple of Bounds
        As a share of the missing that may be anything goes from 0 (complete cases) to 1.
    share : float or None
        The smallest such share at which the interval holds zero: 0 where it does from the start,
        None where it never does.
    """

    complete: Estimate | NotEstimable
    weighted: Weighted | NotEstimable
    lee: Bounds
    tightened: Bounds | None
    worst_case: Bounds
    curve: tuple[Bounds, ...]
    share: float | None
    outcome: str = ""
    arm: str = ""
    reference: str = ""

    @property
    def has_conclusion(self) -> bool:
        """Whether the interval of the complete cases excludes zero."""
        found = self.complete
        return isinstance(found, Estimate) and not _holds_zero(found.conf_low, found.conf_high)

    @property
    def survives_lee(self) -> bool:
        """Whether the interval of Lee's bounds excludes zero."""
        return not _holds_zero(*self.lee.interval)

    def revised(self, **names: Any) -> Breakdown:
        """Give the same with the names of what was compared."""
        told: dict[str, Any] = {}
        for name in ("lee", "tightened", "worst_case"):
            found = getattr(self, name)
            if found is not None:
                side = found.trimmed_arm
                own = {"trimmed_arm": names[side]} if side in ("arm", "reference") else {}
                told[name] = found.revised(**names, **own)
        return replace(
            self,
            complete=self.complete.revised(**names),
            curve=tuple(one.revised(**names) for one in self.curve),
            **told,
            **names,
        )

    def tidy(self) -> pd.DataFrame:
        """Give one row a method: its bounds, which an estimate has the same, and its interval."""
        import pandas as pd

        rows: list[dict[str, Any]] = []
        points: dict[str, Estimate | Weighted | NotEstimable] = {
            "complete_cases": self.complete,
            "weighted": self.weighted,
        }
        for name, point in points.items():
            if not isinstance(point, NotEstimable):
                ends = {"lower": point.estimate, "upper": point.estimate}
                interval = {"conf_low": point.conf_low, "conf_high": point.conf_high}
                rows.append({"method": name, **ends, **interval})
        for bounds in (self.lee, self.tightened, self.worst_case):
            if bounds is not None:
                names = ("method", "lower", "upper", "conf_low", "conf_high")
                rows.append({name: getattr(bounds, name) for name in names})
        named = {"outcome": self.outcome, "arm": self.arm, "reference": self.reference}
        return pd.DataFrame(rows).assign(**named, breakdown_share=self.share)

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, border=0)


def confront(
    sample: Sample, *, cells: Ints | None = None, support: Support | None = None
) -> Breakdown:
    """Confront the complete cases of a sample with every other answer to what is missing.

    Parameters
    ----------
    sample : Sample
        Its covariates are for the weights alone.
    cells : array of int (n,), optional
        Within which Lee's bounds are tightened.
    support : tuple of float, optional

    Raises
    ------
    Unestimable
        Nobody is known in an arm, outcomes do not vary, or no variance exists.
    """
    plain = replace(sample.without_covariates(), take_up=None, variance=None, convention="")
    found = answer("blocked", plain)
    complete = found if isinstance(found, NotEstimable) else found.estimate
    line = line_of(response_of(plain), support=support)
    curve = tuple(line.at(share, level=sample.level) for share in SHARES)
    return Breakdown(
        complete=complete,
        weighted=_weighted(sample),
        lee=lee(plain),
        tightened=None if cells is None else lee(plain, cells),
        worst_case=curve[-1],
        curve=curve,
        share=0.0 if _concludes_nothing(complete) else breaking_share(line, level=sample.level),
    )


def _weighted(sample: Sample) -> Weighted | NotEstimable:
    try:
        return weighted_effect(sample)
    except Unestimable as refusal:
        return NotEstimable(reason=refusal.reason, values=refusal.values)


def breaking_share(line: Line, *, level: float) -> float | None:
    """Give the smallest share at which the interval holds zero; None where none does.

    The interval grows with the share: the bounds move apart at a constant rate, and where a
    variance shrinks it does so more slowly.
    """

    def is_broken(share: float) -> bool:
        return _holds_zero(*line.at(share, level=level).interval)

    broken = [share for share in SHARES if is_broken(share)]
    if not broken:
        return None
    high = broken[0]
    if high == 0.0:
        return 0.0
    low = SHARES[SHARES.index(high) - 1]
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_broken(middle) else (middle, high)
    return float(np.round(high, 12))


def _concludes_nothing(complete: Estimate | NotEstimable) -> bool:
    return isinstance(complete, NotEstimable) or _holds_zero(complete.conf_low, complete.conf_high)


def _holds_zero(low: float | None, high: float | None) -> bool:
    return (low is None or low <= 0.0) and (high is None or high >= 0.0)
