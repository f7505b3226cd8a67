"""Deliveries as recorded by the acts that read them, and whether the files are still the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from reliance_eval import fingerprint
from reliance_eval.errors import Fault
from reliance_eval.language.catalogue import Value


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """One delivered file, as it was when it was read.

    Attributes
    ----------
    extract : str
        The extract's name in the protocol.
    path : str
        The file, relative to the study folder, with forward slashes.
    extracted_on : date
        The day the producer cut it.
    sha256 : str
        Digest of its bytes.
    rows : int
        Rows of data in it.
    """

    extract: str
    path: str
    extracted_on: date
    sha256: str
    rows: int


def altered(records: Iterable[DeliveryRecord], folder: Path) -> list[Fault]:
    """Give a fault for each recorded file of a study folder that has changed or vanished."""
    faults: list[Fault] = []
    for path, recorded in sorted({record.path: record.sha256 for record in records}.items()):
        if not (folder / path).is_file():
            faults.append(Fault("E-DELIVERY-GONE", path))
        elif (found := digest_of(folder / path)) != recorded:
            values: dict[str, Value] = {
                "recorded": recorded[: fingerprint.SHORT],
                "found": found[: fingerprint.SHORT],
            }
            faults.append(Fault("E-DELIVERY-CHANGED", path, values))
    return faults


def digest_of(path: Path) -> str:
    """Give the SHA-256 of a file, read once a process as long as its size and time stay."""
    state = path.stat()
    return _digest_of_state(path, state.st_size, state.st_mtime_ns)


@cache
def _digest_of_state(path: Path, _size: int, _modified: int) -> str:
    return fingerprint.of_file(path)
