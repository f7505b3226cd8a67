"""The disclosure gate: every count of a report passes here, and is refused unless a rule lets it.

The rules are those of tax data on persons in France (threshold of 11, one contributor at most
85 %; Insee's table-protection manual) with CAF's rounding to multiples of 5, unless the protocol
declares others and names who decided so. A mean of a binary outcome is a count in disguise: its
numerator and its complement are examined, and its printed value stands on a rounded numerator.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from reliance_eval.errors import ConfidentialityError, Fault
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Disclosure

Mark: TypeAlias = Literal["exact", "rounded", "at_least", "withheld"]
Outcome: TypeAlias = Mark | Literal["cleared"]
Reason: TypeAlias = Literal[
    "announced", "public", "zero", "rounding", "by_design", "threshold", "complement",
    "numerator", "contributors", "dominance", "secondary", "merged", "large_enough",
    "of_nobody", "unexamined",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """A number as it may be printed.

    Attributes
    ----------
    value : float or None
        None when withheld; the lower end when ``mark`` is ``at_least``.
    mark : {"exact", "rounded", "at_least", "withheld"}
    """

    value: float | None
    mark: Mark

    @property
    def is_withheld(self) -> bool:
        """Whether a sign stands in place of the number."""
        return self.mark == "withheld"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of the gate, for the output checker: restricted, since it holds the count.

    Attributes
    ----------
    place : str
        What it is about: the identifier of a cell, or of the row whose cells it clears.
    outcome : {"exact", "rounded", "at_least", "withheld", "cleared"}
        ``cleared`` where a statistic may be printed as it is.
    reason : str
    count : float or None
        The exact count, or the smallest of those behind a row.
    table : str
        The table the cell stands in; ``""`` before it is printed, and for a sentence.
    printed : str
        The cell as printed.
    """

    place: str
    outcome: Outcome
    reason: Reason
    count: float | None
    table: str = ""
    printed: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """The profile's numbers.

    Attributes
    ----------
    threshold : int
        Smallest count that may be printed.
    rounding : int
        Printed counts are multiples of it.
    dominance : float
        Largest share of a total that one unit may hold.
    announced : frozenset of int
        Totals made public before the draw: its size and its arms.
    """

    profile: Literal["strict", "declared", "public"]
    threshold: int
    rounding: int
    dominance: float
    announced: frozenset[int]
    authority: str | None


