"""How an effect evolves: one answer a period, with bands and tests over all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from reliance_eval.estimation.estimates import Answer, Estimate, NotEstimable
from reliance_eval.estimation.evolutions.simultaneous import PeriodTest
from reliance_eval.estimation.periods import Period
from reliance_eval.estimation.table import set_text
from reliance_eval.language.catalogue import words

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Convention: TypeAlias = Literal["default", "published"]
CONVENTIONS: tuple[Convention, ...] = ("default", "published")

COLUMNS: dict[str, str] = {
    "outcome": "string",
    "arm": "string",
    "reference": "string",
    "estimand": "string",
    "first_month": "Int64",
    "last_month": "Int64",
    "estimate": "Float64",
    "std_error": "Float64",
    "df": "Float64",
    "statistic": "Float64",
    "p_value": "Float64",
    "conf_low": "Float64",
    "conf_high": "Float64",
    "level": "Float64",
    "p_adjusted": "Float64",
    "conf_low_simultaneous": "Float64",
    "conf_high_simultaneous": "Float64",
    "n": "Int64",
    "n_arm": "Int64",
    "n_reference": "Int64",
    "n_months": "Int64",
    "n_months_missing": "Int64",
    "reached": "Float64",
    "mean_reference": "Float64",
    "first_stage": "Float64",
    "first_stage_f": "Float64",
    "untreated_complier_mean": "Float64",
    "set": "string",
    "status": "string",
    "reason": "string",
    "variance": "string",
}
"""The columns of ``Dynamics.tidy()``, with their pandas types."""

_SAME = (
    "estimate",
    "std_error",
    "df",
    "statistic",
    "p_value",
    "conf_low",
    "conf_high",
    "p_adjusted",
    "mean_reference",
    "first_stage_f",
    "untreated_complier_mean",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodAnswer:
    """The effects of one period, and what they rest on.

    Attributes
    ----------
    period : Period
    itt : Estimate or NotEstimable
        ``p_adjusted`` and its interval hold for all periods of the band together.
    late : Estimate, NotEstimable or None
        None where no take-up was given.
    months, months_missing : int
        Person-months of the two arms, in the blocks that reached the period: with an outcome,
        and without one.
    reached : float
        Part of the units drawn whose blocks reached the period.
    waves : mapping of str to float
        What each wave weighs in the period, where there are waves.
    """

    period: Period
    itt: Answer
    late: Answer | None = None
    months: int
    months_missing: int
    reached: float
    waves: dict[str, float] = field(default_factory=dict)

    @property
    def answers(self) -> dict[str, Answer]:
        """The answers by estimand."""
        return {"itt": self.itt} | ({} if self.late is None else {"late": self.late})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dynamics:
    """The effect of an offer month by month, or by bins of months.

    Attributes
    ----------
    outcome, arm, reference : str
    convention_name : {"default", "published"}
        ``published`` is the specification of the Nancy trial.
    level : float
    periods : tuple of PeriodAnswer
        In the order of time.
    placebo : PeriodTest, NotEstimable or None
        That nothing differed before the draw; None without a period before it.
    joint : PeriodTest, NotEstimable or None
        That the offer did nothing in any period since.
    months_left_out : tuple of int
        Months that fill no whole bin, and the baseline month between the bins.
    persons_recur : bool
        Whether somebody was drawn in several waves: her months are then tied across them.
    is_blocked : bool
        Whether the draw had several blocks.
    status : str
        Of a promise of a protocol: ``pre-specified`` or ``exploratory``.
    """

    outcome: str
    arm: str
    reference: str
    convention_name: Convention
    level: float
    periods: tuple[PeriodAnswer, ...]
    placebo: PeriodTest | NotEstimable | None = None
    joint: PeriodTest | NotEstimable | None = None
    months_left_out: tuple[int, ...] = ()
    persons_recur: bool = False
    is_blocked: bool = True
    status: str = ""

    def tidy(self) -> pd.DataFrame:
        """Give one row a period and estimand, always the same columns in the same order."""
        import pandas as pd

        rows = [
            self._row(answer, estimand, period)
            for estimand in ("itt", "late")
            for period in self.periods
            if (answer := period.answers.get(estimand)) is not None
        ]
        table = [[row.get(name) for name in COLUMNS] for row in rows]
        return pd.DataFrame(table, columns=[*COLUMNS]).astype(COLUMNS)

    def tests(self) -> pd.DataFrame:
        """Give the joint tests: before the draw (a placebo) and since."""
        import pandas as pd

        rows = []
        for name, test in (("before", self.placebo), ("since", self.joint)):
            if isinstance(test, PeriodTest):
                rows.append(
                    (name, test.effects, test.statistic, test.df, test.df_residual, test.p_value)
                )
        return pd.DataFrame(
            rows, columns=["periods", "effects", "statistic", "df", "df_residual", "p_value"]
        )

    def convention(self, language: str = "en") -> str:
        """Say in words how the numbers were made: variance, law, bands, missing months."""
        catalogue = words(language)
        rule = "published" if self.convention_name == "published" else "default"
        if rule == "default" and not self.is_blocked:
            rule = "default_unblocked"
        parts = [
            catalogue.text(f"estimation.dynamics.{rule}"),
            catalogue.text(f"estimation.dynamics.bands_{self.convention_name}"),
            catalogue.text("estimation.dynamics.missing"),
        ]
        if self.convention_name == "default":
            answers = [answer for period in self.periods for answer in period.answers.values()]
            estimated = [answer for answer in answers if isinstance(answer, Estimate)]
            names = dict.fromkeys(answer.variance for answer in estimated)
            parts += [catalogue.text(f"estimation.variance.{name}") for name in names]
        if any(period.reached < 1.0 for period in self.periods):
            parts.append(catalogue.text("estimation.dynamics.waves"))
        if self.persons_recur:
            parts.append(catalogue.text("estimation.dynamics.recur"))
        return catalogue.text("estimation.convention_separator").join(parts)

    def plot(self, *, estimand: str = "itt", language: str = "en") -> Figure:
        """Draw the effects with their pointwise and simultaneous bands.

        Parameters
        ----------
        estimand : {"itt", "late"}
        language : str
        """
        from reliance_eval.estimation.evolutions.dynamic_plot import figure_of

        return figure_of(self, estimand=estimand, language=language)

    def _row(
        self, answer: Answer, estimand: str, period: PeriodAnswer
    ) -> dict[str, str | int | float | None]:
        row: dict[str, str | int | float | None] = {
            "outcome": self.outcome,
            "arm": self.arm,
            "reference": self.reference,
            "estimand": estimand,
            "first_month": period.period.first,
            "last_month": period.period.last,
            "level": self.level,
            "n": answer.n,
            "n_arm": answer.n_arm,
            "n_reference": answer.n_reference,
            "n_months": period.months,
            "n_months_missing": period.months_missing,
            "reached": period.reached,
        }
        if isinstance(answer, NotEstimable):
            return row | {"status": "not_estimable", "reason": answer.reason}
        row |= {name: getattr(answer, name) for name in _SAME}
        return row | {
            "conf_low_simultaneous": answer.conf_low_adjusted,
            "conf_high_simultaneous": answer.conf_high_adjusted,
            "first_stage": answer.first_stage.estimate if answer.first_stage else None,
            "set": set_text(answer.anderson_rubin) if answer.anderson_rubin else None,
            "status": "estimated",
            "variance": self.convention("en"),
        }

    def _repr_html_(self) -> str:
        shown = ["estimand", "first_month", "last_month", "estimate", "std_error", "p_value"]
        shown += ["conf_low_simultaneous", "conf_high_simultaneous", "n", "n_months_missing"]
        html: str = self.tidy()[shown].to_html(
            index=False, border=0, na_rep="", float_format="{:.4g}".format
        )
        return html
