"""Waves: the protocol as one yearly intake sees it, and what the intakes must say of each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise

from reliance_eval.language.catalogue import Value
from reliance_eval.protocol.appointing import event_findings
from reliance_eval.protocol.consistency import RECORDED
from reliance_eval.protocol.finding import Finding, KeyPath
from reliance_eval.protocol.model import Clauses, Wave
from reliance_eval.protocol.protocol import Protocol

RERANDOMISED = "rerandomised"
SIMPLE = "simple"


def at_wave(protocol: Protocol, name: str) -> Protocol:
    """Give the protocol of one wave: its own days, places and seed, and the list of its time.

    Its bytes, and so their digest, are those of the whole protocol. Of the extract that units are
    screened on, it knows what was extracted after the draw of the wave before and up to its own.
    """
    return replace(protocol, clauses=clauses_at(protocol.clauses, name))


def clauses_at(clauses: Clauses, name: str) -> Clauses:
    """Give the clauses of one wave."""
    waves = clauses.lottery.waves
    index = [wave.name for wave in waves].index(name)
    wave = waves[index]
    since = waves[index - 1].day if index else date.min
    own = {key: getattr(wave, key) for key in ("day", "size", "arms", "seed", "event")}
    eligibility = clauses.eligibility
    frame = clauses.extracts[eligibility.extract]
    delivered = tuple(d for d in frame.deliveries if since < d.extracted_on <= wave.day)
    narrowed = frame.model_copy(update={"deliveries": delivered})
    return clauses.model_copy(
        update={
            "lottery": clauses.lottery.model_copy(update={**own, "waves": ()}),
            "eligibility": eligibility.model_copy(update={"on": wave.on}),
            "extracts": {**clauses.extracts, eligibility.extract: narrowed},
        }
    )


def wave_findings(clauses: Clauses) -> Iterator[Finding]:
    """Give every contradiction between waves, and between them and the lottery they are of."""
    lottery = clauses.lottery
    if not lottery.waves:
        return
    for key in ("seed", "event"):
        if getattr(lottery, key) is not None:
            yield Finding(("lottery", key), "E-PROTOCOL-WAVES-SEED", {"key": key})
    if lottery.design in (RECORDED, RERANDOMISED):
        yield Finding(("lottery", "design"), "E-PROTOCOL-WAVES-DESIGN", {"design": lottery.design})
        return
    first = lottery.waves[0]
    if (lottery.day, clauses.eligibility.on) != (first.day, first.on):
        values: dict[str, Value] = {"day": first.day.isoformat(), "on": first.on.isoformat()}
        yield Finding(("lottery", "day"), "E-PROTOCOL-WAVES-FIRST", values)
    for arm, places in lottery.arms.items():
        if (found := sum(wave.arms.get(arm, 0) for wave in lottery.waves)) != places:
            values = {"arm": arm, "places": places, "found": found}
            yield Finding(("lottery", "arms"), "E-PROTOCOL-WAVES-TOTAL", values)
    for index, wave in enumerate(lottery.waves):
        yield from _wave(clauses, wave, ("lottery", "waves", index))
    for index, (before, after) in enumerate(pairwise(lottery.waves), start=1):
        if after.day <= before.day:
            yield Finding(("lottery", "waves", index, "day"), "E-PROTOCOL-WAVES-ORDER")
    yield from _twice(lottery.waves)


def _wave(clauses: Clauses, wave: Wave, path: KeyPath) -> Iterator[Finding]:
    lottery = clauses.lottery
    if tuple(wave.arms) != tuple(lottery.arms) or min(wave.arms.values(), default=0) < 1:
        values: dict[str, Value] = {"wave": wave.name, "arms": ", ".join(lottery.arms)}
        yield Finding((*path, "arms"), "E-PROTOCOL-WAVES-ARMS", values)
        return
    places = sum(wave.arms.values())
    if wave.size is None and lottery.design != SIMPLE:
        key = f"lottery.waves.{wave.name}.size"
        yield Finding(path, "E-PROTOCOL-MISSING-KEY", {"key": key})
    if wave.size is not None and places != wave.size:
        sum_of = " + ".join(str(n) for n in wave.arms.values())
        values = {"sum": sum_of, "places": places, "size": wave.size}
        yield Finding((*path, "arms"), "E-PROTOCOL-ARMS-SUM", values)
    for found in event_findings(clauses_at(clauses, wave.name)):
        yield Finding((*path, *found.path[1:]), found.code, found.values)


def _twice(waves: tuple[Wave, ...]) -> Iterator[Finding]:
    """Say which name or plain seed is given twice: one seed for two lists is one lottery known."""
    for key, code in (("name", "E-PROTOCOL-NAME-TWICE"), ("seed", "E-PROTOCOL-WAVES-SAME-SEED")):
        given = [getattr(wave, key) for wave in waves]
        for index, value in enumerate(given):
            if value is not None and value in given[:index]:
                yield Finding(("lottery", "waves", index, key), code, {"name": value})
