"""The study's log: one line an act, each holding the digest of the line before it.

Acts done and acts refused are both lines; nobody's identifier is in any. Where an act was dated by
declaration, ``at`` is what was declared and ``written_at`` what the machine's clock said.
"""

from __future__ import annotations

import contextlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reliance_eval.errors import RelianceError
from reliance_eval.study.chain import linked, read_chain

NAME = "log.jsonl"
REFUSED = "-refused"


def append(out: Path, act: str, *, at: datetime | None = None, **values: Any) -> None:
    """Add a line; a log whose chain is broken is refused, never continued.

    Parameters
    ----------
    out : Path
        The study's ``out`` folder.
    act : str
        The command that did it.
    at : datetime, optional
        The declared instant; by default this machine's.
    **values
        What the act was made from and gave: digests and counts, never people.
    """
    dated = {"at": now()}
    if at is not None:
        declared = at.astimezone(UTC).isoformat(timespec="seconds")
        dated = {"at": declared, "clock": "declared", "written_at": now()}
    line = linked(read(out), {**dated, "act": act, **values})
    with (out / NAME).open("a", encoding="utf-8", newline="\n") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def refuse(out: Path, act: str, error: RelianceError, *, at: datetime | None = None) -> None:
    """Add the line of an attempt that was refused, with the codes of its faults.

    A log that cannot be continued is itself the fault, and it is told by who met it.
    """
    codes = list(dict.fromkeys(fault.code for fault in error.faults))
    with contextlib.suppress(RelianceError, OSError):
        append(out, act + REFUSED, at=at, code=error.code, codes=codes)


def read(out: Path) -> list[str]:
    """Give the lines of the log after checking its chain.

    Raises
    ------
    IntegrityError
        A line was changed, removed or inserted: the first one that does not fit is named.
    """
    return read_chain(out / NAME, broken="E-STUDY-LOG-BROKEN")


def entries(out: Path, act: str) -> list[dict[str, Any]]:
    """Give the lines of one act, as tables, after checking the chain of all."""
    return [entry for line in read(out) if (entry := json.loads(line))["act"] == act]


def now() -> str:
    """Give the present moment, to the second, in universal time."""
    return datetime.now(UTC).isoformat(timespec="seconds")
