"""The seed: the one thing nobody knew when the frame was fixed, in one canonical spelling.

Two spellings of one event would be two seeds, and so a choice between two draws. A seed is
therefore admitted in exactly one form, or refused.
"""

from __future__ import annotations

import re

MAXIMUM_BYTES = 512

_FORMS = {
    "text": re.compile(r"[0-9A-Za-z_.-]{1,64}"),
    "dice": re.compile(r"[0-9]+"),
    "drand": re.compile(r"[0-9a-z-]+:[1-9][0-9]*:[0-9a-f]{64}"),
    "rfc3797": re.compile(r"(?:(?:(?:0|[1-9][0-9]*)\.)+/)+"),
}


def kind_of(seed: str) -> str:
    """Give what stands before the first colon: ``text``, ``drand``, ``rfc3797`` or ``dice``."""
    return seed.partition(":")[0]


def is_canonical(seed: str) -> bool:
    """Say whether a seed is in RL1's form, to the byte.

    Parameters
    ----------
    seed : str
        ``text:`` and 1 to 64 of ``[0-9A-Za-z_.-]``; ``drand:network:round:`` and 64 lower-case
        hexadecimal digits; ``rfc3797:`` and the string of RFC 3797 section 4, the numbers of
        each source sorted, ``.`` after each and ``/`` after each source; or ``dice:`` and digits.

    References
    ----------
    Eastlake (2004), RFC 3797, section 4.

    Examples
    --------
    >>> is_canonical("rfc3797:9319./2.5.8.10.12./"), is_canonical("rfc3797:9319./5.2./")
    (True, False)
    """
    kind, _, value = seed.partition(":")
    form = _FORMS.get(kind)
    if form is None or len(seed) > MAXIMUM_BYTES or not form.fullmatch(value):
        return False
    return kind != "rfc3797" or all(_is_sorted(source) for source in value.split("/"))


def is_plain(seed: str) -> bool:
    """Say whether the seed was chosen by the owner rather than left to a public event."""
    return kind_of(seed) == "text"


def _is_sorted(source: str) -> bool:
    numbers = [int(number) for number in source.split(".") if number]
    return numbers == sorted(numbers)
