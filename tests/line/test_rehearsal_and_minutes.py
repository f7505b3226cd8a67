"""A study's rehearsal and procès-verbal, by the command line."""

from __future__ import annotations

import json
from pathlib import Path

from line_study import contents, reliance


def acts(study: Path) -> list[str]:
    log = (study / "out" / "log.jsonl").read_text(encoding="utf-8")
    return [json.loads(line)["act"] for line in log.splitlines()]


def test_a_rehearsal_comes_before_the_draw_and_leaves_none(fresh: Path) -> None:
    early = reliance("draw", "--rehearse", "200", "--study", fresh, "--lang", "en")
    assert early.returncode == 66
    assert reliance("screen", "--study", fresh).returncode == 0
    done = reliance("draw", "--rehearse", "200", "--study", fresh, "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert "This was no draw" in done.stderr
    assert "25%" in done.stderr
    assert not (fresh / "out" / "draw").exists()
    assert {p.name for p in (fresh / "out" / "rehearsal").iterdir()} == {
        "rehearsal.fr.html",
        "rehearsal.en.html",
    }
    assert acts(fresh) == ["screen", "rehearse"]
    before = contents(fresh / "out" / "rehearsal")
    assert reliance("draw", "--rehearse", "200", "--study", fresh, "-q").returncode == 0
    assert contents(fresh / "out" / "rehearsal") == before


def test_minutes_need_a_draw(fresh: Path) -> None:
    done = reliance("minutes", "--study", fresh, "--lang", "fr")
    assert done.returncode == 66
    assert "draw" in done.stderr


def test_the_minutes_are_written_in_both_copies_once(study: Path) -> None:
    done = reliance("minutes", "--study", study, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["is_valid"] is True
    assert len(told["files"]) == 8
    before = contents(study / "out" / "minutes")
    for name, content in before.items():
        assert b"SYNTH-0" not in content, name
    assert reliance("minutes", "--study", study, "-q").returncode == 0
    assert contents(study / "out" / "minutes") == before
    assert acts(study).count("minutes") == 1
