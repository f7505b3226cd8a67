"""A chain of lines: each holds the digest of the one before, so that none can be touched unseen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reliance_eval import fingerprint
from reliance_eval.errors import Fault, IntegrityError


def read_chain(path: Path, *, broken: str) -> list[str]:
    """Give the lines of a file after checking their chain; none where there is no file.

    Parameters
    ----------
    path : Path
        One JSON object a line, with ``n`` (from 1) and ``previous`` (the digest of the line
        before, ``""`` for the first).
    broken : str
        The code of the fault that a broken chain is.

    Raises
    ------
    IntegrityError
        A line was changed, removed or inserted: the first one that does not fit is named.
    """
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    previous = ""
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
            fits = entry["n"] == number and entry["previous"] == previous
        except (ValueError, KeyError, TypeError):
            fits = False
        if not fits:
            raise IntegrityError(Fault(broken, f"{path.name}:{number}"))
        previous = fingerprint.of_text(line)
    return lines


def linked(lines: list[str], values: dict[str, Any]) -> str:
    """Give the line that comes after some others."""
    entry = {"n": len(lines) + 1, "previous": last_digest(lines), **values}
    return json.dumps(entry, ensure_ascii=False, sort_keys=True)


def last_digest(lines: list[str]) -> str:
    """Give the digest of the last line, ``""`` where there is none."""
    return fingerprint.of_text(lines[-1]) if lines else ""
