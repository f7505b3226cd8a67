"""CSV files: their bytes judged before anything is believed, then every cell kept as text."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from reliance_eval.errors import SHOWN, Fault
from reliance_eval.extract.columns import sources
from reliance_eval.language.catalogue import Value
from reliance_eval.protocol.model import ExtractClause

if TYPE_CHECKING:
    import _csv

    import duckdb

CHUNK = 1 << 20
BATCH = 50_000
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class _Judge:
    """Decodes a file chunk by chunk and remembers where it first failed."""

    def __init__(self, encoding: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._offset = 0
        self.bad_byte: int | None = None

    def feed(self, chunk: bytes, *, final: bool) -> str:
        if self.bad_byte is not None:
            return ""
        pending = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            self.bad_byte = self._offset - pending + error.start
            return ""
        self._offset += len(chunk)
        return text


def byte_faults(path: Path, where: str, encoding: str) -> list[Fault]:
    """Say whether a file's bytes are the declared encoding, and hold no control character.

    Parameters
    ----------
    path : Path
        The file.
    where : str
        How messages call it.
    encoding : str
        As the protocol declares it.
    """
    declared, utf8 = _Judge(encoding), _Judge("utf-8")
    controls: list[tuple[int, str]] = []
    row, is_ascii = 1, True
    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith(UTF16):
            return [Fault("E-EXTRACT-UTF16", where)]
        chunk = start + file.read(CHUNK)
        while chunk:
            following = file.read(CHUNK)
            text = declared.feed(chunk, final=not following)
            if encoding != "utf-8":
                utf8.feed(chunk, final=not following)
            for match in _CONTROL.finditer(text):
                if len(controls) < SHOWN:
                    place = row + text.count("\n", 0, match.start())
                    controls.append((place, f"U+{ord(match[0]):04X}"))
            row += text.count("\n")
            is_ascii = is_ascii and chunk.isascii()
            chunk = following
    if encoding != "utf-8" and not is_ascii and utf8.bad_byte is None:
        return [Fault("E-EXTRACT-IS-UTF8", where, {"encoding": encoding})]
    if declared.bad_byte is not None:
        code = "E-EXTRACT-NOT-UTF8" if encoding == "utf-8" else "E-EXTRACT-UNDECODABLE"
        at = _row_of(path, declared.bad_byte)
        values: dict[str, Value] = {"offset": declared.bad_byte, "encoding": encoding}
        return [Fault(code, f"{where}:{at}", values)]
    return [
        Fault("E-EXTRACT-CONTROL", f"{where}:{place}", {"row": place, "point": point})
        for place, point in controls
    ]


def header(path: Path, clause: ExtractClause) -> list[str]:
    """Give the column names of a file whose bytes are sound; none if it is empty."""
    with _opened(path, clause) as file:
        try:
            return next(_reader(file, clause), [])
        except csv.Error:
            return []


def load(  # noqa: PLR0913
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    clause: ExtractClause,
    *,
    name: str,
    table: str,
    header: list[str],
) -> tuple[int, list[Fault]]:
    """Bring the named columns of a file into a table of texts, with line and record numbers.

    Returns
    -------
    tuple
        The number of records, and what is wrong with their shape. Records of another length
        than the header's are counted and left out.
    """
    import pyarrow as pa

    picks = [header.index(source) for source in sources(clause)]
    names = ["line", "record", *(f"c{index}" for index in range(len(picks)))]
    schema = pa.schema([(n, pa.int64() if k < 2 else pa.string()) for k, n in enumerate(names)])
    connection.register("batch", schema.empty_table())
    connection.execute(f"CREATE TABLE {table} AS SELECT * FROM batch")  # noqa: S608
    shape = Records(path, clause, name=name, width=len(header))
    for lines, counts, records in shape.batches():
        cells = list(zip(*records, strict=True))
        columns = [lines, counts, *(cells[pick] for pick in picks)]
        arrays = [pa.array(c, type=f.type) for c, f in zip(columns, schema, strict=True)]
        connection.register("batch", pa.Table.from_arrays(arrays, schema=schema))
        connection.execute(f"INSERT INTO {table} SELECT * FROM batch")  # noqa: S608
    connection.unregister("batch")
    return shape.count, shape.faults()


class Records:
    """The well-formed records of a file, each with its line; what is malformed is remembered."""

    def __init__(self, path: Path, clause: ExtractClause, *, name: str, width: int) -> None:
        self._path = path
        self._clause = clause
        self._name = name
        self._width = width
        self._ragged: list[tuple[int, int]] = []
        self._n_ragged = 0
        self._broken: int | None = None
        self._last = 0
        self.count = 0

    def batches(self) -> Iterator[tuple[list[int], list[int], list[list[str]]]]:
        """Give the lines, the ranks and the cells of the records, many at a time."""
        lines: list[int] = []
        counts: list[int] = []
        records: list[list[str]] = []
        for line, record in self._well_formed():
            lines.append(line)
            counts.append(self.count)
            records.append(record)
            if len(records) == BATCH:
                yield lines, counts, records
                lines, counts, records = [], [], []
        if records:
            yield lines, counts, records

    def _well_formed(self) -> Iterator[tuple[int, list[str]]]:
        with _opened(self._path, self._clause) as file:
            reader = _reader(file, self._clause)
            next(reader, None)
            line = reader.line_num + 1
            try:
                for record in reader:
                    if len(record) == self._width:
                        self.count += 1
                        yield line, record
                    elif record:
                        self.count += 1
                        self._n_ragged += 1
                        if len(self._ragged) < SHOWN:
                            self._ragged.append((line, len(record)))
                        self._last = line
                    line = reader.line_num + 1
            except csv.Error:
                self._broken = line

    def faults(self) -> list[Fault]:
        """Say what was malformed, once the records have been read."""
        found = []
        ragged = list(self._ragged)
        if not _ends_with_newline(self._path):
            end = _row_of(self._path, self._path.stat().st_size)
            if self._broken == end or (self._n_ragged and self._last == end):
                values: dict[str, Value] = {"row": end}
                found.append(Fault("E-EXTRACT-LAST-LINE", f"{self._name}:{end}", values))
                ragged = [(line, width) for line, width in ragged if line != end]
                self._n_ragged -= self._last == end
                self._broken = None if self._broken == end else self._broken
        if ragged:
            line, width = ragged[0]
            found.append(
                Fault(
                    "E-EXTRACT-RAGGED",
                    f"{self._name}:{line}",
                    {
                        "row": line,
                        "fields": width,
                        "header": self._width,
                        "n": self._n_ragged,
                        "rows": listed([str(line) for line, _ in ragged], self._n_ragged),
                    },
                )
            )
        if self._broken is not None:
            where = f"{self._name}:{self._broken}"
            found.append(Fault("E-EXTRACT-QUOTE", where, {"row": self._broken}))
        return found


def listed(places: list[str], total: int) -> str:
    """Write places one after the other, with an ellipsis where there are more."""
    return ", ".join(places) + (", …" if total > len(places) else "")


def _opened(path: Path, clause: ExtractClause) -> IO[str]:
    encoding = "utf-8-sig" if clause.encoding == "utf-8" else clause.encoding
    return path.open(encoding=encoding, newline="")


def _reader(file: IO[str], clause: ExtractClause) -> _csv.Reader:
    return csv.reader(file, delimiter=clause.separator, strict=True)


def _row_of(path: Path, offset: int) -> int:
    rows, read = 1, 0
    with path.open("rb") as file:
        while read < offset and (chunk := file.read(min(CHUNK, offset - read))):
            rows += chunk.count(b"\n")
            read += len(chunk)
    return rows


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) in b"\r\n"
