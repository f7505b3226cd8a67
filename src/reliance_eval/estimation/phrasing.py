"""A confidence set as a sentence: what the data exclude, in any shape and language."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10
from typing import TYPE_CHECKING

from reliance_eval.language.catalogue import words
from reliance_eval.language.numbers import Numbers

if TYPE_CHECKING:
    from reliance_eval.estimation.estimates import Interval

MOST_DIGITS = 12
DIGITS = 3
"""Significant digits of the distance between two ends, or of the only end there is."""


def set_in_words(intervals: Sequence[Interval], *, level: float, language: str = "en") -> str:
    """Say which effects are not excluded.

    Parameters
    ----------
    intervals : sequence of (low, high)
        One interval, or two rays from the left; None is an infinite end.
    level : float
    language : str

    Examples
    --------
    >>> set_in_words([(-1.5, 2.25)], level=0.95)
    'At the 95% level the data are compatible with effects from −1.50 to 2.25, and exclude all others.'
    >>> set_in_words([(None, -1.5), (2.0, None)], level=0.9)[:71]
    'At the 90% level the data are compatible with every effect of −1.50 or '
    """  # noqa: E501
    ends = [end for pair in intervals for end in pair if end is not None]
    write = Numbers(language)
    digits = decimals(ends)
    low, high = intervals[0]
    if len(intervals) == 2:
        shape, low, high = "two_rays", intervals[0][1], intervals[1][0]
    elif low is None:
        shape = "whole_line" if high is None else "at_most"
    else:
        shape = "at_least" if high is None else "interval"
    said = {
        "level": write.percent(level, 0 if round(100 * level, 9).is_integer() else 1),
        "low": "" if low is None else write.decimal(low, digits),
        "high": "" if high is None else write.decimal(high, digits),
    }
    return words(language).text(f"estimation.set.{shape}", **said)


def decimals(ends: Sequence[float]) -> int:
    """Give the decimals at which the ends of a set can be told apart."""
    apart = max(ends) - min(ends) if ends else 0.0
    size = apart or max((abs(end) for end in ends), default=0.0)
    if size == 0.0:
        return 0
    return min(MOST_DIGITS, max(0, DIGITS - 1 - floor(log10(size))))
