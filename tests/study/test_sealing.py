"""Sealing a study's draw, and verifying its packages with the log that stands beside them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from public_study import BEFORE, DRAWN, MADE, NUMBERS, write_exclusions, write_study

from reliance_eval.errors import IntegrityError
from reliance_eval.fingerprint import of_bytes
from reliance_eval.lottery.unsealing import verify_sealed
from reliance_eval.study import Brought, Study, exclude, log, open_study, run_act, seal_study
from reliance_eval.study.chain import linked
from reliance_eval.study.dating import verify_dated, verify_study


@pytest.fixture(scope="module")
def drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_study(tmp_path_factory.mktemp("public") / "study")
    study = open_study(folder)
    run_act(study, "flow")
    run_act(study, "commitment", Brought(at=MADE))
    exclude(study, write_exclusions(folder / "moved.csv", "hh03", "hh07"), at=BEFORE)
    run_act(study, "draw", Brought(at=DRAWN, value=NUMBERS))
    return folder


@pytest.fixture
def drawn(drawn_once: Path, tmp_path: Path) -> Study:
    return open_study(shutil.copytree(drawn_once, tmp_path / "study"))


def reliance(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reliance_eval", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def contents(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def rewrite_log(study: Study, change) -> None:  # type: ignore[no-untyped-def]
    """Write the log again with a chain that holds, as a forger would."""
    lines: list[str] = []
    for line in log.read(study.out):
        entry = json.loads(line)
        for key in ("n", "previous"):
            del entry[key]
        for kept in change(entry):
            lines.append(linked(lines, kept))
    (study.out / log.NAME).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def test_the_sealed_draw_holds_its_commitment_and_its_log_and_nobody(drawn: Study) -> None:
    made = seal_study(drawn)
    assert made.folder == drawn.out / "draw" / "public"
    payload = contents(made.folder / "data")
    published = (drawn.out / "commitment" / "publish" / "commitment.txt").read_bytes()
    assert payload["commitment.txt"] == published
    acts = [line.split("\t")[3] for line in payload["log.txt"].decode().splitlines()]
    assert acts == ["screen", "commit", "exclude", "draw"]
    everything = b"".join(payload.values())
    assert not [n for n in range(1, 41) if b"hh%02d" % n in everything]
    sealed = verify_sealed(made.folder)
    assert (sealed.is_committed, sealed.algorithm_only) == (True, False)
    assert sealed.manifest_digest == made.manifest_digest


def test_each_published_line_of_the_log_is_vouched_for_by_the_restricted_one(drawn: Study) -> None:
    made = seal_study(drawn)
    published = (made.folder / "data" / "log.txt").read_text().splitlines()
    restricted = (drawn.out / log.NAME).read_bytes().splitlines()
    for line, whole in zip(published, restricted, strict=False):
        assert line.split("\t")[-1] == of_bytes(whole)


def test_sealing_again_after_other_acts_gives_the_same_bytes_and_logs_once(
    drawn: Study, tmp_path: Path
) -> None:
    made = seal_study(drawn)
    before = contents(made.folder)
    log.append(drawn.out, "report")
    assert contents(seal_study(drawn).folder) == before
    assert contents(seal_study(drawn, tmp_path / "elsewhere").folder) == before
    assert [e["manifest_digest"] for e in log.entries(drawn.out, "seal")] == [
        made.manifest_digest,
        made.manifest_digest,
    ]


def test_the_letters_say_each_unit_its_block_and_stay_restricted(drawn: Study) -> None:
    made = seal_study(drawn)
    assert made.letters == drawn.out / "seal" / "letters.tsv"
    header, *rows = made.letters.read_text().splitlines()
    assert header == "unit\tblock\tarm"
    assert [row.split("\t")[0] for row in rows] == [f"hh{n:02d}" for n in range(1, 41)]
    assert {row.split("\t")[1] for row in rows} == {"b01"}


def test_identifiers_that_can_be_guessed_are_told_before_they_are_published(drawn: Study) -> None:
    assert seal_study(drawn).is_guessable


def test_with_its_log_a_package_is_verified_with_its_dates(drawn: Study, tmp_path: Path) -> None:
    package = drawn.out / "draw" / "package"
    found = verify_dated(package)
    assert (found.dates, found.verification.algorithm_only) == ("public", False)
    assert verify_study(drawn).dates == "public"
    alone = verify_dated(shutil.copytree(package, tmp_path / "a" / "b" / "package"))
    assert (alone.dates, alone.verification.algorithm_only) == ("unknown", True)


@pytest.mark.parametrize(
    ("act", "at", "code"),
    [
        ("commit", "2027-03-12T20:00:00+00:00", "E-DATES-ORDER"),
        ("exclude", "2027-03-12T20:00:00+00:00", "E-DATES-ORDER"),
        ("draw", "2027-03-12T19:00:00+00:00", "E-DATES-ORDER"),
    ],
)
def test_an_act_on_the_wrong_side_of_the_event_is_refused_in_both_packages(
    drawn: Study, act: str, at: str, code: str
) -> None:
    rewrite_log(drawn, lambda entry: [entry | ({"at": at} if entry["act"] == act else {})])
    made = seal_study(drawn)
    for look in (lambda: verify_dated(drawn.out / "draw" / "package"),
                 lambda: verify_sealed(made.folder)):  # fmt: skip
        with pytest.raises(IntegrityError) as caught:
            look()
        assert caught.value.code == code
        assert "2027-03-12T19:30:00" in caught.value.text("fr")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda e: [] if e["act"] == "draw" else [e], "E-DATES-UNKNOWN-DRAW"),
        (lambda e: [] if e["act"] == "commit" else [e], "E-DATES-NO-COMMITMENT"),
        (lambda e: [] if e["act"] == "exclude" else [e], "E-DATES-EXCLUSIONS"),
        (
            lambda e: [e | {"assignment": "0" * 64}, e] if e["act"] == "draw" else [e],
            "E-DATES-SECOND-DRAW",
        ),
    ],
)
def test_a_log_that_tells_another_story_is_refused(drawn: Study, change, code: str) -> None:  # type: ignore[no-untyped-def]
    rewrite_log(drawn, change)
    made = seal_study(drawn)
    with pytest.raises(IntegrityError) as caught:
        verify_sealed(made.folder)
    assert caught.value.code == code
    with pytest.raises(IntegrityError) as caught:
        verify_dated(drawn.out / "draw" / "package")
    assert caught.value.code == code


def test_a_log_whose_chain_is_broken_is_refused(drawn: Study) -> None:
    path = drawn.out / log.NAME
    path.write_bytes(path.read_bytes().replace(b"2027-03-01", b"2027-03-02", 1))
    with pytest.raises(IntegrityError) as caught:
        verify_dated(drawn.out / "draw" / "package")
    assert caught.value.code == "E-STUDY-LOG-BROKEN"


def test_the_commands_seal_and_verify_both_packages(drawn: Study) -> None:
    study = drawn.folder
    done = reliance("seal", "--study", study, "--lang", "fr")
    assert done.returncode == 0, done.stderr
    assert "dossier public" in done.stdout
    assert "letters.tsv" in done.stderr
    assert reliance("seal", "--study", study).returncode == 0
    public = study / "out" / "draw" / "public"
    verified = reliance("verify", public, "--lang", "en")
    assert verified.returncode == 0, verified.stderr
    assert "held again: same digests, same cut-offs" in verified.stderr
    content = json.loads(reliance("verify", public, "--json").stdout)
    assert content["compared_with_restricted"] is True
    restricted = reliance("verify", study / "out" / "draw" / "package", "--lang", "en")
    assert restricted.returncode == 0
    assert "right side of the seed event" in restricted.stderr
    counts = public / "data" / "counts.tsv"
    counts.write_bytes(counts.read_bytes().replace(b"10", b"11", 1))
    changed = reliance("verify", public, "--lang", "fr")
    assert changed.returncode == 76
    assert "data/counts.tsv" in changed.stderr
    assert "Traceback" not in changed.stderr


def test_seal_strictly_asks_to_acknowledge_identifiers_that_can_be_guessed(drawn: Study) -> None:
    done = reliance("seal", "--study", drawn.folder, "--lang", "en", "--strict")
    assert done.returncode == 3
    assert "guess" in done.stderr


def test_seal_before_the_draw_ends_66_and_into_a_folder_in_use_73(
    drawn: Study, tmp_path: Path
) -> None:
    assert reliance("seal", "--study", write_study(tmp_path / "new")).returncode == 66
    used = tmp_path / "used"
    used.mkdir()
    (used / "file").write_text("kept")
    assert reliance("seal", used, "--study", drawn.folder).returncode == 73
    assert (used / "file").read_text() == "kept"
