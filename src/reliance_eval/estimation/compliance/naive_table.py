"""The table of what a naive comparison would have said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reliance_eval.estimation.estimates import Answer, Interval, NotEstimable
from reliance_eval.estimation.table import set_text
from reliance_eval.language.catalogue import words

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "comparison": "string",
    "is_randomised": "boolean",
    "estimate": "Float64",
    "std_error": "Float64",
    "df": "Float64",
    "p_value": "Float64",
    "conf_low": "Float64",
    "conf_high": "Float64",
    "set": "string",
    "n_arm": "Int64",
    "n_reference": "Int64",
    "variance": "string",
    "reason": "string",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NaiveRow:
    """One comparison, randomised or not.

    Attributes
    ----------
    comparison : str
        ``itt``, ``late``; or ``as_treated``, ``per_protocol``, ``participants_refusers``,
        ``participants_reference``, which are no effects.
    is_randomised : bool
    estimate, std_error, df, p_value, conf_low, conf_high : float or None
        None where there is no number, for the ``reason`` given (``estimation.reason.<reason>``).
    intervals : tuple of (low, high)
        The LATE's Anderson-Rubin set.
    n_arm, n_reference : int
        Units on each side.
    variance : str
    """

    comparison: str
    is_randomised: bool
    estimate: float | None = None
    std_error: float | None = None
    df: float | None = None
    p_value: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None
    intervals: tuple[Interval, ...] = ()
    n_arm: int = 0
    n_reference: int = 0
    variance: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NaiveComparisons:
    """What a naive comparison would have said, beside what the lottery says.

    Attributes
    ----------
    rows : tuple of NaiveRow
        ITT and LATE first.
    level : float
    outcome, arm, reference : str
    """

    rows: tuple[NaiveRow, ...]
    level: float
    outcome: str = ""
    arm: str = ""
    reference: str = ""

    def revised(self, *, outcome: str, arm: str, reference: str) -> NaiveComparisons:
        """Give the same table with the names of what was compared."""
        return replace(self, outcome=outcome, arm=arm, reference=reference)

    def title(self, language: str = "en") -> str:
        """Give the name of the table."""
        return words(language).text("estimation.naive.title")

    def warning(self, language: str = "en") -> str:
        """Say which rows are effects and which are not."""
        return words(language).text("estimation.naive.warning")

    def tidy(self) -> pd.DataFrame:
        """Give one row a comparison, those of the lottery first."""
        import pandas as pd

        rows = [
            {name: getattr(row, name, None) for name in COLUMNS}
            | {"set": set_text(row.intervals) or None, "reason": row.reason or None}
            for row in self.rows
        ]
        return pd.DataFrame(rows, columns=[*COLUMNS]).astype(COLUMNS)

    def table(self, language: str = "en") -> pd.DataFrame:
        """Give the table a reader sees, its rows and their standing in words."""
        catalogue = words(language)
        tidy = self.tidy()
        named = [catalogue.text(f"estimation.naive.row.{row.comparison}") for row in self.rows]
        stands = ["randomised" if row.is_randomised else "comparison" for row in self.rows]
        tidy["comparison"] = named
        tidy["is_randomised"] = [catalogue.text(f"estimation.naive.{key}") for key in stands]
        shown = ["comparison", "is_randomised", "estimate", "std_error", "conf_low", "conf_high"]
        return tidy[[*shown, "n_arm", "n_reference"]]

    def _repr_html_(self) -> str:
        html: str = self.table().to_html(
            index=False, border=0, na_rep="", float_format="{:.4g}".format
        )
        return f"<p><strong>{self.title()}</strong></p>{html}<p>{self.warning()}</p>"


def row_of(comparison: str, found: Answer, *, is_randomised: bool = False) -> NaiveRow:
    """Give an answer as a row of the table."""
    if isinstance(found, NotEstimable):
        return NaiveRow(
            comparison=comparison,
            is_randomised=is_randomised,
            n_arm=found.n_arm,
            n_reference=found.n_reference,
            reason=found.reason,
        )
    return NaiveRow(
        comparison=comparison,
        is_randomised=is_randomised,
        estimate=found.estimate,
        std_error=found.std_error,
        df=found.df,
        p_value=found.p_value,
        conf_low=found.conf_low,
        conf_high=found.conf_high,
        intervals=found.anderson_rubin,
        n_arm=found.n_arm,
        n_reference=found.n_reference,
        variance=found.variance,
    )
