"""What an offer shows of those it moves, and of those it does not: shares, outcomes, traits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reliance_eval.estimation.compliance.complier_means import Gap, Mean
from reliance_eval.estimation.estimates import Estimate
from reliance_eval.estimation.finding import Compliance
from reliance_eval.language.catalogue import words

if TYPE_CHECKING:
    import pandas as pd

GROUPS = ("compliers", "never_takers", "always_takers", "everyone")
QUANTITIES = ("share", "outcome")
SHOWN = ("quantity", "group", "estimate", "std_error", "conf_low", "conf_high", "p_value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """A covariate, or one level of it, among each group.

    Attributes
    ----------
    name : str
        The column, or ``column=level``.
    n : int
        Units of the two arms where it is known.
    means : mapping of str to Mean
        By group of ``GROUPS``; a group without members is absent.
    from_never_takers, from_everyone : Gap or None
        Compliers minus these, with the test that the two means are equal; None where the group
        has no members, or nothing varies.
    """

    name: str
    n: int
    means: dict[str, Mean]
    from_never_takers: Gap | None
    from_everyone: Gap | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compliers:
    """Those who take an offer up because it is made, beside those it leaves as they are.

    Attributes
    ----------
    shares : mapping of str to Mean
        Of ``compliers``, ``never_takers`` and ``always_takers``; they sum to one.
    outcomes : mapping of str to Mean
        Means of the outcome: of ``untreated_compliers`` and ``treated_compliers``, whose
        difference is the LATE; of ``never_takers`` (untreated) and ``always_takers`` (treated).
        Empty without an outcome; a group without members is absent.
    profile : tuple of Trait
    first_stage : Estimate or None
        The share of compliers as an effect on take-up; None under full compliance.
    first_stage_f : float or None
        Squared t of the first stage: with one offer, the robust F and the effective F of Montiel
        Olea and Pflueger are this same number.
    compliance : str
        One of ``Compliance``.
    variance : str
        Name of the convention behind every standard error.
    level : float
    n, n_arm, n_reference : int
        Units behind shares and outcomes.
    n_missing : int
        Drawn units of the two arms without take-up (or without the outcome, where there is one).
    notes, note_values
        As of an ``Estimate``.
    """

    shares: dict[str, Mean]
    outcomes: dict[str, Mean]
    profile: tuple[Trait, ...]
    first_stage: Estimate | None
    first_stage_f: float | None
    compliance: Compliance
    variance: str
    level: float
    n: int
    n_arm: int
    n_reference: int
    n_missing: int
    notes: tuple[str, ...] = ()
    note_values: dict[str, str] = field(default_factory=dict)
    outcome: str = ""
    arm: str = ""
    reference: str = ""

    @property
    def untreated_mean(self) -> Mean | None:
        """Mean outcome of compliers who were not offered."""
        return self.outcomes.get("untreated_compliers")

    @property
    def treated_mean(self) -> Mean | None:
        """Mean outcome of compliers who were."""
        return self.outcomes.get("treated_compliers")

    def revised(self, *, outcome: str, arm: str, reference: str) -> Compliers:
        """Give the same answer with the names of what was compared."""
        return replace(self, outcome=outcome, arm=arm, reference=reference)

    def convention(self, language: str = "en") -> str:
        """Say in words which variance, degrees of freedom and sets were used."""
        catalogue = words(language)
        parts = [
            catalogue.text(f"estimation.variance.{self.variance}"),
            catalogue.text("estimation.compliers.sets"),
        ]
        return catalogue.text("estimation.convention_separator").join(parts)

    def note_texts(self, language: str = "en") -> tuple[str, ...]:
        """Say what a reader needs beside the numbers."""
        catalogue = words(language)
        return tuple(
            catalogue.text(f"estimation.note.{note}", value=self.note_values.get(note, ""))
            for note in self.notes
        )

    def text(self, language: str = "en") -> str:
        """Say in words who could choose, and whom the LATE is therefore about."""
        return words(language).text(f"estimation.note.{self.compliance}")

    def tidy(self) -> pd.DataFrame:
        """Give one row a number; ``quantity`` is ``share``, ``outcome`` or the covariate.

        Columns ``quantity, group, estimate, std_error, df, conf_low, conf_high, statistic,
        p_value, standardised, level, n, variance``. Rows of a group hold a mean and no p; rows
        ``compliers - never_takers`` and ``compliers - everyone`` a difference and its test.
        """
        import pandas as pd

        table = pd.DataFrame(list(self._rows()))
        numbers = table.columns.difference(["quantity", "group", "variance", "n"])
        return table.astype(dict.fromkeys(numbers, "Float64"))

    def _rows(self) -> Iterator[dict[str, object]]:
        for group, mean in self.shares.items():
            yield self._row("share", group, mean, self.n)
        for group, mean in self.outcomes.items():
            yield self._row("outcome", group, mean, self.n)
        for trait in self.profile:
            for group, mean in trait.means.items():
                yield self._row(trait.name, group, mean, trait.n)
            gaps = {"never_takers": trait.from_never_takers, "everyone": trait.from_everyone}
            for group, gap in gaps.items():
                if gap is not None:
                    yield self._row(trait.name, f"compliers - {group}", gap, trait.n)

    def _row(self, quantity: str, group: str, found: Mean | Gap, n: int) -> dict[str, object]:
        gap = found if isinstance(found, Gap) else None
        return {
            "quantity": quantity,
            "group": group,
            "estimate": found.estimate,
            "std_error": found.std_error,
            "df": found.df,
            "conf_low": found.conf_low,
            "conf_high": found.conf_high,
            "statistic": gap.statistic if gap else None,
            "p_value": gap.p_value if gap else None,
            "standardised": gap.standardised if gap else None,
            "level": self.level,
            "n": n,
            "variance": self.convention(),
        }

    def table(self, language: str = "en") -> pd.DataFrame:
        """Give the numbers a reader compares, with their rows in words."""
        catalogue = words(language)
        named = {name: catalogue.text(f"estimation.compliers.{name}") for name in QUANTITIES}
        shown = self.tidy()[list(SHOWN)]
        keys = shown["group"].str.replace(" - ", "_minus_")
        groups = [catalogue.text(f"estimation.compliers.group.{key}") for key in keys]
        return shown.assign(quantity=shown["quantity"].replace(named), group=groups)

    def _repr_html_(self) -> str:
        html: str = self.table().to_html(
            index=False, border=0, na_rep="", float_format="{:.4g}".format
        )
        return f"{html}<p>{self.text()}</p>"
