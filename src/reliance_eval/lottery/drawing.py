"""``draw``: who is offered a place, by RL1, from the protocol, the frame and the seed alone."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from reliance_eval.eligibility import Flow
from reliance_eval.errors import DataError, Fault, ProtocolError
from reliance_eval.language.catalogue import Value
from reliance_eval.lottery.allocation import places_by_block
from reliance_eval.lottery.design import DESIGNS, FloatArray
from reliance_eval.lottery.framing import Frame, block_fault, frame_of, texts
from reliance_eval.lottery.holding import Ballot, Holding, hold
from reliance_eval.lottery.merging import merge_small_blocks
from reliance_eval.lottery.model import EXCLUDED, RESERVE, Draw, Quota
from reliance_eval.lottery.recording import record
from reliance_eval.lottery.seeds import is_canonical, is_plain
from reliance_eval.lottery.tickets import NO_STRATUM
from reliance_eval.protocol.model import Lottery
from reliance_eval.protocol.protocol import Protocol
from reliance_eval.registry import nearest

RECORDED = "recorded"
COMPLETE = "complete"


def draw(flow: Flow, *, seed: str | None = None) -> Draw:
    """Hold the lottery that the protocol announces, among the units of a flow.

    A ``recorded`` draw was held elsewhere: its arms are read and its counts checked. Any other is
    held by RL1; the row order, the types of the columns, the locale and the machine change
    nothing.

    Parameters
    ----------
    flow : Flow
        The eligible units and their blocks.
    seed : str, optional
        ``text:`` and 1 to 64 of ``[0-9A-Za-z_.-]``; by default the protocol's.

    Returns
    -------
    Draw

    Raises
    ------
    ProtocolError
        The seed is a public event, or none is named: such a draw needs a commitment, published
        before the event. Or the seed is not in canonical form; or the design has no rule here.
    DataError
        Fewer units than places; a block too small and no rule to merge it; an identifier
        missing, outside RL1's alphabet or there twice.
    """
    lottery = flow.protocol.clauses.lottery
    _check_design(lottery.design)
    if lottery.design == RECORDED:
        if seed is not None:
            raise ProtocolError(Fault("E-LOTTERY-RECORDED-SEED"))
        return record(flow)
    plain = _plain_seed(lottery.seed, seed)
    frame = frame_of(flow.eligible)
    _check_size(flow, len(frame.units))
    blocks, merged = _blocks(flow, frame)
    quotas = places_by_block(Counter(blocks), tuple(lottery.arms.values()))
    ballot = Ballot(
        protocol=flow.protocol.source,
        units=frame.units,
        strata=blocks,
        quotas=quotas,
        excluded=frozenset(),
        seed=plain,
    )
    return draw_of(flow, ballot, hold(ballot, design=lottery.design), merged=merged)


def _check_design(name: str) -> None:
    if name not in DESIGNS:
        known = DESIGNS.names()
        near = nearest(name, known) or known[0]
        raise ProtocolError(
            Fault(
                "E-LOTTERY-DESIGN",
                "",
                {"design": name, "known": ", ".join(known), "nearest": near},
            )
        )


def _plain_seed(declared: str | None, given: str | None) -> str:
    """Give the plain seed; a public event leaves no choice, whatever seed is given."""
    for seed in (declared, given):
        if seed is not None and not is_canonical(seed):
            raise ProtocolError(Fault("E-LOTTERY-SEED"))
        if seed is not None and not is_plain(seed):
            raise ProtocolError(Fault("E-LOTTERY-NO-COMMITMENT"))
    seed = given or declared
    if seed is None:
        raise ProtocolError(Fault("E-LOTTERY-NO-COMMITMENT"))
    return seed


def _check_size(flow: Flow, found: int) -> None:
    wanted = sum(flow.protocol.clauses.lottery.arms.values())
    if found >= wanted:
        return
    reasons = ", ".join(f"{step.criterion} {step.refused + step.unknown}" for step in flow.steps)
    values: dict[str, Value] = {"n": found, "wanted": wanted, "reasons": reasons or "-"}
    raise DataError(Fault("E-LOTTERY-TOO-FEW", "", values))


def _blocks(flow: Flow, frame: Frame) -> tuple[list[str], dict[str, str]]:
    """Give each unit's block at the draw, and what became of the blocks that were too small."""
    protocol = flow.protocol
    lottery = protocol.clauses.lottery
    if lottery.design == COMPLETE or not lottery.blocks:
        return [NO_STRATUM] * len(frame.units), {}
    along = lottery.blocks.index(lottery.merge) if lottery.merge in lottery.blocks else None
    merged = merge_small_blocks(
        Counter(frame.blocks),
        places=sum(lottery.arms.values()),
        codes=_codes(flow.eligible, lottery) if along is not None else {},
        along=along,
        levels=_levels(protocol, lottery) if along is not None else (),
    )
    if faults := [fault for name in sorted({*merged.values()}) if (fault := block_fault(name))]:
        raise DataError(faults)
    return [merged.get(block, block) for block in frame.blocks], merged


def _codes(eligible: pd.DataFrame, lottery: Lottery) -> dict[str, tuple[str, ...]]:
    columns = [f"{name}_band" for name in lottery.blocks]
    cells = eligible[["block", *columns]].drop_duplicates()
    codes = zip(*(texts(cells[column]) for column in columns), strict=True)
    return dict(zip(texts(cells["block"]), codes, strict=True))


def _levels(protocol: Protocol, lottery: Lottery) -> tuple[str, ...]:
    return protocol.variable(lottery.merge).levels if lottery.merge is not None else ()


def draw_of(flow: Flow, ballot: Ballot, held: Holding, *, merged: dict[str, str]) -> Draw:
    """Give the record of a lottery held on a flow's protocol."""
    lottery = flow.protocol.clauses.lottery
    arms = tuple(lottery.arms)
    units = pd.array(ballot.units, dtype="str")
    blocks = pd.array([*held.live], dtype="str")
    names = pd.array([*arms, EXCLUDED, RESERVE], dtype="str")
    assignment = pd.DataFrame(
        {
            "unit": units,
            "block": blocks[held.strata],
            "rank": pd.array(held.ranks, dtype="Int64"),
            "arm": names[held.arms],  # codes -2 and -1 count from the end
            "ticket": pd.array(held.tickets, dtype="str"),
            "cluster": units,
            "probability": _probabilities(ballot, held),
        }
    )
    assignment.loc[assignment["rank"] == 0, "rank"] = pd.NA
    return Draw(
        parent=flow,
        design=lottery.design,
        arms=arms,
        reference=lottery.control,
        quotas=tuple(
            Quota(block=block, places=ballot.quotas[block], live=live)
            for block, live in held.live.items()
        ),
        seed=ballot.seed,
        protocol_digest=held.protocol_digest,
        frame_digest=held.frame_digest,
        quota_digest=held.quota_digest,
        draw_key=held.draw_key,
        assignment_digest=held.assignment_digest,
        merged=merged,
        assignment=assignment,
    )


def _probabilities(ballot: Ballot, held: Holding) -> FloatArray:
    """Give each unit's probability of its own arm among those drawn in its block, (n,)."""
    places = np.array([ballot.quotas[block] for block in held.live], dtype=np.float64)
    own = (places / np.maximum(places.sum(axis=1), 1)[:, None])[held.strata, held.arms]
    return np.where(held.arms >= 0, own, np.nan)
