"""Times to an event by arm, and what the offer did to them, as one record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reliance_eval.estimation.estimates import Answer, Estimate, NotEstimable
from reliance_eval.language.catalogue import words

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

COLUMNS: dict[str, str] = {
    "quantity": "string",
    "arm": "string",
    "reference": "string",
    "estimate": "Float64",
    "std_error": "Float64",
    "df": "Float64",
    "statistic": "Float64",
    "p_value": "Float64",
    "conf_low": "Float64",
    "conf_high": "Float64",
    "level": "Float64",
    "n": "Int64",
    "n_arm": "Int64",
    "n_reference": "Int64",
    "events": "Int64",
    "status": "string",
    "reason": "string",
    "variance": "string",
}
"""The columns of ``Survival.tidy()``, with their pandas types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The Kaplan-Meier curve of an arm: one entry a distinct time of an event.

    Attributes
    ----------
    arm : str
    n, n_events : int
        Units of the arm, and those with the event, whenever.
    times : tuple of float
    at_risk, events : tuple of int
        Counts of units.
    survival, std_error : tuple of float
        Probability of no event yet, block-weighted; Greenwood's standard error.
    conf_low, conf_high : tuple of float
        On the log(-log) scale.
    median : float or None
        None where fewer than half had the event.
    restricted_mean, restricted_mean_std_error : float or None
        Up to the limit, with Greenwood's standard error; None where follow-up is too short.
    """

    arm: str
    n: int
    n_events: int
    times: tuple[float, ...]
    at_risk: tuple[int, ...]
    events: tuple[int, ...]
    survival: tuple[float, ...]
    std_error: tuple[float, ...]
    conf_low: tuple[float, ...]
    conf_high: tuple[float, ...]
    median: float | None
    restricted_mean: float | None
    restricted_mean_std_error: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRank:
    """The test that all arms have one hazard, stratified by block."""

    statistic: float
    df: int
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HazardRatio:
    """Cox's comparison of an arm with the reference.

    Attributes
    ----------
    log_ratio, std_error : float
        The standard error is robust, by cluster where clusters were drawn (Lin and Wei 1989).
    std_error_model : float
        Right if hazards are proportional.
    ratio, conf_low, conf_high : float
        Of the hazards; under one, the event comes later.
    statistic, p_value : float
        By the normal law.
    """

    log_ratio: float
    std_error: float
    std_error_model: float
    ratio: float
    conf_low: float
    conf_high: float
    statistic: float
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What one arm's offer did.

    Attributes
    ----------
    arm, reference : str
    restricted_mean : Estimate or NotEstimable
        The difference in restricted mean time without the event.
    hazard_ratio : HazardRatio or NotEstimable
    """

    arm: str
    reference: str
    restricted_mean: Answer
    hazard_ratio: HazardRatio | NotEstimable


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """Times from the draw to an event.

    Attributes
    ----------
    time, event : str
        The columns read.
    until : float
        Limit of the restricted means, in the unit of the times.
    level : float
    curves : tuple of Curve
        The reference first.
    log_rank : LogRank or NotEstimable
    comparisons : tuple of Comparison
        One a compared arm.
    n_missing : int
        Drawn units without a time.
    is_clustered : bool
    notes : tuple of str
        Their words are ``estimation.note.<note>``.
    note_values : mapping of str to str
    """

    time: str
    event: str
    until: float
    level: float
    curves: tuple[Curve, ...]
    log_rank: LogRank | NotEstimable
    comparisons: tuple[Comparison, ...]
    n_missing: int = 0
    is_clustered: bool = False
    notes: tuple[str, ...] = ()
    note_values: dict[str, str] = field(default_factory=dict)

    def tidy(self) -> pd.DataFrame:
        """Give one row a quantity and arm, always the same columns in the same order.

        Quantities: ``restricted_mean`` of each arm, ``log_rank``, then by compared arm
        ``restricted_mean_difference`` and ``hazard_ratio`` (its standard error and statistic are
        those of the logarithm).
        """
        import pandas as pd

        rows = [self._of_curve(curve) for curve in self.curves]
        rows.append(self._of_log_rank())
        for comparison in self.comparisons:
            rows += [self._of_difference(comparison), self._of_hazards(comparison)]
        table = [[row.get(name) for name in COLUMNS] for row in rows]
        return pd.DataFrame(table, columns=[*COLUMNS]).astype(COLUMNS)

    def curve(self) -> pd.DataFrame:
        """Give the Kaplan-Meier curves: one row an arm and time of an event."""
        import pandas as pd

        names = ("times", "at_risk", "events", "survival", "std_error", "conf_low", "conf_high")
        parts = [
            pd.DataFrame({name: getattr(curve, name) for name in names}).assign(arm=curve.arm)
            for curve in self.curves
        ]
        table = pd.concat(parts, ignore_index=True)
        return table[["arm", *names]].rename(columns={"times": "time"})

    def convention(self, language: str = "en") -> str:
        """Say in words how curves, tests and standard errors were made."""
        catalogue = words(language)
        keys = ["curve", "difference", "hazards"]
        return catalogue.text("estimation.convention_separator").join(
            catalogue.text(f"estimation.survival.{key}") for key in keys
        )

    def plot(self, *, language: str = "en") -> Figure:
        """Draw the curves of the arms with their intervals."""
        from reliance_eval.estimation.survival.survival_plot import figure_of

        return figure_of(self, language=language)

    def _of_curve(self, curve: Curve) -> dict[str, object]:
        row: dict[str, object] = {
            "quantity": "restricted_mean",
            "arm": curve.arm,
            "level": self.level,
            "n": curve.n,
            "n_arm": curve.n,
            "events": curve.n_events,
        }
        if curve.restricted_mean is None:
            return row | {"status": "not_estimable", "reason": "follow_up_too_short"}
        return row | {
            "estimate": curve.restricted_mean,
            "std_error": curve.restricted_mean_std_error,
            "status": "estimated",
            "variance": words("en").text("estimation.survival.curve"),
        }

    def _of_log_rank(self) -> dict[str, object]:
        row: dict[str, object] = {"quantity": "log_rank", "level": self.level}
        if isinstance(self.log_rank, NotEstimable):
            return row | {"status": "not_estimable", "reason": self.log_rank.reason}
        return row | {
            "statistic": self.log_rank.statistic,
            "df": self.log_rank.df,
            "p_value": self.log_rank.p_value,
            "n": sum(curve.n for curve in self.curves),
            "events": sum(curve.n_events for curve in self.curves),
            "status": "estimated",
        }

    def _of_difference(self, comparison: Comparison) -> dict[str, object]:
        found = comparison.restricted_mean
        row = self._head("restricted_mean_difference", comparison)
        row |= {"n": found.n, "n_arm": found.n_arm, "n_reference": found.n_reference}
        if isinstance(found, NotEstimable):
            return row | {"status": "not_estimable", "reason": found.reason}
        return row | _numbers(found) | {"variance": found.convention("en")}

    def _of_hazards(self, comparison: Comparison) -> dict[str, object]:
        found = comparison.hazard_ratio
        row = self._head("hazard_ratio", comparison)
        if isinstance(found, NotEstimable):
            return row | {"status": "not_estimable", "reason": found.reason}
        return row | {
            "estimate": found.ratio,
            "std_error": found.std_error,
            "statistic": found.statistic,
            "p_value": found.p_value,
            "conf_low": found.conf_low,
            "conf_high": found.conf_high,
            "status": "estimated",
            "variance": words("en").text("estimation.survival.hazards"),
        }

    def _head(self, quantity: str, comparison: Comparison) -> dict[str, object]:
        return {
            "quantity": quantity,
            "arm": comparison.arm,
            "reference": comparison.reference,
            "level": self.level,
        }

    def _repr_html_(self) -> str:
        shown = ["quantity", "arm", "estimate", "std_error", "statistic", "p_value"]
        shown += ["conf_low", "conf_high", "n", "events"]
        html: str = self.tidy()[shown].to_html(
            index=False, border=0, na_rep="", float_format="{:.4g}".format
        )
        return html


def _numbers(found: Estimate) -> dict[str, object]:
    names = ("estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high")
    return {name: getattr(found, name) for name in names} | {"status": "estimated"}
