"""Simulate: extracts of people who never existed, for a protocol, with their true effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from reliance_eval.eligibility import screen
from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.extract import read_extract
from reliance_eval.language.catalogue import Value
from reliance_eval.lottery import Draw
from reliance_eval.lottery import draw as hold
from reliance_eval.protocol import Protocol
from reliance_eval.registry import nearest
from reliance_eval.simulation import tables
from reliance_eval.simulation.files import (
    TRUTH,
    Target,
    check_fit,
    clear,
    known_before,
    targets,
)
from reliance_eval.simulation.intake import Intake
from reliance_eval.simulation.people import People, populate
from reliance_eval.simulation.settling import is_drawable_here, protocols, settings_of
from reliance_eval.simulation.society import Revealed, Society
from reliance_eval.simulation.tables import Table
from reliance_eval.simulation.truth import Truth, effects_of, untold
from reliance_eval.simulation.world import WORLDS, World
from reliance_eval.simulation.writing import file_bytes
from reliance_eval.storage import write_atomically

RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class Simulation:
    """What was written.

    Attributes
    ----------
    files : tuple of str
        Paths relative to the study folder, in the order they were written.
    households : int
        Households in the extract from which people are screened.
    eligible : int or None
        How many of them passed the screen; None where no draw is known.
    truth : Truth or None
        The true effects; None where no draw is known: only what precedes it was written.
    """

    files: tuple[str, ...]
    households: int
    eligible: int | None
    truth: Truth | None


def simulate(  # noqa: PLR0913
    protocol: Protocol,
    *,
    draw: Draw | None = None,
    households: int | None = None,
    seed: int | None = None,
    effects: float = 1.0,
    eligible_share: float | None = None,
) -> Simulation:
    """Write extracts of made-up people into a study's ``data/``, and the truth beside them.

    Both lives of every household, offered and not, exist before the draw; the draw decides which
    of them the extracts show.

    Parameters
    ----------
    protocol : Protocol
        Names the world, the extracts, their columns and codes.
    draw : Draw, optional
        The draw held. Without it, a plain seed (``text:``) is drawn here; with any other seed only
        what precedes the draw is written: simulate again once it is held.
    households, seed : int, optional
        Instead of those of the protocol's ``[simulation]``.
    effects : float
        Multiplies every true effect; 0 makes a programme that does nothing.
    eligible_share : float, optional
        Share of households made eligible, for small extracts with enough people.

    Raises
    ------
    ProtocolError
        The draw was held elsewhere, or waves leave their seeds to events; the world is unknown,
        or cannot fill these extracts.
    SealedError
        A file to be written was delivered by somebody: it carries no watermark.
    IntegrityError
        The draw was held on other people than this seed makes.
    """
    world = _world(protocol)
    check_fit(protocol)
    asked = protocol.clauses.simulation
    settings = settings_of(
        protocol,
        seed=asked.seed if seed is None else seed,
        households=asked.households if households is None else households,
        effects=effects,
        eligible_share=eligible_share,
    )
    is_drawable = draw is not None or is_drawable_here(protocol)
    files = targets(protocol, settings[0])
    due = tuple(file for file in files if is_drawable or known_before(file, protocol))
    clear(protocol, due)
    frame = protocol.clauses.eligibility.extract
    rest = tuple(file for file in due if file.extract != frame)
    written: tuple[str, ...] = ()
    intakes: list[Intake] = []
    for own, setting in zip(protocols(protocol), settings, strict=True):
        people = populate(world, setting)
        lists = {delivery.path for delivery in own.extract(frame).deliveries}
        first = tuple(f for f in due if f.extract == frame and f.delivery in lists)
        written += _write(protocol, first, _listing(people))
        if is_drawable and (draw is None or own is not protocol):
            draw = hold(screen(read_extract(frame, own)))
        intakes.append(Intake(Society.of(world, setting, people), draw))

    revealed = [intake.reveal() for intake in intakes]
    written += _write(protocol, rest, lambda file: _content(file, intakes, revealed))
    truth = _truth(protocol, intakes) if is_drawable else None
    if truth is not None:
        write_atomically(protocol.folder / TRUTH, truth.to_json())
        written += (TRUTH,)
    return Simulation(
        files=written,
        households=sum(setting.households for setting in settings),
        eligible=sum(len(intake.eligible) for intake in intakes) if is_drawable else None,
        truth=truth,
    )


def _world(protocol: Protocol) -> World:
    name, known = protocol.clauses.simulation.world, WORLDS.names()
    if protocol.clauses.lottery.design == RECORDED:
        raise ProtocolError(Fault("E-SIMULATION-RECORDED", "lottery.design"))
    if protocol.clauses.lottery.waves and not is_drawable_here(protocol):
        raise ProtocolError(Fault("E-SIMULATION-WAVES", "lottery.waves"))
    if name not in WORLDS:
        values: dict[str, Value] = {
            "world": name,
            "known": nearest(name, known) or ", ".join(known),
        }
        raise ProtocolError(Fault("E-SIMULATION-UNKNOWN-WORLD", "simulation.world", values))
    return WORLDS[name]


def _listing(people: People) -> Callable[[Target], list[Table]]:
    return lambda _file: [tables.households(people)]


def _content(file: Target, intakes: list[Intake], revealed: list[Revealed]) -> list[Table]:
    if file.extract == "monthly":
        start = intakes[0].society.setting.months.start
        part = slice(file.months.start - start, file.months.stop - start)
        months = zip(*(shown.months[part] for shown in revealed), strict=True)
        return [table for month in months for table in month]
    # A register and a survey hold nobody before the draw that put them there.
    shown = [
        part
        for intake, part in zip(intakes, revealed, strict=True)
        if len(intakes) == 1 or intake.society.setting.day <= file.extracted_on
    ]
    if file.extract == "participation":
        return [tables.signed_by(part.register, file.extracted_on) for part in shown]
    return [part.interviews.until(file.extracted_on) for part in shown]


def _truth(protocol: Protocol, intakes: list[Intake]) -> Truth:
    """Compare the two lives of every eligible household."""
    told = [intake.told(protocol) for intake in intakes]
    takes_up = np.concatenate([intake.pair.takes_up for intake in told])
    drawn = np.concatenate([intake.pair.drawn for intake in told])
    setting = intakes[0].society.setting
    return Truth(
        effects=effects_of(protocol, told),
        take_up=float(takes_up.mean()),
        sample_take_up=float(takes_up[drawn].mean()),
        seed=setting.seed,
        households=sum(intake.society.setting.households for intake in intakes),
        untold=untold(protocol, setting),
    )


def _write(
    protocol: Protocol, files: tuple[Target, ...], content: Callable[[Target], list[Table]]
) -> tuple[str, ...]:
    """Write files and give their paths; a delivery without a row has not come yet."""
    written: list[str] = []
    for file in files:
        clause, path = protocol.extract(file.extract), protocol.folder / file.path
        rows = [table for table in content(file) if len(table.ids)]
        if rows:
            write_atomically(path, file_bytes(file.path, rows, clause))
            written.append(file.path)
        else:
            path.unlink(missing_ok=True)
    return tuple(written)
