r"""Tickets: what SHA-256 makes of the seed and a unit, the same in every language.

``printf 'RL1 ticket\n%s\n%s\n' "$K" "$u" | sha256sum`` gives any unit's ticket again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reliance_eval.fingerprint import of_text

UNIT = re.compile(r"[0-9A-Za-z_-]{1,64}")
"""A unit or a stratum: 1 to 64 bytes; ``-`` alone is "no stratum"."""

ALL_UNITS = re.compile(rf"(?:{UNIT.pattern}\n)*")
"""Lines of units."""

NO_STRATUM = "-"

WHOLE = 1 << 256
"""One more than the largest ticket, read as a whole number."""

WIDTH = 32
"""Bytes of a ticket."""


def draw_key(*, protocol: str, frame: str, quota: str, seed: str) -> str:
    """Give RL1's K, which binds the seed to one protocol, one frame and one table of quotas.

    Parameters
    ----------
    protocol, frame, quota : str
        SHA-256 of the three files (P, F and Q), 64 lower-case hexadecimal characters. Of a simple
        draw, the odds stand in place of the quotas.
    seed : str
        The seed in canonical form.
    """
    return of_text(f"RL1\nprotocol={protocol}\nframe={frame}\nquota={quota}\nseed={seed}\n")


def attempt_key(key: str, *, covariates: str, bounds: str, attempt: int) -> str:
    """Give K_j, which tickets are made from in attempt j of a re-randomised draw.

    Parameters
    ----------
    key : str
        K.
    covariates, bounds : str
        SHA-256 of ``covariates.tsv`` and ``bounds.tsv``.
    attempt : int
        j, from 0.
    """
    return of_text(f"RL1 attempt\n{key}\ncovariates={covariates}\nbounds={bounds}\n{attempt}\n")


def digests_of(units: Sequence[str], *, key: str) -> list[bytes]:
    """Give each unit's ticket, 32 bytes, in the order of the units."""
    # The key fills the first block of SHA-256 and is the same for all: it is digested once.
    start = hashlib.sha256(f"RL1 ticket\n{key}\n".encode("ascii"))
    found = []
    for unit in units:
        ticket = start.copy()
        ticket.update(f"{unit}\n".encode("ascii"))
        found.append(ticket.digest())
    return found


def tickets_of(units: Sequence[str], *, key: str) -> list[str]:
    """Give each unit's ticket, 64 hexadecimal characters, in the order of the units."""
    return [ticket.hex() for ticket in digests_of(units, key=key)]


def positions_of(digests: Sequence[bytes]) -> npt.NDArray[np.int64]:
    """Give each ticket's position among all, from 0; equal tickets in the order they came in.

    Tickets are compared by their first eight bytes, and in full where those are equal.
    """
    words = np.frombuffer(b"".join(digests), dtype=">u8").reshape(len(digests), WIDTH // 8)
    order = np.argsort(words[:, 0], kind="stable")
    if np.any(words[order[1:], 0] == words[order[:-1], 0]):
        order = np.lexsort(words.T[::-1])
    position = np.empty(len(digests), dtype=np.int64)
    position[order] = np.arange(len(digests))
    return position


def numbers_of(digests: Sequence[bytes]) -> npt.NDArray[np.object_]:
    """Give each ticket as a whole number below 2**256, exactly."""
    found = np.empty(len(digests), dtype=object)
    found[:] = [int.from_bytes(ticket, "big") for ticket in digests]
    return found
