"""What an interval allows one to say, against the smallest effect that matters.

The verdict comes from where the interval lies, never from a star: an interval that holds zero and
an effect that matters is inconclusive; one that holds zero and excludes both effects that matter
is a precise null.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Reading: TypeAlias = Literal[
    "precise_null", "inconclusive", "favourable", "unfavourable", "rise", "fall", "unknown"
]
Size: TypeAlias = Literal["large", "small", "open", "rises_left", "falls_left", ""]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be said.

    Attributes
    ----------
    reading : str
        ``rise`` and ``fall`` where the protocol does not say which direction is better;
        ``unknown`` where it sets no smallest effect and the interval holds zero.
    size : {"large", "small", "open", "rises_left", "falls_left", ""}
        Where zero is excluded and an effect that matters is set: the interval reaches at least
        it, stays under it, or holds it. Where it is inconclusive: effects that matter are left on
        one side of zero alone, or ("") on both.
    """

    reading: Reading
    size: Size = ""

    @property
    def key(self) -> str:
        """The key of its sentence."""
        return f"report.verdict.{self.reading}" + (f"_{self.size}" if self.size else "")

    @property
    def short_key(self) -> str:
        """The key of the two words that stand in a narrow column."""
        return f"structure.verdict.{self.reading}"


def judge(
    low: float | None,
    high: float | None,
    *,
    smallest: float | None,
    better: Literal["higher", "lower"] | None,
) -> Verdict:
    """Read an interval.

    Parameters
    ----------
    low, high : float or None
        Its ends; None is infinite.
    smallest : float or None
        Smallest effect that matters, positive, in the outcome's unit.
    better : {"higher", "lower"} or None

    Examples
    --------
    >>> judge(-0.02, 0.03, smallest=0.10, better="higher").reading
    'precise_null'
    >>> judge(-0.02, 0.13, smallest=0.10, better="higher").reading
    'inconclusive'
    >>> judge(-0.02, 0.13, smallest=0.10, better="higher").size
    'rises_left'
    >>> judge(-0.09, -0.01, smallest=None, better="lower").reading
    'favourable'
    """
    holds_zero = (low is None or low <= 0) and (high is None or high >= 0)
    if holds_zero:
        if smallest is None:
            return Verdict("unknown")
        has_falls = low is None or -low >= smallest
        has_rises = high is None or high >= smallest
        if not has_falls and not has_rises:
            return Verdict("precise_null")
        side: Size = "" if has_falls == has_rises else "rises_left" if has_rises else "falls_left"
        return Verdict("inconclusive", side)
    is_rise = low is not None and low > 0
    near, far = (low, high) if is_rise else (high, low)
    size = _size(abs(near or 0.0), None if far is None else abs(far), smallest)
    if better is None:
        return Verdict("rise" if is_rise else "fall", size)
    return Verdict("favourable" if is_rise == (better == "higher") else "unfavourable", size)


def _size(near: float, far: float | None, smallest: float | None) -> Size:
    if smallest is None:
        return ""
    if near >= smallest:
        return "large"
    return "small" if far is not None and far < smallest else "open"
