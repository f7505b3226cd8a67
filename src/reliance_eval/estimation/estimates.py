"""Answers: an estimate, or the reason why there is none; and the promise either answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from reliance_eval.estimation.walds import Degrees, Wald
from reliance_eval.language.catalogue import words

if TYPE_CHECKING:
    import pandas as pd

    from reliance_eval.estimation.excluding import Excluded


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """The cell of the protocol a row answers.

    Attributes
    ----------
    id : str
        Stable identifier,
        ``outcome.horizon.estimand.estimator[.variance][.convention][.subgroup][.arm]``: variance
        and convention where the analysis names them, the arm where more than one is offered.
    estimand : {"itt", "late"}
    estimator : str
        Name in the registry: ``blocked``, ``lin``, ``wald``...
    subgroup : str
        ``variable=level``, or ``""`` for everyone.
    """

    id: str
    outcome: str
    horizon_months: int
    estimand: Literal["itt", "late"]
    estimator: str
    subgroup: str = ""
    arm: str
    reference: str
    role: Literal["primary", "secondary", "exploratory"] = "secondary"
    family: str = ""
    level: float = 0.95
    specification: str = ""


WITH_INTERVAL = ("max-t", "max-t-redraws", "bonferroni")
"""Corrections whose p has an interval from the same critical value."""

Interval: TypeAlias = tuple[float | None, float | None]
"""Low and high ends; None is minus or plus infinity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its uncertainty and the name of the convention that gave it.

    Attributes
    ----------
    estimate, std_error : float
        In the outcome's unit.
    df : float
        Degrees of freedom of the reference t (F(1, df) for an Anderson-Rubin set); infinite for
        the normal law.
    statistic, p_value : float
        The t of the test of no effect. For a LATE both are those of the effect on the outcome,
        which is Anderson and Rubin's test; they are not ``estimate / std_error``. Nor are they
        where an outcome is rare (note ``rare_events``): the t of the difference that Agresti and
        Caffo test, with its standard error.
    conf_low, conf_high : float or None
        Ends of the interval at ``level``; None is unbounded. For a LATE, of its Anderson-Rubin
        set where that is one interval.
    n, n_arm, n_reference : int
        Units that gave the estimate, and by arm.
    n_missing : int
        Drawn units of the two arms whose outcome (or take-up) is missing.
    mean_reference : float
        Block-weighted mean of the outcome in the reference arm.
    variance : str
        Name of the variance, one of ``VARIANCES``; ``convention()`` says it in words.
    convention_name : str
        The package whose factor and law were followed, one of ``CONVENTIONS``; "" for none.
    adjustment : str
        How ``p_adjusted`` was corrected, and its interval where the method has one: a value of
        ``[inference] adjust``, or ``""``. ``p_adjusted`` is a q-value for ``bh`` and ``bky``.
    itt : Estimate or None
        For a LATE, the effect of the offer on the outcome of the same units: LATE times first
        stage is this, whoever else the ITT promised beside it is about.
    first_stage : Estimate or None
        For a LATE, the effect of the offer on take-up; None where take-up does not vary within
        the arms (note ``full_compliance``).
    first_stage_f : float or None
        Squared t of the first stage: the robust F, and with one offer the effective F too.
    anderson_rubin : tuple of (low, high)
        For a LATE: the set at ``level``, as one or two intervals.
    set_variance : str
        For a LATE, the variance of its test and set where a package has another one for them.
    wald : Wald or None
        For a LATE: the estimate against ``std_error``.
    untreated_complier_mean : float or None
    notes : tuple of str
        What a reader needs beside the number; the words are ``estimation.note.<note>``.
    note_values : mapping of str to str
        By note, the names or the count it is about: the blocks lost, the covariates dropped.
        Block names beside an arm of one are not publishable.
    outcome, arm, reference : str
        What was compared, where there is no promise to say it.
    """

    estimate: float
    std_error: float
    df: Degrees
    statistic: float
    p_value: float
    conf_low: float | None
    conf_high: float | None
    level: float
    n: int
    n_arm: int
    n_reference: int
    mean_reference: float
    variance: str
    convention_name: str = ""
    n_missing: int = 0
    p_adjusted: float | None = None
    conf_low_adjusted: float | None = None
    conf_high_adjusted: float | None = None
    adjustment: str = ""
    itt: Estimate | None = None
    first_stage: Estimate | None = None
    first_stage_f: float | None = None
    anderson_rubin: tuple[Interval, ...] = ()
    set_variance: str = ""
    wald: Wald | None = None
    untreated_complier_mean: float | None = None
    notes: tuple[str, ...] = ()
    note_values: dict[str, str] = field(default_factory=dict)
    outcome: str = ""
    arm: str = ""
    reference: str = ""
    promise: Promise | None = None

    def revised(self, **changes: Any) -> Estimate:
        """Give the same estimate with some fields changed."""
        return replace(self, **changes)

    def convention(self, language: str = "en") -> str:
        """Say in words which variance, degrees of freedom and set were used."""
        from reliance_eval.estimation.table import convention

        return convention(self, language)

    @property
    def has_adjusted_interval(self) -> bool:
        """Whether an interval goes with the adjusted p; step-down methods have none."""
        return self.adjustment in WITH_INTERVAL

    def excluded(self, *, unit: str = "", simultaneous: bool = False) -> Excluded:
        """Give the effects that the interval, or the set of a LATE, excludes.

        Parameters
        ----------
        unit : str
            Of the outcome: ``"points"`` for a yes-or-no outcome (a share), ``"€"`` for an amount,
            or other words.
        simultaneous : bool
            By the adjusted interval of its family, where it has one.
        """
        from reliance_eval.estimation.excluding import excluded_by

        intervals = self.anderson_rubin or ((self.conf_low, self.conf_high),)
        is_together = simultaneous and self.has_adjusted_interval
        if is_together:
            intervals = ((self.conf_low_adjusted, self.conf_high_adjusted),)
        return excluded_by(intervals, level=self.level, unit=unit, is_simultaneous=is_together)

    def set_in_words(self, language: str = "en") -> str:
        """Say which effects the data do not exclude: the set of a LATE, the interval of an ITT."""
        from reliance_eval.estimation.phrasing import set_in_words

        intervals = self.anderson_rubin or ((self.conf_low, self.conf_high),)
        return set_in_words(intervals, level=self.level, language=language)

    def tidy(self) -> pd.DataFrame:
        """Give one row, with the columns of ``Estimates.tidy()``."""
        from reliance_eval.estimation.table import table_of

        return table_of((self,))

    def _repr_html_(self) -> str:
        from reliance_eval.estimation.table import summary

        return summary((self,))


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEstimable:
    """An answer: why there is no number.

    Attributes
    ----------
    reason : str
        Its words are ``estimation.reason.<reason>``.
    n, n_arm, n_reference : int
        Observed units, and by arm.
    values : mapping of str to str
        What the placeholders of the words stand for.
    instead : Estimate or None
        The answer of a plainer estimator to the same question, where a model has none: the risk
        difference beside a separated logit.
    """

    reason: str
    n: int = 0
    n_arm: int = 0
    n_reference: int = 0
    values: dict[str, str] = field(default_factory=dict)
    instead: Estimate | None = None
    outcome: str = ""
    arm: str = ""
    reference: str = ""
    promise: Promise | None = None

    def revised(self, **changes: Any) -> NotEstimable:
        """Give the same answer with some fields changed."""
        revised = replace(self, **changes)
        if revised.instead is None:
            return revised
        named = {name: getattr(revised, name) for name in ("outcome", "arm", "reference")}
        return replace(revised, instead=replace(revised.instead, **named))

    def text(self, language: str = "en") -> str:
        """Say the reason in words."""
        return words(language).text(f"estimation.reason.{self.reason}", **self.values)

    def tidy(self) -> pd.DataFrame:
        """Give one row, with the columns of ``Estimates.tidy()``."""
        from reliance_eval.estimation.table import table_of

        return table_of((self,))

    def __repr__(self) -> str:
        beside = f"; {self.instead!r}" if self.instead else ""
        return f"NotEstimable({self.reason}: {self.text()}{beside})"

    def _repr_html_(self) -> str:
        from reliance_eval.estimation.table import summary

        return summary((self, self.instead) if self.instead else (self,))


Answer: TypeAlias = Estimate | NotEstimable
