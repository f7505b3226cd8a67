"""A study folder: growth is welcome, change is refused, nothing is lost, all runs agree."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from line_study import contents, reliance

from reliance_eval import fingerprint

ACTS = ["flow", "draw", "panel", "estimates", "checks", "report"]


def test_the_run_ends_with_a_report_in_each_language(finished: Path) -> None:
    names = {path.name for path in (finished / "out" / "report").glob("*.html")}
    assert names == {"report.fr.html", "report.en.html"}


def test_every_promise_has_one_row(finished: Path) -> None:
    # 17 cells of outcome and horizon, three analyses each; three levels of `children` for the
    # three horizons of `employed`, three analyses each (counted on the Nancy protocol by hand).
    table = pd.read_csv(finished / "out" / "estimates" / "estimates.csv")
    assert len(table) == 17 * 3 + 3 * 3 * 3
    assert table["id"].is_unique
    assert set(table["status"]) <= {"estimated", "not_estimable"}
    assert table.loc[table["status"] == "not_estimable", "reason"].notna().all()
    assert table.loc[table["status"] == "estimated", ["estimate", "std_error"]].notna().all().all()


def test_running_again_does_nothing_and_changes_no_byte(study: Path) -> None:
    before = contents(study)
    done = reliance("run", "--study", study, "--lang", "en")
    assert done.returncode == 0
    assert "Nothing is due" in done.stdout
    assert contents(study) == before


def test_two_runs_are_the_same_bytes(finished: Path, fresh: Path) -> None:
    assert reliance("run", "--study", fresh).returncode == 0
    assert contents(fresh / "out") == contents(finished / "out")


def test_inputs_are_never_written_to(finished: Path, simulated: Path) -> None:
    digests = [
        {p.name: fingerprint.of_file(p) for p in sorted((s / "data").rglob("*")) if p.is_file()}
        for s in (finished, simulated)
    ]
    assert digests[0] == digests[1]


@pytest.mark.parametrize("kind", ["changed", "vanished"])
def test_a_used_delivery_that_moved_is_refused_by_name(study: Path, kind: str) -> None:
    path = study / "data" / "participation.csv"
    if kind == "changed":
        path.write_bytes(path.read_bytes() + b"\n")
    else:
        path.unlink()
    done = reliance("report", "--study", study, "--lang", "en")
    assert done.returncode == 76
    assert "data/participation.csv" in done.stderr
    assert "SYNTH-" not in done.stderr


def test_a_protocol_changed_after_the_draw_is_refused(study: Path) -> None:
    path = study / "protocol.toml"
    text = path.read_text(encoding="utf-8").replace("below = 50", "below = 45")
    path.write_text(text, encoding="utf-8")
    before = contents(study / "out")
    done = reliance("run", "--study", study, "--lang", "en")
    assert done.returncode == 76
    assert "amendments" in done.stderr
    assert contents(study / "out") == before


def late_returns(study: Path) -> None:
    """Deliver a few more answers to the survey, by an amendment."""
    answers = pd.read_csv(study / "data" / "survey.csv", dtype=str)
    answers.head(50).to_csv(study / "data" / "survey-2.csv", index=False)
    (study / "amendments").mkdir()
    (study / "amendments" / "001-2021-06-01.toml").write_text(
        'on = 2021-06-01\nreason = { fr = "retours tardifs", en = "late returns" }\n'
        "[[extracts.survey.deliveries]]\n"
        'path = "data/survey-2.csv"\nextracted_on = 2021-06-01\n',
        encoding="utf-8",
    )


def test_a_report_of_results_that_a_delivery_has_overtaken_is_refused(study: Path) -> None:
    before = contents(study / "out")
    late_returns(study)
    done = reliance("report", "--study", study, "--lang", "en")
    assert done.returncode == 66
    assert "follow-up" in done.stderr
    assert contents(study / "out") == before


def test_a_new_delivery_is_growth_and_the_draw_stays(study: Path) -> None:
    before = contents(study / "out" / "draw")
    late_returns(study)
    done = reliance("run", "--study", study, "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert "Resuming from: Following up" in done.stderr
    assert contents(study / "out" / "draw") == before
    record = json.loads((study / "out" / "panel" / "artefact.json").read_text(encoding="utf-8"))
    assert "data/survey-2.csv" in {d["path"] for d in record["fields"]["deliveries"]}


def test_an_early_delivery_gives_an_interim_report(fresh: Path) -> None:
    path = fresh / "protocol.toml"
    text = path.read_text(encoding="utf-8")
    # Cut in December 2018, six months of hindsight: complete to June, so month 3 and not month 12.
    text = text.replace("extracted_on = 2022-07-05", "extracted_on = 2018-12-05")
    text = text.replace("extracted_on = 2021-04-30", "extracted_on = 2018-06-30")
    text = text.replace('"data/monthly/*.parquet"', '"data/monthly/early.parquet"')
    path.write_text(text, encoding="utf-8")
    months = pd.concat(
        pd.read_parquet(p) for p in sorted((fresh / "data" / "monthly").glob("*201[678]*.parquet"))
    )
    shutil.rmtree(fresh / "data" / "monthly")
    (fresh / "data" / "monthly").mkdir()
    early = months[pd.to_datetime(months["month"].astype(str)) < pd.Timestamp("2018-12-01")]
    early.to_parquet(fresh / "data" / "monthly" / "early.parquet", index=False)
    survey = pd.read_csv(fresh / "data" / "survey.csv", dtype=str)
    survey[survey["answered_on"] < "2018-06-30"].to_csv(fresh / "data" / "survey.csv", index=False)
    done = reliance("run", "--study", fresh, "--lang", "en")
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(fresh / "out" / "estimates" / "estimates.csv")
    later = table[table["horizon_months"] > 3]
    assert set(later["reason"]) == {"not_yet_observed"}
    assert (table.loc[table["horizon_months"] == 3, "status"] == "estimated").any()
    assert (fresh / "out" / "report" / "report.fr.html").is_file()


def test_the_studys_own_draw_verifies_and_a_tampered_one_does_not(study: Path) -> None:
    assert reliance("verify", "--study", study).returncode == 0
    package = study / "out" / "draw" / "package"
    assert reliance("verify", package).returncode == 0
    path = study / "out" / "draw" / "assignment.parquet"
    table = pd.read_parquet(path)
    swapped = table["arm"].replace({"offered": "control", "control": "offered"})
    table.assign(arm=swapped).to_parquet(path, index=False)
    assert reliance("verify", "--study", study).returncode == 76


@pytest.mark.parametrize(
    "share",
    [pytest.param(0.2, marks=pytest.mark.slow), 0.6, pytest.param(0.9, marks=pytest.mark.slow)],
)
def test_o54_a_killed_run_resumes_to_the_same_bytes(
    finished: Path, fresh: Path, share: float
) -> None:
    log = finished / "out" / "log.jsonl"
    moments = [json.loads(line)["act"] for line in log.read_text(encoding="utf-8").splitlines()]
    assert len(moments) == len(ACTS)
    command = [sys.executable, "-m", "reliance_eval", "run", "--study", str(fresh), "-q"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # Not at a fixed time, which a slow machine would move: when that share of acts has begun.
    target = fresh / "out" / ACTS[int(share * len(ACTS))]
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if target.exists() or target.with_name(target.name + ".partial").exists():
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = reliance("run", "--study", fresh, "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert contents(fresh / "out") == contents(finished / "out")


def test_no_identifier_leaves_the_restricted_tables(finished: Path) -> None:
    report = finished / "out" / "report"
    for path in report.rglob("*"):
        if path.is_file():
            assert b"SYNTH-0" not in path.read_bytes(), path.name
    for act in ACTS:
        for path in (finished / "out" / act).glob("*.json"):
            assert b"SYNTH-0" not in path.read_bytes(), path
    assert b"SYNTH-0" not in (finished / "out" / "log.jsonl").read_bytes()


def test_o58_ctrl_c_ends_130_and_releases_the_lock(fresh: Path) -> None:
    command = [sys.executable, "-m", "reliance_eval", "run", "--study", str(fresh), "--lang", "en"]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    while process.poll() is None and not (fresh / "out" / "flow").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert "resume with" in said
    assert (fresh / "out" / ".lock").read_text(encoding="utf-8") == ""
