"""The terminal says what disclosure control withheld, and why, in counts of cells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reliance_eval.cli.withholding import tell_withheld
from reliance_eval.cli.wording import say

LINES = [
    {"table": "t", "outcome": "withheld", "reason": "threshold"},
    {"table": "t", "outcome": "withheld", "reason": "secondary"},
    {"table": "t", "outcome": "withheld", "reason": "threshold"},
    {"table": "t", "outcome": "at_least", "reason": "complement"},
    {"table": "t", "outcome": "rounded", "reason": "rounding"},
    {"table": "", "outcome": "withheld", "reason": "threshold"},
]


class Told:
    """A session that keeps what it was told."""

    def __init__(self, language: str) -> None:
        self.language, self.results, self.lines = language, dict[str, Any](), list[str]()

    def say(self, key: str, /, **values: Any) -> str:
        return say(self.language, key, **values)

    def result(self, text: str) -> None:
        self.lines.append(text)

    note = result


@pytest.mark.parametrize(("language", "word"), [("en", "threshold"), ("fr", "seuil")])
def test_withheld_cells_are_counted_by_reason(tmp_path: Path, language: str, word: str) -> None:
    log = tmp_path / "disclosure.jsonl"
    log.write_text("\n".join(map(json.dumps, LINES)), encoding="utf-8")
    session = Told(language)
    tell_withheld(session, log)  # type: ignore[arg-type]
    # Five cells of a table; what stands in a sentence is no cell. Two reasons, the first twice.
    assert session.results["disclosure"]["withheld"] == {"threshold": 2, "secondary": 1}
    assert "3" in session.lines[0]
    assert "5" in session.lines[0]
    assert word in session.lines[1]
    assert str(log) in session.lines[-1]


def test_nothing_is_said_where_there_is_no_report(tmp_path: Path) -> None:
    session = Told("en")
    tell_withheld(session, tmp_path / "disclosure.jsonl")  # type: ignore[arg-type]
    assert session.lines == []
