"""What a clause promises about a table, counted in one pass over each delivery.

Every promise is a condition that a row may break. One aggregate query counts the rows that break
each of them and keeps the first twenty; only when something is broken does a second query look
closer. Rows are named by file and number, never by what they hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from reliance_eval.errors import SHOWN, Fault
from reliance_eval.extract.columns import Field, fields
from reliance_eval.extract.engine import identifier, literal
from reliance_eval.extract.frames import day_literal, file_query
from reliance_eval.extract.sources import Library, Source
from reliance_eval.extract.spotting import tell_codes
from reliance_eval.extract.text_files import listed
from reliance_eval.language.catalogue import Value
from reliance_eval.protocol.model import ExtractClause

_FILE = 1 << 40
"""Places are kept as one integer: index of the file times this, plus the row."""

_BITS = 120
"""Months told apart by one integer of 127 bits."""

_UNREADABLE = {
    "integer": "E-EXTRACT-INTEGER",
    "number": "E-EXTRACT-NUMBER",
    "boolean": "E-EXTRACT-BOOLEAN",
    "date": "E-EXTRACT-DATE",
    "month": "E-EXTRACT-MONTH",
    "text": "E-EXTRACT-CODE",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition no row may meet, the code of the fault if one does, and what to say then."""

    code: str
    broken: str
    values: dict[str, Value] = field(default_factory=dict)
    text: str | None = None


def check(name: str, clause: ExtractClause, library: Library) -> list[Fault]:
    """Give every broken promise of an extract's files, one fault a rule and day of extraction."""
    days = sorted({source.file.extracted_on for source in library.sources})
    faults: list[Fault] = []
    for day in days:
        files = [source for source in library.sources if source.file.extracted_on == day]
        faults += _Delivery(name, clause, library, day=day, files=files).faults()
    return faults


