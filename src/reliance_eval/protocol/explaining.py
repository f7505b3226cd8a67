"""What `[[absences]]` may say: columns of text, codes that exist, outcomes that are promised."""

from __future__ import annotations

from collections.abc import Iterator

from reliance_eval.protocol.finding import Finding, KeyPath, unknown_column, unknown_name
from reliance_eval.protocol.model import Absence, Clauses


def absence_findings(clauses: Clauses) -> Iterator[Finding]:
    """Give what is wrong with the clauses on why outcomes are missing."""
    outcomes = [outcome.name for outcome in clauses.read_outcomes]
    for index, absence in enumerate(clauses.absences):
        path: KeyPath = ("absences", index)
        yield from unknown_column(clauses, absence.extract, absence.column, (*path, "column"))
        yield from _codes(clauses, absence, (*path, "codes"))
        for name in absence.outcomes:
            if name not in outcomes:
                yield unknown_name((*path, "outcomes"), "outcome", name, outcomes)


def _codes(clauses: Clauses, absence: Absence, path: KeyPath) -> Iterator[Finding]:
    extract = clauses.extracts.get(absence.extract)
    column = None if extract is None else extract.columns.get(absence.column)
    if not absence.codes:
        yield Finding(path, "E-PROTOCOL-ABSENCE-CODES", {"column": absence.column})
    if column is None:
        return
    if column.type != "text":
        values = {"column": absence.column, "type": column.type}
        yield Finding(path, "E-PROTOCOL-ABSENCE-TEXT", {**values})
    for code in absence.codes:
        # A column without codes of its own keeps what the producer wrote.
        if column.codes and code not in column.codes.values():
            yield unknown_name((*path, code), "code", code, sorted(set(column.codes.values())))
