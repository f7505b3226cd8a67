"""Holding RL1: from what was fixed before the seed, and the seed, to every unit's place.

This is the definition itself, read by the official draw and by its verification alike. The
places are given out by a registered design, the same that inference replays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from reliance_eval.errors import DataError, Fault
from reliance_eval.fingerprint import of_bytes
from reliance_eval.lottery import package as files
from reliance_eval.lottery.design import DESIGNS, BoolArray, IntArray, Lots
from reliance_eval.lottery.tickets import (
    WHOLE,
    attempt_key,
    digests_of,
    draw_key,
    numbers_of,
    positions_of,
)

EXCLUDED_CODE = -2

ATTEMPTS = 100_000
"""Attempts after which a re-randomised draw is given up. Preparing refuses bounds that fewer than
about one assignment in 1,000 is within, so that this many would all fail by e^-50 at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Ballot:
    """What a lottery is held on.

    Attributes
    ----------
    protocol : bytes
        The protocol file as it stands.
    units : list of str
        Everything that is drawn, once, in byte order: units, or clusters where clusters are drawn.
    strata : list of str
        The block of each unit.
    quotas : mapping of str to tuple of int
        Places of each block by arm; empty for a simple draw.
    excluded : frozenset of str
        Units excluded after the commitment and before the seed.
    seed : str
        The seed in canonical form.
    odds : mapping of str to (int, int)
        Of a simple draw: a chance of a in b of the first arm, by block.
    covariates : (n, k) int array, optional
        Of a re-randomised draw: the whole numbers of each unit.
    bounds : tuple of int
        Of a re-randomised draw.
    """

    protocol: bytes
    units: list[str]
    strata: list[str]
    quotas: dict[str, tuple[int, ...]]
    excluded: frozenset[str]
    seed: str
    odds: dict[str, tuple[int, int]] = field(default_factory=dict)
    covariates: IntArray | None = None
    bounds: tuple[int, ...] = ()

    @property
    def design(self) -> str:
        """The rule that these files tell of; the others are this one on another frame."""
        return "simple" if self.odds else "rerandomised" if self.bounds else "stratified"

    @property
    def names(self) -> list[str]:
        """The blocks, in byte order."""
        return sorted(self.odds or self.quotas)

    @property
    def arms(self) -> int:
        """How many arms there are."""
        return 2 if self.odds else len(next(iter(self.quotas.values())))


