"""What was promised and what was found: one row a promise, estimable or not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from reliance_eval.artefact import Artefact
from reliance_eval.language.catalogue import words
from reliance_eval.panel import Panel

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """The cell of the protocol a row answers.

    Attributes
    ----------
    id : str
        Stable identifier, ``outcome.horizon.estimand.estimator[.variance][.subgroup][.arm]``: the
        variance where the analysis names one, the arm where more than one is offered.
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
        Degrees of freedom of the reference t (F(1, df) for an Anderson-Rubin set).
    statistic, p_value : float
        The t of the test of no effect. For a LATE both are those of the effect on the outcome,
        which is Anderson and Rubin's test; they are not ``estimate / std_error``.
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
        Name of the convention, one of ``VARIANCES``; its words are ``estimation.variance.<name>``.
    adjustment : str
        How ``p_adjusted`` and its interval were corrected: ``max-t``, ``bonferroni`` or ``""``.
    first_stage : Estimate or None
        For a LATE, the effect of the offer on take-up; None where take-up does not vary within
        the arms (note ``full_compliance``).
    first_stage_f : float or None
    anderson_rubin : tuple of (low, high)
        For a LATE: the set at ``level``, as one or two intervals.
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
    df: float
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
    n_missing: int = 0
    p_adjusted: float | None = None
    conf_low_adjusted: float | None = None
    conf_high_adjusted: float | None = None
    adjustment: str = ""
    first_stage: Estimate | None = None
    first_stage_f: float | None = None
    anderson_rubin: tuple[Interval, ...] = ()
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
    """

    reason: str
    n: int = 0
    n_arm: int = 0
    n_reference: int = 0
    values: dict[str, str] = field(default_factory=dict)
    outcome: str = ""
    arm: str = ""
    reference: str = ""
    promise: Promise | None = None

    def revised(self, **changes: Any) -> NotEstimable:
        """Give the same answer with some fields changed."""
        return replace(self, **changes)

    def text(self, language: str = "en") -> str:
        """Say the reason in words."""
        return words(language).text(f"estimation.reason.{self.reason}", **self.values)

    def tidy(self) -> pd.DataFrame:
        """Give one row, with the columns of ``Estimates.tidy()``."""
        from reliance_eval.estimation.table import table_of

        return table_of((self,))

    def __repr__(self) -> str:
        return f"NotEstimable({self.reason}: {self.text()})"

    def _repr_html_(self) -> str:
        from reliance_eval.estimation.table import summary

        return summary((self,))


Answer: TypeAlias = Estimate | NotEstimable


@dataclass(frozen=True, kw_only=True, eq=False)
class Estimates(Artefact):
    """All that was promised, and nothing else.

    Attributes
    ----------
    estimated, not_estimable : tuples
        The answers, in the protocol's order within each.
    order : tuple of str
        Promise ids in the protocol's order.
    """

    act: ClassVar[str] = "estimates"

    parent: Panel
    estimated: tuple[Estimate, ...]
    not_estimable: tuple[NotEstimable, ...]
    order: tuple[str, ...]

    @property
    def answers(self) -> tuple[Answer, ...]:
        """One answer a promise, in the protocol's order."""
        found: dict[str, Answer] = {}
        found |= {answer.promise.id: answer for answer in self.estimated if answer.promise}
        found |= {answer.promise.id: answer for answer in self.not_estimable if answer.promise}
        return tuple(found[name] for name in self.order)

    def summaries(self) -> dict[str, pd.DataFrame]:
        """Give the table that is written beside the artefact."""
        return {"estimates": self.tidy()}

    def tidy(self) -> pd.DataFrame:
        """Give one row a promise, always the same columns in the same order."""
        from reliance_eval.estimation.table import table_of

        return table_of(self.answers)

    def _repr_html_(self) -> str:
        from reliance_eval.estimation.table import summary

        return summary(self.answers)
