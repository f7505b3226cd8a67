"""Packages: every changed byte is seen, and the file named."""

import random
import shutil

import pytest
from small_lotteries import NANCY, VECTORS, flow_of, nancy_like

from reliance_eval.errors import IntegrityError, RelianceError, UnreadableInput
from reliance_eval.lottery import draw, verify_package
from reliance_eval.lottery.package import FILES, SUMS, Package, read_package, write_package
from reliance_eval.lottery.seeds import is_canonical

SEEDS = [
    "rfc3797:9319./2.5.8.10.12./9.18.26.34.41.45./",
    "drand:quicknet:657413:fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587",
    "dice:4162",
    "text:Reliance-2018",
]


@pytest.fixture
def sealed(tmp_path):
    """Vector B (two strata, one exclusion) with its sums beside."""
    folder = tmp_path / "sealed"
    write_package(read_package(VECTORS / "B"), folder)
    return folder


def fault_of(folder):
    with pytest.raises(RelianceError) as caught:
        verify_package(folder)
    for language in ("en", "fr"):
        assert caught.value.text(language)
    return caught.value


@pytest.mark.parametrize(
    "name", [*(name for name in FILES if name != "excl.txt"), "excl.txt", SUMS]
)
def test_random_one_byte_changes_of_each_file_are_seen_and_the_file_named(sealed, name):
    chance = random.Random(name)
    content = (sealed / name).read_bytes()
    for _ in range(30):
        place = chance.randrange(len(content))
        other = chance.choice([byte for byte in range(256) if byte != content[place]])
        (sealed / name).write_bytes(content[:place] + bytes([other]) + content[place + 1 :])
        error = fault_of(sealed)
        assert isinstance(error, IntegrityError)
        assert error.exit_code == 76
        assert {fault.where.split(":")[0] for fault in error.faults} == {name}
    (sealed / name).write_bytes(content)
    verify_package(sealed)


@pytest.mark.parametrize("name", FILES)
def test_without_the_sums_a_change_is_seen_all_the_same(sealed, name):
    (sealed / SUMS).unlink()
    chance = random.Random(name)
    content = (sealed / name).read_bytes()
    for _ in range(15):
        place = chance.randrange(len(content))
        other = chance.choice([byte for byte in range(256) if byte != content[place]])
        (sealed / name).write_bytes(content[:place] + bytes([other]) + content[place + 1 :])
        assert isinstance(fault_of(sealed), IntegrityError)


def test_the_first_differing_line_of_the_assignment_is_named(tmp_path):
    folder = tmp_path / "A"
    shutil.copytree(VECTORS / "A", folder)
    path = folder / "assignment.tsv"
    path.write_bytes(path.read_bytes().replace(b"u02\t-\t5\tC", b"u02\t-\t5\tT"))
    error = fault_of(folder)
    assert error.code == "E-PACKAGE-ASSIGNMENT"
    assert error.faults[0].where == "assignment.tsv:5"


def test_a_missing_last_line_is_named(tmp_path):
    folder = tmp_path / "A"
    shutil.copytree(VECTORS / "A", folder)
    path = folder / "assignment.tsv"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    assert fault_of(folder).faults[0].where == "assignment.tsv:12"


def test_another_seed_leaves_no_ticket_standing(tmp_path):
    folder = tmp_path / "A"
    shutil.copytree(VECTORS / "A", folder)
    (folder / "seed.txt").write_bytes(b"text:another")
    error = fault_of(folder)
    assert error.code == "E-PACKAGE-KEY"
    assert "seed.txt" in error.text("en")


