"""Numbers as a language writes them: separators, spaces, signs, units, intervals and days.

Babel knows the separators; what it leaves to its caller is done here: the true minus, the narrow
no-break space of French typography, points for gaps between rates, ``1er``, and p-values that
never read zero.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal

from reliance_eval.language.catalogue import Value, is_plural, words

NARROW = "\u202f"
"""Narrow no-break space: in thousands, and before % € ; : ! ? in French."""
MINUS = "\u2212"
INFINITY = "\u221e"
SMALLEST_P = 0.001

_LOCALES = {"en": "en_GB"}
_BEFORE = re.compile(r"[ \u00a0\u202f]+(?=[;:!?%€»])")
_AFTER = re.compile(r"«[ \u00a0\u202f]*")
_GLUED = re.compile(r"(?<=[\w)»\]%€])(?=[;:!?»](?:\s|$))|(?<=\d)(?=[%€])")
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")


def rounded(value: float, digits: int) -> float:
    """Give the number a reader sees, without a negative zero.

    >>> rounded(-0.04, 1)
    0.0
    """
    return float(f"{value:.{digits}f}") + 0.0


def typeset(text: str, language: str) -> str:
    """Set a text by the language's rules of spacing and apostrophes.

    French takes a narrow no-break space before ``; : ! ? % €`` and inside ``« »``. Words from a
    protocol are typed with whatever space the keyboard gave.

    >>> typeset("Qui ? Elle : l'offre", "fr") == "Qui\u202f? Elle\u202f: l’offre"
    True
    """
    text = _APOSTROPHE.sub("’", text)
    if language != "fr":
        return text
    text = _BEFORE.sub(NARROW, text)
    text = _AFTER.sub("«" + NARROW, text)
    return _GLUED.sub(NARROW, text)


@dataclass(frozen=True, slots=True)
class Numbers:
    """How one language writes numbers.

    Attributes
    ----------
    language : str
        ``"fr"``, ``"en"``... A language Babel knows; its unit words are in the catalogue.
    """

    language: str

    def _say(self, key: str, **values: Value) -> str:
        return words(self.language).text(f"number.{key}", **values)

    def decimal(self, value: float, digits: int = 1) -> str:
        """Give a number with a fixed count of decimals.

        >>> Numbers("fr").decimal(-1234.56, 1) == "−1\u202f234,6"
        True
        """
        shown = Decimal(f"{rounded(value, digits):.{digits}f}")
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        locale = _LOCALES.get(self.language, self.language)
        return format_decimal(shown, format=pattern, locale=locale).replace("-", MINUS)

    def integer(self, value: float) -> str:
        """Give a whole number with its thousands apart."""
        return self.decimal(value, 0)

    def signed(self, value: float, digits: int = 1) -> str:
        """Give a difference: its sign is always written, except on zero."""
        text = self.decimal(value, digits)
        return f"+{text}" if rounded(value, digits) > 0 else text

    def percent(self, share: float, digits: int = 1) -> str:
        """Give a share as a percentage.

        >>> Numbers("fr").percent(0.392) == "39,2\u202f%", Numbers("en").percent(0.392)
        (True, '39.2%')
        """
        return self._say("percent", value=self.decimal(100 * share, digits))

    def points(self, difference: float, digits: int = 1, *, is_signed: bool = True) -> str:
        r"""Give a gap between two shares, in percentage points.

        >>> Numbers("fr").points(-0.036), Numbers("fr").points(0.015)
        ('−3,6\xa0points', '+1,5\xa0point')
        """
        value = 100 * difference
        text = self.signed(value, digits) if is_signed else self.decimal(value, digits)
        number = "many" if is_plural(self.language, rounded(value, digits)) else "single"
        return self._say(f"points.{number}", value=text)

    def money(self, amount: float, digits: int = 0, *, is_signed: bool = False) -> str:
        """Give an amount in euros.

        >>> Numbers("en").money(-1234)
        '−€1,234'
        """
        sign = "+" if is_signed and rounded(amount, digits) > 0 else ""
        sign = MINUS if rounded(amount, digits) < 0 else sign
        return sign + self._say("euros", value=self.decimal(abs(amount), digits))

    def p(self, value: float) -> str:
        """Give a p-value alone, for a cell; below a thousandth, only that it is below."""
        if value < SMALLEST_P:
            return f"<{NARROW}{self.decimal(SMALLEST_P, 3)}"
        return self.decimal(value, 3)

    def p_said(self, value: float) -> str:
        """Give a p-value with its letter, for a sentence.

        >>> Numbers("fr").p_said(0.00002) == "p\u202f<\u202f0,001"
        True
        """
        sign = "" if value < SMALLEST_P else f"={NARROW}"
        return f"p{NARROW}{sign}{self.p(value)}"

    def interval(self, low: float | None, high: float | None, write: Callable[[float], str]) -> str:
        """Give an interval in brackets; None is an infinite end, which is open.

        >>> Numbers("fr").interval(-0.5, None, Numbers("fr").signed) == "[−0,5\u202f; +∞["
        True
        """
        ends = self._say(
            "interval",
            low=f"{MINUS}{INFINITY}" if low is None else write(low),
            high=f"+{INFINITY}" if high is None else write(high),
        )
        before = self._say("open_before") if low is None else "["
        after = self._say("open_after") if high is None else "]"
        return f"{before}{ends}{after}"

    def day(self, value: date) -> str:
        """Give a day in full.

        >>> Numbers("fr").day(date(2018, 2, 1)), Numbers("en").day(date(2018, 2, 1))
        ('1er février 2018', '1 February 2018')
        """
        text = format_date(value, "long", locale=_LOCALES.get(self.language, self.language))
        return re.sub(r"^1 ", "1er ", text) if self.language == "fr" else text

    def month(self, value: date) -> str:
        """Give the month of a day, with its year.

        >>> Numbers("fr").month(date(2018, 5, 1))
        'mai 2018'
        """
        locale = _LOCALES.get(self.language, self.language)
        return format_date(value, "LLLL yyyy", locale=locale)

    def months(self, count: int) -> str:
        """Give a duration in months."""
        return words(self.language).text("number.months", n=count)
