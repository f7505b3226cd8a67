"""A pair of bounds, with the interval that holds the effect as often as it says.

The interval of Imbens and Manski is for the effect and not for the whole set it may lie in: where
the bounds are far apart only one of them can be missed at a time, and where they meet it is the
ordinary interval of an estimate.

References
----------
Imbens and Manski (2004), Econometrica 72(6), 1845-1857, equations 6 and 7. The law is Student's
with the degrees of freedom of the estimate; theirs, the normal, is its limit.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from reliance_eval.estimation.arrays import ROUNDING, Floats
from reliance_eval.estimation.estimates import NotEstimable
from reliance_eval.estimation.inference import critical_value
from reliance_eval.language.catalogue import words

if TYPE_CHECKING:
    import pandas as pd

Method: TypeAlias = Literal["lee", "lee_tightened", "worst_case", "contaminated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The smallest and the largest effect that missing outcomes leave possible.

    Attributes
    ----------
    method : {"lee", "lee_tightened", "worst_case", "contaminated"}
        ``lee``: on units whose outcome is known whatever their arm, if the offer moves response
        one way only. ``lee_tightened``: the same within cells of variables known before the draw.
        ``worst_case``: on all drawn, missing outcomes anywhere in their support (Manski).
        ``contaminated``: the same for a share of the missing, the others being like those known
        (Horowitz and Manski).
    lower, upper : float
        In the outcome's unit.
    std_error_lower, std_error_upper : float
    df : float
        Degrees of freedom of the reference t.
    critical : float
        Standard errors that the interval extends beyond each bound.
    conf_low, conf_high : float
        Imbens and Manski's interval for the effect, at ``level``.
    level : float
    rate_arm, rate_reference : float
        Response rates, block-weighted.
    trimmed_share : float
        Of the known outcomes of ``trimmed_arm``, the share left out (0 where nothing is); a mean
        over the cells where bounds are tightened.
    trimmed_arm : str
        ``""`` where both arms respond alike.
    cells : int
        In which bounds are tightened.
    share : float
        Of the missing outcomes, those that may be anything (``contaminated``).
    support : tuple of float or None
        What an outcome may be (``worst_case``, ``contaminated``).
    n_arm, n_reference : int
        Units whose outcome is known.
    n_missing : int
        Units drawn into the two arms whose outcome is missing.
    outcome, arm, reference : str
    """

    method: Method
    lower: float
    upper: float
    std_error_lower: float
    std_error_upper: float
    df: float
    critical: float
    conf_low: float
    conf_high: float
    level: float
    rate_arm: float
    rate_reference: float
    trimmed_share: float = 0.0
    trimmed_arm: str = ""
    cells: int = 1
    share: float = 1.0
    support: tuple[float, float] | None = None
    n_arm: int = 0
    n_reference: int = 0
    n_missing: int = 0
    outcome: str = ""
    arm: str = ""
    reference: str = ""

    @property
    def interval(self) -> tuple[float, float]:
        """The interval for the effect."""
        return self.conf_low, self.conf_high

    def revised(self, **changes: Any) -> Bounds:
        """Give the same bounds with some fields changed."""
        return replace(self, **changes)

    def text(self, language: str = "en") -> str:
        """Say in words what these bounds rest on."""
        return words(language).text(f"bounds.method.{self.method}")

    def tidy(self) -> pd.DataFrame:
        """Give one row; the support as ``support_low`` and ``support_high``."""
        import pandas as pd

        row = {item.name: getattr(self, item.name) for item in fields(self)}
        row["support_low"], row["support_high"] = row.pop("support") or (None, None)
        return pd.DataFrame([row])

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, border=0)


BoundsAnswer: TypeAlias = Bounds | NotEstimable


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """Two bounds and what each unit contributes to them.

    Attributes
    ----------
    values : array (2,)
        The lower bound, then the upper one.
    influence : array (2, g)
        ``influence @ influence.T`` is their covariance.
    df : float
    """

    values: Floats
    influence: Floats
    df: float
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def std_errors(self) -> Floats:
        """Standard errors of both."""
        lengths: Floats = np.linalg.norm(self.influence, axis=1)
        return lengths


def bounds_of(ends: Ends, method: Method, *, level: float) -> Bounds:
    """Give bounds with their interval."""
    low_error, high_error = (float(error) for error in ends.std_errors)
    size = float(np.max(np.abs([*ends.values, low_error, high_error])))
    # What rounding leaves of nothing is nothing.
    lower, upper = (0.0 if abs(end) <= ROUNDING * size else float(end) for end in ends.values)
    if 0.0 < lower - upper <= ROUNDING * size:
        lower = upper  # nothing is trimmed: two sums of the same numbers
    reach = reach_of(upper - lower, max(low_error, high_error), level=level, df=ends.df)
    return Bounds(
        method=method,
        lower=lower,
        upper=upper,
        std_error_lower=low_error,
        std_error_upper=high_error,
        df=ends.df,
        critical=reach,
        conf_low=lower - reach * low_error,
        conf_high=upper + reach * high_error,
        level=level,
        **ends.about,
    )


def reach_of(width: float, std_error: float, *, level: float, df: float) -> float:
    """Give how many standard errors an interval for the effect goes beyond its bounds.

    Parameters
    ----------
    width : float
        From the lower bound to the upper one.
    std_error : float
        The larger of the two.
    level, df : float

    Examples
    --------
    >>> both_ends, one_end = reach_of(0, 1, level=0.95, df=1e9), reach_of(99, 1, level=0.95, df=1e9)
    >>> round(both_ends, 3), round(one_end, 3)
    (1.96, 1.645)
    """
    from scipy.optimize import brentq
    from scipy.special import stdtr

    widest, narrowest = critical_value(level, df), critical_value(2 * level - 1, df)
    if width <= 0.0 or std_error <= 0.0:
        return widest
    apart = width / std_error

    def missed(reach: float) -> float:
        return float(stdtr(df, reach + apart) - stdtr(df, -reach)) - level

    # At either end the equation may already hold to the last bit.
    if missed(narrowest) >= 0.0:
        return narrowest
    if missed(widest) <= 0.0:
        return widest
    return float(brentq(missed, narrowest, widest, xtol=1e-13))
