"""Counts that add up to a known whole: what is withheld of them must not follow from the others.

A small part is withheld. So are others, the smallest first, until those withheld are enough people
together; where they are all there is beside the main part, that one is printed as a minimum.
"""

from __future__ import annotations

from collections.abc import Mapping

from reliance_eval.reporting.disclosure import Gate, Reason, Shown


def shown_parts(gate: Gate, parts: Mapping[str, int], *, main: str, place: str) -> dict[str, Shown]:
    """Pass the parts of a whole through the gate, together.

    Parameters
    ----------
    gate : Gate
    parts : mapping of str to int
        Exact counts, which add up to the whole; a part of nobody is printed as zero.
    main : str
        The part that is told first, and in most cases the largest.
    place : str
        What the places of the parts begin with.
    """
    whole = sum(parts.values())
    hidden = _hidden(gate, parts, main)
    shown: dict[str, Shown] = {}
    for name, n in parts.items():
        own = f"{place}.{name}"
        if name in hidden:
            reason: Reason = "threshold" if gate.is_small(n) else "secondary"
            shown[name] = gate.withhold(own, reason, n)
        elif name == main:
            shown[name] = gate.part(n, of=whole, place=own)
        else:
            shown[name] = gate.count(n, place=own)
    return shown


def _hidden(gate: Gate, parts: Mapping[str, int], main: str) -> set[str]:
    """Give the small parts, and those that go with them."""
    hidden = {name for name, n in parts.items() if gate.is_small(n)}
    if not hidden:
        return hidden
    least = gate.rules.threshold
    others = sorted(
        (name for name, n in parts.items() if n and name != main and name not in hidden),
        key=lambda name: (parts[name], name),
    )
    while others and (sum(parts[name] for name in hidden) < least or len(hidden) < 2):
        hidden.add(others.pop(0))
    return hidden
