"""Draws held in memory with the log that a study would have, for the procès-verbal."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "lottery"))

from small_lotteries import NANCY, flow_of, nancy_like

from reliance_eval.extract import DeliveryRecord
from reliance_eval.lottery import Draw, commit, draw

PARIS = timezone(timedelta(hours=1))
COMMITTED = datetime(2027, 3, 1, 9, 0, tzinfo=PARIS)
EVENT = datetime(2027, 3, 12, 21, 0, tzinfo=PARIS)
HELD = datetime(2027, 3, 12, 21, 40, tzinfo=PARIS)
LOTTERIES = {
    "source": "rfc3797",
    "name": {"fr": "Loto du 12 mars 2027", "en": "Loto of 12 March 2027"},
    "at": EVENT,
    "sources": ("Loto", "EuroMillions", "Joker+"),
    "fallback": {
        "source": "rfc3797",
        "name": {"fr": "tirages suivants", "en": "next draws"},
        "at": EVENT + timedelta(days=7),
        "sources": ("Loto", "EuroMillions", "Joker+"),
    },
}
VALUE = "9319 / 2 5 8 10 12 / 9 18 26 34 41 45"
DELIVERY = DeliveryRecord(
    "households", "data/households-2027-02.parquet", date(2027, 2, 20), "ab12" * 16, 24_310
)


@dataclass(frozen=True)
class Held:
    """A draw and the log of its study."""

    draw: Draw
    log: list[dict[str, Any]]


def public(*, is_fallback: bool = False, excluded: int = 3) -> Held:
    """A draw of 600 among 1,000, committed to, with three exclusions and one early attempt."""
    clause = NANCY | {"seed": None, "event": LOTTERIES, "day": date(2027, 3, 22)}
    flow = replace(flow_of(nancy_like(1000), **clause), deliveries=(DELIVERY,))
    made = commit(flow, at=COMMITTED)
    later = timedelta(days=7) if is_fallback else timedelta()
    units = sorted(made.frame["unit"])[:excluded]
    held = draw(made, value=VALUE, exclusions=units, fallback=is_fallback, at=HELD + later)
    reasons = {"décès": 1, "déménagement": excluded - 1}
    lines = [
        line(1, "2027-02-25T09:00:00+00:00", "screen"),
        line(2, made.committed_at, "commit", commitment=made.id, clock="declared"),
        line(
            3,
            "2027-03-05T10:00:00+00:00",
            "exclude",
            commitment=made.id,
            total=excluded,
            reasons=reasons,
            clock="declared",
        ),
        line(4, "2027-03-10T10:00:00+00:00", "draw-refused", code="E-DRAW-EARLY"),
        line(
            5,
            (HELD + later).isoformat(),
            "draw",
            digest=held.digest,
            clock="declared",
            event="fallback" if is_fallback else "event",
            **({"reason": "tirage du Loto annulé"} if is_fallback else {}),
        ),
    ]
    return Held(held, lines)


def plain() -> Held:
    """A plain draw, its seed chosen by the owner."""
    flow = replace(flow_of(nancy_like(1000), **NANCY), deliveries=(DELIVERY,))
    held = draw(flow)
    return Held(held, [line(1, HELD.isoformat(), "draw", digest=held.digest)])


def line(n: int, at: str, act: str, **values: Any) -> dict[str, Any]:
    """A line of the log."""
    return {"n": n, "at": at, "act": act, **values}
