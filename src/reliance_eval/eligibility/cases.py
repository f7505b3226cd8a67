"""Worked cases: made-up people whose answers the protocol's authors wrote down beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import narwhals.stable.v2 as nw

from reliance_eval.eligibility.criterion import answer, check_criteria
from reliance_eval.errors import Fault
from reliance_eval.language.catalogue import Value
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Expectation

_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "date": (date,),
}


def check_cases(protocol: Protocol) -> tuple[Fault, ...]:
    """Put the criteria to each worked case, and give a fault for every answer that differs.

    The expressions are those that screen the extract, on the same engine. A column that a case
    does not give is missing. ``refused_by`` and ``unknown_for``, where a case names them, are all
    the criteria that answer no, and all that are unknown, whatever their order.
    """
    cases = protocol.clauses.eligibility.cases
    if not cases:
        return ()
    faults = [*check_criteria(protocol), *_given_faults(protocol)]
    if faults:
        return tuple(faults)
    return tuple(
        fault
        for index, (case, answers) in enumerate(zip(cases, _answers(protocol), strict=True))
        for fault in _unmet(case.expect, answers, _place(protocol, index))
    )


def _place(protocol: Protocol, index: int) -> str:
    return protocol.place("eligibility", "cases", index)


def _given_faults(protocol: Protocol) -> Iterator[Fault]:
    """Look for values that are not of their column's type."""
    columns = protocol.extract(protocol.clauses.eligibility.extract).columns
    for index, case in enumerate(protocol.clauses.eligibility.cases):
        for name, value in case.given.items():
            if not _is_of_type(value, kind := columns[name].type):
                values: dict[str, Value] = {"column": name, "type": kind}
                yield Fault("E-ELIGIBILITY-CASE-TYPE", _place(protocol, index), values)


def _is_of_type(value: Any, kind: str) -> bool:
    # Python counts True among the integers and a date-time among the dates.
    if isinstance(value, datetime) or isinstance(value, bool) != (kind == "boolean"):
        return False
    return isinstance(value, _TYPES[kind])


def _answers(protocol: Protocol) -> list[dict[str, bool | None]]:
    """Give, for each case in order, each criterion's answer."""
    import duckdb
    import pyarrow as pa

    clause = protocol.clauses.eligibility
    types = {
        "text": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
    }
    arrays = {
        name: pa.array([case.given.get(name) for case in clause.cases], types[column.type])
        for name, column in protocol.extract(clause.extract).columns.items()
    }
    number = pa.array(range(len(clause.cases)), pa.int64())
    connection = duckdb.connect()
    try:
        cases = nw.from_native(connection.from_arrow(pa.table({**arrays, "#case": number})))
        asked = [answer(c, protocol).alias(f"#{k}") for k, c in enumerate(clause.steps)]
        rows = cases.select("#case", *asked).collect().sort("#case").rows(named=True)
    finally:
        connection.close()
    return [{c.name: row[f"#{k}"] for k, c in enumerate(clause.steps)} for row in rows]


def _unmet(expect: Expectation, answers: dict[str, bool | None], where: str) -> Iterator[Fault]:
    refused = [name for name, found in answers.items() if found is False]
    unknown = [name for name, found in answers.items() if found is None]
    if expect.eligible and (refused or unknown):
        values = {"refused": _listed(refused), "unknown": _listed(unknown)}
        yield Fault("E-ELIGIBILITY-CASE-OUT", where, {**values})
    elif not expect.eligible and not (refused or unknown):
        yield Fault("E-ELIGIBILITY-CASE-IN", where)
    for expected, found, code in (
        (expect.refused_by, refused, "E-ELIGIBILITY-CASE-REFUSED"),
        (expect.unknown_for, unknown, "E-ELIGIBILITY-CASE-UNKNOWN"),
    ):
        if expected and set(expected) != set(found):
            yield Fault(code, where, {"expected": _listed(expected), "found": _listed(found)})


def _listed(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(sorted(names)) or "–"
