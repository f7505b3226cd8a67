"""SHA-256 of texts, files and tables: what an artefact was made from, in 64 characters."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 1 << 20
SHORT = 12


def of_bytes(content: bytes) -> str:
    """Give the lower-case hexadecimal SHA-256 of bytes.

    >>> of_bytes(b"abc")[:12]
    'ba7816bf8f01'
    """
    return hashlib.sha256(content).hexdigest()


def of_text(text: str) -> str:
    """Give the SHA-256 of a text's UTF-8 bytes."""
    return of_bytes(text.encode("utf-8"))


def of_file(path: Path) -> str:
    """Give the SHA-256 of a file's bytes, read a mebibyte at a time."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def of_plain(value: Any) -> str:
    """Give the SHA-256 of a plain value's canonical JSON (sorted keys, no spaces)."""
    return of_text(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def of_table(table: pd.DataFrame) -> str:
    """Give the SHA-256 of a table's content: column names, then values in row order.

    Independent of the index and of how a library stores the columns; numbers enter by their
    shortest round-trip text, so equal values give equal digests on every machine.
    """
    digest = hashlib.sha256()
    for name in table.columns:
        digest.update(f"{name}\n".encode())
        column = table[name]
        missing = column.isna().to_numpy()
        for value, is_missing in zip(column.tolist(), missing, strict=True):
            digest.update(b"\x00\n" if is_missing else f"{value}\n".encode())
    return digest.hexdigest()
