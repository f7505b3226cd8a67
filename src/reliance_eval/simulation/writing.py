"""Files as the administrations would deliver them: their names, codes, and a watermark in each.

Every row carries a column ``synthetic`` that says nobody here exists; Parquet files say it in their
metadata too. A file without the watermark was delivered by somebody, and is never overwritten.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.language.catalogue import Value
from reliance_eval.protocol.model import Column, ExtractClause
from reliance_eval.simulation.people import Masked
from reliance_eval.simulation.tables import Table
from reliance_eval.simulation.world import WATERMARK

MARK = "synthetic"
PARQUET = ".parquet"
# What can be written; the other formats an extract may come in are for real deliveries.
SUFFIXES = (PARQUET, ".csv")


def file_bytes(path: str, tables: Iterable[Table], clause: ExtractClause) -> bytes:
    """Give the content of a file of one delivery, in the format its name says."""
    encoded = (encode(table, clause, names=clause.columns) for table in tables)
    if path.endswith(PARQUET):
        return parquet_bytes(encoded)
    return csv_bytes(pa.concat_tables(encoded), clause)


def encode(table: Table, clause: ExtractClause, *, names: Iterable[str]) -> pa.Table:
    """Give rows under the producer's column names, codes and missing codes.

    Parameters
    ----------
    table : Table
        Rows in the protocol's words.
    clause : ExtractClause
        How the producer writes them.
    names : iterable of str
        The protocol's columns to write, in order; others are left out.
    """
    n = len(table.ids)
    fields: dict[str, Any] = {clause.id: pa.array(table.ids, pa.string())}
    if clause.month is not None:
        fields[clause.month] = pa.repeat(pa.scalar(table.day, pa.date32()), n)
    if clause.date is not None:
        fields[clause.date] = pa.array(table.days, pa.date32())
    for name in names:
        column = clause.columns[name]
        fields.setdefault(column.source or name, _encode_column(name, table.columns[name], column))
    fields[MARK] = pa.repeat(WATERMARK, n)
    return pa.table(fields)


def _encode_column(name: str, values: Masked, column: Column) -> pa.Array:
    mask = np.ma.getmaskarray(values)
    data = np.asarray(values.data)
    if column.codes:
        data = _coded(name, data, column)
    elif data.dtype.kind == "U":
        data = data.astype(object)
    code = _missing_code(data, column)
    if code is None:
        return pa.array(data, mask=mask)
    return pa.array(np.where(mask, np.asarray(code, dtype=data.dtype), data))


def _coded(name: str, data: Any, column: Column) -> Any:
    """Give the producer's code of each value: the first one the protocol translates to it."""
    codes = {ours: theirs for theirs, ours in reversed(column.codes.items())}
    found, which = np.unique(data, return_inverse=True)
    texts = [_text(value) for value in found]
    if without := [text for text in texts if text not in codes]:
        values: dict[str, Value] = {"column": name, "values": ", ".join(without)}
        raise ProtocolError(Fault("E-SIMULATION-WITHOUT-CODE", "", values))
    return np.array([codes[text] for text in texts], dtype=object)[which]


def _missing_code(data: Any, column: Column) -> str | int | None:
    """Give the producer's first missing code that the column's own type can hold."""
    for code in column.missing:
        if data.dtype.kind == "O":
            return code
        if data.dtype.kind == "i" and code.lstrip("-").isdigit():
            return int(code)
    return None


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, (bool, np.bool_)) else str(value)


def parquet_bytes(tables: Iterable[pa.Table]) -> bytes:
    """Give a Parquet file with one row group a table: a reader of one month reads one group."""
    sink = io.BytesIO()
    writer: Any = None
    for table in tables:
        if writer is None:
            schema = table.schema.with_metadata({MARK: WATERMARK})
            # Identifiers are all different within a group: a dictionary would only cost.
            others = schema.names[1:]
            writer = pq.ParquetWriter(sink, schema, compression="zstd", use_dictionary=others)
        writer.write_table(table.replace_schema_metadata(schema.metadata), len(table) or None)
    if writer is not None:
        writer.close()
    return sink.getvalue()


def csv_bytes(table: pa.Table, clause: ExtractClause) -> bytes:
    """Give a CSV file in the declared encoding, separator, decimal and date format."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=clause.separator, lineterminator="\n")
    writer.writerow(table.column_names)
    columns = [[_csv_cell(v, clause) for v in column.to_pylist()] for column in table.columns]
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue().encode(clause.encoding)


def _csv_cell(value: Any, clause: ExtractClause) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value).replace(".", clause.decimal)
    if hasattr(value, "strftime"):
        return str(value.strftime(clause.date_format or "%Y-%m-%d"))
    return str(value)


def is_ours(path: Path) -> bool:
    """Say whether a file carries the watermark: only then may it be written over."""
    try:
        if path.suffix == PARQUET:
            metadata = pq.read_schema(path).metadata or {}
            return bool(metadata.get(MARK.encode()) == WATERMARK.encode())
        if path.suffix == ".json":
            return bool(json.loads(path.read_text(encoding="utf-8")).get(MARK) == WATERMARK)
        with path.open("rb") as file:
            header, first = file.readline().rstrip(), file.readline()
    except (OSError, ValueError, AttributeError, pa.ArrowInvalid):
        return False
    return header.endswith(MARK.encode()) and (not first or WATERMARK.encode() in first)
