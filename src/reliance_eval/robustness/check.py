"""A check: one question put to an artefact, with a verdict, a table and a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from reliance_eval.artefact import Artefact, added
from reliance_eval.language.catalogue import Value
from reliance_eval.registry import Registry
from reliance_eval.robustness.deviation import Deviation, tabulated

if TYPE_CHECKING:
    import pandas as pd

Verdict: TypeAlias = Literal["passed", "attention", "not_run"]
Cell: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What one check found.

    Attributes
    ----------
    name : str
        Its name in the registry (``balance``).
    subject : str
        What it was run on: a promise's id, ``outcome.horizon``, or ``""``.
    verdict : {"passed", "attention", "not_run"}
    statistic, p_value : float or None
    monte_carlo_error : float or None
        Standard error of ``p_value`` when it comes from sampled re-draws.
    redraws : int or None
        Number of re-draws, or of assignments enumerated.
    sentence : str
        Key of the sentence that says the finding (``check.<name>.<sentence>``).
    values : mapping
        What the sentence's placeholders stand for: numbers as they are, never rounded, and never
        a count of people. ``p...`` are p-values, ``...rate...`` and ``...share...`` lie in [0, 1].
        ``effect...`` are in the unit of the outcome that the subject begins with; ``level`` and
        ``portion`` lie in [0, 1] and count nobody.
    columns, rows : tuple
        The check's table: column keys, then rows of plain cells. A key
        that is ``n`` or ends in ``_n`` holds counts of people, exact and restricted.
    """

    name: str
    subject: str = ""
    verdict: Verdict
    statistic: float | None = None
    p_value: float | None = None
    monte_carlo_error: float | None = None
    redraws: int | None = None
    sentence: str
    values: dict[str, Value] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class CheckRule:
    """A registered check: the artefact it reads, and the function that runs it.

    Attributes
    ----------
    reads : tuple of types
        The check is run on the first of these that exists at or above the artefact challenged.
    run : callable
        Gives the check's findings, one a subject.
    """

    reads: tuple[type[Artefact], ...]
    run: Callable[[Any], tuple[Check, ...]]


CHECKS: Registry[CheckRule] = Registry("check", "reliance_eval.robustness.checks")


@dataclass(frozen=True, kw_only=True, eq=False)
class Checks(Artefact):
    """Every check whose inputs existed, and the account of what was planned and what was done.

    Attributes
    ----------
    checks : tuple of Check
    deviations : tuple of Deviation
        As ``deviations`` found them up to these checks.
    """

    act: ClassVar[str] = "checks"

    parent: Artefact
    checks: tuple[Check, ...]
    deviations: tuple[Deviation, ...] = added(())

    def to_pandas(self) -> pd.DataFrame:
        """Give one row a check: verdict, statistic, p and the key of its sentence."""
        import pandas as pd

        names = ["name", "subject", "verdict", "statistic", "p_value", "redraws", "sentence"]
        return pd.DataFrame([[getattr(c, n) for n in names] for c in self.checks], columns=names)

    def summaries(self) -> dict[str, pd.DataFrame]:
        """Give the table of checks, and the account in the protocol's first language."""
        tables = {"checks": self.to_pandas()}
        if self.deviations:
            tables["deviations"] = tabulated(self.deviations, self.protocol.languages[0])
        return tables

    def _repr_html_(self) -> str:
        return self.to_pandas().to_html(index=False, border=0)
