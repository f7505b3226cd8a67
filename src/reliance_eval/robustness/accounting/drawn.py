"""The lottery: who was to be drawn, how and from which seed, and who was."""

from __future__ import annotations

from collections.abc import Iterator

from reliance_eval.artefact import Artefact
from reliance_eval.lottery import EXCLUDED, Draw
from reliance_eval.protocol.model import Lottery
from reliance_eval.robustness.deviation import Deviation

RECORDED, SIMPLE = "recorded", "simple"


def drawn(artefact: Artefact) -> Iterator[Deviation]:
    """Compare the draw with the lottery that the protocol announces."""
    draw: Draw | None = artefact.nearest(Draw)
    clause = artefact.protocol.clauses.lottery
    if draw is None:
        yield Deviation(item="draw", status="not_yet", planned="draw", done="not_drawn")
        return
    yield _bytes(draw)
    yield _seed(draw, clause)
    if clause.event is not None and clause.event.supersedes is not None:
        yield Deviation(
            item="draw_again",
            status="deviated",
            severity="minor",
            planned="draw_once",
            done="draw_again",
            reason="draw_again",
            values={"commitment": clause.event.supersedes},
        )
    if clause.waves:
        yield _waves(draw, clause)
    yield _size(draw, clause)
    if draw.merged:
        yield Deviation(
            item="blocks",
            status="deviated",
            severity="foreseen",
            planned="blocks",
            done="blocks_merged",
            reason="blocks_merged",
            values={"n": len(draw.merged)},
        )
    if EXCLUDED in set(draw.assignment["arm"]):
        yield Deviation(
            item="exclusions",
            status="deviated",
            severity="foreseen",
            planned="exclusions",
            done="excluded",
            reason="excluded",
        )


def _bytes(draw: Draw) -> Deviation:
    """Compare the bytes that were committed to with those of the protocol."""
    is_same = draw.design == RECORDED or draw.protocol_digest in ("", draw.protocol.digest)
    return Deviation(
        item="protocol_bytes",
        status="none" if is_same else "deviated",
        severity="none" if is_same else "major",
        planned="protocol_bytes",
        done="same_bytes" if is_same else "other_bytes",
    )


def _seed(draw: Draw, clause: Lottery) -> Deviation:
    if draw.design == RECORDED:
        return Deviation(
            item="seed",
            status="none",
            planned="seed_elsewhere",
            done="elsewhere",
            reason="elsewhere",
        )
    if clause.event is not None or any(wave.event for wave in clause.waves):
        if draw.is_fallback:
            return Deviation(
                item="seed",
                status="deviated",
                severity="foreseen",
                planned="seed_public",
                done="seed_fallback",
                reason="seed_fallback",
            )
        return Deviation(item="seed", status="none", planned="seed_public", done="seed_public")
    declared = [wave.seed for wave in clause.waves] or [clause.seed]
    used = [intake.seed for intake in draw.intakes] or [draw.seed]
    if all(seed in declared for seed in used):
        return Deviation(
            item="seed", status="none", planned="seed_plain", done="seed_plain", reason="seed_plain"
        )
    is_other = any(seed is not None for seed in declared)
    return Deviation(
        item="seed",
        status="deviated",
        severity="major" if is_other else "minor",
        planned="seed_plain" if is_other else "seed_none",
        done="seed_other",
        reason="seed_plain",
    )


def _size(draw: Draw, clause: Lottery) -> Deviation:
    """Compare the places announced with those drawn; in clusters, clusters are counted."""
    name = "cluster" if draw.drawn_in == "clusters" else "unit"
    groups = draw.drawn.groupby("arm")[name].nunique()
    held = {arm: int(groups.get(arm, 0)) for arm in draw.arms}
    planned = dict(clause.arms)
    if clause.waves:
        there = {intake.wave for intake in draw.intakes}
        waves = [wave for wave in clause.waves if wave.name in there]
        planned = {arm: sum(wave.arms[arm] for wave in waves) for arm in clause.arms}
    is_by_chance = draw.design == SIMPLE
    is_as_planned = held == planned or is_by_chance
    return Deviation(
        item="size",
        status="none" if is_as_planned else "deviated",
        severity="none" if is_as_planned else "minor",
        planned="size_by_chance" if is_by_chance else "size",
        done="size",
        reason="" if is_as_planned else "size",
        values={"planned": sum(planned.values()), "drawn": sum(held.values())},
    )


def _waves(draw: Draw, clause: Lottery) -> Deviation:
    left = len(clause.waves) - len(draw.intakes)
    return Deviation(
        item="waves",
        status="not_yet" if left else "none",
        planned="waves",
        done="waves",
        values={"n": len(clause.waves), "drawn": len(draw.intakes)},
    )
