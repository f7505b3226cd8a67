"""Waves whose seeds come from public events: each committed to, drawn and sealed in its year."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from two_waves import leave_seeds_to_events, reliance

# Each wave: the instants of commitment and draw, and the numbers that its lotteries gave.
YEARS = {
    "w2018": ("2018-02-01T10:00:00+01:00", "2018-02-15T21:00:00+01:00", "9319 / 2 5 8 / 9 18 26"),
    "w2019": ("2018-11-01T10:00:00+01:00", "2018-11-15T21:00:00+01:00", "1319 / 2 5 8 / 9 18 26"),
}


def ends(code: int, *arguments: str | Path) -> str:
    """Run a command, see how it ends, and give what it said."""
    done = reliance(*arguments, "--lang", "en")
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def hold(wave: str, study: str) -> None:
    committed, drawn, numbers = YEARS[wave]
    ends(0, "screen", "--study", study)
    assert "Waiting for the event" in ends(0, "commit", "--study", study, "--at", committed)
    ends(0, "draw", "--study", study, "--value", numbers, "--at", drawn)


@pytest.fixture
def public(fresh: Path) -> Path:
    leave_seeds_to_events(fresh)
    return fresh


def test_each_wave_keeps_a_commitment_of_its_own(public: Path) -> None:
    first, second = (f"{public}@{wave}" for wave in YEARS)
    assert "commit first" in ends(78, "draw", "--study", first, "--value", "1 / 2 / 3")
    hold("w2018", first)
    # What one wave's event gave is no seed of the other, and no other value draws it again.
    ends(73, "draw", "--study", first, "--value", YEARS["w2019"][2])
    hold("w2019", second)
    assert f"Next: reliance-eval run --study {public}" in ends(
        0, "draw", "--study", second, "--value", YEARS["w2019"][2], "--at", YEARS["w2019"][1]
    )
    commitments = set()
    for wave, address in zip(YEARS, (first, second), strict=True):
        assert "every act on the right side" in ends(0, "verify", "--study", address)
        record = public / "out" / "waves" / wave / "commitment" / "artefact.json"
        commitments.add(json.loads(record.read_text("utf-8"))["fields"]["id"])
    assert len(commitments) == 2
    ends(0, "seal", "--study", second)
    ends(0, "verify", public / "out" / "waves" / "w2019" / "draw" / "public")
