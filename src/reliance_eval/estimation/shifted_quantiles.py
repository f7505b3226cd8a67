"""What an offer did to the quantiles of an outcome, as a result with words and tables."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from reliance_eval.language.catalogue import words

if TYPE_CHECKING:
    import pandas as pd

HEAPED = "heaped"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileEffect:
    """What the offer did to one quantile.

    Attributes
    ----------
    quantile : float
        Between 0 and 1.
    estimate : float
        The arm's quantile less the reference's, in the outcome's unit.
    quantile_arm, quantile_reference : float
    share_at_arm, share_at_reference : float
        The part of each arm that has exactly this value: much above one unit's where values heap.
    std_error : float or None
        A half of the interval, over its critical value; None where it has an open end.
    statistic, p_value : float or None
        The interval at ``level`` excludes zero exactly when p is under one minus it.
    conf_low, conf_high : float or None
        None is unbounded: the sample is too small for an end at this level.
    p_adjusted, conf_low_adjusted, conf_high_adjusted : float or None
        The same for all quantiles asked for at once (single-step max-|t|).
    reason : str
        ``heaped``: in both arms so many share the value that its interval would have no width;
        the estimate stands, and has neither p nor interval.
    """

    quantile: float
    estimate: float
    quantile_arm: float
    quantile_reference: float
    share_at_arm: float
    share_at_reference: float
    std_error: float | None = None
    statistic: float | None = None
    p_value: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None
    p_adjusted: float | None = None
    conf_low_adjusted: float | None = None
    conf_high_adjusted: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileEffects:
    """What the offer did to several quantiles of one outcome.

    Attributes
    ----------
    effects : tuple of QuantileEffect
    level : float
    df : float
        Degrees of freedom of the reference t.
    n, n_arm, n_reference, n_missing : int
    outcome, arm, reference : str
    """

    effects: tuple[QuantileEffect, ...]
    level: float
    df: float
    n: int
    n_arm: int
    n_reference: int
    n_missing: int
    outcome: str = ""
    arm: str = ""
    reference: str = ""

    def convention(self, language: str = "en") -> str:
        """Say in words how quantiles, intervals and p-values were made."""
        catalogue = words(language)
        parts = ["estimation.quantiles.convention", "estimation.quantiles.simultaneous"]
        if any(effect.reason == HEAPED for effect in self.effects):
            parts.append("estimation.quantiles.heaped")
        separator = catalogue.text("estimation.convention_separator")
        return separator.join(catalogue.text(part) for part in parts)

    def tidy(self) -> pd.DataFrame:
        """Give one row a quantile."""
        import pandas as pd

        names = [item.name for item in fields(QuantileEffect)]
        rows = [[getattr(effect, name) for name in names] for effect in self.effects]
        table = pd.DataFrame(rows, columns=names)
        numbers = dict.fromkeys(names[:-1], "Float64")
        table = table.astype(numbers | {"reason": "string"})
        return table.assign(
            outcome=self.outcome,
            arm=self.arm,
            reference=self.reference,
            level=self.level,
            df=self.df,
            n=self.n,
            n_arm=self.n_arm,
            n_reference=self.n_reference,
        )

    def _repr_html_(self) -> str:
        table = self.tidy().dropna(axis="columns", how="all")
        return table.to_html(index=False, border=0, na_rep="", float_format="{:.4g}".format)
