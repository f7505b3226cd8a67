"""Files as delivered: which are there, and whether those already used are still the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reliance_eval import fingerprint
from reliance_eval.artefact import RECORD, read_record
from reliance_eval.errors import Fault, IntegrityError
from reliance_eval.protocol import Protocol

USERS = ("flow", "panel")


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file of an extract, the day it was cut, and the digest of its bytes."""

    path: str
    extracted_on: str
    sha256: str


def delivered(protocol: Protocol, extract: str) -> tuple[Delivered, ...]:
    """Give the files an extract's deliveries name, with their digests, sorted."""
    found = [
        Delivered(
            path.relative_to(protocol.folder).as_posix(),
            delivery.extracted_on.isoformat(),
            _digest(path),
        )
        for delivery in protocol.extract(extract).deliveries
        for path in sorted(protocol.folder.glob(delivery.path))
        if path.is_file()
    ]
    return tuple(sorted(found, key=lambda d: (d.extracted_on, d.path)))


def refuse_changed(protocol: Protocol, out: Path) -> None:
    """Refuse to go on when a file that an act has read is no longer the same.

    Raises
    ------
    IntegrityError
        Names each file that has changed or vanished; a new delivery is a new file.
    """
    used: dict[str, str] = {}
    for act in USERS:
        if (out / act / RECORD).is_file():
            for record in read_record(out / act)["fields"]["deliveries"]:
                used[record["path"]] = record["sha256"]
    faults: list[Fault] = []
    for name, digest in sorted(used.items()):
        path = protocol.folder / name
        if not path.is_file():
            faults.append(Fault("E-STUDY-DELIVERY-GONE", name))
        elif (found := _digest(path)) != digest:
            values = {"found": found[: fingerprint.SHORT], "recorded": digest[: fingerprint.SHORT]}
            faults.append(Fault("E-STUDY-DELIVERY-CHANGED", name, dict(values)))
    if faults:
        raise IntegrityError(faults)


def _digest(path: Path) -> str:
    state = path.stat()
    return _digest_of_state(path, state.st_size, state.st_mtime_ns)


@cache
def _digest_of_state(path: Path, _size: int, _modified: int) -> str:
    """Digest a file once a process, as long as its size and time stay."""
    return fingerprint.of_file(path)