class _Delivery:
    """The files cut on one day, seen as one table."""

    def __init__(
        self,
        name: str,
        clause: ExtractClause,
        library: Library,
        *,
        day: date,
        files: list[Source],
    ) -> None:
        self._clause = clause
        self._connection = library.connection
        self._files = files
        self._rules = rules(name, clause, day)
        self._keys = ["unit", "month"] if clause.kind == "monthly" else ["unit"]
        self._table = " UNION ALL ".join(
            f'SELECT *, {index * _FILE} + "#row" AS "#place" '  # noqa: S608
            f"FROM ({file_query(clause, source, with_checks=True)})"
            for index, source in enumerate(files)
        )

    def faults(self) -> list[Fault]:
        asked = [
            f'count(*) FILTER ({rule.broken}), min("#place", {SHOWN}) FILTER ({rule.broken})'
            for rule in self._rules
        ]
        counted = self._fetch(f"SELECT {', '.join(asked)} FROM ({self._table})")[0]  # noqa: S608
        found = self._duplicates() if self._may_repeat() else []
        for rule, n, places in zip(self._rules, counted[::2], counted[1::2], strict=True):
            if n:
                found.append(self._fault(rule, n, places))
        return found

    def _may_repeat(self) -> bool:
        """Look for repeated keys in little memory: a doubt is settled by ``_duplicates``."""
        if self._clause.kind == "events":
            return False
        if self._clause.kind == "monthly":
            # One bit a month: as many bits as rows proves that no month comes twice.
            query = (
                "SELECT count(*) FROM (SELECT count(*) AS n, "  # noqa: S608
                f"bit_or(CAST(1 AS HUGEINT) << (month % {_BITS})) AS months FROM ({self._table}) "
                "WHERE unit IS NOT NULL AND month IS NOT NULL GROUP BY unit) "
                "WHERE n <> bit_count(months)"
            )
        else:
            # Equal identifiers have equal hashes: distinct hashes prove distinct identifiers.
            query = f"SELECT count(unit) - count(DISTINCT hash(unit)) FROM ({self._table}) WHERE unit IS NOT NULL"  # noqa: S608, E501
        return bool(self._fetch(query)[0][0])

    def _fault(self, rule: Rule, n: int, places: list[int]) -> Fault:
        values = {**rule.values, **self._where(n, places)}
        if rule.text is not None:
            grouped = self._fetch(
                f"SELECT {rule.text}, count(*) FROM ({self._table}) WHERE {rule.broken} "  # noqa: S608
                "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1000"
            )
            codes = [(str(text), int(count)) for text, count in grouped]
            values |= tell_codes(codes, total=n)
        return Fault(rule.code, self._place(places[0]), values)

    def _duplicates(self) -> list[Fault]:
        keys = ", ".join(self._keys)
        known = " AND ".join(f"{key} IS NOT NULL" for key in self._keys)
        found = self._fetch(
            f'WITH d AS (SELECT min("#place", {SHOWN}) AS places, count(*) AS n '  # noqa: S608
            f"FROM ({self._table}) WHERE {known} GROUP BY {keys} HAVING count(*) > 1) "
            "SELECT sum(n), count(*), list_slice(list_sort(flatten(list(places))), "
            f"1, {SHOWN}) FROM d"
        )
        n, n_keys, places = found[0]
        if not n:
            return []
        is_normalised = self._clause.normalise_ids != "none"
        if self._clause.kind == "monthly":
            codes = ("E-EXTRACT-DUPLICATE-MONTH", "E-EXTRACT-DUPLICATE-MONTH-NORMALISED")
        else:
            codes = ("E-EXTRACT-DUPLICATE", "E-EXTRACT-DUPLICATE-NORMALISED")
        code = codes[is_normalised]
        values = {"keys": int(n_keys), **self._where(int(n), places)}
        return [Fault(code, self._place(places[0]), values)]

    def _where(self, n: int, places: list[int]) -> dict[str, Value]:
        # A number alone is enough while there is only one file to look in.
        shown = [
            str(place % _FILE) if len(self._files) == 1 else self._place(place) for place in places
        ]
        return {"n": n, "rows": listed(shown, n)}

    def _place(self, place: int) -> str:
        return f"{self._files[place // _FILE].file.name}:{place % _FILE}"

    def _fetch(self, query: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._connection.execute(query).fetchall()
        return rows


def rules(name: str, clause: ExtractClause, day: date) -> tuple[Rule, ...]:
    """Compile a clause into the conditions no row of a delivery may meet.

    Parameters
    ----------
    name : str
        The extract, for the rules' identifiers (``households.age.maximum``).
    clause : ExtractClause
        Its clause.
    day : date
        The day of extraction: nothing is dated later.
    """
    found: list[Rule] = []
    for k, item in enumerate(fields(clause)):
        found += _rules_of(item, name, day, k=k)
    return tuple(found)


def _rules_of(item: Field, name: str, day: date, *, k: int) -> Iterable[Rule]:
    column = identifier(item.name)
    values: dict[str, Value] = {
        "column": item.source,
        "key": f"extracts.{name}.columns.{item.name}",
        "rule": f"{name}.{item.name}",
    }
    is_coded = bool(item.column.codes)
    if item.role != "unit" and (is_coded or item.type != "text"):
        code = "E-EXTRACT-CODE" if is_coded else _UNREADABLE[item.type]
        has_codes = code not in {"E-EXTRACT-DATE", "E-EXTRACT-MONTH"}
        text = f'"#t{k}"' if has_codes else None
        yield Rule(code, f'"#b{k}"', values, text)
    if item.role != "column" or item.column.required:
        code = "E-EXTRACT-ID-MISSING" if item.role == "unit" else "E-EXTRACT-REQUIRED"
        yield Rule(code, f'{column} IS NULL AND NOT "#b{k}"', values)
    for code, sign, bound in (
        ("E-EXTRACT-MINIMUM", "<", item.column.minimum),
        ("E-EXTRACT-MAXIMUM", ">", item.column.maximum),
    ):
        if bound is not None and item.type in {"integer", "number"}:
            limited = {**values, "bound": f"{bound:.15g}"}
            yield Rule(code, f"{column} {sign} {literal(bound)}", limited)
    if item.type == "date":
        late = f"{column} > {day_literal(day)}"
        yield Rule("E-EXTRACT-AFTER", late, {**values, "day": day.isoformat()})
    if item.type == "month":
        late = f"{column} > {day.year * 12 + day.month - 1}"
        yield Rule("E-EXTRACT-AFTER", late, {**values, "day": day.isoformat()})
