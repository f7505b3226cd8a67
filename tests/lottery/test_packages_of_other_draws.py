"""Packages of simple and re-randomised draws: every change is seen, and the file named."""

import random

import pytest
from designed_trials import LOTTERIES, flow_of, people
from small_lotteries import VECTORS

from reliance_eval.errors import IntegrityError, RelianceError
from reliance_eval.lottery import draw, verify_package
from reliance_eval.lottery.package import SUMS, Package, read_package, write_package


@pytest.fixture(params=["S", "R"])
def sealed(request, tmp_path):
    """A vector with a strict seed, and its sums beside."""
    files = dict(read_package(VECTORS / request.param).files)
    files["seed.txt"] = files["seed.txt"].removesuffix(b"\n")
    folder = tmp_path / request.param
    write_package(Package(files), folder)
    return folder


def fault_of(folder):
    with pytest.raises(RelianceError) as caught:
        verify_package(folder)
    for language in ("en", "fr"):
        assert caught.value.text(language)
    assert isinstance(caught.value, IntegrityError)
    assert caught.value.exit_code == 76
    return caught.value


def test_a_strict_package_verifies_without_being_told_of_lines(sealed):
    found = verify_package(sealed)
    assert found.counts["T"] == found.counts["C"] == {"S": 6, "R": 4}[sealed.name]


def test_random_one_byte_changes_of_each_file_are_seen_and_the_file_named(sealed):
    chance = random.Random(sealed.name)
    for path in sorted(sealed.iterdir()):
        content = path.read_bytes()
        # A bound of zero is met by almost no draw, and refused after 100,000 attempts.
        for _ in range(4 if path.name == "bounds.tsv" else 20):
            place = chance.randrange(len(content) or 1)
            other = chance.choice(
                [byte for byte in range(256) if byte != content[place : place + 1]]
            )
            changed = content[:place] + bytes([other]) + content[place + 1 :]
            if changed == content:
                continue
            path.write_bytes(changed)
            error = fault_of(sealed)
            assert {fault.where.split(":")[0] for fault in error.faults} == {path.name}
        path.write_bytes(content)
    verify_package(sealed)


CHANGES = [
    ("S", "odds.tsv", b"1\t3", b"3\t3", "E-PACKAGE-ODDS", "odds.tsv:1"),
    ("S", "odds.tsv", b"1\t3", b"0\t3", "E-PACKAGE-ODDS", "odds.tsv:1"),
    ("S", "odds.tsv", b"1\t3", b"1\t03", "E-PACKAGE-LINE", "odds.tsv:1"),
    ("S", "odds.tsv", b"1\t3", b"1\t3\t5", "E-PACKAGE-LINE", "odds.tsv:1"),
    ("S", "odds.tsv", b"-\t", b"x\t", "E-PACKAGE-QUOTA-WITHOUT-UNITS", "odds.tsv:1"),
    ("S", "odds.tsv", b"1\t3", b"2\t5", "E-PACKAGE-KEY", "assignment.tsv:1"),
    ("R", "covariates.tsv", b"u02\t7\t1\n", b"", "E-PACKAGE-COVARIATE-UNITS", "covariates.tsv"),
    ("R", "covariates.tsv", b"7\t1", b"7", "E-PACKAGE-COVARIATE-COUNT", "covariates.tsv:2"),
    ("R", "covariates.tsv", b"7\t1", b"7\t1.0", "E-PACKAGE-LINE", "covariates.tsv:2"),
    ("R", "covariates.tsv", b"7\t1", b"7\t-0", "E-PACKAGE-LINE", "covariates.tsv:2"),
    ("R", "bounds.tsv", b"4\t8", b"4\t-8", "E-PACKAGE-LINE", "bounds.tsv:1"),
    ("R", "bounds.tsv", b"4\t8\n", b"4\t8\n4\t8\n", "E-PACKAGE-DUPLICATE", "bounds.tsv:2"),
    ("R", "bounds.tsv", b"4\t8\n", b"", "E-PACKAGE-EMPTY", "bounds.tsv"),
    ("R", "quota.tsv", b"4\t4", b"4\t4\t1", "E-PACKAGE-TWO-ARMS", "quota.tsv"),
]


@pytest.mark.parametrize(("vector", "name", "old", "new", "code", "where"), CHANGES)
def test_each_file_has_one_admissible_form(tmp_path, vector, name, old, new, code, where):
    files = dict(read_package(VECTORS / vector).files)
    files["seed.txt"] = files["seed.txt"].removesuffix(b"\n")
    files[name] = files[name].replace(old, new, 1)
    write_package(Package(files), tmp_path / "package")
    (tmp_path / "package" / SUMS).unlink()
    error = fault_of(tmp_path / "package")
    assert (error.code, error.faults[0].where) == (code, where)


@pytest.mark.parametrize(
    ("vector", "added", "code", "where"),
    [
        ("S", "quota.tsv", "E-PACKAGE-OTHER-DRAW", "odds.tsv"),
        ("S", "bounds.tsv", "E-PACKAGE-OTHER-DRAW", "bounds.tsv"),
        ("A", "covariates.tsv", "E-PACKAGE-FILE-MISSING", "bounds.tsv"),
    ],
)
def test_files_of_two_draws_are_never_mixed(tmp_path, vector, added, code, where):
    write_package(read_package(VECTORS / vector), tmp_path / "package")
    (tmp_path / "package" / added).write_bytes(b"-\t4\t4\n")
    error = fault_of(tmp_path / "package")
    assert (error.code, error.faults[0].where) == (code, where)


def test_negative_numbers_are_covariates_like_others(tmp_path):
    table = people().assign(age=lambda rows: rows["age"] - 40)
    draw(flow_of(table, **LOTTERIES["rerandomised"])).write(tmp_path)
    assert b"\t-" in (tmp_path / "package" / "covariates.tsv").read_bytes()
    assert verify_package(tmp_path / "package").counts["T"] == 40
