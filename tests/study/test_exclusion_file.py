"""The restricted file of exclusions is safe in a spreadsheet, and is read back as it was."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from reliance_eval.reporting.disclosure import Gate, Rules
from reliance_eval.study.exclusion_file import (
    FOLDER,
    REASONS,
    kept_exclusions,
    write_exclusions,
)

STRICT = Rules("strict", 11, 5, 0.85, frozenset(), None)


def test_no_unit_and_no_reason_reads_as_a_formula(tmp_path: Path) -> None:
    # O60 of the fault catalogue: a spreadsheet runs text that begins with a sign.
    units = {"-u1": "-moved", "u2": "moved"}
    at = datetime(2026, 1, 1, tzinfo=UTC)
    write_exclusions(tmp_path / FOLDER, units, commitment="C", at=at, gate=Gate(STRICT))
    text = (tmp_path / FOLDER / REASONS).read_text(encoding="utf-8")
    assert text.splitlines()[1:] == ["'-u1,'-moved", "u2,moved"]
    assert kept_exclusions(tmp_path) == units
