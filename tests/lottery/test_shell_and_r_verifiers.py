"""The verifiers in other languages: bash with coreutils, and R, neither of which is Python's."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from designed_trials import LOTTERIES, people
from designed_trials import flow_of as designed_flow
from sealed_lotteries import ASSIGNMENTS, VERIFIERS, give_another_arm, sealed, vector
from small_lotteries import NANCY, flow_of, nancy_like

from reliance_eval.lottery import draw
from reliance_eval.lottery.package import read_package
from reliance_eval.lottery.sealing import letters_file

COREUTILS = (
    "cat", "cut", "mkdir", "mktemp", "rm", "sha256sum", "sort", "tail", "tr", "uniq", "wc",
)  # fmt: skip
"""What rl1.sh calls beside bash itself, all of it in coreutils."""

BASH = ("bash", str(VERIFIERS / "rl1.sh"))


@pytest.fixture(params=["bash", pytest.param("r", marks=pytest.mark.r)])
def verifier(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The command of one of the verifiers."""
    if request.param == "bash":
        return BASH
    return (request.getfixturevalue("rscript"), str(VERIFIERS / "rl1.R"))


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return sealed(tmp_path_factory.mktemp("lottery"))


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, command)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment},
    )


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_every_vector_is_given_again(verifier: tuple[str, ...], name: str, tmp_path: Path) -> None:
    done = run(*verifier, vector(name, tmp_path))
    assert done.returncode == 0, done.stderr
    assert ASSIGNMENTS[name] in done.stdout
    assert "VERIFIED" in done.stdout


def test_the_rerandomised_vector_is_accepted_at_its_fourteenth_attempt(
    verifier: tuple[str, ...], tmp_path: Path
) -> None:
    # j = 13, counted from 0: printed in the definition of RL1 (vector R).
    assert "attempt     j  13\n" in run(*verifier, vector("R", tmp_path)).stdout


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_a_changed_assignment_of_a_vector_is_refused(
    verifier: tuple[str, ...], name: str, tmp_path: Path
) -> None:
    package = vector(name, tmp_path)
    give_another_arm(package)
    done = run(*verifier, package)
    assert done.returncode == 76
    assert "assignment.tsv" in done.stderr
    assert "VERIFIED  " not in done.stdout


def test_a_stranger_verifies_six_hundred_places(
    verifier: tuple[str, ...], packages: tuple[Path, Path]
) -> None:
    done = run(*verifier, packages[0])
    assert done.returncode == 0, done.stderr
    assert "VERIFIED  640 units" in done.stdout


def test_a_changed_assignment_of_six_hundred_places_is_refused(
    verifier: tuple[str, ...], packages: tuple[Path, Path], tmp_path: Path
) -> None:
    package = Path(shutil.copytree(packages[0], tmp_path / "package"))
    give_another_arm(package)
    assert run(*verifier, package).returncode == 76


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("frame.tsv", b"u02\t-\n", b"u02\t-\r\n"),
        ("frame.tsv", b"u02\t-\n", b"u01\t-\n"),
        ("frame.tsv", b"u02\t-\n", b"u99\t-\n"),
        ("frame.tsv", b"u12\t-\n", b"u12\t-"),
        ("frame.tsv", b"u02\t-\n", b"u02\tx\n"),
        ("frame.tsv", b"u02\t-\n", b"u0\x00\t-\n"),
        ("quota.tsv", b"4\t4", b"04\t4"),
        ("quota.tsv", b"4\t4", b"7\t6"),
        ("seed.txt", b"45./", b"45./\n"),
        ("seed.txt", b"2.5.", b"5.2."),
        ("seed.txt", b"rfc3797:", b"\xef\xbb\xbfrfc3797:"),
        ("excl.txt", b"", b"u99\n"),
    ],
)
def test_what_is_not_in_the_one_admissible_form_is_named(
    verifier: tuple[str, ...], tmp_path: Path, name: str, old: bytes, new: bytes
) -> None:
    package = vector("A", tmp_path)
    (package / name).write_bytes((package / name).read_bytes().replace(old, new, 1))
    done = run(*verifier, package)
    assert done.returncode == 76
    assert f"NOT VERIFIED  {name}" in done.stderr


def test_a_byte_that_the_list_of_sums_does_not_know_is_refused(
    verifier: tuple[str, ...], packages: tuple[Path, Path], tmp_path: Path
) -> None:
    package = Path(shutil.copytree(packages[0], tmp_path / "package"))
    protocol = package / "protocol.txt"
    protocol.write_bytes(protocol.read_bytes() + b"\n")
    done = run(*verifier, package)
    assert done.returncode == 76
    assert "protocol.txt" in done.stdout + done.stderr


