"""The study's log: one line an act, each holding the digest of the line before it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reliance_eval import fingerprint
from reliance_eval.errors import Fault, IntegrityError

NAME = "log.jsonl"


def append(out: Path, act: str, **values: Any) -> None:
    """Add a line; a log whose chain is broken is refused, never continued."""
    lines = read(out)
    previous = fingerprint.of_text(lines[-1]) if lines else ""
    entry = {"n": len(lines) + 1, "previous": previous, "at": _now(), "act": act, **values}
    with (out / NAME).open("a", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(entry, ensure_ascii=False, sort_keys=True) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read(out: Path) -> list[str]:
    """Give the lines of the log after checking its chain.

    Raises
    ------
    IntegrityError
        A line was changed, removed or inserted: the first one that does not fit is named.
    """
    path = out / NAME
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
            raise IntegrityError(Fault("E-STUDY-LOG-BROKEN", f"{NAME}:{number}"))
        previous = fingerprint.of_text(line)
    return lines


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
