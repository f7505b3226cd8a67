"""Interactions: the answer to whether an effect differs between subgroups, and its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from reliance_eval.estimation.walds import Degrees
from reliance_eval.language.catalogue import words

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: dict[str, str] = {
    "id": "string",
    "outcome": "string",
    "horizon_months": "Int64",
    "estimand": "string",
    "estimator": "string",
    "variable": "string",
    "arm": "string",
    "reference": "string",
    "role": "string",
    "levels": "string",
    "left_out": "string",
    "difference": "Float64",
    "std_error": "Float64",
    "conf_low": "Float64",
    "conf_high": "Float64",
    "level": "Float64",
    "statistic": "Float64",
    "df_between": "Int64",
    "df": "Float64",
    "p_value": "Float64",
    "family": "string",
    "p_adjusted": "Float64",
    "adjustment": "string",
    "status": "string",
    "reason": "string",
}
"""The columns of ``interactions.csv``, with their pandas types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """Whether an effect differs between the levels of a variable.

    Attributes
    ----------
    id : str
        That of the effects compared, with the variable in the place of its level.
    role : {"primary", "secondary", "exploratory"}
        Exploratory where the subgroup or the outcome is; it is then in no family.
    levels : tuple of str
        The levels compared.
    left_out : tuple of str
        Levels without a number.
    difference, std_error, conf_low, conf_high : float or None
        The second level's effect less the first's, where two are compared.
    statistic : float or None
        F of the hypothesis that the effect is one, with ``df_between`` and ``df`` degrees of
        freedom; the square of a t where two are compared. For a LATE it rests on standard errors.
    p_value, p_adjusted : float or None
        Adjusted within the pre-specified tests of primary outcomes, by ``adjustment``.
    reason : str
        Why there is no test, as ``estimation.reason.<reason>``; ``""`` where there is one.
    """

    id: str = ""
    outcome: str
    horizon_months: int | None = None
    estimand: Literal["itt", "late"]
    estimator: str
    variable: str
    arm: str
    reference: str
    role: Literal["primary", "secondary", "exploratory"] = "exploratory"
    family: str = ""
    levels: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    level: float = 0.95
    difference: float | None = None
    std_error: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None
    statistic: float | None = None
    df_between: int | None = None
    df: Degrees | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    adjustment: str = ""
    reason: str = ""

    @property
    def is_exploratory(self) -> bool:
        """Whether nobody promised it before the draw."""
        return self.role == "exploratory"

    def revised(self, **changes: Any) -> Interaction:
        """Give the same answer with some fields changed."""
        return replace(self, **changes)

    def text(self, language: str = "en") -> str:
        """Say what was found, and whether it was promised."""
        from reliance_eval.language.numbers import Numbers

        say = words(language).text
        if self.p_value is None:
            return say(f"estimation.reason.{self.reason}")
        said = say("estimation.interaction.p", p=Numbers(language).p_said(self.p_value))
        parts = [said]
        if self.adjustment and self.p_adjusted is not None:
            p = Numbers(language).p_said(self.p_adjusted)
            how = say(f"estimation.correction.{self.adjustment}")
            parts.append(say("estimation.interaction.adjusted", p=p, adjustment=how))
        if self.is_exploratory:
            parts.append(say("estimation.interaction.exploratory"))
        return say("estimation.convention_separator").join(parts)

    def tidy(self) -> pd.DataFrame:
        """Give one row."""
        return table_of((self,))

    def _repr_html_(self) -> str:
        return self.tidy().dropna(axis=1).to_html(index=False, border=0)


def table_of(found: Sequence[Interaction]) -> pd.DataFrame:
    """Give one row an interaction; an absent value is NA."""
    import pandas as pd

    rows = [[_cell(one, name) for name in COLUMNS] for one in found]
    return pd.DataFrame(rows, columns=[*COLUMNS]).astype(COLUMNS)


def _cell(one: Interaction, name: str) -> str | int | float | None:
    if name in ("levels", "left_out"):
        joined: str = ", ".join(getattr(one, name))
        return joined or None
    if name == "status":
        return "not_estimable" if one.reason else "estimated"
    if name == "family" and one.is_exploratory:
        return None
    value: str | int | float | None = getattr(one, name)
    return None if value == "" else value
