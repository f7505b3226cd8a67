"""Telling a producer's code from a person's value, so that messages show only the first."""

from __future__ import annotations

import re

from reliance_eval.language.catalogue import Value

LONGEST = 12
MOST = 10
CROWD = 11
"""A word borne by this many rows is a code: the strictest threshold under which we publish."""

_WORDS = frozenset(
    {"absent", "inconnu", "inconnue", "manquant", "missing", "none", "non-réponse", "null"}
    | {"néant", "refus", "refused", "unknown", "vide"}
)
_COMPARISON = re.compile(r"[<>≤≥]=? ?[0-9]{1,4}")


def tell_codes(counted: list[tuple[str, int]], *, total: int) -> dict[str, Value]:
    """Say which texts stand where a value should, as far as that names nobody.

    Parameters
    ----------
    counted : list of (str, int)
        Distinct texts and how many rows hold each, the most frequent first.
    total : int
        All rows concerned.

    >>> tell_codes([("n.c.", 2), ("DUPONT", 1)], total=3)
    {'codes': 'n.c. (2)', 'hidden': 1}
    """
    shown = [(text, n) for text, n in counted if is_code(text, n)][:MOST]
    codes = ", ".join(f"{text.strip()} ({n})" for text, n in shown)
    return {"codes": codes or "–", "hidden": total - sum(n for _, n in shown)}


def is_code(text: str, rows: int) -> bool:
    """Say whether a text is a code rather than somebody's value.

    A sign, a bound such as ``<500``, up to three letters, a usual word for "missing", or any
    short word that many rows hold. Never a plain number, never five digits.

    >>> is_code("-", 1), is_code("<500", 1), is_code("1.5", 40), is_code("Dupont", 2)
    (True, True, False, False)
    """
    bare = text.strip()
    letters = sum(letter.isalpha() for letter in bare)
    digits = sum(letter.isdigit() for letter in bare)
    if len(bare) > LONGEST or digits > 4 or not bare.isprintable():
        return False
    if bare.casefold() in _WORDS or _COMPARISON.fullmatch(bare):
        return True
    if digits and not letters:
        return False
    return (letters <= 3 and not digits) or rows >= CROWD
