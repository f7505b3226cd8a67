"""Recording what happens after the draw: every entry of a file, checked and chained, or none."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from reliance_eval import storage
from reliance_eval.errors import (
    DataError,
    Fault,
    ProtocolError,
    RelianceError,
    UnreadableInput,
)
from reliance_eval.lottery import KINDS, Entry, Kind, admit
from reliance_eval.lottery.ledger import ERASED
from reliance_eval.registry import nearest
from reliance_eval.study import ledger_file, log
from reliance_eval.study.chain import last_digest, linked
from reliance_eval.study.folder import Study, open_study
from reliance_eval.study.ledger_file import ACT

REFUSED = "record-refused"
COLUMNS = ("unit", "on", "reason")
STALE = ("checks", "estimates", "panel")
"""What was made with the rows of a person who objects, last act first."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a file added to the ledger.

    Attributes
    ----------
    kind : str
    added : int
        Entries of the file.
    total : int
        Entries of the ledger, of all kinds.
    erased : tuple of str
        Acts whose folders were removed, since they held rows of people who object.
    """

    kind: Kind
    added: int
    total: int
    erased: tuple[str, ...]


def record_entries(study: Study, kind: str, path: Path) -> Recorded:
    """Record every entry of a file, or none of them.

    Parameters
    ----------
    study : Study
        The draw must have been held.
    kind : str
        One of ``KINDS``.
    path : Path
        A CSV file in UTF-8 with the columns ``unit,on,reason``, days as 2018-09-30.

    Raises
    ------
    ProtocolError
        There is no such kind of entry.
    UnreadableInput
        The draw was not held, or the file cannot be read.
    DataError
        A row is not an entry, or the draw and the earlier entries do not allow it.
    IntegrityError
        The ledger was touched.
    """
    if kind not in KINDS:
        values = {"kind": kind, "known": ", ".join(KINDS), "nearest": nearest(kind, KINDS) or "–"}
        raise ProtocolError(Fault("E-LEDGER-KIND", "", dict(values)))
    # The ledger is that of the whole study: a person may be in several waves.
    study = open_study(study.folder) if study.wave else study
    if study.recorded_inputs("draw") is None:
        values = {"act": ACT, "before": "draw"}
        raise UnreadableInput(Fault("E-STUDY-ACT-BEFORE", str(study.out / "draw"), dict(values)))
    lines = ledger_file.read_lines(study.out)
    before = ledger_file.read_ledger(study.out)
    try:
        entries = read_entries(path, kind)
        ledger = admit(entries, ledger=before, draw=study.load("draw"), source=path.name)
    except RelianceError as error:
        log.append(study.out, REFUSED, kind=kind, code=error.code)
        raise
    moment = log.now()
    for entry in entries:
        values = {"kind": kind, "unit": entry.unit, "on": entry.on.isoformat()}
        lines.append(linked(lines, {"at": moment, **values, "reason": entry.reason}))
    content = "".join(f"{line}\n" for line in lines).encode()
    storage.write_atomically(study.out / ledger_file.NAME, content)
    erased = _erase(study) if kind == ERASED else ()
    log.append(
        study.out, ACT, kind=kind, entries=len(entries), ledger=last_digest(lines), erased=erased
    )
    return Recorded(kind, len(entries), len(ledger.entries), erased)


def read_entries(path: Path, kind: Kind) -> tuple[Entry, ...]:
    """Read the entries of a file.

    Raises
    ------
    UnreadableInput
        The file is not there, or not in UTF-8.
    DataError
        Its columns are not ``unit,on,reason``, or a row is not an entry: rows are named.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        values = {"reason": error.strerror or "?"}
        raise UnreadableInput(Fault("E-LEDGER-UNREADABLE", str(path), dict(values))) from None
    except UnicodeDecodeError as error:
        raise UnreadableInput(
            Fault("E-LEDGER-ENCODING", path.name, {"offset": error.start})
        ) from None
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if not rows or tuple(rows[0]) != COLUMNS:
        raise DataError(Fault("E-LEDGER-COLUMNS", f"{path.name}:1", {"columns": ",".join(COLUMNS)}))
    if len(rows) == 1:
        raise DataError(Fault("E-LEDGER-EMPTY", path.name))
    if faults := [fault for n, row in enumerate(rows[1:], 2) for fault in _faults(path, n, row)]:
        raise DataError(faults)
    return tuple(Entry(kind, row[0], date.fromisoformat(row[1]), row[2]) for row in rows[1:])


def _faults(path: Path, number: int, row: list[str]) -> Iterator[Fault]:
    where = f"{path.name}:{number}"
    if len(row) != len(COLUMNS):
        yield Fault("E-LEDGER-FIELDS", where, {"n": len(row), "expected": len(COLUMNS)})
        return
    if not row[0]:
        yield Fault("E-LEDGER-NO-UNIT", where)
    try:
        # Python reads other spellings of a day too; the ledger holds one.
        is_day = date.fromisoformat(row[1]).isoformat() == row[1]
    except ValueError:
        is_day = False
    if not is_day:
        yield Fault("E-LEDGER-DAY", where)
    if not row[2].strip():
        yield Fault("E-LEDGER-NO-REASON", where)


def _erase(study: Study) -> tuple[str, ...]:
    """Remove the folders that hold rows of people followed: they are made again without hers."""
    erased = tuple(act for act in STALE if (study.out / act).is_dir())
    for act in erased:
        shutil.rmtree(study.out / act)
        study.forget(act)
    return erased