@dataclass(frozen=True, slots=True, eq=False)
class Holding:
    """A lottery as held.

    Attributes
    ----------
    protocol_digest, frame_digest, quota_digest, draw_key, assignment_digest : str
        P, F, Q, K and A; Q is the digest of the odds in a simple draw.
    attempts : int
        j of a re-randomised draw; 0 in any other.
    ticket_key : str
        What tickets are made from: K, or K_j in a re-randomised draw.
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
    attempts: int
    ticket_key: str
    tickets: list[str]
    strata: IntArray
    arms: IntArray
    ranks: IntArray
    live: dict[str, int]
    assignment: bytes


def hold(ballot: Ballot, *, design: str | None = None) -> Holding:
    """Hold the lottery.

    Parameters
    ----------
    ballot : Ballot
    design : str, optional
        A registered design; by default the one that the ballot's files tell of.

    Raises
    ------
    DataError
        A block announces more places than it has live units; said before the seed is used. Or no
        attempt of a re-randomised draw is within its bounds.
    """
    names = ballot.names
    number = {name: code for code, name in enumerate(names)}
    codes = np.array([number[stratum] for stratum in ballot.strata], dtype=np.int64)
    is_live = np.array([unit not in ballot.excluded for unit in ballot.units], dtype=np.bool_)
    lots = lots_on(ballot, codes, is_live)
    live = np.bincount(lots.blocks, minlength=len(names)).tolist()
    check_quotas(ballot.quotas, dict(zip(names, live, strict=True)))

    protocol = of_bytes(ballot.protocol)
    frame = of_bytes(files.frame_file(ballot.units, ballot.strata))
    quota = of_bytes(files.quota_file(ballot.odds or ballot.quotas))
    key = draw_key(protocol=protocol, frame=frame, quota=quota, seed=ballot.seed)
    tried = _accepted(ballot, key, lots, is_live, design=design or ballot.design)

    tickets = [ticket.hex() for ticket in tried.digests]
    arms = np.full(codes.size, EXCLUDED_CODE, dtype=np.int64)
    arms[is_live] = tried.arms
    # Live units of a block come before its excluded ones; within each, the order of tickets.
    order = np.lexsort((tried.positions, ~is_live, codes))
    ranks = _ranks(codes, is_live, order)
    lines = zip(
        map(ballot.units.__getitem__, order.tolist()),
        map(ballot.strata.__getitem__, order.tolist()),
        ranks[order].tolist(),
        arms[order].tolist(),
        map(tickets.__getitem__, order.tolist()),
        strict=True,
    )
    assignment = files.assignment_file(lines, arms=ballot.arms)
    return Holding(
        protocol_digest=protocol,
        frame_digest=frame,
        quota_digest=quota,
        draw_key=key,
        assignment_digest=of_bytes(assignment),
        attempts=tried.attempt,
        ticket_key=tried.key,
        tickets=tickets,
        strata=codes,
        arms=arms,
        ranks=ranks,
        live=dict(zip(names, live, strict=True)),
        assignment=assignment,
    )


def lots_on(ballot: Ballot, codes: IntArray, is_live: BoolArray) -> Lots:
    """Give the lots of a ballot's live units."""
    names = ballot.names
    shape = (len(names), ballot.arms)
    places = [ballot.quotas[name] for name in names] if ballot.quotas else np.zeros(shape)
    covariates = bounds = None
    if ballot.covariates is not None:
        covariates = ballot.covariates[is_live]
        bounds = np.array(ballot.bounds, dtype=np.int64)
    return Lots(
        blocks=codes[is_live],
        places=np.asarray(places, dtype=np.int64),
        clusters=np.arange(int(is_live.sum())),
        odds=np.array([ballot.odds[name] for name in names]) if ballot.odds else None,
        covariates=covariates,
        bounds=bounds,
        whole=WHOLE,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Try:
    """One attempt: its key, every unit's ticket and position, and the arms of the live units."""

    attempt: int
    key: str
    digests: list[bytes]
    positions: npt.NDArray[np.int64]
    arms: IntArray


def _accepted(ballot: Ballot, key: str, lots: Lots, is_live: BoolArray, *, design: str) -> _Try:
    """Give the first attempt that the design accepts: the only one, unless it is re-randomised."""
    rule = DESIGNS[design]
    for attempt, ticket_key in enumerate(_keys(ballot, key)):
        digests = digests_of(ballot.units, key=ticket_key)
        positions = positions_of(digests)
        tickets = numbers_of(digests) if ballot.odds else positions
        arms = rule.allocate(tickets[is_live], lots)
        if rule.accepts(arms, lots):
            return _Try(attempt, ticket_key, digests, positions, arms)
    raise DataError(Fault("E-LOTTERY-RARELY-BALANCED", "", {"n": 0, "tried": ATTEMPTS}))


def _keys(ballot: Ballot, key: str) -> Iterator[str]:
    if ballot.covariates is None:
        yield key
        return
    covariates = of_bytes(files.covariates_file(ballot.units, ballot.covariates))
    bounds = of_bytes(files.bounds_file(ballot.bounds))
    for attempt in range(ATTEMPTS):
        yield attempt_key(key, covariates=covariates, bounds=bounds, attempt=attempt)


def check_quotas(quotas: dict[str, tuple[int, ...]], live: dict[str, int]) -> None:
    """Raise for every block that announces more places than it has live units."""
    faults = [
        Fault("E-LOTTERY-QUOTA", "", {"block": block, "places": sum(places), "n": live[block]})
        for block, places in sorted(quotas.items())
        if sum(places) > live[block]
    ]
    if faults:
        raise DataError(faults)


def _ranks(codes: IntArray, is_live: BoolArray, order: IntArray) -> IntArray:
    starts = np.searchsorted(codes[order], codes[order], side="left")
    ranks = np.empty(codes.size, dtype=np.int64)
    ranks[order] = np.arange(1, codes.size + 1) - starts
    return np.where(is_live, ranks, 0)
