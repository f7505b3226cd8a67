"""Holding RL1: from what was fixed before the seed, and the seed, to every unit's place.

This is the definition itself, read by the official draw and by its verification alike. The
places are given out by a registered design, the same that inference replays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reliance_eval.errors import DataError, Fault
from reliance_eval.fingerprint import of_bytes
from reliance_eval.lottery.design import DESIGNS, IntArray, Lots
from reliance_eval.lottery.package import assignment_file, frame_file, quota_file
from reliance_eval.lottery.tickets import draw_key, tickets_of

EXCLUDED_CODE = -2


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a lottery is held on.

    Attributes
    ----------
    protocol : bytes
        The protocol file as it stands.
    units : list of str
        Every unit of the frame, once, in byte order.
    strata : list of str
        The block of each unit.
    quotas : mapping of str to tuple of int
        Places of each block by arm.
    excluded : frozenset of str
        Units excluded after the commitment and before the seed.
    seed : str
        The seed in canonical form.
    """

    protocol: bytes
    units: list[str]
    strata: list[str]
    quotas: dict[str, tuple[int, ...]]
    excluded: frozenset[str]
    seed: str


@dataclass(frozen=True, slots=True, eq=False)
class Holding:
    """A lottery as held.

    Attributes
    ----------
    protocol_digest, frame_digest, quota_digest, draw_key, assignment_digest : str
        P, F, Q, K and A.
    tickets : list of str
        Ticket of each unit, in the order of the ballot.
    strata : (n,) int array
        Stratum of each unit, as its position among the names of ``live``.
    arms : (n,) int array
        Arm of each unit; -1 in reserve, -2 excluded.
    ranks : (n,) int array
        Rank in its block, from 1; 0 if excluded.
    live : mapping of str to int
        Units of each block that are not excluded.
    assignment : bytes
        ``assignment.tsv``.
    """

    protocol_digest: str
    frame_digest: str
    quota_digest: str
    draw_key: str
    assignment_digest: str
    tickets: list[str]
    strata: IntArray
    arms: IntArray
    ranks: IntArray
    live: dict[str, int]
    assignment: bytes


def hold(ballot: Ballot, *, design: str = "stratified") -> Holding:
    """Hold the lottery.

    Raises
    ------
    DataError
        A block announces more places than it has live units; said before the seed is used.
    """
    names = sorted(ballot.quotas)
    number = {name: code for code, name in enumerate(names)}
    codes = np.array([number[stratum] for stratum in ballot.strata], dtype=np.int64)
    is_live = np.array([unit not in ballot.excluded for unit in ballot.units], dtype=np.bool_)
    live = np.bincount(codes[is_live], minlength=len(names)).tolist()
    _check_quotas(ballot.quotas, dict(zip(names, live, strict=True)))

    protocol = of_bytes(ballot.protocol)
    frame = of_bytes(frame_file(ballot.units, ballot.strata))
    quota = of_bytes(quota_file(ballot.quotas))
    key = draw_key(protocol=protocol, frame=frame, quota=quota, seed=ballot.seed)
    tickets = tickets_of(ballot.units, key=key)

    position = _positions(tickets)
    arms = np.full(codes.size, EXCLUDED_CODE, dtype=np.int64)
    lots = Lots(
        blocks=codes[is_live],
        places=np.array([ballot.quotas[name] for name in names], dtype=np.int64),
        clusters=np.arange(int(is_live.sum())),
    )
    arms[is_live] = DESIGNS[design].allocate(position[is_live], lots)
    # Live units of a block come before its excluded ones; within each, the order of tickets.
    order = np.lexsort((position, ~is_live, codes))
    ranks = _ranks(codes, is_live, order)
    lines = zip(
        map(ballot.units.__getitem__, order.tolist()),
        map(ballot.strata.__getitem__, order.tolist()),
        ranks[order].tolist(),
        arms[order].tolist(),
        map(tickets.__getitem__, order.tolist()),
        strict=True,
    )
    assignment = assignment_file(lines, arms=lots.places.shape[1])
    return Holding(
        protocol_digest=protocol,
        frame_digest=frame,
        quota_digest=quota,
        draw_key=key,
        assignment_digest=of_bytes(assignment),
        tickets=tickets,
        strata=codes,
        arms=arms,
        ranks=ranks,
        live=dict(zip(names, live, strict=True)),
        assignment=assignment,
    )


def _check_quotas(quotas: dict[str, tuple[int, ...]], live: dict[str, int]) -> None:
    faults = [
        Fault("E-LOTTERY-QUOTA", "", {"block": block, "places": sum(places), "n": live[block]})
        for block, places in sorted(quotas.items())
        if sum(places) > live[block]
    ]
    if faults:
        raise DataError(faults)


def _positions(tickets: list[str]) -> IntArray:
    """Give each unit's position in the order (ticket, unit): the units are already sorted."""
    order = sorted(range(len(tickets)), key=tickets.__getitem__)
    position = np.empty(len(tickets), dtype=np.int64)
    position[order] = np.arange(len(tickets))
    return position


def _ranks(codes: IntArray, is_live: npt.NDArray[np.bool_], order: IntArray) -> IntArray:
    starts = np.searchsorted(codes[order], codes[order], side="left")
    ranks = np.empty(codes.size, dtype=np.int64)
    ranks[order] = np.arange(1, codes.size + 1) - starts
    return np.where(is_live, ranks, 0)
