"""Blinding: a panel whose arms are re-drawn, to rehearse the analysis before the true ones.

Nothing of a blind panel but the counts by arm is a function of the true arms, and those were
announced. The arms come from the draw's own code and a seed that is not the draw's. Take-up, which
would give the offered away to who reads it beside an outcome, is taken from its units: each block
keeps as many participants as it has, put among the units now offered; an index is formed again;
what the ledger counts by arm is left out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from reliance_eval import fingerprint
from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.lottery import DESIGNS, Draw, LedgerRecord, lots_of
from reliance_eval.lottery.design import redraw
from reliance_eval.panel.followed import TAKE_UP_GROUP
from reliance_eval.panel.indexing import with_indices
from reliance_eval.panel.intakes import REDRAWN
from reliance_eval.panel.model import OBJECTED, Panel
from reliance_eval.panel.objecting import in_draw_order

STREAM = "blind"
TOLD = ("take_up", TAKE_UP_GROUP)
"""What says who was offered a place, in part: it is moved together."""

SAME = 1e-9
"""Chances closer than this are one chance, written with fewer digits."""


def blinded(panel: Panel, *, seed: int | None = None) -> Panel:
    """Give the panel with re-drawn arms, to rehearse estimates, checks and report on.

    Parameters
    ----------
    panel : Panel
    seed : int, optional
        Of the re-draw; by default that of the protocol's re-draws. It is never the draw's own.

    Returns
    -------
    Panel
        Whatever is made of it says that it is blind (``is_blind``).

    Raises
    ------
    ProtocolError
        Chances differ within a block, and the draw's record does not say each unit's chance of
        the arms it is not in: it cannot be held again.
    """
    draw = panel.parent
    chosen = draw.protocol.clauses.inference.seed if seed is None else seed
    rng = _generator(chosen)
    arms = _arms(draw, rng)
    units = in_draw_order(panel).assign(arm=arms, probability=_chances(draw, arms))
    units = _take_up_moved(units, reference=draw.reference, rng=rng)
    units = units.sort_values("unit", kind="stable", ignore_index=True)
    outcomes = _again(panel, units)
    return replace(
        panel,
        parent=_draw(draw, arms, seed=chosen),
        ledger=panel.ledger and LedgerRecord(panel.ledger.digest, ()),
        units=units[list(panel.units.columns)],
        outcomes=outcomes,
        months=_without_reason(panel.months),
    )


def _generator(seed: int) -> np.random.Generator:
    word = int(fingerprint.of_text(STREAM)[:16], 16)
    return np.random.default_rng(np.random.SeedSequence([seed, word]))


def _arms(draw: Draw, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Hold the draw again among its drawn units, in canonical order."""
    drawn = draw.drawn
    spread = drawn.groupby(["block", "arm"])["probability"].agg(["min", "max"])
    if float((spread["max"] - spread["min"]).max()) > SAME:
        raise ProtocolError(Fault("E-BLIND-ODDS", "lottery.probability"))
    codes = redraw(DESIGNS[draw.design], lots_of(draw), redraws=1, rng=rng)[0]
    arms: npt.NDArray[np.object_] = np.array(draw.arms, dtype=object)[codes]
    return arms


def _chances(draw: Draw, arms: npt.NDArray[np.object_]) -> list[float]:
    """Give each unit's chance of its new arm: that of the units its block had in it."""
    drawn = draw.drawn.sort_values("unit", kind="stable", ignore_index=True)
    found = drawn.groupby(["block", "arm"])["probability"].first().to_dict()
    if draw.odds:
        for block, (chances, of) in draw.odds.items():
            found[block, draw.arms[0]] = chances / of
            found[block, draw.arms[1]] = 1 - chances / of
    cells = zip(drawn["block"], arms, strict=True)
    return [found.get(cell, np.nan) for cell in cells]


def _draw(draw: Draw, arms: npt.NDArray[np.object_], *, seed: int) -> Draw:
    """Give the draw with the new arms; ranks and tickets, which say the true ones, are blank."""
    order = draw.drawn["unit"].sort_values(kind="stable")
    arm = dict(zip(order, arms, strict=True))
    chance = dict(zip(order, _chances(draw, arms), strict=True))
    table = draw.assignment
    return replace(
        draw,
        blind_seed=seed,
        assignment=table.assign(
            arm=table["unit"].map(arm).fillna(table["arm"]),
            probability=table["unit"].map(chance),
            rank=pd.array([pd.NA] * len(table), dtype="Int64"),
            ticket="",
        ),
    )


def _take_up_moved(
    units: pd.DataFrame, *, reference: str, rng: np.random.Generator
) -> pd.DataFrame:
    """Give the take-ups of each block to its units in a new order: participants to the offered.

    Who has only a place left keeps nothing but it.
    """
    told = [name for name in TOLD if name in units]
    if not told:
        return units
    moved = units.copy()
    known = ~units["unit"].astype(str).str.startswith(OBJECTED)
    is_reference = (units["arm"] == reference).to_numpy(dtype=np.bool_)
    takes = units["take_up"].to_numpy(dtype=np.float64, na_value=np.nan)
    groups = units[told[-1]].astype(str).to_numpy(dtype=str)
    for _, rows in units[known].groupby("block", sort=True):
        place = rows.index.to_numpy()
        unknown, others = np.split(rng.permutation(place), [int(np.isnan(takes[place]).sum())])
        offered_first = others[np.argsort(is_reference[others], kind="stable")]
        receivers = np.concatenate([offered_first, unknown])
        # Participants come first and the unknown last, whoever they are.
        givers = place[np.lexsort((groups[place], -takes[place]))]
        for name in told:
            moved.loc[receivers, name] = units.loc[givers, name].to_numpy()
    return moved


def _again(panel: Panel, units: pd.DataFrame) -> pd.DataFrame:
    """Give the outcomes with the indices formed in the new arms."""
    protocol = panel.protocol
    outcomes = _without_reason(panel.outcomes)
    indices = {clause.name for clause in protocol.clauses.outcomes if clause.index is not None}
    if not indices:
        return outcomes
    read = outcomes[~outcomes["outcome"].isin(indices)].reset_index(drop=True)
    return with_indices(units, read, protocol, reference=panel.parent.reference)


def _without_reason(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Give outcomes whose reasons say nothing of the arm: only a control is drawn again."""
    if not (outcomes["status"] == REDRAWN).any():
        return outcomes
    return outcomes.assign(status=outcomes["status"].replace(REDRAWN, "missing"))
