"""A study of several waves, run again wave by wave."""

from __future__ import annotations

from pathlib import Path

import pytest

from reliance_eval.study import open_study, verify_out


@pytest.mark.slow
def test_every_wave_is_screened_and_held_again(study: Path) -> None:
    told: list[str] = []
    found = verify_out(open_study(study), progress=told.append)
    assert found.is_same
    # The flow and the draw of either wave, then those of the waves together.
    assert told[:6] == ["flow", "draw"] * 3
    frame = next((study / "out" / "waves").glob("*/flow/eligible.parquet"))
    frame.write_bytes(frame.read_bytes()[:-1] + b"x")
    changed = verify_out(open_study(study)).changed
    assert frame.relative_to(study / "out").as_posix() in changed
