"""Pooling waves: several lotteries, each held in its year by RL1, read as one draw.

A block of the pooled draw is a wave's block, named after both; nothing is drawn again, and each
wave keeps its own package. A person who is in the lists of several waves has a row for each: the
first that put her in an arm has her identifier, the others add the wave's name to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import pandas as pd

from reliance_eval import fingerprint
from reliance_eval.eligibility import Flow, Step
from reliance_eval.errors import DataError, Fault, InternalError
from reliance_eval.extract import Extract
from reliance_eval.lottery.model import Draw, Intake
from reliance_eval.lottery.places import Quota
from reliance_eval.lottery.tickets import NO_STRATUM
from reliance_eval.protocol.waving import at_wave

WAVE = "wave"
AGAIN = "@"
"""Comes before the wave's name in the row of a person drawn more than once; RL1's alphabet does
not hold it."""

ALREADY = "already_drawn"
"""The step of the flow at which those leave whom an earlier wave drew."""

SHOWN = 20

Names: TypeAlias = dict[tuple[str, str], str]


def leave_out(flow: Flow, *, offered: frozenset[str], control: frozenset[str]) -> Flow:
    """Give the flow of a wave without those whom an earlier wave drew, as its protocol says.

    Parameters
    ----------
    flow : Flow
        Everybody eligible in this wave.
    offered : frozenset of str
        Units with an offer from an earlier wave, or called from its reserve.
    control : frozenset of str
        Units that an earlier wave drew to the reference arm.

    Returns
    -------
    Flow
        With one more step, ``already_drawn``, whatever it took out.

    Raises
    ------
    DataError
        Somebody was drawn already, and the protocol refuses it: rows and their number are given.
    """
    rule = flow.protocol.clauses.lottery.redrawn
    out = offered if rule == "allowed" else offered | control
    is_out = flow.eligible["unit"].isin(out)
    if rule == "refused" and is_out.any():
        rows = (np.flatnonzero(is_out) + 1).tolist()
        listed = ", ".join(str(row) for row in rows[:SHOWN])
        raise DataError(Fault("E-WAVE-REDRAWN", "eligible", {"n": len(rows), "rows": listed}))
    left = int(is_out.sum())
    entering = len(flow.eligible)
    step = Step(ALREADY, entering, left, 0, entering - left, left, left)
    kept = flow.eligible[~is_out].reset_index(drop=True)
    return replace(flow, steps=(*flow.steps, step), eligible=kept)


def drawn_before(draws: Mapping[str, Draw]) -> tuple[frozenset[str], frozenset[str]]:
    """Give the units that some draws offered a place to, and those they drew as controls."""
    offered: set[str] = set()
    control: set[str] = set()
    for draw in draws.values():
        rows = draw.drawn
        is_control = rows["arm"] == draw.reference
        control |= set(rows.loc[is_control, "unit"])
        offered |= set(rows.loc[~is_control, "unit"])
    return frozenset(offered), frozenset(control)


def pooled_flow(extract: Extract, draws: Mapping[str, Draw]) -> Flow:
    """Read the screens of several waves as one flow.

    Parameters
    ----------
    extract : Extract
        The extract that every wave was screened on, with the deliveries that they read.
    draws : mapping of str to Draw
        By wave, in the order of their days.
    """
    names = _names(draws)
    flows: dict[str, Flow] = {wave: draw.nearest(Flow) for wave, draw in draws.items()}
    tables = []
    for wave, flow in flows.items():
        table = flow.eligible.assign(block=_blocks(flow.eligible["block"], wave), wave=wave)
        tables.append(table.assign(unit=_renamed(table["unit"], wave, names)))
    eligible = pd.concat(tables).sort_values("unit", kind="stable", ignore_index=True)
    deliveries = (record for flow in flows.values() for record in flow.deliveries)
    return Flow(
        parent=extract,
        steps=_steps([flow.steps for flow in flows.values()]),
        assessed=sum(flow.assessed for flow in flows.values()),
        deliveries=tuple(dict.fromkeys(deliveries)),
        synthetic=all(flow.synthetic for flow in flows.values()),
        eligible=eligible,
    )


def pooled_draw(flow: Flow, draws: Mapping[str, Draw]) -> Draw:
    """Read the draws of several waves as one; ``seed`` is None: each wave had its own.

    Parameters
    ----------
    flow : Flow
        What ``pooled_flow`` gave of the same draws.
    draws : mapping of str to Draw
        By wave, in the order of their days.
    """
    names = _names(draws)
    first = next(iter(draws.values()))
    tables = []
    for wave, draw in draws.items():
        table = draw.assignment
        unit = _renamed(table["unit"], wave, names)
        is_own = table["cluster"] == table["unit"]
        cluster = unit.where(is_own, f"{wave}_" + table["cluster"].astype(str))
        block = _blocks(table["block"], wave)
        tables.append(table.assign(unit=unit, block=block, cluster=cluster, wave=wave))
    assignment = pd.concat(tables).sort_values("unit", kind="stable", ignore_index=True)
    return Draw(
        parent=flow,
        design=first.design,
        arms=first.arms,
        reference=first.reference,
        quotas=tuple(
            Quota(_block(quota.block, wave), quota.places, quota.live)
            for wave, draw in draws.items()
            for quota in draw.quotas
        ),
        seed=None,
        protocol_digest=first.protocol_digest,
        frame_digest=_digest({wave: draw.frame_digest for wave, draw in draws.items()}),
        quota_digest=_digest({wave: draw.quota_digest for wave, draw in draws.items()}),
        draw_key="",
        assignment_digest=_digest({w: draw.assignment_digest for w, draw in draws.items()}),
        merged={
            _block(before, wave): _block(after, wave)
            for wave, draw in draws.items()
            for before, after in draw.merged.items()
        },
        drawn_in=first.drawn_in,
        is_fallback=any(draw.is_fallback for draw in draws.values()),
        intakes=tuple(
            Intake(
                wave=wave,
                day=draw.protocol.clauses.lottery.day,
                seed=draw.seed,
                commitment_id=draw.commitment_id,
                draw_key=draw.draw_key,
                assignment_digest=draw.assignment_digest,
            )
            for wave, draw in draws.items()
        ),
        odds={_block(b, w): odds for w, draw in draws.items() for b, odds in draw.odds.items()},
        assignment=assignment,
    )


def waves_of(draw: Draw) -> tuple[str, ...]:
    """Give the waves that a pooled draw holds, in the order of their days; none of another."""
    return tuple(intake.wave for intake in draw.intakes)


def part_of(draw: Draw, wave: str) -> Draw:
    """Give one wave's rows of a pooled draw, with the protocol of that wave.

    Units have their own identifiers again, so that extracts know them; blocks keep the wave's
    name.
    """
    flow: Flow = draw.nearest(Flow)
    extract = replace(flow.parent, protocol=at_wave(flow.protocol, wave))
    own = replace(flow, parent=extract, eligible=_own(flow.eligible, wave))
    return replace(draw, parent=own, intakes=(), assignment=_own(draw.assignment, wave))


def own_name(unit: str) -> str:
    """Give the identifier of the person that a row is about."""
    return unit.partition(AGAIN)[0]


def _own(table: pd.DataFrame, wave: str) -> pd.DataFrame:
    rows = table[table[WAVE] == wave].drop(columns=WAVE)
    return rows.assign(unit=rows["unit"].map(own_name)).reset_index(drop=True)


def _names(draws: Mapping[str, Draw]) -> Names:
    """Name each person's row in each wave: her identifier goes to the row that first drew her."""
    places: dict[str, list[tuple[bool, str]]] = {}
    for wave, draw in draws.items():
        is_drawn = draw.assignment["arm"].isin(draw.arms)
        for unit, drawn in zip(draw.assignment["unit"], is_drawn, strict=True):
            places.setdefault(unit, []).append((not drawn, wave))
    names: Names = {}
    order = list(draws)
    for unit, rows in places.items():
        first = min(rows, key=lambda row: (row[0], order.index(row[1])))[1]
        for _, wave in rows:
            names[wave, unit] = unit if wave == first else f"{unit}{AGAIN}{wave}"
    return names


def _renamed(units: pd.Series, wave: str, names: Names) -> pd.Series:
    return units.map(lambda unit: names[wave, unit])


def _block(block: str, wave: str) -> str:
    return wave if block == NO_STRATUM else f"{wave}_{block}"


def _blocks(blocks: pd.Series, wave: str) -> pd.Series:
    return blocks.map({block: _block(block, wave) for block in set(blocks)})


def _steps(waves: list[tuple[Step, ...]]) -> tuple[Step, ...]:
    """Add the steps of several screens up, criterion by criterion."""
    if any([s.criterion for s in a] != [s.criterion for s in b] for a, b in pairwise(waves)):
        raise InternalError(Fault("E-WAVE-STEPS"))
    counts = ("entering", "refused", "unknown", "remaining", "alone", "only")
    return tuple(
        Step(same[0].criterion, **{n: sum(getattr(step, n) for step in same) for n in counts})
        for same in zip(*waves, strict=True)
    )


def _digest(digests: dict[str, str]) -> str:
    """Give the digest of the waves' digests."""
    return fingerprint.of_plain(list(digests.items()))
