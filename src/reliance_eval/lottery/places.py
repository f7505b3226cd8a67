"""Places: how many units of one block each arm takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """Places of one block, by arm in the protocol's order, and the units that were live in it."""

    block: str
    places: tuple[int, ...]
    live: int
