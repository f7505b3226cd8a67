"""What a log says of a draw: one draw, what was fixed fixed before the event, and drawn after."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reliance_eval.errors import Fault
from reliance_eval.fingerprint import of_bytes, of_text

COMMIT, EXCLUDE, DRAW = "commit", "exclude", "draw"
NOTHING = "-"
_DETAILS = {COMMIT: "commitment", EXCLUDE: "digest", DRAW: "assignment"}
"""What of an act's line its dates are checked for: which commitment, exclusions or assignment."""


@dataclass(frozen=True, slots=True)
class Act:
    """One line of a study's log, as it is published.

    Attributes
    ----------
    n : int
        Its number, from 1.
    at : str
        The instant, with its offset.
    clock : str
        ``machine``, or ``declared`` where a person gave the instant.
    act : str
        The command, or the command and ``-refused``.
    detail : str
        The commitment, the digest of exclusions or of an assignment, or the codes of a refusal.
    digest : str
        SHA-256 of the whole line in the log.
    """

    n: int
    at: str
    clock: str
    act: str
    detail: str
    digest: str

    @property
    def instant(self) -> datetime:
        """The instant of the act."""
        return datetime.fromisoformat(self.at)


def acts_of(log: Sequence[str]) -> list[Act]:
    """Give what is published of each line of a log; never a count, never a person."""
    return [_act(json.loads(line), of_text(line)) for line in log]


def _act(entry: dict[str, Any], digest: str) -> Act:
    name = str(entry["act"])
    detail = ",".join(entry.get("codes", ())) or str(entry.get(_DETAILS.get(name, ""), NOTHING))
    clock = str(entry.get("clock", "machine"))
    return Act(int(entry["n"]), str(entry["at"]), clock, name, detail, digest)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a package says of its draw, for a log to confirm.

    Attributes
    ----------
    assignment, exclusions : str
        A and X.
    commitment : str or None
        The commitment that the draw keeps; None for a plain draw, of which a log only shows
        that it was the only one.
    event : datetime or None
        The instant of the seed event.
    """

    assignment: str
    exclusions: str
    commitment: str | None = None
    event: datetime | None = None


def date_faults(acts: Sequence[Act], claim: Claim, *, where: str) -> Iterator[Fault]:
    """Say what a log, named by ``where``, holds against a draw."""
    draws = [act for act in acts if act.act == DRAW]
    if not any(act.detail == claim.assignment for act in draws):
        yield Fault("E-DATES-UNKNOWN-DRAW", where)
        return
    for act in draws:
        if act.detail != claim.assignment:
            yield Fault("E-DATES-SECOND-DRAW", f"{where}:{act.n}")
    if claim.commitment is not None:
        yield from _order_faults(acts, claim, where=where)


def _order_faults(acts: Sequence[Act], claim: Claim, *, where: str) -> Iterator[Fault]:
    """Say what was fixed after the event, or drawn before it."""
    event = claim.event
    commits = [act for act in acts if act.act == COMMIT]
    excludes = [act for act in acts if act.act == EXCLUDE]
    if event is None or not any(act.detail == claim.commitment for act in commits):
        yield Fault("E-DATES-NO-COMMITMENT", where)
        return
    last = excludes[-1].detail if excludes else of_bytes(b"")
    if last != claim.exclusions:
        yield Fault("E-DATES-EXCLUSIONS", where)
    late = [act for act in (*commits, *excludes) if act.instant >= event]
    early = [act for act in acts if act.act == DRAW and act.instant < event]
    for act in (*late, *early):
        values = {"act": act.act, "at": act.at, "event": event.isoformat()}
        yield Fault("E-DATES-ORDER", f"{where}:{act.n}", {**values})
