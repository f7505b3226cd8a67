"""An intruder with the flow: how tightly can those who leave at a criterion be bounded?"""

from __future__ import annotations

import math

from unknown_counts import System

from reliance_eval.eligibility import Flow
from reliance_eval.lottery import Draw
from reliance_eval.reporting.disclosure import Gate, Shown
from reliance_eval.reporting.waterfall import Exit, waterfall


def attack_flow(flow: Flow, draw: Draw | None, gate: Gate) -> dict[str, float]:
    """Give the small counts of a flow bounded more tightly than allowed, with the width."""
    counts = waterfall(flow, draw, gate)
    system = System()
    step = {one.criterion: one for one in flow.steps}
    before = system.add("assessed", flow.assessed)
    _told(system, gate, before, counts.assessed)
    for place, found in enumerate(counts.exits):
        after = _exit(system, gate, found, place, before, [step[name] for name in found.criteria])
        before = after
    if draw is not None and counts.drawn is not None:
        drawn = system.add("drawn", len(draw.drawn))
        system.adds_up(before, (drawn, system.add("spare", system.true(before) - len(draw.drawn))))
        _told(system, gate, drawn, counts.drawn)
    system.close()
    least = gate.rules.threshold
    small = [name for name in system.places if 0 < system.true(name) < least]
    widths = {name: system.width(name) for name in small}
    return {name: width for name, width in widths.items() if width < least}


def _exit(  # type: ignore[no-untyped-def]
    system: System, gate: Gate, found: Exit, place: int, before: str, steps
) -> str:
    """Add those who leave at one exit, criterion by criterion."""
    parts: dict[str, list[str]] = {"refused": [], "unknown": []}
    for one in steps:
        parts["refused"].append(system.add(f"refused.{one.criterion}", one.refused))
        parts["unknown"].append(system.add(f"unknown.{one.criterion}", one.unknown))
    totals = []
    for kind, names in parts.items():
        total = system.add(f"{kind}@{place}", sum(system.true(name) for name in names))
        system.adds_up(total, names)
        shown: Shown = getattr(found, kind)
        if shown.mark == "exact":
            _told(system, gate, total, shown)
        totals.append(total)
    leaving = system.add(f"leaving@{place}", sum(system.true(total) for total in totals))
    system.adds_up(leaving, totals)
    after = system.add(f"after@{place}", system.true(before) - system.true(leaving))
    system.adds_up(before, (leaving, after))
    _told(system, gate, after, found.remaining)
    if found.unknown.mark == "rounded" and found.refused.mark == "rounded":
        # Those unknown are rounded by themselves, and printed lower where the others would be few.
        assert found.unknown.value is not None
        half = gate.rules.rounding / 2
        top = math.inf if found.refused.value == gate.least else found.unknown.value + half
        low = 0 if found.unknown.value == gate.least else found.unknown.value - half
        system.lies(totals[1], low, top)
    return after


def _told(system: System, gate: Gate, name: str, shown: Shown) -> None:
    if shown.value is None:
        return
    half = 0.0 if shown.mark == "exact" else gate.rules.rounding / 2
    low = 0.0 if half and shown.value == gate.least else shown.value - half
    system.lies(name, low, shown.value + half)