def rules_of(protocol: Protocol) -> Rules:
    """Give the rules a protocol sets.

    Raises
    ------
    ConfidentialityError
        Rules other than the strict ones, and nobody is named who decided so.
    """
    clause = protocol.clauses.disclosure
    lottery = protocol.clauses.lottery
    intakes = [(lottery.size, lottery.arms), *((w.size, w.arms) for w in lottery.waves)]
    announced = frozenset(
        n for size, arms in intakes for n in (*arms.values(), size or sum(arms.values()))
    )
    strict = Disclosure()
    if clause.profile != "strict" and not (clause.authority or "").strip():
        values = {"profile": clause.profile}
        raise ConfidentialityError(Fault("E-DISCLOSURE-AUTHORITY", "protocol.toml", {**values}))
    if clause.profile == "public":
        return Rules("public", 1, 1, 1.0, announced, clause.authority)
    source = clause if clause.profile == "declared" else strict
    return Rules(
        clause.profile,
        source.min_units,
        source.rounding,
        source.dominance,
        announced,
        clause.authority,
    )


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets numbers out, one by one, and keeps the reason of each decision."""

    rules: Rules
    log: list[Decision] = field(default_factory=list)

    @property
    def is_public(self) -> bool:
        """Whether the data are public already, so that nothing is hidden or rounded."""
        return self.rules.profile == "public"

    def record(self, place: str, outcome: Outcome, reason: Reason, count: float | None) -> None:
        """Write one decision down."""
        self.log.append(Decision(place, outcome, reason, count))

    def _decide(
        self, place: str, value: float | None, mark: Mark, reason: Reason, count: float
    ) -> Shown:
        self.record(place, mark, reason, count)
        return Shown(value, mark)

    def is_small(self, n: float) -> bool:
        """Whether a count is too small to print, without being zero."""
        return not self.is_public and 0 < n < self.rules.threshold

    def rounded(self, n: float) -> int:
        """Give the nearest multiple of the rounding base, halves upwards."""
        base = self.rules.rounding
        return int((n + base / 2) // base * base)

    @property
    def least(self) -> int:
        """The smallest count that is ever printed: a multiple of the base, never a small count.

        Eleven printed as ten would break the rule, and tell eleven or twelve from all others.
        """
        return -(-self.rules.threshold // self.rules.rounding) * self.rules.rounding

    def count(self, n: int, *, place: str) -> Shown:
        """Give a count: withheld under the threshold, else rounded."""
        if self.is_public:
            return self._decide(place, n, "exact", "public", n)
        if n == 0:
            return self._decide(place, 0, "exact", "zero", n)
        if n < self.rules.threshold:
            return self._decide(place, None, "withheld", "threshold", n)
        value = max(self.rounded(n), self.least)
        return self._decide(place, value, "rounded", "rounding", n)

    def announced(self, n: int, *, place: str) -> Shown:
        """Give a total announced before the draw, exactly; any other passes as a count."""
        if n in self.rules.announced and not self.is_public:
            return self._decide(place, n, "exact", "announced", n)
        return self.count(n, place=place)

    def part(self, n: int, *, of: int, place: str) -> Shown:
        """Give a part of a printed whole: what is left over is as sensitive as the part.

        When the remainder is small, only a lower end is printed, so low that the remainder is
        anywhere from none to the threshold and more.
        """
        if self.is_public:
            return self._decide(place, n, "exact", "public", n)
        if n == of:
            return self.announced(n, place=place)
        lower = self._lower_end(of)
        if n >= max(lower, self.rules.threshold):
            if lower < self.rules.threshold:
                return self._decide(place, None, "withheld", "complement", n)
            return self._decide(place, lower, "at_least", "complement", n)
        if self.rules.threshold <= n < of:
            return self._between(n, of=of, place=place, reason="complement")
        return self.count(n, place=place)

    def _lower_end(self, whole: int) -> int:
        """Give what is printed of all parts that nearly fill a whole: the same for each of them."""
        base = self.rules.rounding
        return (whole - self.rules.threshold) // base * base

    def _between(self, n: float, *, of: int, place: str, reason: Reason) -> Shown:
        """Round a part so that neither it nor what is left over reads as a small count."""
        most = (of - self.least) // self.rules.rounding * self.rules.rounding
        if most < self.least:
            return self._decide(place, None, "withheld", reason, n)
        value = min(max(self.rounded(n), self.least), most)
        return self._decide(place, value, "rounded", "rounding", n)

    def share(
        self, share: float, *, numerator: int, n: int, place: str, by_design: bool = False
    ) -> Shown:
        """Give the mean of a yes-or-no quantity, on a numerator rounded like any count.

        Parameters
        ----------
        share : float
            The mean to print, possibly weighted by block.
        numerator, n : int
            The units that answer yes, and all of them.
        by_design : bool
            No unit, or every unit, could have answered otherwise: 0 and 1 then say nothing of
            anybody.
        """
        if self.is_public:
            return self._decide(place, share, "exact", "public", numerator)
        if by_design and numerator in (0, n):
            return self._decide(place, share, "exact", "by_design", numerator)
        if min(numerator, n - numerator) < self.rules.threshold:
            return self._decide(place, None, "withheld", "numerator", numerator)
        found = self._between(share * n, of=n, place=place, reason="numerator")
        return found if found.value is None else replace(found, value=found.value / n)

    def row(self, place: str, withheld: Reason | None = None, count: float | None = None) -> None:
        """Clear the statistics of a row, or withhold them all for a reason found elsewhere.

        Parameters
        ----------
        place : str
            What the identifiers of its cells begin with, before ``#``.
        withheld : str or None
        count : float or None
            The smallest of the counts behind it; None where it counts nobody.
        """
        if withheld is not None:
            self.record(place, "withheld", withheld, count)
        elif self.is_public:
            self.record(place, "cleared", "public", count)
        else:
            self.record(place, "cleared", "of_nobody" if count is None else "large_enough", count)

    def again(self, place: str, shown: Shown) -> None:
        """Write down that a number decided elsewhere is printed here too."""
        reasons: dict[Mark, Reason] = {
            "exact": "announced" if shown.value else "zero",
            "rounded": "rounding",
            "at_least": "complement",
            "withheld": "threshold",
        }
        self.record(place, shown.mark, "public" if self.is_public else reasons[shown.mark], None)

    def withhold(self, place: str, reason: Reason, count: float | None = None) -> Shown:
        """Refuse a number for a reason found elsewhere."""
        self.record(place, "withheld", reason, count)
        return Shown(None, "withheld")

    def share_digits(self, ns: Iterable[int]) -> int:
        """Give the decimals of a percentage that its rounded numerator deserves."""
        if self.is_public:
            return 1
        return 0 if any(100 * self.rules.rounding / max(n, 1) >= 1 for n in ns) else 1
