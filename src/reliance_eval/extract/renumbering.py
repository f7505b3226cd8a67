"""The crosswalk: people who change file numbers keep the pseudonym of their first one.

A CSV in UTF-8 with the columns ``old_id,new_id,on``: on that day the old number became the new
one. Chains are followed to the first number. What would give two people one pseudonym, or one
person two, is refused: rows are named, never a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from reliance_eval.errors import SHOWN, DataError, Fault, UnreadableInput
from reliance_eval.extract import text_files
from reliance_eval.extract.pseudonyms import Form, normalised
from reliance_eval.protocol.model import ExtractClause

COLUMNS = ("old_id", "new_id", "on")
_CLAUSE = ExtractClause(id="new_id")


@dataclass(frozen=True, slots=True)
class Change:
    """One change of number, and the line that says it."""

    line: int
    old: str
    new: str
    on: date


def read_crosswalk(path: Path, *, form: Form = "plain") -> dict[str, str]:
    """Give each later number's first number, both normalised.

    Raises
    ------
    UnreadableInput
        There is no such file.
    DataError
        A line has no number or no date; a number has two predecessors or two successors; a
        change is dated before the one it follows; numbers follow each other in a circle.
    """
    where = path.name
    if not path.is_file():
        raise UnreadableInput(Fault("E-PSEUDONYM-NO-FILE", str(path)))
    changes, faults = _changes(path, where, form)
    faults = faults or [*_ambiguous(changes, where)]
    if faults:
        raise DataError(faults)
    before = {change.new: change for change in changes}
    if faults := [*_circles(changes, before, where)] or [*_disorder(changes, before, where)]:
        raise DataError(faults)
    return {change.new: _first(change, before) for change in changes}


def _changes(path: Path, where: str, form: Form) -> tuple[list[Change], list[Fault]]:
    faults = text_files.byte_faults(path, where, _CLAUSE.encoding)
    names = [] if faults else text_files.header(path, _CLAUSE)
    if not faults and tuple(names) != COLUMNS:
        faults = [Fault("E-CROSSWALK-COLUMNS", where)]
    if faults:
        return [], faults
    records = text_files.Records(path, _CLAUSE, name=where, width=len(COLUMNS))
    changes: dict[tuple[str, str, date], Change] = {}
    for lines, _, rows in records.batches():
        for line, (old_text, new_text, day) in zip(lines, rows, strict=True):
            old, new = normalised(old_text, form=form), normalised(new_text, form=form)
            on = _day(day.strip())
            if not old or not new or on is None:
                faults.append(Fault("E-CROSSWALK-LINE", f"{where}:{line}"))
            elif old != new:
                # The same change, said twice, is one change.
                changes.setdefault((old, new, on), Change(line, old, new, on))
    return list(changes.values()), [*records.faults(), *faults[:SHOWN]]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _ambiguous(changes: list[Change], where: str) -> Iterator[Fault]:
    """Say which numbers became two others, and which come from two others."""
    for code, of in (
        ("E-CROSSWALK-TWO-SUCCESSORS", {c.line: c.old for c in changes}),
        ("E-CROSSWALK-TWO-PREDECESSORS", {c.line: c.new for c in changes}),
    ):
        lines: dict[str, list[int]] = {}
        for line, number in of.items():
            lines.setdefault(number, []).append(line)
        twice = sorted(line for found in lines.values() if len(found) > 1 for line in found)
        if twice:
            yield _at(code, twice, where)


def _circles(changes: list[Change], before: dict[str, Change], where: str) -> Iterator[Fault]:
    """Say which changes have no first number, because they follow each other in a circle."""
    in_circle: list[int] = []
    ended: set[str] = set()
    for change in changes:
        path: list[str] = []
        number = change.new
        while number in before and number not in ended and number not in path:
            path.append(number)
            number = before[number].old
        if number in path:
            in_circle += [before[met].line for met in path[path.index(number) :]]
        ended.update(path)
    if in_circle:
        yield _at("E-CROSSWALK-CIRCLE", sorted(in_circle), where)


def _disorder(changes: list[Change], before: dict[str, Change], where: str) -> Iterator[Fault]:
    """Say which changes are dated before the change that gave the number they end."""
    late = [c.line for c in changes if c.old in before and before[c.old].on > c.on]
    if late:
        yield _at("E-CROSSWALK-ORDER", sorted(late), where)


def _at(code: str, lines: list[int], where: str) -> Fault:
    listed = text_files.listed([str(line) for line in lines[:SHOWN]], len(lines))
    return Fault(code, f"{where}:{lines[0]}", {"n": len(lines), "rows": listed})


def _first(change: Change, before: dict[str, Change]) -> str:
    while change.old in before:
        change = before[change.old]
    return change.old
