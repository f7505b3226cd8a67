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
from reliance_eval.lottery.seeds import is_plain
from reliance_eval.months import MONTHS_A_YEAR, month_number
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
from reliance_eval.simulation.people import populate
from reliance_eval.simulation.society import Revealed, Society
from reliance_eval.simulation.tables import Table
from reliance_eval.simulation.truth import Pair, Truth, effects_of, untold
from reliance_eval.simulation.world import WORLDS, BoolArray, Setting, World
from reliance_eval.simulation.writing import file_bytes
from reliance_eval.storage import write_atomically

# Two calendar years before the draw's: enough for covariates, and for seeing no effect before it.
YEARS_BEFORE = 2
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
        The draw was held elsewhere, the world is unknown, or it cannot fill these extracts.
    SealedError
        A file to be written was delivered by somebody: it carries no watermark.
    IntegrityError
        The draw was held on other people than this seed makes.
    """
    world = _world(protocol)
    check_fit(protocol)
    asked = protocol.clauses.simulation
    setting = _setting(
        protocol,
        seed=asked.seed if seed is None else seed,
        households=asked.households if households is None else households,
        effects=effects,
        eligible_share=eligible_share,
    )
    is_drawable = draw is not None or is_plain(protocol.clauses.lottery.seed or "")
    files = targets(protocol, setting)
    due = tuple(file for file in files if is_drawable or known_before(file, protocol))
    clear(protocol, due)
    frame = protocol.clauses.eligibility.extract
    first = tuple(file for file in due if file.extract == frame)
    rest = tuple(file for file in due if file not in first)
    people = populate(world, setting)
    written = _write(protocol, first, lambda _: [tables.households(people)])
    if is_drawable and draw is None:
        draw = hold(screen(read_extract(frame, protocol)))

    society = Society.of(world, setting, people)
    truth = None if draw is None else _truth(protocol, society, draw)
    offered, drawn = _sides(society, draw)
    revealed = society.reveal(offered=offered, asked=drawn)
    written += _write(protocol, rest, lambda file: _content(file, revealed, setting))
    if truth is not None:
        write_atomically(protocol.folder / TRUTH, truth.to_json())
        written += (TRUTH,)
    return Simulation(
        files=written,
        households=setting.households,
        eligible=None if draw is None else len(draw.parent.eligible),
        truth=truth,
    )


def _world(protocol: Protocol) -> World:
    name, known = protocol.clauses.simulation.world, WORLDS.names()
    if protocol.clauses.lottery.design == RECORDED:
        raise ProtocolError(Fault("E-SIMULATION-RECORDED", "lottery.design"))
    if name not in WORLDS:
        values: dict[str, Value] = {
            "world": name,
            "known": nearest(name, known) or ", ".join(known),
        }
        raise ProtocolError(Fault("E-SIMULATION-UNKNOWN-WORLD", "simulation.world", values))
    return WORLDS[name]


def _setting(
    protocol: Protocol,
    *,
    seed: int,
    households: int,
    effects: float,
    eligible_share: float | None,
) -> Setting:
    return Setting(
        seed=seed,
        households=households,
        on=protocol.clauses.eligibility.on,
        day=protocol.clauses.lottery.day,
        months=_months(protocol),
        waves=_waves(protocol),
        eligible_share=eligible_share,
        effects=effects,
    )


def _months(protocol: Protocol) -> range:
    """Give whole years: from two before the draw's to the one in which the last horizon is due."""
    clauses = protocol.clauses
    drawn = month_number(clauses.lottery.day)
    hindsight = max(clause.hindsight_months for clause in clauses.extracts.values())
    furthest = max(max(outcome.horizons_months) for outcome in clauses.outcomes)
    first = (drawn // MONTHS_A_YEAR - YEARS_BEFORE) * MONTHS_A_YEAR
    last = ((drawn + furthest + hindsight) // MONTHS_A_YEAR + 1) * MONTHS_A_YEAR
    return range(first, last)


def _waves(protocol: Protocol) -> tuple[int, ...]:
    extracts = protocol.clauses.extracts
    asked = (o for o in protocol.clauses.outcomes if extracts[o.from_.extract].kind == "events")
    return tuple(sorted({month for outcome in asked for month in outcome.horizons_months}))


def _content(file: Target, revealed: Revealed, setting: Setting) -> list[Table]:
    if file.extract == "monthly":
        start = setting.months.start
        return list(revealed.months[file.months.start - start : file.months.stop - start])
    if file.extract == "participation":
        return [tables.signed_by(revealed.register, file.extracted_on)]
    return [revealed.interviews.until(file.extracted_on)]


def _sides(society: Society, draw: Draw | None) -> tuple[BoolArray, BoolArray]:
    """Mark who was offered a place, and who was drawn; nobody without a draw."""
    if draw is None:
        nobody = np.zeros(society.setting.households, dtype=bool)
        return nobody, nobody
    drawn = draw.drawn
    is_offered = (drawn["arm"] != draw.reference).to_numpy()
    units = drawn["unit"].to_numpy()
    return society.mark(units[is_offered]), society.mark(units)


def _truth(protocol: Protocol, society: Society, draw: Draw) -> Truth:
    """Compare the two lives of every eligible household."""
    setting, eligible = society.setting, draw.parent.eligible
    rows = society.rows(eligible["unit"].to_numpy())
    takes_up = society.people.takes_up[rows]
    in_sample = _sides(society, draw)[1][rows]
    pair = Pair(
        without=society.potential(rows, served=np.zeros(len(rows), dtype=bool)),
        with_=society.potential(rows, served=takes_up),
        takes_up=takes_up,
        drawn=in_sample,
    )
    groups = {"": np.ones(len(rows), dtype=bool)}
    for subgroup in protocol.clauses.subgroups:
        for level in protocol.variable(subgroup.variable).levels:
            band = eligible[f"{subgroup.variable}_band"].to_numpy()
            groups[f"{subgroup.variable}={level}"] = np.asarray(band == level)
    return Truth(
        effects=effects_of(protocol, setting, pair, groups),
        take_up=float(takes_up.mean()),
        sample_take_up=float(takes_up[in_sample].mean()),
        seed=setting.seed,
        households=setting.households,
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
