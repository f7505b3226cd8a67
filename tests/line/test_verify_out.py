"""``verify out/`` runs a study again: what was changed is found by name, and nothing is left."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from line_study import Said, contents, said
from made_study import CANARIES, VALUES, made_study

from reliance_eval import __version__
from reliance_eval.cli.session import Session
from reliance_eval.cli.verify_again import line_of
from reliance_eval.study.comparing import Moved

ESTIMATES = "estimates/estimates.csv"
ROW = "score.3.itt.blocked"


@pytest.fixture(scope="module")
def made_finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small study, run to its report."""
    folder = made_study().write(tmp_path_factory.mktemp("made") / "study")
    assert said("run", "--study", folder).code == 0
    return folder


@pytest.fixture
def study(made_finished: Path, tmp_path: Path) -> Path:
    """A copy of it, to change at will."""
    return Path(shutil.copytree(made_finished, tmp_path / "study"))


def rewrite(path: Path, change: Callable[[str], str]) -> None:
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    path.write_text(after, encoding="utf-8", newline="\n")


@pytest.fixture(scope="module")
def tampered(made_finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which a number of each kind of file was changed by hand."""
    folder = Path(shutil.copytree(made_finished, tmp_path_factory.mktemp("tampered") / "study"))
    out = folder / "out"
    table = pd.read_csv(out / ESTIMATES).set_index("id")
    kept = repr(float(str(table.loc[ROW, "estimate"])))
    rewrite(out / ESTIMATES, lambda text: text.replace(kept, "7.5", 1))
    record = out / "estimates" / "artefact.json"
    content = json.loads(record.read_text(encoding="utf-8"))
    content["fields"]["estimated"][0]["std_error"] = 1.25
    record.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    rewrite(
        out / "report" / "report.en.html",
        lambda text: re.sub(
            rf'value="[^"]+" data-id="{ROW}#estimate">[^<]+<',
            f'value="9.9" data-id="{ROW}#estimate">+9.9 points<',
            text,
            count=1,
        ),
    )
    rewrite(out / "report" / "report.fr.html", lambda text: text.replace("<h1>", "<h1>Non ", 1))
    people = out / "panel" / "outcomes.parquet"
    outcomes = pd.read_parquet(people)
    outcomes.loc[0, "value"] = 99.25
    outcomes.to_parquet(people, index=False)
    (out / "checks" / "more.csv").write_text("a\n1\n")
    (out / "estimates" / "estimates.parquet").unlink()
    rewrite(out / "report" / "inputs.json", lambda text: text.replace(__version__, "0.0.7"))
    return folder


@pytest.fixture(scope="module")
def told(tampered: Path) -> Said:
    """What the command says of it, as one JSON object."""
    return said("verify", tampered / "out", "--lang", "en", "--json")


def moves(told: Said, file: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(told.results)["moved"]
    return [move for move in found if move["file"] == file]


def test_a_study_run_again_is_the_same_and_nothing_is_left(made_finished: Path) -> None:
    before = contents(made_finished)
    done = said("verify", made_finished / "out", "--lang", "en", "--json")
    assert done.code == 0
    content = json.loads(done.results)
    assert content["changed"] == content["moved"] == content["new_deliveries"] == []
    assert content["numbers"] > 300
    assert content["made_by"] == content["made_now"] == __version__
    assert contents(made_finished) == before


def test_a_changed_estimate_is_found_by_name(made_finished: Path, told: Said) -> None:
    assert told.code == 76
    assert "E-VERIFY-MOVED" in told.messages
    table = pd.read_csv(made_finished / "out" / ESTIMATES).set_index("id")
    kept = float(str(table.loc[ROW, "estimate"]))
    (moved,) = moves(told, ESTIMATES)
    assert (moved["id"], moved["field"]) == (ROW, "estimate")
    assert (moved["before"], moved["after"]) == ("7.5", repr(kept))
    # (after - before) / |before|, by hand.
    assert moved["relative"] == pytest.approx((kept - 7.5) / 7.5)


def test_a_tampered_report_is_found(told: Said) -> None:
    (moved,) = moves(told, "report/report.en.html")
    assert (moved["id"], moved["field"], moved["before"]) == (ROW, "estimate", "9.9")


def test_a_number_of_a_record_is_named_by_its_promise(told: Said) -> None:
    (moved,) = moves(told, "estimates/artefact.json")
    assert (moved["id"], moved["field"], moved["before"]) == (ROW, "std_error", "1.25")


def test_every_file_that_is_not_the_same_is_named_and_no_other(told: Said) -> None:
    assert set(json.loads(told.results)["changed"]) == {
        ESTIMATES,
        "estimates/artefact.json",
        "estimates/estimates.parquet",
        "panel/outcomes.parquet",
        "checks/more.csv",
        "report/report.en.html",
        "report/report.fr.html",
    }


def test_a_change_in_a_table_of_people_is_told_without_its_values(told: Said) -> None:
    assert moves(told, "panel/outcomes.parquet") == []
    for canary in (*CANARIES, *VALUES, "99.25"):
        assert canary not in told.results + told.messages


def test_the_version_that_made_the_old_numbers_is_named(told: Said) -> None:
    assert "made by version 0.0.7" in told.messages
    assert json.loads(told.results)["made_by"] == "0.0.7"


def test_a_person_reads_what_moved_and_by_how_much() -> None:
    session = Session(None, "fr")
    moved = Moved(ESTIMATES, ROW, "estimate", "2.5", "2.4")
    assert line_of(session, moved) == (f"{ROW}#estimate  2.5 → 2.4 (−4,0\u202f%)  ({ESTIMATES})")
    last_digit = Moved(ESTIMATES, ROW, "estimate", "2.5000000000000004", "2.5")
    assert "2.5000000000000004 → 2.5 (-2e-16)" in line_of(session, last_digit)
    assert "2.5 → – " in line_of(session, Moved(ESTIMATES, ROW, "estimate", "2.5", ""))


def test_a_study_whose_data_are_gone_says_which(study: Path) -> None:
    (study / "data" / "visits.csv").unlink()
    done = said("verify", study / "out", "--lang", "en")
    assert done.code == 76
    assert "data/visits.csv" in done.messages
    assert not (study / "out" / ".again").exists()


def test_a_draw_that_was_changed_is_refused(study: Path) -> None:
    path = study / "out" / "draw" / "assignment.parquet"
    table = pd.read_parquet(path)
    table["arm"] = table["arm"].iloc[::-1].to_numpy()
    table.to_parquet(path, index=False)
    done = said("verify", study / "out", "--lang", "en")
    assert done.code == 76
    assert "draw" in done.messages


def test_a_study_without_acts_has_nothing_to_run_again(tmp_path: Path) -> None:
    folder = made_study().write(tmp_path / "study")
    (folder / "out").mkdir()
    done = said("verify", folder / "out", "--lang", "en")
    assert done.code == 66
    assert "E-VERIFY-NOTHING" in done.messages


# ---------------------------------------------------------------- explain, on the same study


def test_explain_tells_a_number_and_lists_them_all(made_finished: Path) -> None:
    done = said("explain", f"{ROW}#estimate", "--study", made_finished, "--lang", "en")
    assert done.code == 0
    record = json.loads((made_finished / "out" / "estimates" / "artefact.json").read_text())
    promise = record["fields"]["estimated"][0]["promise"]
    assert promise["specification"] in done.results
    assert "reliance_eval.estimation.estimators.blocked.run" in done.results
    listed = said("explain", "--study", made_finished, "--json")
    exhibits = json.loads(listed.results)["exhibits"]
    assert f"{ROW}#estimate" in {name for names in exhibits.values() for name in names}


def test_explain_offers_the_nearest_identifier(made_finished: Path) -> None:
    done = said("explain", "score.3.itt.bloked", "--study", made_finished, "--lang", "en")
    assert done.code == 65
    assert ROW in done.messages


def test_explain_before_any_act_says_what_to_do_first(tmp_path: Path) -> None:
    folder = made_study().write(tmp_path / "study")
    done = said("explain", ROW, "--study", folder, "--lang", "en")
    assert done.code == 66
    assert "screen" in done.messages


# ---------------------------------------------------------------- plan, on the same study


def test_plan_is_written_from_the_protocol_alone(tmp_path: Path) -> None:
    folder = made_study().write(tmp_path / "study")
    shutil.rmtree(folder / "data")
    done = said("plan", "--study", folder, "--on", "2020-01-10", "--lang", "en", "--json")
    assert done.code == 0
    content = json.loads(done.results)
    assert [Path(name).name for name in content["plan"]] == ["plan.en.html", "plan.fr.html"]
    assert all(Path(name).is_file() for name in content["plan"])
    assert content["is_before_draw"] is True
    assert "country" in content["missing"]["registry"]
    assert '"act": "plan"' in (folder / "out" / "log.jsonl").read_text()


def test_a_plan_written_after_the_draw_says_so(study: Path) -> None:
    done = said("plan", "--study", study, "--on", "2020-01-10", "--lang", "en")
    assert done.code == 0
    assert "was written after it" in done.messages
    assert b"Written after the draw" in (study / "out" / "plan" / "plan.en.html").read_bytes()


def test_plan_of_a_protocol_at_fault_ends_78(tmp_path: Path) -> None:
    made = made_study().says('seed = "text:made"', 'sed = "text:made"')
    done = said("plan", "--study", made.write(tmp_path / "study"), "--lang", "en")
    assert done.code == 78
    assert not (tmp_path / "study" / "out").exists()
