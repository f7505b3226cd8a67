"""Foreseeing: a protocol as it will stand on the last day, every delivery come, for made-up people.

The promised analyses are simulated before there is anything to analyse: deliveries are still to be
named, and a seed may be left to an event to come. Nothing else of the protocol is touched.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from reliance_eval.errors import Fault
from reliance_eval.months import add_months
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Delivery, ExtractClause, Lottery
from reliance_eval.simulation.files import misfits

RECORDED = "recorded"
SEED = "text:diagnosis-{number}"
MARGIN_MONTHS = 2
"""Months between the end of the last horizon, its hindsight included, and the last delivery."""


def why_not(protocol: Protocol) -> tuple[Fault, ...]:
    """Give what keeps the analyses of a protocol from being simulated; nothing where they can."""
    if protocol.clauses.lottery.design == RECORDED:
        return (Fault("E-SIMULATION-RECORDED", "lottery.design"),)
    return tuple(misfits(foreseen(protocol, protocol.folder, number=0)))


def foreseen(protocol: Protocol, folder: Path, *, number: int) -> Protocol:
    """Give the protocol of one simulated trial, whose files are in a folder of its own.

    Parameters
    ----------
    protocol : Protocol
    folder : Path
        Where made-up extracts are written.
    number : int
        Of the trial: each has its own seed.
    """
    clauses = protocol.clauses
    frame = clauses.eligibility.extract
    extracts = {
        name: _delivered(name, clause, _days(protocol, clause, is_frame=name == frame))
        for name, clause in clauses.extracts.items()
    }
    # Evolutions have no power of their own: months are not followed again and again.
    changes = {
        "extracts": extracts,
        "lottery": _seeded(clauses.lottery, number),
        "dynamics": (),
    }
    return replace(protocol, clauses=clauses.model_copy(update=changes), folder=folder)


def _days(protocol: Protocol, clause: ExtractClause, *, is_frame: bool) -> tuple[date, ...]:
    """Give the days of an extract's deliveries: the list before each draw, the rest at the end."""
    lottery = protocol.clauses.lottery
    days = tuple(wave.day for wave in lottery.waves) or (lottery.day,)
    if is_frame:
        known = {delivery.extracted_on for delivery in clause.deliveries}
        return tuple(
            max((d for d in known if since < d <= day), default=day)
            for since, day in zip((date.min, *days), days, strict=False)
        )
    furthest = max(max(outcome.horizons_months) for outcome in protocol.clauses.outcomes)
    after = furthest + clause.hindsight_months + MARGIN_MONTHS
    return (add_months(max(days), after) + timedelta(days=1),)


def _delivered(name: str, clause: ExtractClause, days: tuple[date, ...]) -> ExtractClause:
    deliveries = tuple(
        Delivery(path=f"data/{name}-{number}.parquet", extracted_on=day)
        for number, day in enumerate(days, start=1)
    )
    return clause.model_copy(update={"deliveries": deliveries})


def _seeded(lottery: Lottery, number: int) -> Lottery:
    waves = tuple(
        wave.model_copy(update={"seed": SEED.format(number=f"{number}-{place}"), "event": None})
        for place, wave in enumerate(lottery.waves)
    )
    seed = None if waves else SEED.format(number=number)
    return lottery.model_copy(update={"seed": seed, "event": None, "waves": waves})
