"""The ledger as it is kept: ``out/ledger.jsonl``, a chain that the log holds the end of.

It names people: it is restricted, like every file of ``out/`` but the report. The log has its
digest after each file recorded, so that lines removed from its end are seen too.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from reliance_eval import fingerprint
from reliance_eval.errors import Fault, IntegrityError
from reliance_eval.lottery import Entry, Ledger
from reliance_eval.study import log
from reliance_eval.study.chain import read_chain

NAME = "ledger.jsonl"
ACT = "record"


def read_ledger(out: Path) -> Ledger:
    """Give the ledger of a study, empty where nothing was recorded.

    Raises
    ------
    IntegrityError
        A line was changed, removed or inserted.
    """
    records = [json.loads(line) for line in read_lines(out)]
    return Ledger(tuple(_entry(record) for record in records))


def _entry(record: dict[str, Any]) -> Entry:
    on = date.fromisoformat(record["on"])
    return Entry(record["kind"], record["unit"], on, record["reason"])


def read_lines(out: Path) -> list[str]:
    """Give the lines of the ledger after checking its chain, and its end against the log."""
    lines = read_chain(out / NAME, broken="E-LEDGER-BROKEN")
    logged = (json.loads(line) for line in log.read(out))
    ends = [entry["ledger"] for entry in logged if entry["act"] == ACT]
    # A process that was killed between the two leaves a ledger ahead of its log, never behind.
    if ends and ends[-1] not in {fingerprint.of_text(line) for line in lines}:
        raise IntegrityError(Fault("E-LEDGER-CUT", NAME))
    return lines
