"""One voice a language: sentences by key, labels from the protocol, numbers with their units."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from reliance_eval.language.catalogue import Value, words
from reliance_eval.language.numbers import Numbers, rounded, typeset
from reliance_eval.lottery.pooling import ALREADY
from reliance_eval.protocol import Protocol
from reliance_eval.reporting.disclosure import Shown
from reliance_eval.reporting.document import WITHHELD, Number

UNADJUSTED = ("blocked", "risk_difference", "wald")
"""Estimators without covariates: their two levels are means of people."""

POINT = "point"
"""A unit whose plural the catalogue knows."""

_UNIT = re.compile(r"\s*\([^()]*\)$")


@dataclass(frozen=True, slots=True)
class Scale:
    """How an outcome's values are written.

    Attributes
    ----------
    is_share : bool
        Levels are percentages and differences points.
    unit : str
        Words after the number; ``"€"`` is set as the language sets it.
    digits : int
        Decimals of differences, the same in every language.
    has_bare_levels : bool
        Levels of a score stand without its unit, which is for differences.
    """

    is_share: bool
    unit: str
    digits: int
    has_bare_levels: bool = False


@dataclass(frozen=True, eq=False)
class Voice:
    """Everything a section says passes here, so that a section knows no language."""

    protocol: Protocol
    language: str

    @property
    def numbers(self) -> Numbers:
        """How this language writes numbers."""
        return Numbers(self.language)

    def say(self, key: str, /, **values: Value) -> str:
        """Give the sentence of a key, set by the language's rules.

        Raises
        ------
        KeyError
            No sentence has this key: a fault of ours.
        """
        return typeset(words(self.language).text(key, **values), self.language)

    def knows(self, key: str) -> bool:
        """Whether a key has a sentence."""
        return key in words(self.language)

    def label(self, text: str) -> str:
        """Set words that come from the protocol."""
        return typeset(text, self.language)

    def inside(self, sentence: str) -> str:
        """Give a sentence as it stands after a colon, without its capital."""
        is_acronym = sentence[1:2].isupper()
        return sentence if is_acronym else sentence[:1].lower() + sentence[1:]

    def listed(self, items: Iterable[str]) -> str:
        """Give items apart by semicolons, set by the language's rules."""
        return self.label("; ".join(items))

    # ------------------------------------------------------------------ labels

    def arm(self, name: str) -> str:
        """Give what an arm is called: offered and control group when there are two."""
        lottery = self.protocol.clauses.lottery
        if name == lottery.control:
            return self.say("report.arm.reference")
        if len(lottery.arms) == 2:
            return self.say("report.arm.offered")
        return self.say("report.arm.named", name=name)

    def unit(self) -> str:
        """Give the plural name of what was drawn: households, persons."""
        return self.label(self.protocol.text(self.protocol.clauses.trial.unit_label, self.language))

    def outcome(self, name: str) -> str:
        """Give an outcome's label."""
        return self.label(self.protocol.outcome_label(name, self.language))

    def variable(self, name: str, level: str = "") -> str:
        """Give a variable's label, with that of its level.

        The unit that ends a number's label goes where bands are named: theirs is in their names.
        """
        label = self.protocol.variable_label(name, self.language)
        if level and self.protocol.variable(name).bands:
            label = _UNIT.sub("", label)
        if level:
            of_level = self.protocol.level_label(name, level, self.language)
            return self.say("report.variable_level", variable=label, level=of_level)
        return self.label(label)

    def stratifier(self, name: str) -> str:
        """Name a variable of the blocks, without the unit its bands do not have."""
        return self.label(_UNIT.sub("", self.protocol.variable_label(name, self.language)))

    def without_value(self, name: str) -> str:
        """Give the head of the row that counts the missing values of a variable."""
        label = _UNIT.sub("", self.protocol.variable_label(name, self.language))
        return self.say("report.balance.missing", variable=label)

    def estimator(self, name: str) -> str:
        """Name an estimator; without blocks there is nothing it is weighted by."""
        key = f"report.estimator.{name}"
        if not self.protocol.clauses.lottery.blocks and self.knows(key):
            return self.say(key)
        return self.say(f"estimation.estimator.{name}")

    def subgroup_level(self, text: str) -> str:
        """Give the label of the level of a subgroup written ``variable=level``."""
        variable, _, level = text.partition("=")
        return self.label(self.protocol.level_label(variable, level, self.language))

    def subgroup(self, text: str) -> str:
        """Give the label of a subgroup written ``variable=level``."""
        variable, _, level = text.partition("=")
        return self.variable(variable, level)

    def criterion(self, name: str) -> str:
        """Give a criterion's label, else its name."""
        for criterion in self.protocol.clauses.eligibility.steps:
            if criterion.name == name:
                return self.label(self.protocol.text(criterion.label, self.language, name))
        return self.say(f"report.criterion.{name}") if name == ALREADY else name

    def cell_label(self, outcome: str, horizon_months: int) -> str:
        """Give the head of a row: the outcome and its horizon."""
        return self.say(
            "report.outcome_horizon",
            outcome=self.outcome(outcome),
            horizon=self.numbers.months(horizon_months),
        )

    # ------------------------------------------------------------------ counts and shares

    def count(self, identifier: str, shown: Shown) -> Number:
        """Give a count that passed the gate."""
        if shown.value is None:
            return Number(identifier, None, WITHHELD)
        text = self.numbers.integer(shown.value)
        text = f"≥\u202f{text}" if shown.mark == "at_least" else text
        return Number(identifier, shown.value, text)

    def share(self, identifier: str, shown: Shown, *, digits: int) -> Number:
        """Give a share that passed the gate, as a percentage."""
        if shown.value is None:
            return Number(identifier, None, WITHHELD)
        value = rounded(100 * shown.value, digits)
        return Number(identifier, value, self.numbers.percent(shown.value, digits))

    def withheld(self, identifier: str) -> Number:
        """Give the sign of a withheld number."""
        return Number(identifier, None, WITHHELD)

    def plain(
        self, identifier: str, value: float, digits: int, *, is_signed: bool = False
    ) -> Number:
        """Give a number without unit: a mean, a statistic."""
        write = self.numbers.signed if is_signed else self.numbers.decimal
        return Number(identifier, rounded(value, digits), write(value, digits))

    # ------------------------------------------------------------------ outcomes

    def scale(self, outcome: str, errors: Iterable[float]) -> Scale:
        """Choose how an outcome is written: its standard errors get two significant digits."""
        clause = self.protocol.outcome(outcome)
        if clause.is_share:
            return Scale(True, "", 1)
        positive = [error for error in errors if error > 0]
        digits = 1 - math.floor(math.log10(min(positive))) if positive else 1
        otherwise = "€" if clause.kind == "amount" and clause.transform is None else ""
        unit = self.protocol.text(clause.unit, self.language, otherwise)
        return Scale(False, unit, max(0, min(3, digits)), has_bare_levels=clause.kind == "score")

    def estimated_level(
        self, identifier: str, value: float, scale: Scale, *, digits: int = 1
    ) -> Number:
        """Give a level that is itself an estimate; ``digits`` is for percentages."""
        if scale.is_share:
            shown = rounded(100 * value, digits)
            return Number(identifier, shown, self.numbers.percent(value, digits))
        return Number(identifier, rounded(value, scale.digits), self._level(value, scale))

    def level(self, identifier: str, shown: Shown, scale: Scale, *, digits: int = 1) -> Number:
        """Give the level of an outcome in one arm; ``digits`` is for percentages."""
        if scale.is_share:
            return self.share(identifier, shown, digits=digits)
        if shown.value is None:
            return Number(identifier, None, WITHHELD)
        value = rounded(shown.value, scale.digits)
        return Number(identifier, value, self._level(shown.value, scale))

    def difference(self, identifier: str, value: float, scale: Scale) -> Number:
        """Give an effect, with its sign and unit."""
        shown = rounded(100 * value if scale.is_share else value, scale.digits)
        return Number(identifier, shown, self.effect(value, scale))

    def error(self, identifier: str, value: float, scale: Scale) -> Number:
        """Give a standard error."""
        shown = rounded(100 * value if scale.is_share else value, scale.digits)
        return Number(identifier, shown, self.effect(value, scale, is_signed=False))

    def bound(self, value: float, scale: Scale) -> str:
        """Write the first end of a range: its unit comes with the second."""
        if scale.is_share:
            return self.numbers.signed(100 * value, scale.digits)
        if scale.unit == "€":
            return self.effect(value, scale)
        return self.numbers.signed(value, scale.digits)

    def threshold(self, value: float, scale: Scale) -> str:
        """Write an effect that somebody set, with no more decimals than it needs."""
        shown = 100 * value if scale.is_share else value
        digits = len(f"{shown:.6f}".rstrip("0").partition(".")[2])
        return self.effect(value, replace(scale, digits=digits), is_signed=False)

    def effect(self, value: float, scale: Scale, *, is_signed: bool = True) -> str:
        """Write a difference for a sentence."""
        if scale.is_share:
            return self.numbers.points(value, scale.digits, is_signed=is_signed)
        return self._with_unit(value, scale, is_signed=is_signed)

    def _level(self, value: float, scale: Scale) -> str:
        if scale.has_bare_levels:
            return self.numbers.decimal(value, scale.digits)
        return self._with_unit(value, scale, is_signed=False)

    def _with_unit(self, value: float, scale: Scale, *, is_signed: bool) -> str:
        if scale.unit == "€":
            return self.numbers.money(value, scale.digits, is_signed=is_signed)
        if scale.unit == POINT:
            # Of a score, not of a percentage: the same word, and the same plural.
            return self.numbers.points(value / 100, scale.digits, is_signed=is_signed)
        numbers = self.numbers
        text = (numbers.signed if is_signed else numbers.decimal)(value, scale.digits)
        return self.label(f"{text}\u00a0{scale.unit}" if scale.unit else text)

    def interval(
        self, identifier: str, low: float | None, high: float | None, scale: Scale
    ) -> Number:
        """Give an interval in brackets; its value is its width, for comparison between languages.

        The unit is that of the difference beside it.
        """
        factor = 100 if scale.is_share else 1

        def write(end: float) -> str:
            return self.numbers.signed(factor * end, scale.digits)

        text = self.label(self.numbers.interval(low, high, write))
        if low is None or high is None:
            return Number(identifier, math.inf, text)
        ends = [rounded(factor * end, scale.digits) for end in (low, high)]
        return Number(identifier, rounded(ends[1] - ends[0], scale.digits), text)

    def p(self, identifier: str, value: float) -> Number:
        """Give a p-value."""
        return Number(identifier, rounded(max(value, 0.001), 3), self.numbers.p(value))
