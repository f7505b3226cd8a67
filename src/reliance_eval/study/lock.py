"""One run at a time: a lock the system releases by itself when its holder dies."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from reliance_eval.errors import BusyError, Fault, SealedError

NAME = ".lock"


@contextmanager
def locked(out: Path) -> Iterator[bool]:
    """Hold the lock of an output folder; give whether a dead process had left it behind.

    Raises
    ------
    BusyError
        A living process holds it: its number, machine and start are in the message.
    SealedError
        The folder refuses writing.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        file = (out / NAME).open("a+", encoding="utf-8")
    except OSError as error:
        raise SealedError(Fault("E-STORAGE-REFUSED", str(out))) from error
    with file:
        if not _seize(file):
            raise BusyError(Fault("E-STUDY-BUSY", str(out), _holder(out)))
        file.seek(0)
        is_stale = bool(file.read())
        _write(file, {"process": os.getpid(), "host": socket.gethostname(), "since": _now()})
        try:
            yield is_stale
        finally:
            file.truncate(0)


def _write(file: IO[str], holder: dict[str, str | int]) -> None:
    file.truncate(0)
    file.write(json.dumps(holder))
    file.flush()


def _holder(out: Path) -> dict[str, str | int | float | None]:
    values: dict[str, str | int | float | None] = {"process": "?", "host": "?", "since": "?"}
    with contextlib.suppress(OSError, ValueError):
        values.update(json.loads((out / NAME).read_text(encoding="utf-8")))
    return values


def _seize(file: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            # A byte far past the text, so that others can still read who holds the lock.
            file.seek(1 << 20)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
