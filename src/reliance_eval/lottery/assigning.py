"""The record of a lottery that was held: every unit's place, from RL1's own answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from reliance_eval.eligibility import Flow
from reliance_eval.lottery.commitment import Commitment
from reliance_eval.lottery.design import FloatArray, IntArray
from reliance_eval.lottery.framing import frame_of, texts
from reliance_eval.lottery.holding import Ballot, Holding
from reliance_eval.lottery.model import EXCLUDED, RESERVE, Draw
from reliance_eval.lottery.places import Quota
from reliance_eval.lottery.preparing import CLUSTERED


def draw_of(
    parent: Flow | Commitment,
    ballot: Ballot,
    held: Holding,
    *,
    merged: dict[str, str],
    commitment_id: str = "",
) -> Draw:
    """Give the record of a lottery.

    Parameters
    ----------
    parent : Flow or Commitment
        What the draw was held on.
    ballot : Ballot
    held : Holding
    merged : mapping of str to str
        Blocks that were merged before the draw, and the block they joined.
    commitment_id : str
        The commitment that the draw keeps.
    """
    flow: Flow = parent.nearest(Flow)
    lottery = flow.protocol.clauses.lottery
    arms = tuple(lottery.arms)
    is_clustered = lottery.design == CLUSTERED
    places = _places(ballot, held)
    drawn = _drawn(ballot, held, arms)
    return Draw(
        parent=parent,
        design=lottery.design,
        arms=arms,
        reference=lottery.control,
        quotas=tuple(
            Quota(block=block, places=tuple(own), live=live)
            for (block, live), own in zip(held.live.items(), places.tolist(), strict=True)
        ),
        seed=ballot.seed,
        protocol_digest=held.protocol_digest,
        frame_digest=held.frame_digest,
        quota_digest=held.quota_digest,
        draw_key=held.draw_key,
        assignment_digest=held.assignment_digest,
        merged=merged,
        drawn_in="clusters" if is_clustered else "units",
        commitment_id=commitment_id,
        attempts=held.attempts,
        odds=ballot.odds,
        bounds=ballot.bounds,
        attempt_key=held.ticket_key if ballot.bounds else "",
        assignment=_of_members(flow, drawn) if is_clustered else drawn,
    )


def _drawn(ballot: Ballot, held: Holding, arms: Sequence[str]) -> pd.DataFrame:
    """Give one row a thing that was drawn, in byte order."""
    units = pd.array(ballot.units, dtype="str")
    blocks = pd.array([*held.live], dtype="str")
    names = pd.array([*arms, EXCLUDED, RESERVE], dtype="str")
    table = pd.DataFrame(
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
    table.loc[table["rank"] == 0, "rank"] = pd.NA
    return table


def _of_members(flow: Flow, drawn: pd.DataFrame) -> pd.DataFrame:
    """Give each eligible unit the place of its cluster."""
    frame = frame_of(flow.eligible, in_alphabet=False)
    names = texts(flow.eligible["cluster"])
    place = {name: row for row, name in enumerate(drawn["cluster"])}
    rows = [place[names[row]] for row in frame.rows]
    return drawn.iloc[rows].assign(unit=pd.array(frame.units, dtype="str")).reset_index(drop=True)


def _places(ballot: Ballot, held: Holding) -> IntArray:
    """Give the places of each block by arm; in a simple draw, the counts that chance gave."""
    if not ballot.odds:
        return np.array([ballot.quotas[block] for block in held.live], dtype=np.int64)
    counts = np.zeros((len(held.live), ballot.arms), dtype=np.int64)
    is_live = held.arms >= 0
    np.add.at(counts, (held.strata[is_live], held.arms[is_live]), 1)
    return counts


def _probabilities(ballot: Ballot, held: Holding) -> FloatArray:
    """Give each unit's probability of its own arm among those drawn in its block, (n,)."""
    if ballot.odds:
        odds = np.array([ballot.odds[block] for block in held.live], dtype=np.float64)
        chances = np.column_stack([odds[:, 0], odds[:, 1] - odds[:, 0]]) / odds[:, 1:]
    else:
        places = _places(ballot, held).astype(np.float64)
        chances = places / np.maximum(places.sum(axis=1), 1)[:, None]
    return np.where(held.arms >= 0, chances[held.strata, held.arms], np.nan)
