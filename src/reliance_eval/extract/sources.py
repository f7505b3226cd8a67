"""One delivered file as DuckDB sees it: where to select from, and what its columns are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from reliance_eval.errors import Fault
from reliance_eval.extract import text_files
from reliance_eval.extract.columns import sources
from reliance_eval.extract.engine import file_literal, identifier
from reliance_eval.protocol.model import ExtractClause
from reliance_eval.registry import nearest

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """A file found in the study folder, and the delivery it belongs to.

    Attributes
    ----------
    path : Path
        Where it is.
    name : str
        Its path relative to the study folder, with forward slashes: how messages call it.
    extracted_on : date
        The day the producer cut it.
    delivery : int
        Index of its delivery in the clause.
    """

    path: Path
    name: str
    extracted_on: date
    delivery: int


@dataclass(frozen=True, slots=True)
class Source:
    """A readable file.

    Attributes
    ----------
    file : DeliveredFile
        The file.
    table : str
        SQL to select from.
    row : str
        SQL of the row number people count in: a line of a text file (the header is line 1), a
        row of a Parquet file (the first is 1).
    record : str
        SQL of the rank of the row among the file's rows, from 1.
    columns : mapping of str to tuple of str
        SQL and DuckDB type of each column that is read, by its name in the file.
    rows : int
        Rows of data.
    """

    file: DeliveredFile
    table: str
    row: str
    record: str
    columns: dict[str, tuple[str, str]]
    rows: int


@dataclass(frozen=True, eq=False, slots=True)
class Library:
    """The readable files of one extract, and the engine that reads them."""

    connection: duckdb.DuckDBPyConnection
    sources: tuple[Source, ...]


def open_parquet(
    connection: duckdb.DuckDBPyConnection, file: DeliveredFile, clause: ExtractClause
) -> tuple[Source | None, list[Fault]]:
    """Open a Parquet file by its footer; nothing of its rows is read."""
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq

    if file.path.stat().st_size == 0:
        return None, [Fault("E-EXTRACT-NO-ROWS", file.name)]
    table = (
        f"read_parquet({file_literal(str(file.path))}, "
        "file_row_number = true, binary_as_string = true)"
    )
    try:
        with pq.ParquetFile(file.path) as parquet:
            names = list(parquet.schema_arrow.names)
            rows = parquet.metadata.num_rows
        described = connection.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()  # noqa: S608
    except (pa.ArrowException, duckdb.Error, OSError, ValueError):
        return None, [Fault("E-EXTRACT-FOOTER", file.name)]
    if faults := header_faults(names, file.name, clause, ignore_case=True):
        return None, faults
    if rows == 0:
        return None, [Fault("E-EXTRACT-NO-ROWS", file.name)]
    types = {str(name): str(physical) for name, physical, *_ in described}
    columns = {name: (identifier(name), types[name]) for name in sources(clause)}
    row = "file_row_number + 1"
    return Source(file, table, row, row, columns, rows), []


def open_csv(
    connection: duckdb.DuckDBPyConnection, file: DeliveredFile, clause: ExtractClause
) -> tuple[Source | None, list[Fault]]:
    """Check a CSV file byte by byte and bring the named columns, as text, into the engine."""
    faults = text_files.byte_faults(file.path, file.name, clause.encoding)
    if faults:
        return None, faults
    header = text_files.header(file.path, clause)
    if not header:
        return None, [Fault("E-EXTRACT-NO-ROWS", file.name)]
    if faults := header_faults(header, file.name, clause):
        return None, faults
    wanted = sources(clause)
    table = identifier(f"file of {file.name}")
    rows, faults = text_files.load(
        connection, file.path, clause, name=file.name, table=table, header=header
    )
    if rows == 0 and not faults:
        faults = [Fault("E-EXTRACT-NO-ROWS", file.name)]
    columns = {name: (f"c{index}", "VARCHAR") for index, name in enumerate(wanted)}
    return Source(file, table, "line", "record", columns, rows), faults


def header_faults(
    names: list[str], where: str, clause: ExtractClause, *, ignore_case: bool = False
) -> list[Fault]:
    """Say which column names come twice, and which named columns are not there."""
    wanted = set(sources(clause))
    seen: dict[str, str] = {}
    twice: list[str] = []
    for name in names:
        # DuckDB tells Parquet columns apart without regard to case.
        key = name.casefold() if ignore_case else name
        if key in seen and (name in wanted or seen[key] in wanted or name == seen[key]):
            twice.append(name)
        seen.setdefault(key, name)
    faults = [
        Fault("E-EXTRACT-COLUMN-TWICE", where, {"column": name}) for name in dict.fromkeys(twice)
    ]
    for name in sources(clause):
        if name not in names:
            known = nearest(name, names)
            code = "E-EXTRACT-COLUMN-MISSING" if known is None else "E-EXTRACT-COLUMN-MISSING-NEAR"
            faults.append(Fault(code, where, {"column": name, "nearest": known}))
    return faults


def damaged(library: Library) -> list[Fault]:
    """Give the files whose named columns cannot be read to the end."""
    import duckdb

    faults = []
    for source in library.sources:
        stored = ", ".join(sql for sql, _ in source.columns.values())
        try:
            library.connection.execute(f"SELECT max(hash({stored})) FROM {source.table}").fetchall()  # noqa: S608
        except duckdb.Error:
            faults.append(Fault("E-EXTRACT-DAMAGED", source.file.name))
    return faults
