"""Two folders of results, file by file and number by number: what is not the same.

Tables about people are compared as a whole: what differs inside them is nobody's to print.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any, TypeAlias

from reliance_eval.artefact import RECORD

Cell: TypeAlias = tuple[str, str]
"""What a number is of, and its field: a promise and a column, or a path of keys."""

DIGESTS = ("digest", "parent", "protocol", "tables", "format", "type")
"""Keys of a record that follow from the rest of it, or from other files."""

_NUMBER = re.compile(
    r'<(?:data|span)(?P<tag>[^>]*?) data-id="(?P<id>[^"]+)">(?:<abbr[^>]*>)?(?P<text>[^<]*)'
)
_VALUE = re.compile(r'\bvalue="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Moved:
    """A number that is no longer the same.

    Attributes
    ----------
    file : str
        Where it stands, below ``out/``.
    id, field : str
        The promise and the column, or the number's identifier, or the keys of a record.
    before, after : str
        As kept, and as run again; ``""`` where there is none.
    """

    file: str
    id: str
    field: str
    before: str
    after: str

    @property
    def relative(self) -> float | None:
        """By how much it moved, relative to what was kept; None for what is no number, or zero."""
        before, after = _float(self.before), _float(self.after)
        if before is None or after is None or before == 0:
            return None
        return (after - before) / abs(before)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two folders have, and what differs.

    Attributes
    ----------
    files, numbers : int
        Compared.
    changed : tuple of str
        Files whose bytes differ, or that only one of the folders has.
    moved : tuple of Moved
    """

    files: int
    numbers: int
    changed: tuple[str, ...]
    moved: tuple[Moved, ...]


def compared(
    kept: Path, again: Path, *, within: str, personal: tuple[str, ...], passed: tuple[str, ...] = ()
) -> Comparison:
    """Compare a folder as kept with the same folder made again.

    Parameters
    ----------
    kept, again : Path
    within : str
        The folder's name below ``out/``, for what is said.
    personal : tuple of str
        Names of its tables that are about people.
    passed : tuple of str
        Names of files that say nothing of results.
    """
    names = sorted({name for folder in (kept, again) for name in _files(folder)} - set(passed))
    changed: list[str] = []
    moved: list[Moved] = []
    numbers = 0
    for name in names:
        before, after = kept / name, again / name
        place = f"{within}/{name}"
        if not (before.is_file() and after.is_file()):
            changed.append(place)
            continue
        is_personal = before.suffix == ".parquet" and before.stem in personal
        told = {} if is_personal else _cells(after)
        numbers += sum(_float(value) is not None for value in told.values())
        if before.read_bytes() != after.read_bytes():
            changed.append(place)
            if not is_personal:
                moved += _moves(place, _cells(before), told)
    return Comparison(len(names), numbers, tuple(changed), tuple(moved))


def _files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.relative_to(folder).as_posix()


def _moves(place: str, before: Mapping[Cell, str], after: Mapping[Cell, str]) -> Iterator[Moved]:
    for cell in dict.fromkeys((*before, *after)):
        old, new = before.get(cell, ""), after.get(cell, "")
        if old != new:
            yield Moved(place, *cell, old, new)


def _cells(path: Path) -> dict[Cell, str]:
    """Read a file's numbers; none of a file of another kind, or that cannot be read."""
    try:
        if path.name == RECORD:
            record = json.loads(path.read_text(encoding="utf-8"))
            kept = {key: value for key, value in record.items() if key not in DIGESTS}
            return dict(_leaves(kept, ""))
        if path.suffix == ".csv":
            return _of_rows(list(csv.reader(path.read_text(encoding="utf-8").splitlines())))
        if path.suffix == ".html":
            return _of_page(path.read_text(encoding="utf-8"))
        if path.suffix == ".parquet" and not path.with_suffix(".csv").is_file():
            return _of_table(path)
    except (OSError, ValueError, UnicodeDecodeError):
        return {}
    return {}


def _leaves(value: Any, path: str) -> Iterator[tuple[Cell, str]]:
    """Give the numbers of a record by their path; an answer is named by its promise."""
    if isinstance(value, dict):
        promise = value.get("promise")
        if isinstance(promise, dict) and "id" in promise:
            path = str(promise["id"])
        for key, item in value.items():
            yield from _leaves(item, f"{path}/{key}".lstrip("/"))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _leaves(item, f"{path}/{place}")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        owner, _, field = path.rpartition("/")
        yield (owner, field), repr(value)


def _of_rows(rows: list[list[str]]) -> dict[Cell, str]:
    """Give the cells of a table by the first cell of their row, or its number where it recurs."""
    if not rows:
        return {}
    head, *body = rows
    firsts = [row[0] if row else "" for row in body]
    is_key = len(set(firsts)) == len(firsts)
    return {
        (firsts[place] if is_key else str(place + 1), column): cell
        for place, row in enumerate(body)
        for column, cell in zip(head, row, strict=False)
    }


def _of_table(path: Path) -> dict[Cell, str]:
    import pandas as pd

    table = pd.read_parquet(path)
    rows = [[*map(str, table.columns)]]
    rows += [["" if pd.isna(v) else str(v) for v in row] for row in table.itertuples(index=False)]
    return _of_rows(rows)


def _of_page(page: str) -> dict[Cell, str]:
    """Give every number of a page by its identifier; those that stand there twice by turns."""
    found: dict[Cell, str] = {}
    seen: dict[str, int] = {}
    for match in _NUMBER.finditer(page):
        identifier = unescape(match["id"])
        seen[identifier] = turn = seen.get(identifier, 0) + 1
        value = _VALUE.search(match["tag"])
        field = identifier if turn == 1 else f"{identifier} ({turn})"
        owner, _, name = field.partition("#")
        found[owner, name] = value[1] if value else match["text"]
    return found


def _float(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
