"""The command line in a user's hands: odd folders, wrong orders, scripts, signatures, machines."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from line_study import contents, said
from made_study import CANARIES, VALUES, made_study
from pypdfium2 import PdfDocument

ACTS = ("screen", "draw", "follow-up", "estimate", "challenge", "report")


@pytest.fixture(scope="module")
def drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    study = made_study().write(tmp_path_factory.mktemp("once") / "study")
    for act in ACTS[:2]:
        assert said(act, "--study", study).code == 0
    return study


@pytest.fixture
def drawn(drawn_once: Path, tmp_path: Path) -> Path:
    """The sound study, after its draw."""
    return Path(shutil.copytree(drawn_once, tmp_path / "study"))


# ---------------------------------------------------------------- folders and orders


@pytest.mark.parametrize("name", ["une étude (2018)", "a'b [1]", "-x"])
def test_a_study_may_have_an_odd_name(name: str, tmp_path: Path) -> None:
    study = made_study().write(tmp_path / name)
    for act in ("check", "screen", "draw"):
        done = said(act, f"--study={study}", "--lang", "en")
        assert done.code == 0, done


def test_a_study_reached_through_a_link_gives_the_same_draw(tmp_path: Path) -> None:
    study = made_study().write(tmp_path / "study")
    (tmp_path / "link").symlink_to(study)
    for act in ACTS[:2]:
        assert said(act, "--study", tmp_path / "link").code == 0
    linked = contents(study / "out")
    shutil.rmtree(study / "out")
    for act in ACTS[:2]:
        assert said(act, "--study", study).code == 0
    assert contents(study / "out") == linked


@pytest.mark.parametrize("act", ACTS[1:])
def test_an_act_before_its_time_names_the_command_to_run_first(act: str, tmp_path: Path) -> None:
    study = made_study().write(tmp_path / "study")
    done = said(act, "--study", study, "--lang", "en")
    assert done.code == 66
    before = "screen" if act == "report" else ACTS[ACTS.index(act) - 1]
    assert f"`reliance-eval {before}` first" in done.messages
    assert contents(study / "out") == {}


@pytest.mark.parametrize("command", ["check", "simulate", "verify", "run", *ACTS])
def test_an_empty_folder_stays_empty(command: str, tmp_path: Path) -> None:
    done = said(command, "--study", tmp_path, "--lang", "en")
    assert done.code == 66
    assert "reliance-eval init" in done.messages
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["simulate", "run", *ACTS])
def test_o57_results_that_cannot_be_written_are_refused_before_any_computing(
    command: str, tmp_path: Path
) -> None:
    study = made_study().write(tmp_path / "study")
    (study / "out").write_text("somebody's file", encoding="utf-8")
    done = said(command, "--study", study, "--lang", "en")
    assert done.code == 73
    assert str(study / "out") in done.messages
    assert (study / "out").read_text(encoding="utf-8") == "somebody's file"


def test_a_language_nobody_speaks_is_refused(tmp_path: Path) -> None:
    done = said("check", "--study", tmp_path, "--lang", "de")
    assert done.code == 2
    assert "en, fr" in done.messages


# ---------------------------------------------------------------- scripts


def test_every_command_answers_in_json_without_a_canary(tmp_path: Path) -> None:
    made = made_study().says('formats = ["html"]', 'formats = ["html", "pdf"]')
    study = made.write(tmp_path / "study")
    for command in ("check", *ACTS, "verify", "run"):
        done = said(command, "--study", study, "--json", "--quiet")
        assert done.code == 0, done
        content = json.loads(done.results, parse_constant=_refuse)
        assert isinstance(content["acknowledge"], list)
        whole = done.results + done.messages
        assert [c for c in (*CANARIES, *VALUES) if c in whole] == []
    shareable = [*(study / "out" / "report").rglob("*"), study / "out" / "log.jsonl"]
    shareable += [path for path in (study / "out").glob("*/*") if path.suffix in (".json", ".csv")]
    for path in shareable:
        if path.is_file():
            text = _text(path)
            assert [c for c in (*CANARIES, *VALUES) if c in text] == [], path


def _text(path: Path) -> str:
    if path.suffix != ".pdf":
        return path.read_text(encoding="utf-8")
    return "\n".join(page.get_textpage().get_text_bounded() for page in PdfDocument(path))


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


def test_quiet_says_results_only(tmp_path: Path) -> None:
    study = made_study().write(tmp_path / "study")
    done = said("screen", "--study", study, "--quiet", "--lang", "en")
    assert done.messages == ""
    assert "64 assessed, 62 may enter" in done.results


def test_debug_writes_a_file_that_only_its_owner_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = made_study().write(tmp_path / "study")
    monkeypatch.setattr("reliance_eval.study.running.screen", _break)
    done = said("screen", "--study", study, "--lang", "en")
    assert done.code == 70
    assert "Traceback" not in done.messages
    assert CANARIES[0] not in done.messages
    assert not (study / "out" / "debug.log").exists()
    (study / "out" / "debug.log").write_text("older", encoding="utf-8")
    (study / "out" / "debug.log").chmod(0o644)
    done = said("screen", "--study", study, "--lang", "en", "--debug")
    assert done.code == 70
    assert "Traceback" not in done.messages
    assert CANARIES[0] not in done.messages
    assert (study / "out" / "debug.log").stat().st_mode & 0o777 == 0o600


def _break(*_: object) -> None:
    raise ValueError(CANARIES[0])


# ---------------------------------------------------------------- what must be acknowledged


def rewritten(study: Path, name: str, column: str, values: dict[str, str] | str) -> None:
    """Change a column of a delivery that nothing has read yet; an empty value drops the row."""
    path = study / "data" / name
    table = pd.read_csv(path, dtype=str)
    table[column] = values if isinstance(values, str) else table["id"].map(values)
    table.dropna().to_csv(path, index=False)


def offered(study: Path) -> dict[str, bool]:
    table = pd.read_parquet(study / "out" / "draw" / "assignment.parquet")
    return dict(zip(table["unit"], table["arm"] == "offered", strict=True))


def zero_take_up(study: Path) -> None:
    rewritten(study, "offers.csv", "came", "N")


def zero_outcome(study: Path) -> None:
    rewritten(study, "visits.csv", "score", "0")
    complied = {unit: "O" if is_offered else "N" for unit, is_offered in offered(study).items()}
    rewritten(study, "offers.csv", "came", complied)


def one_sided_silence(study: Path) -> None:
    # Half of the reference group never answers; everybody else does.
    places = offered(study)
    silent = [unit for unit, is_offered in sorted(places.items()) if not is_offered][::2]
    path = study / "data" / "visits.csv"
    table = pd.read_csv(path, dtype=str)
    table[~table["id"].isin(silent)].to_csv(path, index=False)


def weak_offer(study: Path) -> None:
    first = next(unit for unit, is_offered in sorted(offered(study).items()) if is_offered)
    takers = {unit: "O" if unit == first else "N" for unit in offered(study)}
    rewritten(study, "offers.csv", "came", takers)


SIGNED = [
    ("O48 all-zero outcome", zero_outcome, ("estimate",), "no variation"),
    ("O49 zero take-up", zero_take_up, ("estimate",), "LATE not identified"),
    ("O50 weak offer", weak_offer, ("estimate",), "Anderson–Rubin"),
    ("O53 attrition", one_sided_silence, ("estimate", "challenge"), "response rates"),
]


@pytest.mark.parametrize(
    ("change", "acts", "words"), [row[1:] for row in SIGNED], ids=[row[0] for row in SIGNED]
)
def test_what_needs_a_signature_ends_3_only_under_strict(
    change: object, acts: tuple[str, ...], words: str, drawn: Path
) -> None:
    change(drawn)  # type: ignore[operator]
    for act in ("follow-up", *acts):
        done = said(act, "--study", drawn, "--lang", "en")
        assert done.code == 0, done
    assert words in done.messages
    strict = said(acts[-1], "--study", drawn, "--lang", "en", "--strict")
    assert strict.code == 3
    assert words in strict.messages
    table = pd.read_csv(drawn / "out" / "estimates" / "estimates.csv")
    effects = table[table["estimand"] == "itt"]
    if change is not zero_outcome:
        assert (effects["status"] == "estimated").all()
    else:
        assert set(effects["status"]) == {"not_estimable"}
        assert effects[["conf_low", "conf_high"]].isna().all().all()


def test_o53_complete_cases_never_stand_alone(drawn: Path) -> None:
    one_sided_silence(drawn)
    for act in ("follow-up", "estimate", "challenge", "report"):
        done = said(act, "--study", drawn, "--lang", "en")
        assert done.code == 0, done
        if act == "challenge":
            challenged = done.messages
    # Rates, a test of their gap, and bounds, on the terminal.
    assert "response rates" in challenged
    assert re.search(r"re-draws|assignments", challenged)
    assert re.search(r"p.[=<].\d", challenged)
    assert "Lee bounds, for those whose outcome is known in either group, run" in challenged
    # And in the report, beside the effects of the known, in each language.
    for language, words in (("en", "Lee bounds"), ("fr", "ornes de Lee")):
        page = (drawn / "out" / "report" / f"report.{language}.html").read_text(encoding="utf-8")
        assert words in page


def test_a_sound_study_needs_no_signature(drawn: Path) -> None:
    full = {unit: "O" if is_offered else "N" for unit, is_offered in offered(drawn).items()}
    rewritten(drawn, "offers.csv", "came", full)
    for act in ("follow-up", "estimate"):
        assert said(act, "--study", drawn, "--strict").code == 0


RECORDED = [
    # One offered person in the small block: her block has no variance of its own, and there is
    # one such block only.
    ("O46 one offered in a block", {"children": lambda k: "1" if k < 6 else "2"},
     lambda k: k == 0 or (k >= 6 and k % 2 == 0), "itt", "variance not estimable"),
    # One person alone has an income: she alone decides its coefficient.
    ("O47 leverage one", {"income": lambda k: "900" if k == 7 else "100"},
     lambda k: k % 2 == 0, "lin", "leverage one"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "is_offered", "adjust", "words"),
    [row[1:] for row in RECORDED],
    ids=[row[0] for row in RECORDED],
)
def test_a_variance_that_cannot_be_estimated_is_said_and_signed(
    columns: dict[str, object], is_offered: object, adjust: str, words: str, tmp_path: Path
) -> None:
    made = made_study()
    lines = made.files["data/people.csv"].decode().splitlines()
    kept = [line for line in lines[1:] if line.split(",")[1] == "ISO" and "75056" not in line]
    table = pd.DataFrame([line.split(",") for line in kept], columns=lines[0].split(","))
    for name, value in columns.items():
        table[name] = [value(k) for k in range(len(table))]  # type: ignore[operator]
    arms = ["offered" if is_offered(k) else "control" for k in range(len(table))]  # type: ignore[operator]
    table["arm"] = arms
    made = (
        made.says('design = "stratified"\nsize = 40\n', 'design = "recorded"\narm = "arm"\n')
        .says("offered = 20, control = 20",
              f"offered = {arms.count('offered')}, control = {arms.count('control')}")
        .says('seed = "text:made"\n', "")
        .says('born_on = { type = "date" }', 'born_on = { type = "date" }\narm = {}')
        .holds("data/people.csv", table.to_csv(index=False))
    )  # fmt: skip
    if adjust == "lin":
        made = made.says('estimand = "itt"', 'estimand = "itt"\nadjust = "lin"')
    study = made.write(tmp_path / "study")
    for act in ACTS[:3]:
        assert said(act, "--study", study).code == 0
    done = said("estimate", "--study", study, "--lang", "en", "--strict")
    assert done.code == 3, done
    assert words in done.messages
    rows = pd.read_csv(study / "out" / "estimates" / "estimates.csv")
    assert not rows["std_error"].isin([float("inf")]).any()


# ---------------------------------------------------------------- machines

MACHINES = (
    {"LC_ALL": "fr_FR.UTF-8", "TZ": "Europe/Paris"},
    {"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Auckland", "PYTHONHASHSEED": "1"},
)


def test_every_machine_leaves_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = (made_study().write(tmp_path / name) for name in ("here", "there"))
    command = [sys.executable, "-O", "-m", "reliance_eval", "run", "-q"]
    done = subprocess.run(
        command, cwd=there, env={**os.environ, **MACHINES[1]}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for name, value in MACHINES[0].items():
        monkeypatch.setenv(name, value)
    time.tzset()
    assert said("run", "--study", here).code == 0
    monkeypatch.undo()
    time.tzset()
    assert contents(there / "out") == contents(here / "out")
