"""Rehearsing a study blind: nothing true is opened, and the log says when it is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from line_study import contents, said

from reliance_eval.reporting import report
from reliance_eval.robustness import Checks
from reliance_eval.study import blinding, open_study
from reliance_eval.study.blinding import run_blind

WORDS = {"fr": "bras permutés, aucun résultat réel", "en": "permuted arms, no real result"}


def entries(study: Path) -> list[dict[str, Any]]:
    text = (study / "out" / "log.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def followed(study: Path) -> Path:
    """The study as it stood once its people were followed, before any result."""
    out = study / "out"
    for act in ("estimates", "checks", "report"):
        shutil.rmtree(out / act)
    (out / "disclosure.jsonl").unlink()
    lines = (out / "log.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    acts = [json.loads(line)["act"] for line in lines]
    (out / "log.jsonl").write_text("".join(lines[: acts.index("estimate")]), encoding="utf-8")
    return study


def test_a_rehearsal_opens_nothing_and_the_first_true_estimate_says_so(followed: Path) -> None:
    before = contents(followed / "out")
    done = said("estimate", "--blind", "--study", followed, "--lang", "en")
    assert done.code == 0
    assert done.results.startswith("Blind: ")
    after = contents(followed / "out")
    new = set(after) - set(before)
    assert {name.split("/")[0] for name in new} == {"blind"}
    assert {name.split("/")[1] for name in new} == {"estimates"}
    assert {name: after[name] for name in before} == before
    # No row of a person is written: a rehearsal's panel is made when it is asked for.
    assert not any(name.endswith(("units.parquet", "outcomes.parquet")) for name in new)
    assert json.loads(after["blind/estimates/artefact.json"])["blind"] is True
    assert entries(followed)[-1]["act"] == "estimate-blind"

    again = said("estimate", "--blind", "--study", followed, "--lang", "en")
    assert (again.code, again.results) == (0, done.results)
    assert len(entries(followed)) == len(before_log := entries(followed)) == before_log[-1]["n"]

    assert said("estimate", "--study", followed, "-q").code == 0
    *_, rehearsed, opened, estimated = entries(followed)
    assert [e["act"] for e in (rehearsed, opened, estimated)] == [
        "estimate-blind",
        "unblinded",
        "estimate",
    ]
    assert opened["protocol"] == open_study(followed).protocol.full_digest
    assert opened["rehearsed"] == {"estimate-blind": rehearsed["digest"]}
    assert opened["at"] <= estimated["at"]
    assert "blind" not in json.loads((followed / "out/estimates/artefact.json").read_bytes())

    late = said("estimate", "--blind", "--study", followed, "--lang", "en", "--strict")
    assert late.code == 3
    assert "The true arms were opened on" in late.messages


def test_a_study_that_never_rehearsed_has_no_line_of_opening(study: Path) -> None:
    assert "unblinded" not in {entry["act"] for entry in entries(study)}


def test_what_is_rehearsed_is_not_what_is_true(study: Path) -> None:
    opened = open_study(study)
    blind, true = run_blind(opened, "estimates").tidy(), opened.load("estimates").tidy()
    assert blind["id"].tolist() == true["id"].tolist()
    both = blind["estimate"].notna() & true["estimate"].notna()
    assert (blind.loc[both, "estimate"] != true.loc[both, "estimate"]).all()
    # Who took part is not told beside an outcome, but how many did is: the LATEs are rehearsed.
    assert blind.loc[blind["estimand"] == "late", "first_stage"].dropna().gt(0.3).all()


def test_every_page_of_a_blind_report_says_so(
    followed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Checks and the other forms of the report are long, and read the same artefact.
    monkeypatch.setitem(blinding._DO, "checks", lambda found, _: Checks(parent=found, checks=()))
    monkeypatch.setitem(blinding._DO, "report", lambda last, _: report(last, formats=("html",)))
    assert said("run", "--blind", "--study", followed, "-q").code == 0
    out = followed / "out"
    assert not any((out / act).exists() for act in ("estimates", "checks", "report"))
    for language, words in WORDS.items():
        page = (out / "blind" / "report" / f"report.{language}.html").read_text(encoding="utf-8")
        watermark = page.partition('class="watermark"')[2].partition("</aside>")[0]
        assert words in watermark
        # On screen at the top; in print at the top of each page; and in the window's title.
        assert words in page.partition("<title>")[2].partition("</title>")[0]
        assert words in page.partition("@top-center")[2].partition("}")[0]
    acts = [entry["act"] for entry in entries(followed)]
    assert acts[-3:] == ["estimate-blind", "challenge-blind", "report-blind"]
    assert said("report", "--blind", "--study", followed, "-q").code == 0
    assert len(entries(followed)) == len(acts)


def test_an_act_is_rehearsed_after_the_one_before_it(followed: Path) -> None:
    done = said("challenge", "--blind", "--study", followed, "--lang", "en")
    assert done.code == 66
    assert "estimate --blind" in done.messages
