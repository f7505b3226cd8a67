"""Writing so that nothing is ever half written: a temporary name, a sync, a rename.

A reader sees the old folder or the new one, whatever happens in between: a kill, a full disk, a
power cut. What a failed write leaves behind is removed, by it or by the next one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reliance_eval.errors import Fault, SealedError, StorageError

PARTIAL = ".partial"
REPLACED = ".replaced"


@contextmanager
def atomic_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder to fill; on success it takes the place of ``target`` in one rename.

    Raises
    ------
    SealedError
        The parent folder refuses writing.
    StorageError
        The disk is full or failing; nothing of the attempt remains.
    """
    partial = target.with_name(target.name + PARTIAL)
    with _refusals_explained(target):
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            recover(target)
            partial.mkdir()
            yield partial
            _sync_tree(partial)
            _swap(partial, target)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise


def recover(target: Path) -> None:
    """Finish or undo what an interrupted ``atomic_folder`` left beside ``target``."""
    replaced = target.with_name(target.name + REPLACED)
    if replaced.exists():
        if target.exists():
            shutil.rmtree(replaced)
        else:
            replaced.rename(target)
    shutil.rmtree(target.with_name(target.name + PARTIAL), ignore_errors=True)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file under a temporary name, sync it, and rename it into place."""
    partial = path.with_name(path.name + PARTIAL)
    with _refusals_explained(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
            _sync_folder(path.parent)
        except BaseException:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise


def _swap(partial: Path, target: Path) -> None:
    replaced = target.with_name(target.name + REPLACED)
    if target.exists():
        target.rename(replaced)
    partial.rename(target)
    _sync_folder(target.parent)
    shutil.rmtree(replaced, ignore_errors=True)


def _sync_tree(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        else:
            _sync_folder(path)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _refusals_explained(target: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise SealedError(Fault("E-STORAGE-REFUSED", str(target))) from error
    except OSError as error:
        if error.errno == errno.EROFS:
            raise SealedError(Fault("E-STORAGE-REFUSED", str(target))) from error
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise StorageError(Fault("E-STORAGE-FAILED", str(target), {"reason": reason})) from error