def test_a_missing_file_ends_66_and_a_wrong_call_64(
    verifier: tuple[str, ...], tmp_path: Path
) -> None:
    package = vector("A", tmp_path)
    (package / "quota.tsv").unlink()
    assert run(*verifier, package).returncode == 66
    assert run(*verifier).returncode == 64


def test_three_arms_and_a_person_of_each_are_found(
    verifier: tuple[str, ...], tmp_path: Path
) -> None:
    arms = {"phone": 100, "visit": 120, "control": 200}
    package, public = sealed(tmp_path, draw(flow_of(nancy_like(), **(NANCY | {"arms": arms}))))
    assert run(*verifier, package).returncode == 0
    letters = letters_file(read_package(package)).decode().splitlines()[1:]
    one_of_each = {line.split("\t")[2]: line.split("\t") for line in letters}
    assert set(one_of_each) == {"1", "2", "3", "R"}
    names = dict(zip(("1", "2", "3"), arms, strict=True)) | {"R": "reserve"}
    for letter, (unit, block, _) in one_of_each.items():
        told = run(*verifier, "--person", unit, block, public)
        assert told.returncode == 0, told.stderr
        assert f"arm          {letter} ({names[letter]}" in told.stdout


@pytest.mark.parametrize("name", LOTTERIES)
def test_every_design_is_held_again_and_a_person_of_each_arm_found(
    verifier: tuple[str, ...], name: str, tmp_path: Path
) -> None:
    package, public = sealed(tmp_path, draw(designed_flow(people(), **LOTTERIES[name])))
    done = run(*verifier, package, *([public] if verifier is BASH else []))
    assert done.returncode == 0, done.stderr
    letters = letters_file(read_package(package)).decode().splitlines()[1:]
    one_of_each = {row.split("\t")[2]: row.split("\t") for row in letters}
    # R starts slowly: it looks for one person, bash for one of each arm.
    for unit, block, arm in [*one_of_each.values()][: None if verifier is BASH else 1]:
        told = run(*verifier, "--person", unit, block, public)
        assert f"arm          {arm} (" in told.stdout, told.stderr


def test_a_person_is_told_nothing_from_digests_that_disagree(
    verifier: tuple[str, ...], packages: tuple[Path, Path], tmp_path: Path
) -> None:
    public = Path(shutil.copytree(packages[1], tmp_path / "public"))
    digests = public / "data" / "digests.txt"
    digests.write_bytes(digests.read_bytes().replace(b"seed: text:", b"seed: text:x"))
    told = run(*verifier, "--person", "SYNTH-00003", "b01", public)
    assert told.returncode == 76
    assert "arm" not in told.stdout


def test_bash_compares_the_restricted_package_with_the_public_one(
    packages: tuple[Path, Path], tmp_path: Path
) -> None:
    package, public = packages
    assert "digests and cut-offs agree" in run(*BASH, package, public).stdout
    _, other = sealed(tmp_path, draw(flow_of(nancy_like(), **NANCY), seed="text:another"))
    done = run(*BASH, package, other)
    assert done.returncode == 76
    assert "digests.txt: seed" in done.stderr


def test_bash_verifies_the_public_package_alone_and_names_what_changed(
    packages: tuple[Path, Path], tmp_path: Path
) -> None:
    public = Path(shutil.copytree(packages[1], tmp_path / "public"))
    assert run(*BASH, "--public", public).returncode == 0
    (public / "data" / "people.txt").write_text("")
    done = run(*BASH, "--public", public)
    assert (done.returncode, "data/people.txt" in done.stderr) == (76, True)
    (public / "data" / "people.txt").unlink()
    counts = public / "data" / "counts.tsv"
    counts.write_bytes(counts.read_bytes().replace(b"300", b"301"))
    done = run(*BASH, "--public", public)
    assert done.returncode == 76
    assert "data/counts.tsv" in done.stdout


def test_bash_needs_nothing_but_coreutils(packages: tuple[Path, Path], tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in COREUTILS:
        (tools / name).symlink_to(str(shutil.which(name)))
    bash = str(shutil.which("bash"))
    script = VERIFIERS / "rl1.sh"
    assert run(bash, script, *packages, PATH=str(tools)).returncode == 0
    assert run(bash, script, "--public", packages[1], PATH=str(tools)).returncode == 0
