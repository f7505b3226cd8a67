"""Rehearsing: the same rule on the same list, many times over, with seeds that cannot be a draw's.

A rehearsal shows, before the day, that the rule keeps what it declares: each unit's chance of each
arm, no advantage in standing early or late in the list, and pairs of units together as often as
the design says. Its seeds read ``REHEARSAL-1``, ``REHEARSAL-2``...: outside RL1's grammar, so that
no program takes a rehearsal for a draw. Who would get what in a rehearsal is never kept: only
sums over all rehearsals are.

Some hundreds of rehearsals are held by RL1 itself, SHA-256 and all; the others feed the same
design with a NumPy generator's tickets, for speed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from reliance_eval.eligibility import Flow
from reliance_eval.errors import DataError, Fault, ProtocolError
from reliance_eval.lottery.commitment import Commitment
from reliance_eval.lottery.design import DESIGNS, PATIENCE, RAREST, Design, IntArray, Lots
from reliance_eval.lottery.examining import Examination, Tally, examined
from reliance_eval.lottery.holding import hold, lots_on
from reliance_eval.lottery.preparing import Terms, prepare

Source: TypeAlias = Literal["sha256", "numpy"]
Progress: TypeAlias = Callable[[int, int], None]

Held: TypeAlias = tuple[IntArray, IntArray]
"""Arms and ranks, (m, n) each, of m rehearsals."""

SEED = "REHEARSAL-{number}"
FEWEST = 100
"""Below it, a Monte-Carlo error is larger than any unfairness it could show."""
OFFICIAL = 500
"""Rehearsals held by RL1 itself, of lists of up to 2,000 units: some seconds."""
FEWEST_OFFICIAL = 50
"""Those held by RL1 on any longer list."""
CHUNK = 1 << 21
"""Tickets held at once."""
RECORDED = "recorded"


@dataclass(frozen=True, slots=True, eq=False)
class Rehearsal:
    """What many rehearsals of one lottery showed; nothing in it is about a unit by name.

    Attributes
    ----------
    design : str
        Name of the design.
    units : int
        Things that are drawn: units, or clusters.
    count : int
        Rehearsals asked for.
    commitment_id : str
        The commitment whose list was rehearsed; ``""`` where none was made yet.
    examinations : mapping of {"sha256", "numpy"} to Examination
        What was found with RL1's own tickets, and with a generator's.
    """

    design: str
    units: int
    count: int
    commitment_id: str
    examinations: dict[Source, Examination]

    @property
    def is_fair(self) -> bool:
        """Whether every check of every source stays within what chance explains."""
        return all(found.is_fair for found in self.examinations.values())


def rehearse(
    artefact: Flow | Commitment, *, count: int, progress: Progress | None = None
) -> Rehearsal:
    """Rehearse the lottery that a flow or a commitment leads to.

    Parameters
    ----------
    artefact : Flow or Commitment
        The list: as screened, or as committed.
    count : int
        Number of rehearsals, at least 100.
    progress : callable, optional
        Told how many rehearsals are done, of how many.

    Raises
    ------
    ProtocolError
        The draw was held elsewhere, or too few rehearsals are asked for.
    DataError
        The list cannot be drawn from (see ``prepare``).
    """
    flow: Flow = artefact.nearest(Flow)
    design = flow.protocol.clauses.lottery.design
    if design == RECORDED:
        raise ProtocolError(Fault("E-REHEARSAL-RECORDED"))
    if count < FEWEST:
        raise ProtocolError(Fault("E-REHEARSAL-FEW", "", {"n": count, "least": FEWEST}))
    terms = prepare(flow)
    lots = _lots(terms)
    affordable = max(FEWEST_OFFICIAL, OFFICIAL * 2_000 // max(len(terms.units), 1))
    official = min(count, OFFICIAL, affordable)
    sources: dict[Source, Iterator[Held]] = {
        "sha256": by_rl1(terms, count=official),
        "numpy": by_generator(DESIGNS[design], lots, count=count),
    }
    total, done = official + count, 0
    declared = DESIGNS[design].probabilities(lots)
    examinations: dict[Source, Examination] = {}
    for source, held in sources.items():
        tally = Tally(lots)
        for arms, ranks in held:
            tally.add(arms, ranks)
            done += len(arms)
            if progress is not None:
                progress(done, total)
        examinations[source] = examined(tally, declared)
    return Rehearsal(
        design=design,
        units=len(terms.units),
        count=count,
        commitment_id=artefact.id if isinstance(artefact, Commitment) else "",
        examinations=examinations,
    )


def by_rl1(terms: Terms, *, count: int) -> Iterator[Held]:
    """Hold RL1 with rehearsal seeds, one rehearsal at a time."""
    for number in range(1, count + 1):
        held = hold(terms.ballot(seed=SEED.format(number=number)))
        yield held.arms[None, :], held.ranks[None, :]


def by_generator(design: Design, lots: Lots, *, count: int) -> Iterator[Held]:
    """Hold the design with a generator's tickets, many rehearsals at a time.

    The generator is always seeded alike, so that two people who rehearse one list see one page.
    """
    rng = np.random.default_rng(list(b"REHEARSAL"))
    rows = max(1, CHUNK // lots.blocks.size)
    kept = tried = 0
    while kept < count:
        tickets = rng.random((min(rows, count - kept), lots.blocks.size))
        arms = design.allocate(tickets, lots)
        accepted = design.accepts(arms, lots)
        tried += len(arms)
        kept += int(accepted.sum())
        if tried >= PATIENCE and 2 * kept * RAREST < tried:
            raise DataError(Fault("E-LOTTERY-RARELY-BALANCED", "", {"n": kept, "tried": tried}))
        if accepted.any():
            yield arms[accepted], ranks_of(tickets[accepted], lots.blocks)


def ranks_of(tickets: npt.NDArray[np.float64], blocks: IntArray) -> IntArray:
    """Give each unit's rank in its block, from 1, by tickets between 0 and 1, (m, n)."""
    # Units of one block come together, in the order of their tickets.
    order = np.argsort(tickets + blocks, axis=-1)
    sizes = np.bincount(blocks)
    places = np.arange(blocks.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    ranks = np.empty(tickets.shape, dtype=np.int64)
    np.put_along_axis(ranks, order, np.broadcast_to(places + 1, tickets.shape), axis=-1)
    return ranks


def _lots(terms: Terms) -> Lots:
    ballot = terms.ballot(seed="")
    number = {name: code for code, name in enumerate(ballot.names)}
    codes = np.array([number[stratum] for stratum in terms.strata], dtype=np.int64)
    lots = lots_on(ballot, codes, np.ones(codes.size, dtype=np.bool_))
    return replace(lots, whole=1)  # a generator's tickets are shares of one
