"""``pseudonymise``: a delivered file in, the same file with pseudonyms out, by the key holder.

Rows leave in the order of their pseudonyms: an order inherited from the delivery would itself
join a file of draw pseudonyms to one of analysis pseudonyms, row by row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from reliance_eval import fingerprint, storage
from reliance_eval.errors import (
    SHOWN,
    ConfidentialityError,
    DataError,
    Fault,
    SealedError,
    UnreadableInput,
)
from reliance_eval.extract import keys, text_files
from reliance_eval.extract.locating import ACCEPTED
from reliance_eval.extract.pseudonyms import (
    Domain,
    Form,
    check_study,
    normalised,
    outside_alphabet,
    pseudonym,
)
from reliance_eval.extract.remains import find_remains
from reliance_eval.extract.renumbering import read_crosswalk
from reliance_eval.extract.whole_files import Request, bytes_of, kind_of, read_whole
from reliance_eval.language.catalogue import Value

if TYPE_CHECKING:
    import pyarrow as pa

BRIDGE = ("draw", "analysis")


@dataclass(frozen=True, slots=True)
class Pseudonymisation:
    """What was done, in counts.

    Attributes
    ----------
    rows, units : int
        Rows written, and people (or households) they are about.
    renumbered : int
        Units that the crosswalk led back to their first number.
    sha256 : str
        Digest of the output file, for the delivery slip.
    """

    rows: int
    units: int
    renumbered: int
    sha256: str = field(repr=False)


def pseudonymise(  # noqa: PLR0913
    source: Path,
    target: Path,
    *,
    request: Request,
    key: Path,
    crosswalk: Path | None = None,
    bridge: Path | None = None,
) -> Pseudonymisation:
    """Write a delivered file again with pseudonyms in place of file numbers.

    Parameters
    ----------
    source, target : Path
        A CSV or Parquet file, and the new file, of the same kind.
    request : Request
    key : Path
        The key file (``keys.read_key``).
    crosswalk : Path, optional
        Changes of file numbers (``renumbering.read_crosswalk``).
    bridge : Path, optional
        New file that joins draw to analysis pseudonyms; it stays with the key holder.

    Raises
    ------
    ConfidentialityError
        The key is missing, short, readable by others or in the study; the bridge would be in
        the study; a file number stands in another column too.
    DataError
        A row has no file number, or one with a character that no number has.
    SealedError
        The output or the bridge is there already.
    """
    check_study(request.study_id)
    secret = keys.read_key(key, study=request.study)
    _check_places(source, target, bridge, request)
    first = {} if crosswalk is None else read_crosswalk(crosswalk, form=request.form)
    table = read_whole(source, request)
    raw = _texts(table.column(request.id_column), source.name, request.id_column)
    numbers = _numbers(raw, request.form, source)
    if faults := find_remains(
        table, id_column=request.id_column, raw=raw, numbers={*numbers, *first, *first.values()},
        kept=request.kept, where=source.name,
    ):  # fmt: skip
        raise ConfidentialityError(faults)
    pids = {
        n: _pid(first.get(n, n), secret, request, request.domain) for n in dict.fromkeys(numbers)
    }
    written = _pseudonymous(table, [pids[number] for number in numbers], request.id_column)
    content = bytes_of(written, target, request)
    storage.write_atomically(target, content)
    if bridge is not None:
        people = sorted({first.get(number, number) for number in pids})
        keys.write_private(bridge, _bridge(people, secret, request), taken="E-PSEUDONYM-EXISTS")
    return Pseudonymisation(
        rows=written.num_rows,
        units=len(set(pids.values())),
        renumbered=sum(number in first for number in pids),
        sha256=fingerprint.of_bytes(content),
    )


def _check_places(source: Path, target: Path, bridge: Path | None, request: Request) -> None:
    """Refuse, before anything is read, files that are absent, taken or in the wrong place."""
    if not source.is_file():
        raise UnreadableInput(Fault("E-PSEUDONYM-NO-FILE", str(source)))
    for path in (source, target):
        if kind_of(path) not in ACCEPTED:
            values = {"suffix": kind_of(path) or "–", "accepted": ", ".join(ACCEPTED)}
            raise UnreadableInput(Fault("E-EXTRACT-FORMAT", str(path), {**values}))
    if kind_of(source) != kind_of(target):
        raise UnreadableInput(Fault("E-PSEUDONYM-OTHER-FORMAT", str(target)))
    if bridge is not None and (
        faults := keys.study_faults(bridge, study=request.study, code="E-BRIDGE-IN-STUDY")
    ):
        raise ConfidentialityError(faults)
    taken = [path for path in (target, bridge) if path is not None and path.exists()]
    if taken:
        raise SealedError(Fault("E-PSEUDONYM-EXISTS", str(path)) for path in taken)


def _texts(column: pa.ChunkedArray, where: str, name: str) -> list[str | None]:
    """Give file numbers as text; a number with decimals was damaged before it came here."""
    import pyarrow as pa

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if not (is_text or pa.types.is_integer(kind)):
        raise DataError(Fault("E-PSEUDONYM-TYPE", where, {"column": name, "type": str(kind)}))
    return [None if value is None else str(value) for value in column.to_pylist()]


def _numbers(raw: Iterable[str | None], form: Form, source: Path) -> list[str]:
    first = 2 if kind_of(source) == ".csv" else 1
    numbers, faults, empty = [], [], []
    for row, text in enumerate(raw, start=first):
        number = "" if text is None else normalised(text, form=form)
        numbers.append(number)
        if not number:
            empty.append(row)
        elif (point := outside_alphabet(number)) is not None:
            faults.append(
                Fault("E-PSEUDONYM-ALPHABET", f"{source.name}:{row}", {"code_point": point})
            )
    if empty:
        rows = text_files.listed([str(row) for row in empty[:SHOWN]], len(empty))
        values: dict[str, Value] = {"n": len(empty), "rows": rows}
        faults.insert(0, Fault("E-PSEUDONYM-EMPTY", f"{source.name}:{empty[0]}", values))
    if faults:
        raise DataError(faults[:SHOWN])
    return numbers


def _pid(number: str, secret: bytes, request: Request, domain: Domain) -> str:
    return pseudonym(number, key=secret, study=request.study_id, domain=domain)


def _pseudonymous(table: pa.Table, pids: list[str], id_column: str) -> pa.Table:
    """Give the table with its pseudonyms, in their order."""
    import pyarrow as pa

    place = table.column_names.index(id_column)
    column = pa.array(pids, type=pa.string())
    order = sorted(range(len(pids)), key=pids.__getitem__)
    return table.set_column(place, id_column, column).take(pa.array(order, type=pa.int64()))


def _bridge(people: list[str], secret: bytes, request: Request) -> bytes:
    pairs = sorted(
        tuple(_pid(number, secret, request, domain) for domain in ("draw", "analysis"))
        for number in people
    )
    lines = [",".join(row) for row in (BRIDGE, *pairs)]
    return ("\n".join(lines) + "\n").encode("ascii")
