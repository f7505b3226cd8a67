"""The frame: every eligible unit once, with its block, in an order that no file decides."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from reliance_eval.errors import DataError, Fault
from reliance_eval.lottery.tickets import ALL_UNITS, UNIT

if TYPE_CHECKING:
    import pandas as pd

LISTED = 20


@dataclass(frozen=True, slots=True)
class Frame:
    """Units in byte order.

    Attributes
    ----------
    units : list of str
    blocks : list of str
        Block of each unit.
    rows : list of int
        Row of each unit in the table it came from, counted from 0; a cluster's first row.
    """

    units: list[str]
    blocks: list[str]
    rows: list[int]


def frame_of(eligible: pd.DataFrame, *, in_alphabet: bool = True) -> Frame:
    """Give the frame of an eligible table, whatever its row order and column types.

    Parameters
    ----------
    eligible : DataFrame
        Columns ``unit`` and ``block``.
    in_alphabet : bool
        Whether identifiers and blocks must be in RL1's alphabet (not for a recorded draw).

    Raises
    ------
    DataError
        An identifier or a block is missing, outside the alphabet, or an identifier is there
        twice: the rows are given, never the identifier.
    """
    faults = [
        Fault("E-LOTTERY-MISSING", "", {"column": name, "n": int(eligible[name].isna().sum())})
        for name in ("unit", "block")
        if eligible[name].isna().any()
    ]
    if faults:
        raise DataError(faults)
    units, blocks = texts(eligible["unit"]), texts(eligible["block"])
    if in_alphabet:
        faults += _unit_faults(units)
        faults += [fault for block in sorted(set(blocks)) if (fault := block_fault(block))]
    rows = sorted(range(len(units)), key=units.__getitem__)
    twice = sorted(b + 1 for a, b in pairwise(rows) if units[a] == units[b])
    if twice:
        listed = ", ".join(str(row) for row in twice[:LISTED])
        faults.append(Fault("E-LOTTERY-DUPLICATE", "", {"n": len(twice), "rows": listed}))
    if faults:
        raise DataError(faults)
    return Frame([units[row] for row in rows], [blocks[row] for row in rows], rows)


def clusters_of(eligible: pd.DataFrame) -> Frame:
    """Give the frame of a draw of clusters: each once, with the block all its members are in.

    Parameters
    ----------
    eligible : DataFrame
        Columns ``unit``, ``block`` and ``cluster``.

    Raises
    ------
    DataError
        A cluster's name is missing or outside RL1's alphabet, or its members are in several
        blocks.
    """
    if missing := int(eligible["cluster"].isna().sum()):
        raise DataError(Fault("E-LOTTERY-MISSING", "", {"column": "cluster", "n": missing}))
    table = eligible.assign(unit=texts(eligible["cluster"]), block=texts(eligible["block"]))
    if across := int((table.groupby("unit")["block"].nunique() > 1).sum()):
        raise DataError(Fault("E-LOTTERY-CLUSTER-BLOCKS", "", {"n": across}))
    if faults := _unit_faults(table["unit"].tolist()):
        raise DataError(faults)
    first = dict(zip(table["unit"][::-1], reversed(range(len(table))), strict=True))
    blocks = table["block"].tolist()
    names = sorted(first)
    return Frame(names, [blocks[first[name]] for name in names], [first[name] for name in names])


def texts(column: pd.Series[Any]) -> list[str]:
    """Give a column's values as text: 12, "12" and the category "12" are the same unit."""
    written: list[str] = column.astype(str).tolist()
    return written


def block_fault(block: str) -> Fault | None:
    """Say what keeps a block's name out of RL1's alphabet, if anything does."""
    if UNIT.fullmatch(block):
        return None
    return Fault("E-LOTTERY-BLOCK-NAME", "", {"block": block, "n": len(block)})


def _unit_faults(units: list[str]) -> list[Fault]:
    """Give a fault for each identifier outside RL1's alphabet, by row."""
    lines = "\n".join(units) + "\n"
    # One match over all lines is many times faster than a million; a fault is rare.
    if ALL_UNITS.fullmatch(lines) and lines.count("\n") == len(units):
        return []
    return [_unit_fault(unit, row) for row, unit in enumerate(units, 1) if not UNIT.fullmatch(unit)]


def _unit_fault(unit: str, row: int) -> Fault:
    where = f"eligible:{row}"
    if outside := next((letter for letter in unit if not UNIT.fullmatch(letter)), None):
        return Fault("E-LOTTERY-ALPHABET", where, {"code_point": f"U+{ord(outside):04X}"})
    return Fault("E-LOTTERY-LENGTH", where, {"n": len(unit)})
