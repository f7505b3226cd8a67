"""The ledger of a study folder: recorded from files, chained, counted, and never taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from line_study import contents, reliance


def units(study: Path, arm: str) -> list[str]:
    """Units of an arm, or of the reserve in the order in which places go."""
    table = pd.read_parquet(study / "out" / "draw" / "assignment.parquet")
    rows = table[table["arm"] == arm].sort_values(["block", "rank"])
    return [str(unit) for unit in rows["unit"]]


def entries(study: Path, *named: str, reason: str = "moved, far away") -> Path:
    path = study / "entries.csv"
    lines = [f'{unit},2018-09-30,"{reason}"' for unit in named]
    path.write_text("\n".join(["unit,on,reason", *lines]) + "\n", encoding="utf-8")
    return path


def log(study: Path) -> list[dict[str, object]]:
    lines = (study / "out" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_a_study_goes_on_with_what_was_recorded(study: Path) -> None:
    draw = contents(study / "out" / "draw")
    offered, control = units(study, "offered"), units(study, "control")
    reserve = units(study, "reserve")
    hers = [offered[3], control[5]]
    for kind, named in {
        "withdrawal": offered[10:25],
        "refusal": offered[:1],
        "late_ineligibility": control[:1],
        "replacement": reserve[:1],
        "objection": hers,
    }.items():
        done = reliance("record", kind, entries(study, *named), "--study", study, "--lang", "en")
        assert done.returncode == 0, done.stderr
        assert "SYNTH-0" not in done.stdout + done.stderr
    # What held her rows is gone at once, before anything is made again.
    for act in ("panel", "estimates", "checks"):
        assert not (study / "out" / act).exists()
    done = reliance("run", "--study", study, "--lang", "en")
    assert done.returncode == 0, done.stderr

    assert contents(study / "out" / "draw") == draw
    for act in ("panel", "estimates", "checks", "report"):
        for path in (study / "out" / act).iterdir():
            content = path.read_bytes()
            if path.suffix == ".parquet":
                content = pd.read_parquet(path).to_csv().encode()
            assert not any(unit.encode() in content for unit in hers), path
    panel = pd.read_parquet(study / "out" / "panel" / "units.parquet")
    assert panel["arm"].value_counts().to_dict() == {"offered": 300, "control": 300}
    assert reliance("verify", "--study", study).returncode == 0

    page = (study / "out" / "report" / "report.en.html").read_text(encoding="utf-8")
    assert "Recorded after the draw, by group" in page
    assert "Called from the reserve" in page
    # Fifteen withdrawals may be printed; one refusal may not (threshold of 11).
    assert "Withdrew: 15" in page
    assert "moved, far away" not in page

    last = [entry for entry in log(study) if entry["act"] == "record"]
    assert [entry["entries"] for entry in last] == [15, 1, 1, 1, 2]
    assert b"SYNTH-0" not in (study / "out" / "log.jsonl").read_bytes()


def test_a_refused_file_changes_nothing_and_is_logged(study: Path) -> None:
    before = contents(study)
    path = entries(study, units(study, "offered")[0], "SYNTH-nobody")
    before |= {path.name: path.read_bytes()}
    done = reliance("record", "withdrawal", path, "--study", study, "--lang", "en")
    assert done.returncode == 65
    assert "entries.csv:3" in done.stderr
    assert "SYNTH-" not in done.stderr
    assert contents(study) == before
    last = log(study)[-1]
    assert (last["act"], last["code"]) == ("record-refused", "E-LEDGER-UNKNOWN")


@pytest.mark.parametrize(
    ("content", "code", "exit_code"),
    [
        ("unit;on;reason\nu;2018-09-30;x\n", "E-LEDGER-COLUMNS", 65),
        ("unit,on,reason\n", "E-LEDGER-EMPTY", 65),
        ("unit,on,reason\nu,2018-09-30,x,y\n", "E-LEDGER-FIELDS", 65),
        ("unit,on,reason\nu,30/09/2018,x\n", "E-LEDGER-DAY", 65),
        ("unit,on,reason\nu,20180930,x\n", "E-LEDGER-DAY", 65),
        ("unit,on,reason\nu,2018-09-30, \n", "E-LEDGER-NO-REASON", 65),
        ("unit,on,reason\n,2018-09-30,x\n", "E-LEDGER-NO-UNIT", 65),
        ("unit,on,reason\nu,2018-09-30,\xe9\n".encode("latin-1"), "E-LEDGER-ENCODING", 66),
        (None, "E-LEDGER-UNREADABLE", 66),
    ],
)
def test_a_file_that_is_no_list_of_entries_is_refused(
    study: Path, content: str | bytes | None, code: str, exit_code: int
) -> None:
    path = study / "entries.csv"
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    done = reliance("record", "withdrawal", path, "--study", study)
    assert done.returncode == exit_code
    assert code in done.stderr


def test_a_kind_that_is_not_one_is_refused_with_the_nearest(study: Path) -> None:
    path = entries(study, units(study, "offered")[0])
    done = reliance("record", "withdrawl", path, "--study", study, "--lang", "en")
    assert done.returncode == 78
    assert "the nearest is withdrawal" in done.stderr


def test_nothing_is_recorded_before_the_draw(fresh: Path) -> None:
    done = reliance("record", "withdrawal", entries(fresh, "u"), "--study", fresh, "--lang", "en")
    assert done.returncode == 66
    assert "reliance-eval draw" in done.stderr


@pytest.mark.parametrize("change", ["cut", "edit"])
def test_a_ledger_that_was_touched_is_refused(study: Path, change: str) -> None:
    for unit in units(study, "offered")[:2]:
        path = entries(study, unit)
        assert reliance("record", "withdrawal", path, "--study", study).returncode == 0
    ledger = study / "out" / "ledger.jsonl"
    lines = ledger.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = lines[:1] if change == "cut" else [lines[0].replace("moved", "asked"), lines[1]]
    ledger.write_text("".join(kept), encoding="utf-8")
    done = reliance("run", "--study", study, "--lang", "en")
    assert done.returncode == 76
    assert "ledger.jsonl" in done.stderr
