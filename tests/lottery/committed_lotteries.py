"""Small lotteries whose seed is left to a public event."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
from small_lotteries import flow_of

from reliance_eval.eligibility import Flow

# RFC 3797's own example of a value, which is also that of vector A of lottery.md.
NUMBERS = "9319 / 2 5 8 10 12 / 9 18 26 34 41 45"
SEED = "rfc3797:9319./2.5.8.10.12./9.18.26.34.41.45./"

MADE = datetime(2027, 3, 1, 9, tzinfo=UTC)
DRAWN = datetime(2027, 3, 12, 20, tzinfo=UTC)

LOTTERIES: dict[str, Any] = {
    "source": "rfc3797",
    "name": {"fr": "tirages du 12 mars 2027", "en": "lotteries of 12 March 2027"},
    "at": datetime(2027, 3, 12, 19, 30, tzinfo=UTC),
    "sources": ("Numéro Joker", "Loto", "EuroMillions"),
}

# The genuine round of vector B of lottery.md; the network published it at this very instant.
BEACON = {
    "round": 657413,
    "randomness": "fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587",
    "signature": (
        "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be"
        "41076862b98fad56e91a6b85b89cd97b"
    ),
}
ROUND: dict[str, Any] = {
    "source": "drand",
    "name": {"en": "drand quicknet, round 657413"},
    "at": datetime(2023, 9, 15, 11, 0, 3, tzinfo=UTC),
    "network": "quicknet",
    "round": 657413,
}


def beacon(**changes: object) -> str:
    """The JSON of the genuine round, with what the test changes in it."""
    return json.dumps({**BEACON, **changes})


def eligible(n: int = 12, **columns: object) -> pd.DataFrame:
    """Units u01, u02... in one block, as in vector A."""
    table = pd.DataFrame({"unit": [f"u{i:02d}" for i in range(1, n + 1)], "block": "-"})
    return table.assign(**columns)


def public_flow(table: pd.DataFrame | None = None, /, **lottery: object) -> Flow:
    """A flow whose protocol leaves the seed to three public lotteries."""
    clause: dict[str, object] = {"seed": None, "event": LOTTERIES, "day": date(2027, 3, 12)}
    return flow_of(eligible() if table is None else table, **(clause | lottery))
