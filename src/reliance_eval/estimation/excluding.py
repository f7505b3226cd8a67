"""Effects that an interval excludes, in the outcome's unit: what a null result still teaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reliance_eval.estimation.phrasing import decimals
from reliance_eval.language.catalogue import words
from reliance_eval.language.numbers import Numbers

if TYPE_CHECKING:
    from reliance_eval.estimation.estimates import Interval

POINTS, EUROS = "points", "€"
"""Units with a way of their own to be written: gaps between shares, and amounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """The effects that the data exclude at a level.

    Attributes
    ----------
    intervals : tuple of (low, high)
        Open intervals, from the left: below and above a confidence interval, or between two rays;
        None is an infinite end. Empty where nothing is excluded.
    level : float
    unit : str
        ``"points"`` (an effect of 0.1 is then ten percentage points), ``"€"``, other words, or
        ``""``.
    is_simultaneous : bool
        Whether the level is that of a whole family of intervals.
    """

    intervals: tuple[Interval, ...]
    level: float
    unit: str = ""
    is_simultaneous: bool = False

    def holds(self, effect: float) -> bool:
        """Say whether an effect is among those excluded."""
        return any(
            (low is None or low < effect) and (high is None or effect < high)
            for low, high in self.intervals
        )

    def rules_out(self, smallest: float, *, direction: Literal["rise", "fall"]) -> bool:
        """Say whether every effect of some size or more, in one direction, is excluded."""
        if direction == "rise":
            return any(
                high is None and (low is None or low < smallest) for low, high in self.intervals
            )
        return any(
            low is None and (high is None or -smallest < high) for low, high in self.intervals
        )

    def text(
        self, language: str = "en", *, smallest: float | None = None, digits: int | None = None
    ) -> str:
        """Say what is excluded, and whether effects that matter are.

        Parameters
        ----------
        language : str
        smallest : float, optional
            Smallest effect that matters, positive, as the estimates count it.
        digits : int, optional
            Decimals of the ends; by default what tells them apart.

        Examples
        --------
        >>> given = Excluded(intervals=((None, -20.0), (30.0, None)), level=0.95, unit="€")
        >>> given.text()
        'At the 95% level the data exclude effects below −€20.0 and above +€30.0.'
        """
        say = words(language).text
        ends = [end for pair in self.intervals for end in pair if end is not None]
        scale = 100.0 if self.unit == POINTS else 1.0
        if digits is None:
            digits = decimals([scale * end for end in ends])
        said = {
            name: self._written(end, language, digits)
            for name, end in zip(("low", "high"), self._ends(), strict=True)
        }
        level = Numbers(language).percent(
            self.level, 0 if round(100 * self.level, 9).is_integer() else 1
        )
        together = say("estimation.excluded.together") if self.is_simultaneous else ""
        sentence = say(f"estimation.excluded.{self._shape}", level=level, together=together, **said)
        if smallest is None:
            return sentence
        size = self._written(smallest, language, _needed(scale * smallest), is_signed=False)
        return f"{sentence} {say(f'estimation.excluded.{self._matter(smallest)}', smallest=size)}"

    @property
    def _shape(self) -> str:
        if not self.intervals:
            return "nothing"
        if len(self.intervals) == 2:
            return "both_sides"
        low, high = self.intervals[0]
        if low is None:
            return "below"
        return "above" if high is None else "between"

    def _ends(self) -> tuple[float | None, float | None]:
        """Give what the sentence calls low and high: of two sides, the ends they share with it."""
        if self._shape == "both_sides":
            return self.intervals[0][1], self.intervals[1][0]
        if self._shape == "below":
            return self.intervals[0][1], None
        return self.intervals[0] if self.intervals else (None, None)

    def _matter(self, smallest: float) -> str:
        up = self.rules_out(smallest, direction="rise")
        down = self.rules_out(smallest, direction="fall")
        if up and down:
            return "matters_excluded"
        if up:
            return "rises_excluded"
        return "falls_excluded" if down else "matters_open"

    def _written(
        self, value: float | None, language: str, digits: int, *, is_signed: bool = True
    ) -> str:
        if value is None:
            return ""
        numbers = Numbers(language)
        if self.unit == POINTS:
            return numbers.points(value, digits, is_signed=is_signed)
        if self.unit == EUROS:
            return numbers.money(value, digits, is_signed=is_signed)
        text = (numbers.signed if is_signed else numbers.decimal)(value, digits)
        return f"{text}\u00a0{self.unit}" if self.unit else text


def excluded_by(
    intervals: Sequence[Interval], *, level: float, unit: str = "", is_simultaneous: bool = False
) -> Excluded:
    """Give the effects outside a confidence set.

    Parameters
    ----------
    intervals : sequence of (low, high)
        One interval, or two rays from the left; None is an infinite end.
    level : float
    unit : str
    is_simultaneous : bool

    Examples
    --------
    >>> excluded_by([(-1.0, 2.0)], level=0.95).intervals
    ((None, -1.0), (2.0, None))
    >>> excluded_by([(None, -1.0), (2.0, None)], level=0.95).intervals
    ((-1.0, 2.0),)
    """
    gaps: list[Interval] = []
    last: float | None = None
    for place, (low, high) in enumerate(intervals):
        if low is not None:
            gaps.append((None if place == 0 else last, low))
        last = high
    if last is not None:
        gaps.append((last, None))
    return Excluded(intervals=tuple(gaps), level=level, unit=unit, is_simultaneous=is_simultaneous)


def _needed(value: float) -> int:
    """Give the decimals that a number somebody chose needs."""
    return len(f"{value:.6f}".rstrip("0").partition(".")[2])
