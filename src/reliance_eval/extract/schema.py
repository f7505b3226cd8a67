"""The Table Schema of an extract: the French open-data convention for what a file must hold."""

from __future__ import annotations

from typing import Any

from reliance_eval.extract.columns import ROW, Field, fields
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import ExtractClause

PROFILE = "https://datapackage.org/profiles/2.0/tableschema.json"
_NAMES = {"text": "string", "month": "yearmonth"}


def table_schema(protocol: Protocol, name: str) -> dict[str, Any]:
    """Give the Table Schema of an extract, as JSON types, under the producer's column names.

    Parameters
    ----------
    protocol : Protocol
        The protocol whose clause is written out.
    name : str
        The extract.

    References
    ----------
    Table Schema, version 2.0, https://datapackage.org/standard/table-schema/
    """
    clause = protocol.extract(name)
    stored: dict[str, dict[str, Any]] = {}
    for field in fields(clause):
        if field.source != ROW:
            # A column may be read twice under two names: the file has it once.
            stored.setdefault(field.source, {}).update(_field(field, clause))
    schema: dict[str, Any] = {
        "$schema": PROFILE,
        "name": name.replace("_", "-").lower(),
        "title": f"{protocol.clauses.trial.id}: {name}",
        "fields": list(stored.values()),
        "fieldsMatch": ["superset"],
        "missingValues": [""],
    }
    if clause.id != ROW and clause.kind != "events":
        schema["primaryKey"] = [clause.id, *([clause.month] if clause.month else [])]
    return schema


def _field(field: Field, clause: ExtractClause) -> dict[str, Any]:
    column = field.column
    described: dict[str, Any] = {"name": field.source, "type": "string"}
    if not column.codes:
        described |= _type(field, clause)
    elif column.type == "boolean":
        described["type"] = "boolean"
        described["trueValues"] = [a for a, b in column.codes.items() if b == "true"]
        described["falseValues"] = [a for a, b in column.codes.items() if b == "false"]
    if column.missing:
        described["missingValues"] = ["", *column.missing]
    constraints = _constraints(field)
    if constraints:
        described["constraints"] = constraints
    return described


def _type(field: Field, clause: ExtractClause) -> dict[str, Any]:
    kind: dict[str, Any] = {"type": _NAMES.get(field.type, field.type)}
    if field.type == "number" and clause.decimal != ".":
        kind["decimalChar"] = clause.decimal
    if field.type == "date" and clause.date_format is not None:
        kind["format"] = clause.date_format
    return kind


def _constraints(field: Field) -> dict[str, Any]:
    column = field.column
    constraints: dict[str, Any] = {}
    if column.required or field.role != "column":
        constraints["required"] = True
    if column.codes and column.type != "boolean":
        constraints["enum"] = list(column.codes)
    for bound in ("minimum", "maximum"):
        limit = getattr(column, bound)
        if limit is not None and not column.codes:
            constraints[bound] = int(limit) if column.type == "integer" else limit
    return constraints
