"""From what a public event gave to the one seed it stands for.

Two people who read the same numbers, or the same round, must write the same seed to the byte:
spaces, leading zeros and the order of the balls are taken away, and a round of drand is believed
only for its signature.
"""

from __future__ import annotations

import json
import re
from typing import Any

from reliance_eval.errors import DataError, Fault, IntegrityError
from reliance_eval.fingerprint import SHORT, of_bytes
from reliance_eval.lottery.quicknet import is_signed
from reliance_eval.lottery.seeds import MAXIMUM_BYTES, is_canonical
from reliance_eval.protocol.event import PublicEvent

_SEPARATORS = re.compile(r"[\s.,;–-]+")
_NUMBER = re.compile(r"[0-9]{1,20}")
_HEX = {"randomness": re.compile(r"[0-9a-f]{64}"), "signature": re.compile(r"[0-9a-f]{96}")}


def seed_of(event: PublicEvent, value: str) -> str:
    """Give the canonical seed that an event's value stands for.

    Parameters
    ----------
    event : PublicEvent
        What the commitment named.
    value : str
        The numbers as drawn, the lotteries in the event's order and ``/`` between them; or the
        JSON of a drand round (``round``, ``randomness``, ``signature``).

    Raises
    ------
    DataError
        The value is not of the event's form: not as many lotteries, or no numbers.
    IntegrityError
        The round is another one, its randomness is not the digest of its signature, or the
        signature is not the network's.

    References
    ----------
    Eastlake (2004), RFC 3797, section 4. The drand specification, "bls-unchained-g1-rfc9380".

    Examples
    --------
    >>> from datetime import datetime, UTC
    >>> event = PublicEvent(
    ...     source="rfc3797", name={}, at=datetime(2027, 3, 12, tzinfo=UTC), sources=("A", "B")
    ... )
    >>> seed_of(event, "9319 / 12 2 08 5 10")
    'rfc3797:9319./2.5.8.10.12./'
    """
    return _drand(event, value) if event.source == "drand" else _numbers(event, value)


def _numbers(event: PublicEvent, value: str) -> str:
    sources = value.strip().removesuffix("/").split("/")
    if len(sources) != len(event.sources):
        counts = {"n": len(event.sources), "found": len(sources)}
        raise DataError(Fault("E-EVENT-SOURCES", "", counts))
    written = []
    for name, source in zip(event.sources, sources, strict=True):
        numbers = [number for number in _SEPARATORS.split(source) if number]
        if not numbers or not all(_NUMBER.fullmatch(number) for number in numbers):
            raise DataError(Fault("E-EVENT-NUMBERS", "", {"source": name}))
        written.append("".join(f"{number}." for number in sorted(map(int, numbers))) + "/")
    seed = "rfc3797:" + "".join(written)
    if not is_canonical(seed):
        raise DataError(Fault("E-EVENT-LONG", "", {"largest": MAXIMUM_BYTES}))
    return seed


def _drand(event: PublicEvent, value: str) -> str:
    try:
        beacon = json.loads(value)
        number, randomness, signature = (
            beacon[key] for key in ("round", "randomness", "signature")
        )
    except (ValueError, KeyError, TypeError):
        raise DataError(Fault("E-EVENT-BEACON")) from None
    wanted = event.round or 0
    if number != wanted or isinstance(number, bool):
        found = number if isinstance(number, int) else "?"
        raise IntegrityError(Fault("E-EVENT-ROUND", "", {"round": wanted, "found": found}))
    for key, text in (("randomness", randomness), ("signature", signature)):
        if not _is_hex(key, text):
            raise IntegrityError(Fault("E-EVENT-HEX", "", {"round": wanted, "key": key}))
    digest = of_bytes(bytes.fromhex(signature))
    if digest != randomness:
        values = {"round": wanted, "found": randomness[:SHORT], "expected": digest[:SHORT]}
        raise IntegrityError(Fault("E-EVENT-RANDOMNESS", "", dict(values)))
    if not is_signed(wanted, bytes.fromhex(signature)):
        raise IntegrityError(Fault("E-EVENT-SIGNATURE", "", {"round": wanted}))
    return f"drand:{event.network}:{wanted}:{randomness}"


def _is_hex(key: str, text: Any) -> bool:
    return isinstance(text, str) and _HEX[key].fullmatch(text) is not None
