"""The ledger: what happens to units after the draw, when nobody leaves the assignment any more.

An entry changes no arm and removes nobody. It says who withdrew, was found ineligible too late,
refused the offer, was called from the reserve to a vacant place, or objects to the use of her
data; the populations of the analysis derive from it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias, get_args

from reliance_eval import fingerprint
from reliance_eval.errors import DataError, Fault
from reliance_eval.lottery.model import EXCLUDED, RESERVE, Draw
from reliance_eval.lottery.pooling import WAVE

Kind: TypeAlias = Literal["withdrawal", "late_ineligibility", "refusal", "replacement", "objection"]
"""``withdrawal``, ``late_ineligibility``, ``refusal``: outcomes are kept, the unit is counted.
``replacement``: a unit of the reserve takes a vacant place, outside the experiment.
``objection``: her rows are erased, her place in the counts stays."""

KINDS: tuple[Kind, ...] = get_args(Kind)
CALLED: Kind = "replacement"
ERASED: Kind = "objection"
GONE: tuple[Kind, ...] = ("withdrawal", "late_ineligibility", "refusal")
"""What makes a unit of the reserve unable to take a place."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened to one unit, on a day, for a reason."""

    kind: Kind
    unit: str
    on: date
    reason: str

    def __repr__(self) -> str:
        """Show the kind and the day, never the unit."""
        return f"<Entry, {self.kind}, {self.on.isoformat()}>"


@dataclass(frozen=True, slots=True)
class EntryCount:
    """Units of one arm (or of the reserve) that the ledger holds entries of one kind for."""

    kind: Kind
    arm: str
    n: int


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """What an artefact keeps of the ledger it was made with: no unit, only counts.

    Attributes
    ----------
    digest : str
        SHA-256 of the entries in order.
    counts : tuple of EntryCount
        In the order of ``KINDS``, then of the arms, the reserve and the excluded last.
    """

    digest: str
    counts: tuple[EntryCount, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every entry so far, in the order in which they were recorded."""

    entries: tuple[Entry, ...] = ()

    def __repr__(self) -> str:
        """Show how many entries there are, never whom they are about."""
        return f"<Ledger, {len(self.entries)} entries>"

    @property
    def digest(self) -> str:
        """SHA-256 of the entries in order."""
        rows = [[e.kind, e.unit, e.on.isoformat(), e.reason] for e in self.entries]
        return fingerprint.of_plain(rows)

    def units(self, *kinds: Kind) -> frozenset[str]:
        """Give the units that have an entry of one of these kinds."""
        return frozenset(entry.unit for entry in self.entries if entry.kind in kinds)

    def extended(self, entries: tuple[Entry, ...]) -> Ledger:
        """Give the ledger with entries after those it holds."""
        return Ledger((*self.entries, *entries))

    def record(self, draw: Draw) -> LedgerRecord | None:
        """Give what an artefact keeps of this ledger; None where it is empty."""
        if not self.entries:
            return None
        arms = _arms(draw)
        found = Counter((entry.kind, arms[entry.unit]) for entry in self.entries)
        counts = tuple(
            EntryCount(kind, arm, found[kind, arm])
            for kind in KINDS
            for arm in (*draw.arms, RESERVE, EXCLUDED)
            if found[kind, arm]
        )
        return LedgerRecord(self.digest, counts)


def admit(entries: tuple[Entry, ...], *, ledger: Ledger, draw: Draw, source: str) -> Ledger:
    """Add entries to a ledger, if the draw and the earlier entries allow every one of them.

    Parameters
    ----------
    entries : tuple of Entry
        In the order of their file.
    ledger : Ledger
        What was recorded before.
    draw : Draw
        Whose units these are.
    source : str
        The file's name, for the place of a fault; its first entry is in row 2.

    Raises
    ------
    DataError
        A unit is not in the draw, an entry is there already or dated before the draw, a control
        refuses an offer she never had, or a replacement is not the next of her block. Rows are
        named, never units.
    """
    faults: list[Fault] = []
    calls = _Reserve(draw, ledger)
    arms, days = _arms(draw), _days(draw)
    known = {(entry.kind, entry.unit) for entry in ledger.entries}
    for row, entry in enumerate(entries, start=2):
        where = f"{source}:{row}"
        if fault := _fault(entry, arms, draw.reference, where):
            faults.append(fault)
            continue
        if entry.on < (day := days[entry.unit]):
            faults.append(Fault("E-LEDGER-EARLY", where, {"day": day.isoformat()}))
        if (entry.kind, entry.unit) in known:
            faults.append(Fault("E-LEDGER-TWICE", where, {"kind": entry.kind}))
            continue
        known.add((entry.kind, entry.unit))
        faults += calls.follow(entry, where)
    if faults:
        raise DataError(faults)
    return ledger.extended(entries)


def _fault(entry: Entry, arms: dict[str, str], reference: str, where: str) -> Fault | None:
    """Say why an entry cannot be about its unit, if it cannot."""
    arm = arms.get(entry.unit)
    if arm is None:
        return Fault("E-LEDGER-UNKNOWN", where)
    if entry.kind == CALLED and arm != RESERVE:
        return Fault("E-LEDGER-NOT-RESERVE", where)
    if entry.kind == "refusal" and arm == reference:
        return Fault("E-LEDGER-NOT-OFFERED", where)
    if entry.kind in GONE and arm == EXCLUDED:
        return Fault("E-LEDGER-EXCLUDED", where)
    return None


class _Reserve:
    """Whose turn it is in each block, as entries go by.

    A place goes to the first of the reserve, in rank order, who was not called yet and did not
    withdraw, turn out ineligible or refuse; members of one cluster have one rank.
    """

    def __init__(self, draw: Draw, ledger: Ledger) -> None:
        waiting = draw.reserve
        places = zip(waiting["block"], waiting["rank"], strict=True)
        self._waiting: dict[str, tuple[str, int]] = dict(zip(waiting["unit"], places, strict=True))
        for entry in ledger.entries:
            self._strike(entry)

    def follow(self, entry: Entry, where: str) -> Iterator[Fault]:
        """Take an entry into account; a call out of turn is a fault."""
        if entry.kind == CALLED:
            place = self._waiting.get(entry.unit)
            if place is None:
                yield Fault("E-LEDGER-GONE", where)
            elif before := sum(
                block == place[0] and rank < place[1] for block, rank in self._waiting.values()
            ):
                yield Fault("E-LEDGER-NOT-NEXT", where, {"n": before})
        self._strike(entry)

    def _strike(self, entry: Entry) -> None:
        if entry.kind in (CALLED, *GONE):
            self._waiting.pop(entry.unit, None)


def _arms(draw: Draw) -> dict[str, str]:
    table = draw.assignment
    return dict(zip(table["unit"].astype(str), table["arm"].astype(str), strict=True))


def _days(draw: Draw) -> dict[str, date]:
    """Give the day of each unit's draw: in waves, that of the wave."""
    units = draw.assignment["unit"].astype(str)
    if not draw.intakes:
        return dict.fromkeys(units, draw.protocol.clauses.lottery.day)
    by_wave = {intake.wave: intake.day for intake in draw.intakes}
    return dict(zip(units, draw.assignment[WAVE].map(by_wave), strict=True))
