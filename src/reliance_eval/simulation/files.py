"""Which files a simulation writes, and which it may not touch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from reliance_eval.errors import Fault, ProtocolError, SealedError
from reliance_eval.language.catalogue import Value
from reliance_eval.months import MONTHS_A_YEAR, month_number
from reliance_eval.protocol import Protocol
from reliance_eval.registry import nearest
from reliance_eval.simulation.world import Setting
from reliance_eval.simulation.writing import SUFFIXES, is_ours

TRUTH = "data/truth.json"
JOKER = "*"
_PATTERN = frozenset("*?[")

# What a simulated world can fill, by extract: the columns a protocol may name there.
KNOWN: dict[str, tuple[str, ...]] = {
    "households": (
        "family",
        "children_at_home",
        "commune",
        "student",
        "born_on",
        "rsa_registered_on",
        "job_seeker",
        "caseworker",
    ),
    "monthly": ("earnings", "income_per_unit", "transfers"),
    "participation": ("signed_contract", "signed_on", "counsellor"),
    "survey": ("well_being",),
}
KINDS = {
    "households": "units",
    "monthly": "monthly",
    "participation": "units",
    "survey": "events",
}


@dataclass(frozen=True, slots=True)
class Target:
    """A file to write.

    Attributes
    ----------
    extract : str
        The extract it is a delivery of.
    path : str
        Relative to the study folder.
    extracted_on : date
        The day it is said to have been cut: nothing later is in it.
    months : range
        Months of the rows, for a monthly extract.
    delivery : str
        The path, or pattern of paths, that the protocol gives its delivery.
    """

    extract: str
    path: str
    extracted_on: date
    months: range = range(0)
    delivery: str = ""


def check_fit(protocol: Protocol) -> None:
    """Refuse a protocol whose extracts no simulated world can fill, with every reason at once."""
    if faults := tuple(misfits(protocol)):
        raise ProtocolError(faults)


def misfits(protocol: Protocol) -> Iterator[Fault]:
    """Give every extract, column and format of a protocol that no simulated world can fill."""
    for name, clause in protocol.clauses.extracts.items():
        where = f"extracts.{name}"
        if KINDS.get(name) != clause.kind:
            values: dict[str, Value] = {"extract": name, "known": ", ".join(KNOWN)}
            yield Fault("E-SIMULATION-UNKNOWN-EXTRACT", where, values)
            continue
        for column in clause.columns:
            if column not in KNOWN[name]:
                near = nearest(column, KNOWN[name]) or ", ".join(KNOWN[name])
                values = {"column": column, "extract": name, "known": near}
                yield Fault("E-SIMULATION-UNKNOWN-COLUMN", f"{where}.columns.{column}", values)
        for delivery in clause.deliveries:
            is_plain = not _PATTERN & set(delivery.path.replace(JOKER, "", 1))
            if Path(delivery.path).suffix not in SUFFIXES or not is_plain:
                values = {"path": delivery.path, "formats": ", ".join(SUFFIXES)}
                yield Fault("E-SIMULATION-FORMAT", f"{where}.deliveries", values)


def targets(protocol: Protocol, setting: Setting) -> tuple[Target, ...]:
    """Give the files of every delivery; a pattern of a monthly extract is one file a year."""
    found: list[Target] = []
    for name, clause in protocol.clauses.extracts.items():
        for delivery in clause.deliveries:
            day = delivery.extracted_on
            if clause.kind != "monthly":
                path = delivery.path.replace(JOKER, day.isoformat())
                found.append(Target(name, path, day, delivery=delivery.path))
                continue
            months = range(setting.months.start, min(setting.months.stop, month_number(day)))
            for label, part in _parts(delivery.path, months):
                found.append(Target(name, delivery.path.replace(JOKER, label), day, part))
    return tuple(found)


def _parts(path: str, months: range) -> Iterator[tuple[str, range]]:
    if JOKER not in path:
        yield "", months
        return
    for start in range(months.start, months.stop, MONTHS_A_YEAR):
        year = start // MONTHS_A_YEAR
        stop = min((year + 1) * MONTHS_A_YEAR, months.stop)
        yield str(year), range(start, stop)


def known_before(target: Target, protocol: Protocol) -> bool:
    """Say whether a file can be written before the draw and will not change after it."""
    lottery = protocol.clauses.lottery
    if target.extract == protocol.clauses.eligibility.extract:
        return True
    return bool(target.months) and target.months.stop <= month_number(lottery.day)


def clear(protocol: Protocol, written: tuple[Target, ...]) -> None:
    """Make room for a simulation: remove what an earlier one left, refuse what somebody delivered.

    Raises
    ------
    SealedError
        A file of a delivery, or the truth, carries no watermark. Nothing was removed.
    """
    folder = protocol.folder
    patterns = [
        delivery.path
        for clause in protocol.clauses.extracts.values()
        for delivery in clause.deliveries
    ]
    there = sorted({path for pattern in (*patterns, TRUTH) for path in folder.glob(pattern)})
    foreign = [path for path in there if not is_ours(path)]
    if foreign:
        raise SealedError(
            Fault("E-SIMULATION-NOT-OURS", path.relative_to(folder).as_posix()) for path in foreign
        )
    kept = {target.path for target in written}
    for path in there:
        if path.relative_to(folder).as_posix() not in kept:
            path.unlink()
