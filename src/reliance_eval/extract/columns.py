"""The columns an extract's clause names, and which stored types can become the declared ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reliance_eval.protocol.model import Column, ExtractClause

ROW = "@row"
"""The identifier of a file that has none: ``id = "@row"`` makes each row a unit."""

EXTRACTED_ON = "extracted_on"
RESERVED = frozenset({"unit", "month", "on", EXTRACTED_ON})

Role = Literal["unit", "month", "on", "column"]
Family = Literal["text", "integer", "decimal", "float", "boolean", "date", "other"]

_INTEGERS = frozenset(
    f"{sign}{size}" for sign in ("", "U") for size in
    ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
)  # fmt: skip
_DATES = frozenset({"DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"})
_NUMERIC: tuple[Family, ...] = ("integer", "decimal", "float", "boolean")
_READABLE: dict[str, tuple[Family, ...]] = {
    "text": ("text", *_NUMERIC, "date"),
    "integer": ("text", *_NUMERIC),
    "number": ("text", *_NUMERIC),
    "boolean": ("text", *_NUMERIC),
    "date": ("text", "date"),
    "month": ("text", "integer", "decimal", "float", "date"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One column of the frame: its name there, its name in the file, and how it is read."""

    name: str
    source: str
    role: Role
    column: Column

    @property
    def type(self) -> str:
        """The declared type; a month has its own."""
        return "month" if self.role == "month" else self.column.type


def fields(clause: ExtractClause) -> tuple[Field, ...]:
    """Give the columns of an extract's frame, keys first, in the protocol's order."""
    keys = [Field("unit", clause.id, "unit", Column())]
    if clause.month is not None:
        keys.append(Field("month", clause.month, "month", Column()))
    elif clause.date is not None:
        keys.append(Field("on", clause.date, "on", Column(type="date")))
    named = [
        Field(name, column.source or name, "column", column)
        for name, column in clause.columns.items()
    ]
    return (*keys, *named)


def sources(clause: ExtractClause) -> tuple[str, ...]:
    """Give the columns to read from a file, each once."""
    return tuple(dict.fromkeys(f.source for f in fields(clause) if f.source != ROW))


def family(physical: str) -> Family:
    """Say what kind of thing a DuckDB type holds.

    >>> family("DECIMAL(9,2)"), family("ENUM('a', 'b')"), family("TIMESTAMP WITH TIME ZONE")
    ('decimal', 'text', 'other')
    """
    name = physical.split("(", maxsplit=1)[0]
    if name in {"VARCHAR", "ENUM"} and not physical.endswith("]"):
        return "text"
    if name == "DECIMAL" and not physical.endswith("]"):
        return "decimal"
    if physical in _INTEGERS:
        return "integer"
    if physical in {"FLOAT", "DOUBLE"}:
        return "float"
    if physical == "BOOLEAN":
        return "boolean"
    return "date" if physical in _DATES else "other"


def is_readable(field: Field, physical: str) -> bool:
    """Say whether a stored type can become the declared one."""
    kind = "text" if field.column.codes else field.type
    return family(physical) in _READABLE[kind]


def needs_format(field: Field, physical: str) -> bool:
    """Say whether a column holds dates as text, so that their order must be declared."""
    return field.type == "date" and not field.column.codes and family(physical) == "text"
