"""The query behind an extract's frame: every file read alike, the latest delivery first."""

from __future__ import annotations

from datetime import date

from reliance_eval.extract.cells import cell
from reliance_eval.extract.columns import EXTRACTED_ON, ROW, Field, fields
from reliance_eval.extract.engine import identifier
from reliance_eval.extract.sources import Source
from reliance_eval.protocol.model import ExtractClause

_SQL_TYPES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "month": "INTEGER",
}


def frame_query(
    clause: ExtractClause, sources: tuple[Source, ...], *, extracted_by: date | None = None
) -> str:
    """Give the SQL of an extract's rows, one a key: the row of the latest delivery.

    Events have no key: all of them count, exact duplicates once.
    """
    kept = [s for s in sources if extracted_by is None or s.file.extracted_on <= extracted_by]
    if not kept:
        return _empty(clause)
    columns = [identifier(field.name) for field in fields(clause)]
    union = " UNION ALL ".join(
        f"SELECT {', '.join(columns)}, {day_literal(source.file.extracted_on)} AS {EXTRACTED_ON} "  # noqa: S608
        f"FROM ({file_query(clause, source)})"
        for source in kept
    )
    if clause.kind == "events":
        keys = ", ".join(columns)
        return (
            f"SELECT {keys}, max({EXTRACTED_ON}) AS {EXTRACTED_ON} FROM ({union}) GROUP BY {keys}"  # noqa: S608
        )
    if len({source.file.extracted_on for source in kept}) == 1:
        return union
    keys = "unit, month" if clause.kind == "monthly" else "unit"
    latest = f"row_number() OVER (PARTITION BY {keys} ORDER BY {EXTRACTED_ON} DESC) = 1"
    return f"SELECT * FROM ({union}) QUALIFY {latest}"  # noqa: S608


def file_query(clause: ExtractClause, source: Source, *, with_checks: bool = False) -> str:
    """Give the SQL of one file's rows: the frame's columns, typed.

    Parameters
    ----------
    clause : ExtractClause
        How the file is read.
    source : Source
        The file.
    with_checks : bool
        Add, for the k-th column, ``#b<k>`` (something is there and has no value) and ``#t<k>``
        (that thing as text), and the row's number ``#row``.
    """
    inner, outer = [], []
    for k, field in enumerate(fields(clause)):
        raw, physical = _stored(field, source)
        read = cell(field, clause, raw=raw, physical=physical, p=f"p{k}")
        inner.append(f"{read.present} AS p{k}")
        outer.append(f"{read.value} AS {identifier(field.name)}")
        if with_checks:
            outer.append(f'p{k} IS NOT NULL AND ({read.value}) IS NULL AS "#b{k}"')
            outer.append(f'CAST(p{k} AS VARCHAR) AS "#t{k}"')
    if with_checks:
        inner.append(f'{source.row} AS "#row"')
        outer.append('"#row"')
    return f"SELECT {', '.join(outer)} FROM (SELECT {', '.join(inner)} FROM {source.table})"  # noqa: S608


def day_literal(day: date) -> str:
    """Give the SQL of a day."""
    return f"DATE '{day.isoformat()}'"


def _stored(field: Field, source: Source) -> tuple[str, str]:
    if field.source == ROW:
        return f"printf('row-%06d', {source.record})", "VARCHAR"
    return source.columns[field.source]


def _empty(clause: ExtractClause) -> str:
    columns = [
        f"CAST(NULL AS {_SQL_TYPES[field.type]}) AS {identifier(field.name)}"
        for field in fields(clause)
    ]
    columns.append(f"CAST(NULL AS DATE) AS {EXTRACTED_ON}")
    return f"SELECT {', '.join(columns)} WHERE false"
