"""Reading extracts: every fault of every file at once, or a lazy table and its provenance."""

from __future__ import annotations

import os

from reliance_eval.errors import DataError, Fault, IntegrityError, ProtocolError, UnreadableInput
from reliance_eval.extract.clauses import clause_faults, undeclared_dates, wrong_types
from reliance_eval.extract.constraints import check
from reliance_eval.extract.engine import connect
from reliance_eval.extract.locating import ACCEPTED, locate
from reliance_eval.extract.recorded import DeliveryRecord, altered, digest_of
from reliance_eval.extract.sources import (
    DeliveredFile,
    Library,
    Source,
    damaged,
    open_csv,
    open_parquet,
)
from reliance_eval.extract.tables import Extract
from reliance_eval.language.catalogue import Value
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import ExtractClause


def read_extract(name: str, protocol: Protocol) -> Extract:
    """Open the delivered files of an extract and check all that the protocol says of them.

    Parameters
    ----------
    name : str
        The extract's name in the protocol.
    protocol : Protocol
        Says where the files are and how they are read.

    Returns
    -------
    Extract
        A lazy table. An extract other than the eligibility one may have no delivery yet.

    Raises
    ------
    ProtocolError
        A path leaves the study folder, or a date format is missing or ambiguous.
    UnreadableInput
        The eligibility extract was not delivered, or a file cannot be opened.
    DataError
        The files are not what the protocol promises: all faults of all files.
    """
    clause = protocol.extract(name)
    files, outside = locate(name, protocol)
    if faults := outside + clause_faults(name, protocol):
        raise ProtocolError(faults)
    if not files and name == protocol.clauses.eligibility.extract:
        raise UnreadableInput(_not_delivered(name, protocol))
    if faults := _unopenable(files):
        raise UnreadableInput(faults)
    library, faults = _open(files, clause)
    undeclared = undeclared_dates(name, protocol, files, library.sources)
    unreadable = wrong_types(clause, library.sources)
    faults += unreadable
    if library.sources and not (undeclared or unreadable):
        faults += _check(name, clause, library)
    faults += _control_totals(clause, library.sources)
    if undeclared:
        raise ProtocolError(undeclared + faults)
    if faults:
        raise DataError(faults)
    return Extract(name, protocol, _records(name, library.sources), library)


def read_extracts(protocol: Protocol) -> tuple[Extract, ...]:
    """Read every extract the follow-up may need that has been delivered.

    The eligibility extract is among them only if an outcome or the take-up is read from it.
    """
    clauses = protocol.clauses
    followed = {outcome.origin.extract for outcome in clauses.read_outcomes}
    if clauses.take_up is not None:
        followed.add(clauses.take_up.extract)
    names = [n for n in clauses.extracts if n != clauses.eligibility.extract or n in followed]
    extracts = (read_extract(name, protocol) for name in names)
    return tuple(extract for extract in extracts if extract.deliveries)


def open_extract(name: str, protocol: Protocol, records: tuple[DeliveryRecord, ...]) -> Extract:
    """Reopen deliveries that an earlier act used, unchecked but for their digests.

    Raises
    ------
    IntegrityError
        A file has changed or vanished since.
    """
    clause = protocol.extract(name)
    records = tuple(record for record in records if record.extract == name)
    if changed := altered(records, protocol.folder):
        raise IntegrityError(changed)
    files = tuple(
        DeliveredFile(protocol.folder / record.path, record.path, record.extracted_on, 0)
        for record in records
    )
    library, faults = _open(files, clause)
    if faults:
        raise DataError(faults)
    return Extract(name, protocol, records, library)


def _not_delivered(name: str, protocol: Protocol) -> Fault:
    paths = ", ".join(delivery.path for delivery in protocol.extract(name).deliveries) or "–"
    where = protocol.place("extracts", name, "deliveries")
    return Fault("E-EXTRACT-NOT-DELIVERED", where, {"extract": name, "paths": paths})


def _unopenable(files: tuple[DeliveredFile, ...]) -> list[Fault]:
    faults = []
    for file in files:
        try:
            with file.path.open("rb") as opened:
                opened.read(1)
        except IsADirectoryError:
            continue
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else "?"
            faults.append(Fault("E-EXTRACT-UNREADABLE", file.name, {"reason": reason}))
    return faults


def _open(files: tuple[DeliveredFile, ...], clause: ExtractClause) -> tuple[Library, list[Fault]]:
    connection = connect()
    sources: list[Source] = []
    faults: list[Fault] = []
    for file in files:
        suffix = file.path.suffix.lower()
        if suffix not in ACCEPTED or file.path.is_dir():
            values: dict[str, Value] = {"suffix": suffix or "–", "accepted": ", ".join(ACCEPTED)}
            faults.append(Fault("E-EXTRACT-FORMAT", file.name, values))
            continue
        open_file = open_csv if suffix == ".csv" else open_parquet
        source, wrong = open_file(connection, file, clause)
        faults += wrong
        if source is not None:
            sources.append(source)
    return Library(connection, tuple(sources)), faults


def _check(name: str, clause: ExtractClause, library: Library) -> list[Fault]:
    import duckdb

    try:
        return check(name, clause, library)
    except duckdb.Error:
        # The engine's own message may quote a person's value: only ours is shown.
        if faults := damaged(library):
            raise DataError(faults) from None
        raise


def _control_totals(clause: ExtractClause, sources: tuple[Source, ...]) -> list[Fault]:
    faults = []
    for index, delivery in enumerate(clause.deliveries):
        rows = [source.rows for source in sources if source.file.delivery == index]
        if delivery.rows is not None and rows and sum(rows) != delivery.rows:
            values: dict[str, Value] = {"declared": delivery.rows, "found": sum(rows)}
            faults.append(Fault("E-EXTRACT-CONTROL-TOTAL", delivery.path, values))
    return faults


def _records(name: str, sources: tuple[Source, ...]) -> tuple[DeliveryRecord, ...]:
    return tuple(
        DeliveryRecord(
            extract=name,
            path=source.file.name,
            extracted_on=source.file.extracted_on,
            sha256=digest_of(source.file.path),
            rows=source.rows,
        )
        for source in sources
    )