@pytest.mark.parametrize(
    ("name", "old", "new", "code", "where"),
    [
        ("frame.tsv", b"u02\t-\n", b"u02\t-\r\n", "E-PACKAGE-LINE", "frame.tsv:2"),
        ("frame.tsv", b"u01\t-\n", b"\xef\xbb\xbfu01\t-\n", "E-PACKAGE-LINE", "frame.tsv:1"),
        ("frame.tsv", b"u02\t-\n", b"u01\t-\n", "E-PACKAGE-DUPLICATE", "frame.tsv:2"),
        ("frame.tsv", b"u02\t-\n", b"u99\t-\n", "E-PACKAGE-ORDER", "frame.tsv:3"),
        ("frame.tsv", b"u12\t-\n", b"u12\t-", "E-PACKAGE-LAST-LINE", "frame.tsv:12"),
        ("frame.tsv", b"u02\t-\n", b"u02\tx\n", "E-PACKAGE-UNITS-WITHOUT-QUOTA", "frame.tsv:2"),
        ("quota.tsv", b"4\t4", b"04\t4", "E-PACKAGE-LINE", "quota.tsv:1"),
        ("quota.tsv", b"4\t4", b"8", "E-PACKAGE-LINE", "quota.tsv:1"),
        ("quota.tsv", b"4\t4", b"7\t6", "E-LOTTERY-QUOTA", "quota.tsv"),
        (
            "quota.tsv",
            b"4\t4\n",
            b"4\t4\nx\t1\t1\n",
            "E-PACKAGE-QUOTA-WITHOUT-UNITS",
            "quota.tsv:2",
        ),
        ("seed.txt", b"45./", b"45./\n", "E-PACKAGE-SEED", "seed.txt"),
        ("seed.txt", b"2.5.", b"5.2.", "E-PACKAGE-SEED", "seed.txt"),
    ],
)
def test_each_file_has_one_admissible_form(tmp_path, name, old, new, code, where):
    folder = tmp_path / "A"
    shutil.copytree(VECTORS / "A", folder)
    (folder / name).write_bytes((folder / name).read_bytes().replace(old, new, 1))
    error = fault_of(folder)
    assert (error.exit_code, error.code, error.faults[0].where) == (76, code, where)


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"u99\n", "E-PACKAGE-EXCLUDED-UNKNOWN"), (b"u02\nu01\n", "E-PACKAGE-ORDER")],
)
def test_exclusions_are_sorted_units_of_the_frame(tmp_path, content, code):
    folder = tmp_path / "A"
    shutil.copytree(VECTORS / "A", folder)
    (folder / "excl.txt").write_bytes(content)
    assert fault_of(folder).code == code


def test_quotas_of_one_package_have_one_number_of_arms(tmp_path):
    files = {
        "protocol.txt": b"p\n",
        "frame.tsv": b"a\tx\nb\ty\n",
        "quota.tsv": b"x\t1\t0\ny\t1\t0\t0\n",
        "excl.txt": b"",
        "seed.txt": b"text:x",
        "assignment.tsv": b"",
    }
    write_package(Package(files), tmp_path / "package")
    assert fault_of(tmp_path / "package").code == "E-PACKAGE-ARMS"


def test_a_folder_without_a_package_is_unreadable_and_a_part_of_one_is_incomplete(tmp_path):
    assert isinstance(fault_of(tmp_path / "absent"), UnreadableInput)
    shutil.copytree(VECTORS / "A", tmp_path / "A")
    (tmp_path / "A" / "quota.tsv").unlink()
    error = fault_of(tmp_path / "A")
    assert isinstance(error, IntegrityError)
    assert error.faults[0].where == "quota.tsv"


def test_no_message_holds_an_identifier(sealed):
    units = [line.split("\t")[0] for line in (sealed / "frame.tsv").read_text().splitlines()]
    (sealed / SUMS).unlink()
    content = (sealed / "assignment.tsv").read_bytes()
    (sealed / "assignment.tsv").write_bytes(content.replace(b"\tT\t", b"\tC\t", 1))
    message = fault_of(sealed).text("en")
    assert not any(unit in message for unit in units)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_kind_of_seed_is_canonical(seed):
    assert is_canonical(seed)


@pytest.mark.parametrize(
    "seed",
    [
        *(seed + "\n" for seed in SEEDS),
        *("\ufeff" + seed for seed in SEEDS),
        "drand:quicknet:657413:" + "A" * 64,
        "drand:quicknet:0657413:" + "a" * 64,
        "drand:quicknet:657413:" + "a" * 63,
        "rfc3797:9319/2.5./",
        "rfc3797:09319./",
        "rfc3797:",
        "dice:",
        "text:",
        "TEXT:a",
        "a",
        "",
        "dice:" + "1" * 508,
    ],
)
def test_any_other_spelling_is_refused(seed):
    assert not is_canonical(seed)


def test_a_drawn_package_is_caught_with_one_byte_changed_in_a_hundred_places(tmp_path):
    draw(flow_of(nancy_like(), **NANCY)).write(tmp_path)
    folder = tmp_path / "package"
    chance = random.Random(2018)
    names = [name for name in FILES if (folder / name).stat().st_size]
    for _ in range(100):
        path = folder / chance.choice(names)
        content = path.read_bytes()
        place = chance.randrange(len(content))
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        error = fault_of(folder)
        assert error.exit_code == 76
        assert {fault.where.split(":")[0] for fault in error.faults} == {path.name}
        path.write_bytes(content)
