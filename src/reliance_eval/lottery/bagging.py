"""A BagIt folder: plain files with the SHA-256 of each, and of the list itself.

Everything but the payload follows from the payload, so one admissible form exists and any change,
in the files or in the lists, is seen and named.

References
----------
Kunze et al. (2018), RFC 8493, The BagIt File Packaging Format (V1.0).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from reliance_eval.errors import Fault, IntegrityError, UnreadableInput
from reliance_eval.fingerprint import of_bytes

DECLARATION = "bagit.txt"
INFORMATION = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAGS = "tagmanifest-sha256.txt"
LISTS = (DECLARATION, INFORMATION, MANIFEST, TAGS)
PAYLOAD = "data/"

_DECLARED = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_LISTED = re.compile(rb"[0-9a-f]{64}  (data/[^\r\n]+)")


def bag(payload: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give every file of a bag, by its path in the folder.

    Parameters
    ----------
    payload : mapping of str to bytes
        The files to hand over, by name.
    """
    files = {f"{PAYLOAD}{name}": content for name, content in payload.items()}
    return files | _lists_of(files)


def write_bag(payload: Mapping[str, bytes], folder: Path) -> None:
    """Write a bag into an existing empty folder."""
    for name, content in bag(payload).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


def is_bag(folder: Path) -> bool:
    """Say whether a folder calls itself a bag, whatever its state."""
    return any((folder / name).is_file() for name in LISTS)


def read_bag(folder: Path) -> dict[str, bytes]:
    """Read a bag whose every byte is as it was sealed, and give its payload by name.

    Raises
    ------
    UnreadableInput
        A file cannot be read.
    IntegrityError
        A file was changed, removed or added: each one is named.
    """
    try:
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if not path.is_dir()
        }
    except OSError as error:
        raise UnreadableInput(
            Fault("E-PACKAGE-UNREADABLE", str(folder), {"reason": str(error.strerror)})
        ) from error
    if faults := list(_faults(files)):
        raise IntegrityError(faults)
    return {
        name.removeprefix(PAYLOAD): content
        for name, content in files.items()
        if name.startswith(PAYLOAD)
    }


def _lists_of(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give the four files that follow from a payload; ``files`` has its full paths."""
    octets = sum(map(len, files.values()))
    lists = {
        DECLARATION: _DECLARED,
        INFORMATION: f"Payload-Oxum: {octets}.{len(files)}\n".encode("ascii"),
        MANIFEST: _sums_of(files),
    }
    return lists | {TAGS: _sums_of(lists)}


def _sums_of(files: Mapping[str, bytes]) -> bytes:
    """Give the lines that ``sha256sum -c`` reads; a stranger's file may bear any name."""
    lines = [f"{of_bytes(files[name])}  {name}\n" for name in sorted(files)]
    return "".join(lines).encode("utf-8", errors="surrogateescape")


def _faults(files: Mapping[str, bytes]) -> Iterator[Fault]:
    """Say what changed, looking first at the lists that vouch for the others."""
    payload = {name: content for name, content in files.items() if name.startswith(PAYLOAD)}
    expected = _lists_of(payload)
    if payload | expected == files:
        return
    missing = [name for name in LISTS if name not in files]
    added = [name for name in files if name not in payload and name not in LISTS]
    yield from (Fault("E-BAG-FILE-MISSING", name) for name in missing)
    yield from (Fault("E-BAG-FILE-ADDED", name) for name in added)
    if missing or added:
        return
    tags = files[TAGS].splitlines(keepends=True)
    if _sums_of({MANIFEST: files[MANIFEST]}) not in tags:
        # The manifest is not the one vouched for: either it changed, or what vouches for it.
        is_manifest_right = files[MANIFEST] == expected[MANIFEST]
        yield Fault("E-BAG-LIST-CHANGED", TAGS if is_manifest_right else MANIFEST)
        return
    changed = list(_payload_faults(files[MANIFEST], payload))
    if not changed:
        changed = [
            Fault("E-BAG-LIST-CHANGED", name)
            for name in (DECLARATION, INFORMATION)
            if files[name] != expected[name]
        ]
    yield from changed or [Fault("E-BAG-LIST-CHANGED", TAGS)]


def _payload_faults(manifest: bytes, payload: Mapping[str, bytes]) -> Iterator[Fault]:
    lines = manifest.splitlines(keepends=True)
    listed = [
        match.group(1).decode("utf-8", errors="replace")
        for line in lines
        if (match := _LISTED.fullmatch(line.rstrip(b"\n")))
    ]
    yield from (Fault("E-BAG-FILE-MISSING", name) for name in listed if name not in payload)
    for name, content in payload.items():
        if name not in listed:
            yield Fault("E-BAG-FILE-ADDED", name)
        elif _sums_of({name: content}) not in lines:
            yield Fault("E-BAG-FILE-CHANGED", name)
