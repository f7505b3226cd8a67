"""What an extract's clause itself may not say, or may not leave unsaid."""

from __future__ import annotations

import re
from datetime import date

from reliance_eval.errors import Fault
from reliance_eval.extract.columns import (
    RESERVED,
    ROW,
    Field,
    family,
    fields,
    is_readable,
    needs_format,
)
from reliance_eval.extract.sources import DeliveredFile, Source
from reliance_eval.language.catalogue import Value
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Column, ExtractClause

_DIRECTIVE = re.compile("%(.)")
_ADMISSIBLE = frozenset("YmdHMS%")


def clause_faults(name: str, protocol: Protocol) -> list[Fault]:
    """Give what is wrong with a clause before any file is opened."""
    clause = protocol.extract(name)
    faults = _date_format(protocol.place("extracts", name, "date_format"), clause)
    if clause.id == ROW and (clause.kind != "units" or len(clause.deliveries) > 1):
        where = protocol.place("extracts", name, "id")
        faults.append(Fault("E-EXTRACT-ROW-ID", where, {"row": ROW}))
    seen: set[str] = set()
    for column_name, column in clause.columns.items():
        place = protocol.place("extracts", name, "columns", column_name)
        if column_name.casefold() in RESERVED | seen:
            faults.append(Fault("E-EXTRACT-COLUMN-RESERVED", place, {"column": column_name}))
        seen.add(column_name.casefold())
        wrong = [target for target in column.codes.values() if not _suits(target, column)]
        if wrong:
            values: dict[str, Value] = {
                "targets": ", ".join(dict.fromkeys(wrong)),
                "type": column.type,
            }
            faults.append(Fault("E-EXTRACT-CODE-TARGET", place, values))
    return faults


def undeclared_dates(
    name: str,
    protocol: Protocol,
    files: tuple[DeliveredFile, ...],
    sources: tuple[Source, ...],
) -> list[Fault]:
    """Give the date columns that are text while no format says which part is the day."""
    clause = protocol.extract(name)
    if clause.date_format is not None:
        return []
    has_csv = any(file.path.suffix.lower() == ".csv" for file in files)
    faults = []
    for field in fields(clause):
        stored = {"VARCHAR"} if has_csv else set()
        stored |= {s.columns[field.source][1] for s in sources if field.source in s.columns}
        if any(needs_format(field, physical) for physical in sorted(stored)):
            values: dict[str, Value] = {"column": field.source}
            where = protocol.place("extracts", name, "columns", field.name)
            faults.append(Fault("E-EXTRACT-DATE-UNDECLARED", where, values))
    return faults


def wrong_types(clause: ExtractClause, sources: tuple[Source, ...]) -> list[Fault]:
    """Give the columns whose stored type cannot become the declared one."""
    faults = []
    for source in sources:
        for field in fields(clause):
            physical = source.columns.get(field.source, ("", "VARCHAR"))[1]
            if not is_readable(field, physical):
                faults.append(_wrong_type(source.file.name, field, physical))
    return faults


def _wrong_type(where: str, field: Field, physical: str) -> Fault:
    stored = physical.split("(", maxsplit=1)[0] if family(physical) != "other" else physical[:40]
    values: dict[str, Value] = {"column": field.source, "stored": stored, "type": field.type}
    return Fault("E-EXTRACT-TYPE", where, values)


def _date_format(place: str, clause: ExtractClause) -> list[Fault]:
    if clause.date_format is None:
        return []
    values: dict[str, Value] = {"format": clause.date_format}
    directives = set(_DIRECTIVE.findall(clause.date_format))
    if "y" in directives:
        return [Fault("E-EXTRACT-DATE-TWO-DIGITS", place, values)]
    wanted = {"Y", "m", "d"} if any(f.type == "date" for f in fields(clause)) else {"Y", "m"}
    if not (wanted <= directives <= _ADMISSIBLE):
        return [Fault("E-EXTRACT-DATE-FORMAT", place, values)]
    return []


def _suits(target: str, column: Column) -> bool:
    try:
        if column.type == "integer":
            int(target)
        elif column.type == "number":
            float(target)
        elif column.type == "date":
            date.fromisoformat(target)
        elif column.type == "boolean":
            return target in {"true", "false"}
    except ValueError:
        return False
    return True
