"""The facts of a draw, from the draw, its commitment and the log; nothing is typed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reliance_eval.errors import Fault, IntegrityError, ProtocolError, UnreadableInput
from reliance_eval.lottery import Draw, verify
from reliance_eval.lottery.commitment import Commitment
from reliance_eval.lottery.notice import clear_days
from reliance_eval.lottery.package import Package, package_of
from reliance_eval.protocol.model import PublicEvent

REFUSED = "-refused"
DRAW, COMMIT, EXCLUDE, MINUTES = "draw", "commit", "exclude", "minutes"


@dataclass(frozen=True, slots=True)
class Incident:
    """An attempt that was refused: its line in the log, its instant, its act, its code."""

    line: int
    at: datetime
    act: str
    code: str


@dataclass(frozen=True, slots=True)
class Excluded:
    """Units excluded for one reason between the commitment and the event."""

    reason: str
    n: int


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that must hold for the draw to stand; its words are keyed by its name."""

    name: str
    is_met: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facts:
    """What a procès-verbal states.

    Attributes
    ----------
    draw : Draw
    package : Package
        RL1's files, from the draw's own record.
    commitment : Commitment or None
        None for a plain draw.
    event : PublicEvent or None
        Where the seed came from: the event, or its fallback.
    fallback_reason : str
        Why the fallback stood in, ``""`` where it did not.
    held_at : datetime
        When the draw was held.
    is_declared : bool
        Whether some instant was declared rather than read off the machine.
    notice : int
        Clear days found between commitment and event.
    exclusions : tuple of Excluded
        By reason, in the order of their text.
    exclusions_at : datetime or None
        When the last of them was logged.
    incidents : tuple of Incident
    draw_line : int
        Line of the log that holds the draw.
    conditions : tuple of Condition
    """

    draw: Draw
    package: Package
    commitment: Commitment | None
    event: PublicEvent | None
    fallback_reason: str
    held_at: datetime
    is_declared: bool
    notice: int
    exclusions: tuple[Excluded, ...]
    exclusions_at: datetime | None
    incidents: tuple[Incident, ...]
    draw_line: int
    conditions: tuple[Condition, ...]

    @property
    def is_valid(self) -> bool:
        """Whether the draw stands."""
        return all(condition.is_met for condition in self.conditions)


def facts_of(draw: Draw, entries: Sequence[Mapping[str, Any]]) -> Facts:
    """Gather the facts of a draw.

    Parameters
    ----------
    draw : Draw
        Held by RL1.
    entries : sequence of mapping
        The study's log, its chain checked: ``n``, ``at``, ``act`` and what each act adds.

    Raises
    ------
    ProtocolError
        The draw was held elsewhere: there is nothing to vouch for.
    UnreadableInput
        The log holds no draw.
    """
    if draw.seed is None:
        raise ProtocolError(Fault("E-MINUTES-RECORDED"))
    held = [entry for entry in entries if entry["act"] == DRAW]
    if not held:
        raise UnreadableInput(Fault("E-MINUTES-NO-LINE", "log.jsonl"))
    found: Commitment | None = draw.nearest(Commitment)
    logged = _last(entries, EXCLUDE, found)
    is_fallback = held[0].get("event") == "fallback"
    event = None
    if found is not None:
        event = found.fallback if is_fallback and found.fallback is not None else found.event
    reasons: Mapping[str, int] = logged["reasons"] if logged is not None else {}
    return Facts(
        draw=draw,
        package=package_of(draw),
        commitment=found,
        event=event,
        fallback_reason=str(held[0].get("reason", "")) if is_fallback else "",
        held_at=_instant(held[0]),
        is_declared=_is_declared(found, held[0], logged),
        notice=0 if found is None else clear_days(found.at, found.event.at),
        exclusions=tuple(Excluded(why, n) for why, n in sorted(reasons.items())),
        exclusions_at=None if logged is None else _instant(logged),
        incidents=tuple(_incidents(entries)),
        draw_line=int(held[0]["n"]),
        conditions=tuple(_conditions(draw, found, event, held, logged)),
    )


def _conditions(
    draw: Draw,
    commitment: Commitment | None,
    event: PublicEvent | None,
    held: Sequence[Mapping[str, Any]],
    logged: Mapping[str, Any] | None,
) -> list[Condition]:
    conditions = []
    if commitment is not None and event is not None:
        days = clear_days(commitment.at, commitment.event.at)
        conditions += [
            Condition("notice", days >= commitment.notice_days),
            Condition("after_event", _instant(held[0]) >= event.at),
            Condition("exclusions", logged is None or _instant(logged) < commitment.event.at),
        ]
    digests = {entry.get("digest") for entry in held}
    return [
        *conditions,
        Condition("once", len(digests) == 1 and draw.digest in digests),
        Condition("again", _is_same(draw)),
    ]


def _is_same(draw: Draw) -> bool:
    """Hold the lottery again from its own files; a difference ends the draw, not this page."""
    try:
        verify(draw)
    except IntegrityError:
        return False
    return True


def _incidents(entries: Sequence[Mapping[str, Any]]) -> list[Incident]:
    """Give the attempts refused until these minutes were first drawn up: a signed act stays."""
    acts = tuple(act + REFUSED for act in (COMMIT, EXCLUDE, DRAW))
    first = next((n for n, entry in enumerate(entries) if entry["act"] == MINUTES), len(entries))
    return [
        Incident(
            line=int(entry["n"]),
            at=_instant(entry),
            act=str(entry["act"]).removesuffix(REFUSED),
            code=str(entry["code"]),
        )
        for entry in entries[:first]
        if entry["act"] in acts
    ]


def _last(
    entries: Sequence[Mapping[str, Any]], act: str, commitment: Commitment | None
) -> Mapping[str, Any] | None:
    found = [
        entry
        for entry in entries
        if commitment is not None and entry["act"] == act and entry["commitment"] == commitment.id
    ]
    return found[-1] if found else None


def _is_declared(
    commitment: Commitment | None, held: Mapping[str, Any], logged: Mapping[str, Any] | None
) -> bool:
    clocks = [entry.get("clock") for entry in (held, logged) if entry is not None]
    clocks.append(None if commitment is None else commitment.clock)
    return "declared" in clocks


def _instant(entry: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(str(entry["at"])).astimezone(UTC)
