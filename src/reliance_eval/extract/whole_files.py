"""Whole files, as the key holder's command reads and writes them: every column, nothing typed."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from reliance_eval.errors import DataError, Fault
from reliance_eval.extract import text_files
from reliance_eval.extract.pseudonyms import Domain, Form
from reliance_eval.extract.sources import header_faults
from reliance_eval.protocol.model import ExtractClause
from reliance_eval.registry import nearest

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the key holder asks for.

    Attributes
    ----------
    study_id : str
        Identifier of the study, part of what is hashed.
    id_column : str
        The column of file numbers.
    domain : {"draw", "analysis"}
        Whose pseudonyms are written.
    form : {"plain", "nir"}
        How file numbers are normalised.
    encoding, separator : str
        Of a CSV; never guessed.
    dropped : tuple of str
        Columns left out of the output.
    kept : tuple of str
        Columns that were looked at and hold no file number, whatever they resemble.
    study : Path or None
        The study folder, out of which key and bridge must be.
    """

    study_id: str
    id_column: str
    domain: Domain = "draw"
    form: Form = "plain"
    encoding: Literal["utf-8", "cp1252", "latin-1"] = "utf-8"
    separator: Literal[",", ";", "\t", "|"] = ","
    dropped: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    study: Path | None = None


def kind_of(path: Path) -> str:
    """Give a file's extension in lower case."""
    return path.suffix.lower()


def read_whole(source: Path, request: Request) -> pa.Table:
    """Give every column of a file but those to drop, those of a CSV as text.

    Raises
    ------
    DataError
        The file is damaged, or a column that was named is not there.
    """
    table = _read_parquet(source) if kind_of(source) == ".parquet" else _read_csv(source, request)
    names = table.column_names
    faults = []
    for name in (request.id_column, *request.dropped, *request.kept):
        if name not in names:
            near = nearest(name, names)
            code = "E-EXTRACT-COLUMN-MISSING" if near is None else "E-PSEUDONYM-COLUMN-NEAR"
            faults.append(Fault(code, source.name, {"column": name, "nearest": near}))
    if faults:
        raise DataError(faults)
    return table.drop_columns([name for name in request.dropped if name != request.id_column])


def _read_parquet(source: Path) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(source, memory_map=False).read()
    except (pa.ArrowException, OSError, ValueError):
        raise DataError(Fault("E-EXTRACT-FOOTER", source.name)) from None
    if faults := header_faults(table.column_names, source.name, ExtractClause(id="@row")):
        raise DataError(faults)
    # Metadata of the file may hold anything, identifiers included: none of it goes through.
    return table.replace_schema_metadata(None)


def _read_csv(source: Path, request: Request) -> pa.Table:
    import pyarrow as pa

    clause = ExtractClause(
        id=request.id_column, encoding=request.encoding, separator=request.separator
    )
    if faults := text_files.byte_faults(source, source.name, request.encoding):
        raise DataError(faults)
    names = text_files.header(source, clause)
    if faults := header_faults(names, source.name, clause):
        raise DataError(faults)
    records = text_files.Records(source, clause, name=source.name, width=len(names))
    schema = pa.schema([(name, pa.string()) for name in names])
    batches = [
        pa.RecordBatch.from_arrays(
            [pa.array(cells, type=pa.string()) for cells in zip(*rows, strict=True)], schema=schema
        )
        for _, _, rows in records.batches()
    ]
    if faults := records.faults():
        raise DataError(faults)
    return pa.Table.from_batches(batches, schema=schema)


def bytes_of(table: pa.Table, target: Path, request: Request) -> bytes:
    """Give the bytes of a file of the target's kind."""
    return _parquet(table) if kind_of(target) == ".parquet" else _csv(table, request)


def _parquet(table: pa.Table) -> bytes:
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def _csv(table: pa.Table, request: Request) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=request.separator, lineterminator="\n")
    writer.writerow(table.column_names)
    for batch in table.to_batches(max_chunksize=BATCH):
        columns: list[list[Any]] = [column.to_pylist() for column in batch.columns]
        writer.writerows(zip(*columns, strict=True))
    return buffer.getvalue().encode(request.encoding)
