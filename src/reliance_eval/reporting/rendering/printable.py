"""Which characters may be set on paper: what no font shows, and no file format takes, is replaced.

A label of a protocol is any text. XML refuses control characters and PDF/A those that mean nothing
outside one machine; a sign stands in their place, so that a report is written all the same.
"""

from __future__ import annotations

import re

REPLACEMENT = "\ufffd"

_PLANES = "".join(
    f"{chr(0x10000 * plane + 0xFFFE)}{chr(0x10000 * plane + 0xFFFF)}" for plane in range(17)
)
_UNSETTABLE = re.compile(
    # Controls but tab and line feed; surrogates and private use; the byte order mark; what Unicode
    # says is no character.
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff\ufeff\ufdd0-\ufdef"
    f"{_PLANES}]"
)


def printable(text: str) -> str:
    r"""Give a text with a sign in place of each character that cannot be set.

    >>> printable("a\x00b\ue000é") == "a\ufffdb\ufffdé"
    True
    """
    return _UNSETTABLE.sub(REPLACEMENT, text)
