"""A lottery in public, in its folder: commit, exclude, draw once, and a log of every attempt."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from public_study import (
    BEFORE,
    DRAWN,
    MADE,
    NUMBERS,
    OTHERS,
    UNITS,
    write_exclusions,
    write_study,
)

from reliance_eval.errors import (
    DataError,
    IntegrityError,
    ProtocolError,
    RelianceError,
    SealedError,
    UnreadableInput,
)
from reliance_eval.fingerprint import of_bytes
from reliance_eval.study import Brought, Study, due_acts, exclude, instant, log, open_study, run_act

AT = {"MADE": "2027-03-01T10:00:00+01:00", "DRAWN": "2027-03-12T21:00:00+01:00"}


@pytest.fixture(scope="module")
def committed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_study(tmp_path_factory.mktemp("public") / "study")
    study = open_study(folder)
    run_act(study, "flow")
    run_act(study, "commitment", Brought(at=MADE))
    return folder


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    return write_study(tmp_path / "study")


@pytest.fixture
def committed(committed_once: Path, tmp_path: Path) -> Study:
    return open_study(shutil.copytree(committed_once, tmp_path / "study"))


def hold(study: Study, value: str | None = NUMBERS, **brought: object):
    return run_act(study, "draw", Brought(**({"at": DRAWN, "value": value} | brought)))


def acts(study: Study) -> list[str]:
    return [json.loads(line)["act"] for line in log.read(study.out)]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def reliance(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reliance_eval", *map(str, arguments), "--lang", "en"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_a_commitment_is_due_only_where_an_event_gives_the_seed(fresh: Path) -> None:
    assert [item.act for item in due_acts(open_study(fresh))][:3] == ["flow", "commitment", "draw"]
    path = fresh / "protocol.toml"
    text = path.read_text(encoding="utf-8")
    start, end = text.index("[lottery.event]"), text.index("[[outcomes]]")
    text = text[:start] + text[end:]
    path.write_text(text.replace("size = 20", 'size = 20\nseed = "text:x"'), encoding="utf-8")
    assert [item.act for item in due_acts(open_study(fresh))][:2] == ["flow", "draw"]


def test_o37_the_draw_before_the_commitment_is_refused_and_logged(fresh: Path) -> None:
    study = open_study(fresh)
    run_act(study, "flow")
    with pytest.raises(ProtocolError) as caught:
        hold(study)
    assert caught.value.exit_code == 78
    assert "commit first" in caught.value.text()
    last = json.loads(log.read(study.out)[-1])
    assert (last["act"], last["code"]) == ("draw-refused", "E-LOTTERY-NO-COMMITMENT")


def test_o38_a_commitment_without_its_notice_is_refused_and_logged(fresh: Path) -> None:
    study = open_study(fresh)
    run_act(study, "flow")
    with pytest.raises(IntegrityError) as caught:
        run_act(study, "commitment", Brought(at=MADE + timedelta(days=1)))
    assert caught.value.exit_code == 76
    assert acts(study)[-1] == "commit-refused"
    assert not (study.out / "commitment").exists()


def test_the_text_to_publish_has_the_number_and_the_digest_the_log_has(committed: Study) -> None:
    text = (committed.out / "commitment" / "publish" / "commitment.txt").read_bytes()
    entry = json.loads(log.read(committed.out)[-1])
    assert entry["commitment"] == of_bytes(text)[:16]
    assert (entry["at"], entry["clock"]) == ("2027-03-01T09:00:00+00:00", "declared")
    assert "written_at" in entry


def test_one_commitment_gives_one_draw(committed: Study) -> None:
    hold(committed)
    before = contents(committed.out / "draw")
    # The same value, spelled otherwise and later: the same bytes, and a line of the log.
    again = hold(open_study(committed.folder), NUMBERS.replace(" ", "  "), at=DRAWN + timedelta(9))
    assert again.seed == "rfc3797:9319./2.5.8.10.12./9.18.26.34.41.45./"
    assert contents(committed.out / "draw") == before
    for value in (OTHERS, "nonsense"):
        with pytest.raises(SealedError) as caught:
            hold(open_study(committed.folder), value)
        assert caught.value.exit_code == 73
        assert "sealed on 2027-03-12T20:00:00Z" in caught.value.text()
    assert contents(committed.out / "draw") == before
    assert acts(committed)[2:] == ["draw", "draw-repeated", "draw-refused", "draw-refused"]


def test_a_draw_held_anew_from_the_same_inputs_has_the_same_bytes(
    committed: Study, tmp_path: Path
) -> None:
    twin = open_study(shutil.copytree(committed.folder, tmp_path / "twin"))
    hold(committed)
    hold(twin, at=DRAWN + timedelta(days=3))
    assert contents(twin.out / "draw") == contents(committed.out / "draw")


def test_a_second_commitment_is_refused(committed: Study) -> None:
    run_act(committed, "commitment", Brought(at=MADE))
    with pytest.raises(SealedError) as caught:
        run_act(open_study(committed.folder), "commitment", Brought(at=MADE + timedelta(hours=1)))
    assert caught.value.exit_code == 73
    assert acts(committed)[-2:] == ["commit-repeated", "commit-refused"]


def test_o09_a_protocol_changed_after_the_commitment_is_refused(committed: Study) -> None:
    path = committed.folder / "protocol.toml"
    old = committed.protocol.digest
    path.write_bytes(path.read_bytes() + b"\n")
    study = open_study(committed.folder)
    for act in ("flow", "commitment", "draw"):
        with pytest.raises(IntegrityError) as caught:
            run_act(study, act, Brought(at=DRAWN, value=NUMBERS))
        said = caught.value.text()
        assert caught.value.exit_code == 76
        assert old[:12] in said
        assert study.protocol.digest[:12] in said
        assert "2027-03-01" in said
        assert "amendment" in said
    assert acts(committed)[-2:] == ["commit-refused", "draw-refused"]


@pytest.mark.parametrize("where", ["delivery", "package"])
def test_o41_a_line_added_to_the_list_is_refused(committed: Study, where: str) -> None:
    path = {
        "delivery": committed.folder / "data" / "households.csv",
        "package": committed.out / "commitment" / "package" / "frame.tsv",
    }[where]
    line = {"delivery": b"hh99,false\n", "package": b"hh99\t-\n"}[where]
    path.write_bytes(path.read_bytes() + line)
    with pytest.raises(IntegrityError) as caught:
        hold(open_study(committed.folder))
    assert caught.value.exit_code == 76
    assert "frame_sha256" in caught.value.text()
    assert "hh99" not in caught.value.text()
    assert acts(committed)[-1] == "draw-refused"
    assert not (committed.out / "draw").exists()


def test_the_draw_waits_for_the_event_and_asks_for_its_value(committed: Study) -> None:
    with pytest.raises(IntegrityError) as early:
        hold(committed, at=DRAWN - timedelta(hours=1))
    assert early.value.code == "E-DRAW-EARLY"
    with pytest.raises(UnreadableInput) as silent:
        hold(committed, None)
    assert silent.value.code == "E-DRAW-NO-VALUE"
    assert acts(committed)[2:] == ["draw-refused", "draw-refused"]


def test_a_declared_instant_never_follows_a_machines(committed: Study) -> None:
    path = committed.out / "commitment" / "artefact.json"
    # What a commitment dated by the machine looks like.
    made = replace(committed.load("commitment"), clock="machine")
    inputs = committed.recorded_inputs("commitment")
    assert inputs is not None
    committed.keep(made, inputs)
    assert path.is_file()
    with pytest.raises(IntegrityError) as caught:
        hold(open_study(committed.folder))
    assert caught.value.code == "E-COMMITMENT-CLOCK"


def test_nothing_is_dated_before_the_commitment(committed: Study, tmp_path: Path) -> None:
    path = write_exclusions(tmp_path / "e.csv", "hh01")
    with pytest.raises(IntegrityError) as caught:
        exclude(committed, path, at=MADE - timedelta(hours=1))
    assert caught.value.code == "E-COMMITMENT-ORDER"


def test_exclusions_before_the_event_are_drawn_without(committed: Study, tmp_path: Path) -> None:
    given = write_exclusions(tmp_path / "first.csv", "hh07", "hh03")
    excluded = exclude(committed, given, at=BEFORE)
    assert excluded.digest == of_bytes(b"hh03\nhh07\n")
    more = write_exclusions(tmp_path / "second.csv", "hh30", reason="entered in error")
    excluded = exclude(committed, more, at=BEFORE + timedelta(hours=1))
    assert (excluded.added, excluded.total) == (1, 3)
    assert excluded.reasons == {"entered in error": 1, "moved away": 2}
    held = hold(committed)
    arms = held.assignment.set_index("unit")["arm"]
    assert arms[arms == "excluded"].index.tolist() == ["hh03", "hh07", "hh30"]
    assert (held.drawn["arm"].value_counts() == 10).all()
    written = (committed.out / "draw" / "package" / "excl.txt").read_bytes()
    entries = [json.loads(line) for line in log.read(committed.out)]
    assert [e["digest"] for e in entries if e["act"] == "exclude"][-1] == of_bytes(written)


def test_what_is_published_or_logged_of_exclusions_names_nobody(
    committed: Study, tmp_path: Path
) -> None:
    units = [f"hh{number:02d}" for number in range(1, 13)]
    exclude(committed, write_exclusions(tmp_path / "e.csv", *units), at=BEFORE)
    text = (committed.out / "exclusions" / "publish" / "exclusions.txt").read_text("utf-8")
    # Twelve pass the threshold of 11; rounded to 5 as every published count, and never below it.
    assert "total: 15\nreason moved away: 15\n" in text
    assert "hh0" not in text
    assert "hh0" not in (committed.out / "log.jsonl").read_text("utf-8")


def test_a_small_reason_hides_every_count_by_reason(committed: Study, tmp_path: Path) -> None:
    units = [f"hh{number:02d}" for number in range(1, 13)]
    path = write_exclusions(tmp_path / "e.csv", *units)
    path.write_text(path.read_text("utf-8") + "hh40,entered in error\n", encoding="utf-8")
    exclude(committed, path, at=BEFORE)
    text = (committed.out / "exclusions" / "publish" / "exclusions.txt").read_text("utf-8")
    assert "total: 15\nreason entered in error: .\nreason moved away: .\n" in text


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("unit,reason\nhh01,moved\nhh99,moved\n", "E-EXCLUSIONS-UNKNOWN", "e.csv"),
        ("unit,reason\nhh01,moved\nhh01,moved\n", "E-EXCLUSIONS-TWICE", "e.csv:3"),
        ("unit,reason\nhh01,as hh02 did\n", "E-EXCLUSIONS-REASON", "e.csv:2"),
        ("unit,reason\nhh01,\n", "E-EXCLUSIONS-ROW", "e.csv:2"),
        ("unit,reason\nhh01\n", "E-EXCLUSIONS-ROW", "e.csv:2"),
        ("unit,reason\n,moved\n", "E-EXCLUSIONS-ROW", "e.csv:2"),
        (f"unit,reason\nhh01,{'x' * 201}\n", "E-EXCLUSIONS-ROW", "e.csv:2"),
        ('unit,reason\nhh01,"two\nlines"\n', "E-EXCLUSIONS-ROW", "e.csv:2"),
        ("unit,reason\n", "E-EXCLUSIONS-ROW", "e.csv:2"),
        ("unit;reason\nhh01;moved\n", "E-EXCLUSIONS-COLUMNS", "e.csv:1"),
        ("", "E-EXCLUSIONS-COLUMNS", "e.csv:1"),
        (
            "unit,reason\n" + "".join(f"hh{n:02d},moved\n" for n in range(1, 22)),
            "E-LOTTERY-QUOTA",
            "",
        ),
    ],
)
def test_a_faulty_file_of_exclusions_excludes_nobody(
    committed: Study, tmp_path: Path, text: str, code: str, place: str
) -> None:
    path = tmp_path / "e.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        exclude(committed, path, at=BEFORE)
    assert [fault.code for fault in caught.value.faults] == [code]
    assert caught.value.faults[0].where == place
    assert not any(f"hh{number:02d}" in caught.value.text() for number in range(100))
    assert not (committed.out / "exclusions").exists()
    assert acts(committed)[-1] == "exclude-refused"


def test_nobody_is_excluded_twice_over_two_files(committed: Study, tmp_path: Path) -> None:
    path = write_exclusions(tmp_path / "e.csv", "hh01")
    exclude(committed, path, at=BEFORE)
    with pytest.raises(DataError) as caught:
        exclude(committed, path, at=BEFORE)
    assert caught.value.code == "E-EXCLUSIONS-TWICE"


@pytest.mark.parametrize("kind", ["absent", "folder", "latin-1"])
def test_an_unreadable_file_of_exclusions_says_why(
    committed: Study, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "e.csv"
    if kind == "folder":
        path.mkdir()
    elif kind == "latin-1":
        path.write_bytes("unit,reason\nhh01,déménagée\n".encode("latin-1"))
    with pytest.raises(UnreadableInput) as caught:
        exclude(committed, path, at=BEFORE)
    assert caught.value.exit_code == 66


def test_exclusions_wait_for_a_commitment(fresh: Path, tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput) as caught:
        exclude(open_study(fresh), write_exclusions(tmp_path / "e.csv", "hh01"), at=BEFORE)
    assert caught.value.code == "E-EXCLUSIONS-EARLY"


def test_o44_after_the_draw_an_exclusion_is_a_withdrawal_and_the_counts_stay(
    committed: Study, tmp_path: Path
) -> None:
    held = hold(committed)
    before = contents(committed.out / "draw")
    unit = held.drawn["unit"].iloc[0]
    with pytest.raises(SealedError) as caught:
        exclude(committed, write_exclusions(tmp_path / "e.csv", unit), at=DRAWN + timedelta(days=1))
    assert caught.value.exit_code == 73
    assert "kept in analysis; recorded as withdrawal" in caught.value.text()
    assert unit not in caught.value.text()
    assert contents(committed.out / "draw") == before
    assert len(open_study(committed.folder).load("draw").drawn) == 20
    ledger = (committed.out / "ledger.jsonl").read_text("utf-8")
    assert json.loads(ledger)["kind"] == "withdrawal"
    assert json.loads(ledger)["unit"] == unit
    assert acts(committed)[-1] == "exclude-refused"


def test_o44_between_event_and_draw_an_exclusion_waits_to_be_a_withdrawal(
    committed: Study, tmp_path: Path
) -> None:
    path = write_exclusions(tmp_path / "e.csv", "hh01")
    with pytest.raises(SealedError) as caught:
        exclude(committed, path, at=DRAWN)
    assert "kept in analysis; recorded as withdrawal" in caught.value.text()
    assert "reliance-eval record withdrawal" in caught.value.text()
    assert (hold(committed).assignment["arm"] != "excluded").all()


def test_a_commitment_that_the_log_does_not_hold_gives_no_draw(committed: Study) -> None:
    lines = log.read(committed.out)
    (committed.out / log.NAME).write_text(lines[0] + "\n", encoding="utf-8")
    with pytest.raises(IntegrityError) as caught:
        hold(committed)
    assert caught.value.code == "E-COMMITMENT-UNLOGGED"


@pytest.mark.parametrize("kind", ["edited", "removed", "added"])
def test_exclusions_are_those_the_log_vouches_for(
    committed: Study, tmp_path: Path, kind: str
) -> None:
    if kind != "added":
        exclude(committed, write_exclusions(tmp_path / "e.csv", "hh01"), at=BEFORE)
    folder = committed.out / "exclusions"
    if kind == "removed":
        shutil.rmtree(folder)
    else:
        folder.mkdir(exist_ok=True)
        (folder / "excl_log.csv").write_text("unit,reason\nhh02,moved\n", encoding="utf-8")
    with pytest.raises(IntegrityError) as caught:
        hold(committed)
    assert caught.value.code == "E-EXCLUSIONS-CHANGED"
    assert caught.value.exit_code == 76


def test_exclusions_the_log_dates_after_the_event_are_refused(
    committed: Study, tmp_path: Path
) -> None:
    exclude(committed, write_exclusions(tmp_path / "e.csv", "hh01"), at=BEFORE)
    # A log written by hand, its chain whole: dates are what it can be caught by.
    lines = log.read(committed.out)
    entry = json.loads(lines[-1]) | {"at": "2027-03-12T19:30:00+00:00"}
    text = "\n".join([*lines[:-1], json.dumps(entry, ensure_ascii=False, sort_keys=True)]) + "\n"
    (committed.out / log.NAME).write_text(text, encoding="utf-8")
    with pytest.raises(IntegrityError) as caught:
        hold(committed)
    assert caught.value.code == "E-EXCLUSIONS-LOGGED-LATE"
    assert caught.value.exit_code == 76


def test_a_kill_between_the_folder_and_the_log_is_caught_up(
    committed: Study, tmp_path: Path
) -> None:
    path = write_exclusions(tmp_path / "e.csv", "hh01")
    exclude(committed, path, at=BEFORE)
    lines = log.read(committed.out)
    (committed.out / log.NAME).write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    with pytest.raises(IntegrityError):
        hold(committed)
    assert exclude(committed, path, at=BEFORE).total == 1
    assert (hold(committed).assignment["arm"] == "excluded").sum() == 1


def test_the_fallback_is_logged_with_its_reason(committed: Study) -> None:
    with pytest.raises(IntegrityError):
        hold(committed, fallback="the Loto of the 12th was called off")
    held = hold(
        committed, fallback="the Loto of the 12th was called off", at=DRAWN + timedelta(days=2)
    )
    entry = json.loads(log.read(committed.out)[-1])
    assert entry["event"] == "fallback"
    assert entry["reason"] == "the Loto of the 12th was called off"
    assert entry["draw_key"] == held.draw_key


def test_every_later_act_reads_the_flow_through_the_commitment(committed: Study) -> None:
    hold(committed)
    for act in ("panel", "estimates", "checks", "report"):
        run_act(committed, act)
    assert (committed.out / "report" / "report.fr.html").is_file()
    page = (committed.out / "report" / "report.en.html").read_text("utf-8")
    assert committed.load("commitment").id in page
    assert due_acts(committed) == ()


@pytest.mark.parametrize("text", ["2027-03-01", "2027-03-01T10:00:00", "soon", ""])
def test_a_declared_instant_has_its_offset(text: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        instant(text)
    assert caught.value.code == "E-COMMITMENT-INSTANT"


def test_the_command_line_commits_waits_excludes_and_draws(fresh: Path, tmp_path: Path) -> None:
    # Events of 2027 are in the future of the machine that first ran this, and instants declared.
    done = reliance("commit", "--study", fresh, "--at", AT["MADE"])
    assert done.returncode == 66
    assert "screen" in done.stderr
    assert reliance("screen", "--study", fresh).returncode == 0
    done = reliance("commit", "--study", fresh, "--at", AT["MADE"])
    assert done.returncode == 0, done.stderr
    assert "2027-03-12T19:30:00Z" in done.stdout
    waiting = reliance("run", "--study", fresh)
    assert waiting.returncode == 0
    assert "Waiting for the event" in waiting.stdout
    assert "reliance-eval draw --study" in waiting.stdout
    given = write_exclusions(tmp_path / "e.csv", "hh01")
    done = reliance("exclude", given, "--study", fresh, "--at", "2027-03-10T10:00:00+01:00")
    assert done.returncode == 0, done.stderr
    assert of_bytes(b"hh01\n") in done.stdout
    value = tmp_path / "numbers.txt"
    value.write_text(NUMBERS + "\n", encoding="utf-8")
    done = reliance("draw", "--study", fresh, "--value", value, "--at", AT["DRAWN"])
    assert done.returncode == 0, done.stderr
    assert re.search(r"offered +10 .*\n +control +10 ", done.stdout)
    done = reliance("draw", "--study", fresh, "--value", OTHERS, "--at", AT["DRAWN"])
    assert done.returncode == 73


def test_no_message_of_a_refusal_names_a_unit(committed: Study, tmp_path: Path) -> None:
    hold(committed)
    names = {f"hh{number:02d}" for number in range(1, UNITS + 1)}
    for attempt in (
        lambda: hold(committed, OTHERS),
        lambda: exclude(committed, write_exclusions(tmp_path / "e.csv", "hh01"), at=DRAWN),
    ):
        with pytest.raises(RelianceError) as caught:
            attempt()
        for language in ("fr", "en"):
            assert not names & set(caught.value.text(language).split())
    assert not any(name in (committed.out / "log.jsonl").read_text("utf-8") for name in names)
