"""Every command that writes into a study says when it takes a dead process's lock over (O59)."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from reliance_eval.cli.application import app

WRITING = {
    "screen": [],
    "commit": [],
    "exclude": ["nobody.csv"],
    "draw": [],
    "estimate": [],
    "report": [],
    "run": [],
    "seal": [],
    "minutes": [],
    "record": ["withdrawal", "nobody.csv"],
    "diagnose": ["--simulate", "0"],
    "simulate": ["--households", "300"],
}


@pytest.mark.parametrize("command", WRITING)
def test_a_stale_lock_taken_over_is_told(command: str, tmp_path: Path) -> None:
    study = tmp_path / "study"
    invoke = CliRunner().invoke
    assert invoke(app, ["init", str(study)]).exit_code == 0
    (study / "out").mkdir(exist_ok=True)
    (study / "out" / ".lock").write_text('{"process": 1, "host": "gone"}', encoding="utf-8")
    # There is no extract: how the command ends is another test's matter.
    done = invoke(app, [command, *WRITING[command], "--study", str(study), "--lang", "en"])
    assert "A stale lock, left by a process that ended, was taken over." in done.stderr
