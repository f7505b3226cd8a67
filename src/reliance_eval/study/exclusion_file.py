"""The files of exclusions: the one that is given, those that are kept, the one to publish."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from reliance_eval import storage
from reliance_eval.artefact import neutral
from reliance_eval.errors import DataError, Fault, UnreadableInput
from reliance_eval.fingerprint import of_bytes
from reliance_eval.language.catalogue import Value
from reliance_eval.lottery.notice import in_utc
from reliance_eval.lottery.package import EXCLUSIONS, exclusions_file
from reliance_eval.reporting.disclosure import Gate

FOLDER = "exclusions"
REASONS = "excl_log.csv"
PUBLISHED = Path("publish") / "exclusions.txt"
COLUMNS = ("unit", "reason")
LONGEST = 200
WITHHELD = "."

_WORD = re.compile(r"[0-9A-Za-z_-]+")


def read_exclusions(path: Path, units: frozenset[str]) -> dict[str, str]:
    """Give the reason of each unit of a file.

    Parameters
    ----------
    path : Path
        A CSV file in UTF-8 with the columns ``unit,reason``.
    units : frozenset of str
        The list committed to.

    Raises
    ------
    UnreadableInput
        The file is not there, or not in UTF-8.
    DataError
        A row is not a unit of the list and its reason; rows are named, never units.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "UTF-8"
        unread: dict[str, Value] = {"reason": reason, "columns": ",".join(COLUMNS)}
        raise UnreadableInput(Fault("E-EXCLUSIONS-UNREADABLE", str(path), unread)) from None
    lines = list(csv.reader(io.StringIO(text, newline="")))
    if not lines or tuple(lines[0]) != COLUMNS:
        values = {"columns": ",".join(COLUMNS)}
        raise DataError(Fault("E-EXCLUSIONS-COLUMNS", f"{path.name}:1", dict(values)))
    rows: dict[str, str] = {}
    faults: list[Fault] = []
    for number, line in enumerate(lines[1:], start=2):
        where = f"{path.name}:{number}"
        if found := list(_row_faults(line, where, units, rows)):
            faults += found
        else:
            rows[line[0]] = line[1].strip()
    if not rows and not faults:
        faults.append(Fault("E-EXCLUSIONS-ROW", f"{path.name}:2", {"largest": LONGEST}))
    if faults:
        raise DataError(faults)
    if unknown := len(rows.keys() - units):
        raise DataError(Fault("E-EXCLUSIONS-UNKNOWN", path.name, {"n": unknown}))
    return rows


def _row_faults(
    line: list[str], where: str, units: frozenset[str], rows: Mapping[str, str]
) -> Iterator[Fault]:
    reason = line[1].strip() if len(line) == len(COLUMNS) else ""
    if not reason or not line[0] or len(reason) > LONGEST or not reason.isprintable():
        yield Fault("E-EXCLUSIONS-ROW", where, {"largest": LONGEST})
    elif not units.isdisjoint(_WORD.findall(reason)):
        yield Fault("E-EXCLUSIONS-REASON", where)
    elif line[0] in rows:
        yield Fault("E-EXCLUSIONS-TWICE", where)


def kept_exclusions(out: Path) -> dict[str, str]:
    """Give the reason of each unit excluded so far, none where nobody is."""
    storage.recover(out / FOLDER)
    path = out / FOLDER / REASONS
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        # Neither a unit nor a reason begins with an apostrophe: it only keeps a formula from being.
        rows = [[cell.removeprefix("'") for cell in row] for row in csv.reader(file)]
    return dict(rows[1:])


def digest_of(units: Mapping[str, str]) -> str:
    """Give X, the SHA-256 of ``excl.txt``."""
    return of_bytes(exclusions_file([*units]))


def write_exclusions(
    folder: Path, units: Mapping[str, str], *, commitment: str, at: datetime, gate: Gate
) -> None:
    """Write the units, their reasons, and what may be published of them: digest and counts."""
    reasons = Counter(units.values())
    text = io.StringIO(newline="")
    rows = [(neutral(unit), neutral(reason)) for unit, reason in sorted(units.items())]
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows])
    is_small = any(gate.is_small(n) for n in reasons.values())
    lines = [
        ("format", "RL1 exclusions 1"),
        ("commitment", commitment),
        ("exclusions_sha256", digest_of(units)),
        ("logged_at", in_utc(at)),
        ("total", _shown(gate, len(units))),
        # One count withheld among others could be had by subtracting them from the total.
        *(
            (f"reason {reason}", WITHHELD if is_small else _shown(gate, n))
            for reason, n in sorted(reasons.items())
        ),
    ]
    with storage.atomic_folder(folder) as partial:
        (partial / EXCLUSIONS).write_bytes(exclusions_file([*units]))
        (partial / REASONS).write_bytes(text.getvalue().encode("utf-8"))
        (partial / PUBLISHED).parent.mkdir()
        published = "".join(f"{key}: {value}\n" for key, value in lines)
        (partial / PUBLISHED).write_bytes(published.encode("utf-8"))


def _shown(gate: Gate, n: int) -> str:
    shown = gate.count(n, place=FOLDER)
    return WITHHELD if shown.value is None else f"{shown.value:.0f}"
