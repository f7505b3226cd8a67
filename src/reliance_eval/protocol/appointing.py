"""What a public event must say for two strangers to read the same seed from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from reliance_eval.language.catalogue import Value
from reliance_eval.protocol.consistency import RECORDED
from reliance_eval.protocol.event import QUICKNET_GENESIS, QUICKNET_PERIOD, PublicEvent
from reliance_eval.protocol.finding import Finding, KeyPath
from reliance_eval.protocol.model import Clauses

PARIS = ZoneInfo("Europe/Paris")
"""The calendar in which a French procedure counts its days."""

DICE = "dice"
"""A source so named, or whose name begins so, is thrown by those present: never alone."""

_PATH: KeyPath = ("lottery", "event")


def event_findings(clauses: Clauses) -> Iterator[Finding]:
    """Give every contradiction of the event that a protocol leaves its seed to."""
    lottery = clauses.lottery
    event = lottery.event
    if event is None:
        return
    if lottery.seed is not None:
        yield Finding(("lottery", "seed"), "E-PROTOCOL-EVENT-SEED")
    if (event.supersedes is None) != (not event.because):
        missing = "supersedes" if event.supersedes is None else "because"
        yield Finding(_PATH, "E-PROTOCOL-MISSING-KEY", {"key": f"lottery.event.{missing}"})
    if lottery.design == RECORDED:
        yield Finding(_PATH, "E-PROTOCOL-EVENT-RECORDED")
    yield from _event(event, _PATH)
    if event.fallback is not None:
        yield from _event(event.fallback, (*_PATH, "fallback"))
    instants = [item.at for item in (event, event.fallback) if item is not None]
    if any(at.tzinfo is None for at in instants):
        return
    if event.fallback is not None and event.fallback.at <= event.at:
        yield Finding((*_PATH, "fallback", "at"), "E-PROTOCOL-EVENT-FALLBACK")
    if event.at.astimezone(PARIS).date() > lottery.day:
        days = {
            "day": lottery.day.isoformat(),
            "event": event.at.astimezone(PARIS).date().isoformat(),
        }
        yield Finding(("lottery", "day"), "E-PROTOCOL-EVENT-DAY", days)


def _event(event: PublicEvent, path: KeyPath) -> Iterator[Finding]:
    if event.at.tzinfo is None:
        yield Finding((*path, "at"), "E-PROTOCOL-EVENT-OFFSET")
    if event.source == "drand":
        yield from _drand(event, path)
    else:
        yield from _numbers(event, path)


def _drand(event: PublicEvent, path: KeyPath) -> Iterator[Finding]:
    if event.sources:
        yield _foreign(path, "sources", "drand")
    for key in ("network", "round"):
        if getattr(event, key) is None:
            name = ".".join(map(str, (*path, key)))
            yield Finding(path, "E-PROTOCOL-MISSING-KEY", {"key": name})
    if event.round is None or event.at.tzinfo is None:
        return
    published = datetime.fromtimestamp(
        QUICKNET_GENESIS + QUICKNET_PERIOD * (event.round - 1), tz=UTC
    )
    if published != event.at:
        values: dict[str, Value] = {"round": event.round, "instant": f"{published:%Y-%m-%dT%XZ}"}
        yield Finding((*path, "at"), "E-PROTOCOL-EVENT-ROUND", values)


def _numbers(event: PublicEvent, path: KeyPath) -> Iterator[Finding]:
    for key in ("network", "round"):
        if getattr(event, key) is not None:
            yield _foreign(path, key, "rfc3797")
    if not event.sources:
        name = ".".join(map(str, (*path, "sources")))
        yield Finding(path, "E-PROTOCOL-MISSING-KEY", {"key": name})
    elif all(source.casefold().startswith(DICE) for source in event.sources):
        yield Finding((*path, "sources"), "E-PROTOCOL-EVENT-DICE")


def _foreign(path: KeyPath, key: str, source: str) -> Finding:
    name = ".".join(map(str, (*path, key)))
    return Finding((*path, key), "E-PROTOCOL-EVENT-KEY", {"key": name, "source": source})
