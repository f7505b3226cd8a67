"""The key of the pseudonyms: 32 bytes in a file of their own, far from the study.

Whoever holds the key and a file number can name the pseudonym. The key is therefore read from a
file that its owner alone can read, never from the command line (which the machine's other users
and the shell's history see), and never from inside a study folder (which travels).
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from reliance_eval.errors import ConfidentialityError, Fault, SealedError, StorageError

BYTES = 32
MODE = 0o600
PROTOCOL = "protocol.toml"
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{32,}")


def read_key(path: Path, *, study: Path | None = None) -> bytes:
    """Read a key after checking that nobody else can, and that it is out of the study.

    Parameters
    ----------
    path : Path
        The key file.
    study : Path, optional
        A study folder that must not hold it; any other study folder above it is found too.

    Raises
    ------
    ConfidentialityError
        There is no such file; it is in a study folder; its mode is not 0600; it does not hold
        32 bytes. All that applies is said at once; the key itself never is.
    """
    if _HEXADECIMAL.fullmatch(str(path)):
        # Somebody typed the key itself: it must not be repeated here.
        raise ConfidentialityError(Fault("E-KEY-TYPED"))
    where = str(path)
    faults = study_faults(path, study=study, code="E-KEY-IN-STUDY")
    if not path.is_file():
        raise ConfidentialityError([Fault("E-KEY-MISSING", where), *faults])
    try:
        mode = path.stat().st_mode & 0o777
        key = path.read_bytes()
    except OSError as error:
        values = {"reason": str(error.strerror)}
        raise ConfidentialityError(Fault("E-KEY-UNREADABLE", where, {**values})) from None
    if mode != MODE:
        faults.append(Fault("E-KEY-MODE", where, {"found": f"{mode:04o}"}))
    if len(key) != BYTES:
        faults.append(Fault("E-KEY-LENGTH", where, {"n": len(key)}))
    if faults:
        raise ConfidentialityError(faults)
    return key


def new_key(path: Path, *, study: Path | None = None) -> None:
    """Create a key of 32 random bytes, of mode 0600, whole or not at all.

    Raises
    ------
    ConfidentialityError
        The place is in a study folder.
    SealedError
        A file is there already: a key is never overwritten, since nothing could be made again
        with another.
    """
    if faults := study_faults(path, study=study, code="E-KEY-IN-STUDY"):
        raise ConfidentialityError(faults)
    write_private(path, secrets.token_bytes(BYTES), taken="E-KEY-EXISTS")


def study_faults(path: Path, *, study: Path | None, code: str) -> list[Fault]:
    """Say whether a path is inside a study folder, through links too."""
    resolved = path.resolve()
    folders = {folder for folder in resolved.parents if (folder / PROTOCOL).is_file()}
    if study is not None and (study / PROTOCOL).is_file() and _is_below(resolved, study):
        folders.add(study.resolve())
    return [Fault(code, str(path), {"study": str(folder)}) for folder in sorted(folders)[:1]]


def write_private(path: Path, content: bytes, *, taken: str) -> None:
    """Write a new file that its owner alone can read, whole or not at all.

    Parameters
    ----------
    taken : str
        Code of the fault if something bears that name already.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, MODE)  # whatever the umask withdrew
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        # A link, unlike a rename, fails where the name is taken.
        os.link(partial, path)
    except FileExistsError:
        raise SealedError(Fault(taken, str(path))) from None
    except PermissionError:
        raise SealedError(Fault("E-STORAGE-REFUSED", str(path))) from None
    except OSError as error:
        values = {"reason": str(error.strerror)}
        raise StorageError(Fault("E-STORAGE-FAILED", str(path), {**values})) from error
    finally:
        partial.unlink(missing_ok=True)


def _is_below(path: Path, folder: Path) -> bool:
    return path.is_relative_to(folder.resolve())
