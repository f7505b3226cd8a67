r"""Pseudonyms: what HMAC-SHA-256 makes of a file number, for who holds the key and nobody else.

The draw and the analysis have pseudonyms of their own, from separate domains of one key. A letter
with its draw pseudonym therefore says nothing about a row of the analysis file; only the key
holder's bridge joins the two.

Anyone who holds the key can make a pseudonym again::

    printf 'RL1 pid\ndemo-B\n1000000\n' | openssl dgst -sha256 -mac HMAC -macopt hexkey:$KEY

References
----------
Krawczyk, Bellare and Canetti (1997), RFC 2104; Nystrom (2005), RFC 4231, test vectors.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from typing import Literal, TypeAlias

from reliance_eval.errors import Fault, ProtocolError

Domain: TypeAlias = Literal["draw", "analysis"]
Form: TypeAlias = Literal["plain", "nir"]

DOMAINS: dict[Domain, str] = {"draw": "RL1 pid", "analysis": "RL1 analysis"}
LENGTH = 32
NIR, NIR_WITH_KEY = 13, 15
_SPACES = re.compile(r"\s+")
_STUDY = re.compile(r"[!-~]{1,64}")


def hmac_of(message: bytes, *, key: bytes) -> str:
    """Give HMAC-SHA-256 in lower-case hexadecimal, 64 characters."""
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def pseudonym(identifier: str, *, key: bytes, study: str, domain: Domain = "draw") -> str:
    """Give the pseudonym of a normalised identifier, 32 hexadecimal characters.

    Parameters
    ----------
    identifier : str
        As ``normalised`` gives it.
    key : bytes
        The key holder's 32 bytes.
    study : str
        Identifier of the study: the same person has other pseudonyms in another study.
    domain : {"draw", "analysis"}

    Examples
    --------
    >>> pseudonym("1000000", key=bytes(range(32)), study="demo-B")
    '4d809d121c7ab613f2ea68d31e7b7686'
    """
    message = f"{DOMAINS[domain]}\n{study}\n{identifier}\n".encode()
    return hmac_of(message, key=key)[:LENGTH]


def normalised(identifier: str, *, form: Form = "plain") -> str:
    """Give the one spelling of a file number: no space, upper case, NFKC.

    Leading zeros stay: they tell two numbers apart. A French NIR (``form="nir"``) of 15
    characters loses its last two, a control key that only some files carry.

    >>> normalised(" 084\u00a0127a "), normalised("1 84 12 75 116 001 45", form="nir")
    ('084127A', '1841275116001')
    """
    text = _SPACES.sub("", unicodedata.normalize("NFKC", identifier)).upper()
    # Taking a space out can bring a letter and its accent together.
    text = unicodedata.normalize("NFKC", text)
    is_keyed = form == "nir" and len(text) == NIR_WITH_KEY
    return text[:NIR] if is_keyed else text


def outside_alphabet(identifier: str) -> str | None:
    """Give the code point of a character no file number has, such as a control character."""
    bad = next((letter for letter in identifier if not letter.isprintable()), None)
    return None if bad is None else f"U+{ord(bad):04X}"


def check_study(study: str) -> None:
    """Refuse a study identifier that HMAC's message could not hold unambiguously.

    Raises
    ------
    ProtocolError
        It is not 1 to 64 printable ASCII characters without a space.
    """
    if not _STUDY.fullmatch(study):
        raise ProtocolError(Fault("E-PSEUDONYM-STUDY"))
