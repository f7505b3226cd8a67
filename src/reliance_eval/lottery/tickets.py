r"""Tickets: what SHA-256 makes of the seed and a unit, the same in every language.

``printf 'RL1 ticket\n%s\n%s\n' "$K" "$u" | sha256sum`` gives any unit's ticket again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from reliance_eval.fingerprint import of_text

UNIT = re.compile(r"[0-9A-Za-z_-]{1,64}")
"""A unit or a stratum: 1 to 64 bytes; ``-`` alone is "no stratum"."""

NO_STRATUM = "-"


def draw_key(*, protocol: str, frame: str, quota: str, seed: str) -> str:
    """Give RL1's K, which binds the seed to one protocol, one frame and one table of quotas.

    Parameters
    ----------
    protocol, frame, quota : str
        SHA-256 of the three files (P, F and Q), 64 lower-case hexadecimal characters.
    seed : str
        The seed in canonical form.
    """
    return of_text(f"RL1\nprotocol={protocol}\nframe={frame}\nquota={quota}\nseed={seed}\n")


def tickets_of(units: Sequence[str], *, key: str) -> list[str]:
    """Give each unit's ticket, 64 hexadecimal characters, in the order of the units."""
    start = f"RL1 ticket\n{key}\n"
    return [hashlib.sha256(f"{start}{unit}\n".encode("ascii")).hexdigest() for unit in units]
