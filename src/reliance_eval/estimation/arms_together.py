"""Several arms tested at once, as a result with words and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reliance_eval.estimation.walds import Degrees
from reliance_eval.language.catalogue import words

if TYPE_CHECKING:
    import pandas as pd

BY_HOTELLING = ("neyman", "blocked", "pairs", "CR2", "agresti_caffo", "agresti_caffo_clustered")
"""Variances of arms' means, each estimated from its own units, and CR2: Hotelling's law. The
others, of regressions, are referred to F as other packages print them."""

COLUMNS: dict[str, str] = {
    "id": "string",
    "outcome": "string",
    "horizon_months": "Int64",
    "estimator": "string",
    "arms": "string",
    "reference": "string",
    "statistic": "Float64",
    "df": "Int64",
    "df_residual": "Float64",
    "p_value": "Float64",
    "n": "Int64",
    "status": "string",
    "reason": "string",
    "variance": "string",
}
"""The columns of ``Estimates.tidy_joint()`` and of ``joint.csv``, with their pandas types."""


@dataclass(frozen=True, slots=True)
class JointTest:
    """Whether any of several arms had an effect on an outcome.

    Attributes
    ----------
    statistic : float or None
        F; None where there is no number.
    df : int
        Arms compared with the reference: the first degrees of freedom of F.
    df_residual : float or None
        The second.
    p_value : float or None
    n : int
        Units that gave it.
    variance : str
        As in ``Estimate``.
    reason : str
        Why there is no number: its words are ``estimation.reason.<reason>``; "" where there is.
    values : mapping of str to str
        What the placeholders of the words stand for.
    outcome, estimator, reference : str
    arms : tuple of str
    horizon_months : int or None
    id : str
        The promises it is about, without their arms; "" on a bare frame.
    """

    statistic: float | None = None
    df: int = 0
    df_residual: Degrees | None = None
    p_value: float | None = None
    n: int = 0
    variance: str = ""
    reason: str = ""
    values: dict[str, str] = field(default_factory=dict)
    outcome: str = ""
    estimator: str = ""
    arms: tuple[str, ...] = ()
    reference: str = ""
    horizon_months: int | None = None
    id: str = ""

    def text(self, language: str = "en") -> str:
        """Say the reason in words; "" where there is a number."""
        if not self.reason:
            return ""
        return words(language).text(f"estimation.reason.{self.reason}", **self.values)

    def convention(self, language: str = "en") -> str:
        """Say in words which variance and which law the test has; "" where there is none."""
        if self.reason:
            return ""
        catalogue = words(language)
        law = "hotelling" if self.variance in BY_HOTELLING else "f"
        spread = catalogue.text(f"estimation.variance.{self.variance}")
        return catalogue.text(f"estimation.joint.{law}", spread=spread)

    def tidy(self) -> pd.DataFrame:
        """Give one row."""
        return joint_table((self,))

    def _repr_html_(self) -> str:
        return self.tidy().dropna(axis="columns").to_html(index=False, border=0)


def joint_table(tests: Sequence[JointTest]) -> pd.DataFrame:
    """Give one row a joint test; an absent value is NA."""
    import pandas as pd

    rows = [
        {
            "id": test.id or None,
            "outcome": test.outcome or None,
            "horizon_months": test.horizon_months,
            "estimator": test.estimator or None,
            "arms": ", ".join(test.arms),
            "reference": test.reference or None,
            "statistic": test.statistic,
            "df": test.df or None,
            "df_residual": test.df_residual,
            "p_value": test.p_value,
            "n": test.n or None,
            "status": "not_estimable" if test.reason else "estimated",
            "reason": test.reason or None,
            "variance": test.convention("en") or None,
        }
        for test in tests
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS]).astype(COLUMNS)
