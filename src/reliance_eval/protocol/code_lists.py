"""Code lists beside the protocol: sourced, dated files of codes, read as text."""

from __future__ import annotations

import csv
from pathlib import Path

from reliance_eval.protocol.consistency import is_inside
from reliance_eval.protocol.finding import Finding
from reliance_eval.protocol.model import Clauses


def read_code_lists(
    clauses: Clauses, folder: Path
) -> tuple[dict[str, tuple[str, ...]], list[Finding]]:
    """Read the first column of every list a criterion names; say which cannot be read.

    A list is a UTF-8 CSV file with a header; lines that begin with ``#`` give its source.
    """
    lists: dict[str, tuple[str, ...]] = {}
    findings: list[Finding] = []
    for index, criterion in enumerate(clauses.eligibility.criteria):
        for test in criterion.tests:
            if test.in_ is None or test.in_.path is None or test.in_.path in lists:
                continue
            path = ("eligibility", "criteria", index, "in")
            name = test.in_.path
            if not is_inside(folder, name):
                findings.append(Finding(path, "E-PROTOCOL-OUTSIDE", {"path": name}))
            elif not (folder / name).is_file():
                findings.append(Finding(path, "E-PROTOCOL-NO-CODE-LIST", {"path": name}))
            else:
                lists[name] = _first_column(folder / name)
    return lists, findings


def _first_column(path: Path) -> tuple[str, ...]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(line for line in file if not line.startswith("#")) if row]
    return tuple(row[0] for row in rows[1:])
