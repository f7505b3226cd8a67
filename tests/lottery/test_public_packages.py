"""The public package: nobody in it, every changed byte seen, and every person's place found."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sealed_lotteries import give_another_arm, sealed
from small_lotteries import NANCY, flow_of, households, nancy_like

from reliance_eval.errors import IntegrityError, ProtocolError, SealedError, UnreadableInput
from reliance_eval.lottery import draw, verify_package
from reliance_eval.lottery.bagging import bag, read_bag, write_bag
from reliance_eval.lottery.package import read_package
from reliance_eval.lottery.sealing import cutoffs_file, letters_file
from reliance_eval.lottery.tickets import tickets_of
from reliance_eval.lottery.unsealing import agree, is_sealed, verify_sealed
from reliance_eval.study.sealing import seal

CHANGES = 500


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return sealed(tmp_path_factory.mktemp("lottery"))


@pytest.fixture
def public(packages: tuple[Path, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(packages[1], tmp_path / "public"))


def files_in(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def rewrite(public: Path, name: str, old: bytes, new: bytes) -> Path:
    """Change a payload file and seal the folder again, as a forger would."""
    payload = read_bag(public)
    assert old in payload[name]
    payload[name] = payload[name].replace(old, new, 1)
    shutil.rmtree(public)
    public.mkdir()
    write_bag(payload, public)
    return public


def one_byte_changes(folder: Path, seed: int) -> Iterator[Path]:
    """Change one byte of one file at random, and put it back."""
    chance = random.Random(seed)
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size]
    for _ in range(CHANGES):
        path = chance.choice(paths)
        content = path.read_bytes()
        place = chance.randrange(len(content))
        other = chance.choice([byte for byte in range(256) if byte != content[place]])
        path.write_bytes(content[:place] + bytes([other]) + content[place + 1 :])
        yield path
        path.write_bytes(content)


def test_five_hundred_random_changes_of_a_public_package_are_all_seen_and_the_file_named(
    public: Path,
) -> None:
    for path in one_byte_changes(public, seed=3):
        with pytest.raises(IntegrityError) as caught:
            verify_sealed(public)
        assert caught.value.exit_code == 76
        assert {fault.where for fault in caught.value.faults} == {
            path.relative_to(public).as_posix()
        }
    verify_sealed(public)


def test_five_hundred_random_changes_of_a_restricted_package_are_all_seen_and_the_file_named(
    packages: tuple[Path, Path], tmp_path: Path
) -> None:
    package = Path(shutil.copytree(packages[0], tmp_path / "package"))
    for path in one_byte_changes(package, seed=4):
        with pytest.raises(IntegrityError) as caught:
            verify_package(package)
        assert caught.value.exit_code == 76
        assert {fault.where.split(":")[0] for fault in caught.value.faults} == {path.name}
    verify_package(package)


def test_a_file_taken_away_is_named(public: Path) -> None:
    for name, content in files_in(public).items():
        (public / name).unlink()
        with pytest.raises(IntegrityError) as caught:
            verify_sealed(public)
        assert {fault.where for fault in caught.value.faults} == {name}
        (public / name).write_bytes(content)


@pytest.mark.parametrize("name", ["data/list.tsv", "note.txt", "data/é", "data/more/a.txt"])
def test_a_file_added_is_named(public: Path, name: str) -> None:
    (public / name).parent.mkdir(exist_ok=True)
    (public / name).write_bytes(b"")
    with pytest.raises(IntegrityError) as caught:
        verify_sealed(public)
    assert [fault.where for fault in caught.value.faults] == [name]


def test_any_program_for_bagit_or_sha256sum_finds_the_folder_whole(public: Path) -> None:
    # RFC 8493, sections 2.1 and 2.2: the declaration, and manifests that sha256sum reads.
    declared = (public / "bagit.txt").read_text()
    assert declared == "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    payload = list((public / "data").iterdir())
    octets = sum(path.stat().st_size for path in payload)
    assert f"Payload-Oxum: {octets}.{len(payload)}\n" in (public / "bag-info.txt").read_text()
    subprocess.run(
        ["sha256sum", "--check", "--strict", "tagmanifest-sha256.txt", "manifest-sha256.txt"],
        cwd=public,
        check=True,
        capture_output=True,
    )


def test_no_identifier_and_no_block_of_the_frame_is_in_it(packages: tuple[Path, Path]) -> None:
    package, public = packages
    rows = [line.split("\t") for line in (package / "frame.tsv").read_text().splitlines()]
    published = b"".join(files_in(public / "data").values())
    secrets = {text for row in rows for text in row}
    assert len(secrets) > 650
    assert not [text for text in secrets if text.encode() in published]


def test_tickets_other_than_the_cutoffs_are_not_in_it(packages: tuple[Path, Path]) -> None:
    package, public = packages
    rows = [line.split("\t") for line in (package / "assignment.tsv").read_text().splitlines()]
    published = b"".join(files_in(public).values())
    # 18 blocks of two arms each: one cut-off for each of them.
    assert sum(row[4].encode() in published for row in rows) == 36


def test_every_unit_finds_its_own_arm_from_its_letter_and_the_cutoffs_alone(
    packages: tuple[Path, Path],
) -> None:
    package, public = packages
    rows = [line.split("\t") for line in (package / "assignment.tsv").read_text().splitlines()]
    arms = {row[0]: row[3] for row in rows}
    header, *lines = (public / "data" / "cutoffs.tsv").read_text().splitlines()
    cutoffs = {code: last for code, *last in (line.split("\t") for line in lines)}
    letters = letters_file(read_package(package)).decode().splitlines()[1:]
    assert len(letters) == len(arms)
    key = verify_sealed(public).draw_key
    for unit, block, arm in (line.split("\t") for line in letters):
        [ticket] = tickets_of([unit], key=key)
        found = [
            letter
            for letter, last in zip(header.split("\t")[1:], cutoffs[block], strict=True)
            if ticket <= last
        ]
        assert (found[0] if found else "R") == arm == arms[unit]


def test_sealing_twice_gives_the_same_bytes_and_another_draw_is_refused(tmp_path: Path) -> None:
    first = draw(flow_of(nancy_like(), **NANCY))
    seal(first, tmp_path / "a")
    before = files_in(tmp_path / "a")
    seal(first, tmp_path / "a")
    seal(draw(flow_of(nancy_like().sample(frac=1, random_state=1), **NANCY)), tmp_path / "b")
    assert files_in(tmp_path / "a") == before == files_in(tmp_path / "b")
    with pytest.raises(SealedError):
        seal(draw(flow_of(nancy_like(), **NANCY), seed="text:another"), tmp_path / "a")
    assert files_in(tmp_path / "a") == before


def test_totals_are_those_announced_and_small_counts_keep_every_block_back(public: Path) -> None:
    # 40 of 640 stay in reserve, in 18 blocks: some blocks have fewer than 11.
    counts = (public / "data" / "counts.tsv").read_text()
    assert counts == "block\tT\tC\tR\tX\nall\t300\t300\t40\t0\n"


def test_counts_by_block_are_published_rounded_where_none_is_small(tmp_path: Path) -> None:
    cells = {"job_0_ch_1_rsa_2_5": 60, "job_1_ch_1_rsa_2_5": 70}
    made = draw(flow_of(households(cells), **(NANCY | {"arms": {"offered": 50, "control": 50}})))
    _, public = sealed(tmp_path, made)
    lines = (public / "data" / "counts.tsv").read_text().splitlines()
    # Largest remainder of 100 x 60/130 and 100 x 70/130: 46 and 54 places, so 23 + 23 and 27 + 27;
    # 14 and 16 in reserve. Printed to the nearest multiple of 5.
    assert lines == [
        "block\tT\tC\tR\tX",
        "all\t50\t50\t30\t0",
        "b01\t25\t25\t15\t0",
        "b02\t25\t25\t15\t0",
    ]


def test_a_small_total_is_a_point(tmp_path: Path) -> None:
    _, public = sealed(tmp_path, draw(flow_of(nancy_like(605), **NANCY)))
    assert "all\t300\t300\t.\t0" in (public / "data" / "counts.tsv").read_text()


@pytest.mark.parametrize(
    ("name", "old", "new", "where"),
    [
        ("digests.txt", b"frame_sha256: ", b"frame_sha256: 0", "data/digests.txt"),
        ("digests.txt", b"seed: text:", b"seed: text:x", "data/seed.txt"),
        ("digests.txt", b"assignment_sha256: ", b"assignment: ", "data/digests.txt"),
        ("digests.txt", b"design: stratified\n", b"design\n", "data/digests.txt:2"),
        ("seed.txt", b"text:", b"text: ", "data/seed.txt"),
        ("protocol.toml", b"protocole", b"Protocole", "data/protocol.toml"),
        ("cutoffs.tsv", b"b02", b"b03", "data/cutoffs.tsv:3"),
        ("cutoffs.tsv", b"block", b"group", "data/cutoffs.tsv:1"),
        ("cutoffs.tsv", b"b01\t", b"b01\tf", "data/cutoffs.tsv:2"),
    ],
)
def test_a_forged_package_with_lists_made_again_disagrees_with_itself(
    public: Path, name: str, old: bytes, new: bytes, where: str
) -> None:
    with pytest.raises(IntegrityError) as caught:
        verify_sealed(rewrite(public, name, old, new))
    assert where in {fault.where for fault in caught.value.faults}
    for language in ("en", "fr"):
        assert caught.value.text(language)


def test_cutoffs_that_do_not_rise_are_refused(public: Path) -> None:
    line = (public / "data" / "cutoffs.tsv").read_bytes().splitlines()[1]
    code, first, last = line.split(b"\t")
    with pytest.raises(IntegrityError) as caught:
        verify_sealed(rewrite(public, "cutoffs.tsv", line, b"\t".join([code, last, first])))
    assert caught.value.code == "E-SEAL-CUTOFFS"


def test_a_public_package_of_another_draw_is_told_from_the_restricted_one(
    packages: tuple[Path, Path], tmp_path: Path
) -> None:
    package, public = packages
    agree(public, read_package(package))
    _, other = sealed(tmp_path, draw(flow_of(nancy_like(), **NANCY), seed="text:another"))
    with pytest.raises(IntegrityError) as caught:
        agree(other, read_package(package))
    assert caught.value.code == "E-SEAL-OTHER-DRAW"
    changed = Path(shutil.copytree(package, tmp_path / "changed"))
    give_another_arm(changed)
    with pytest.raises(IntegrityError):
        agree(public, read_package(changed))


def test_a_restricted_package_is_no_public_one(packages: tuple[Path, Path], tmp_path: Path) -> None:
    package, public = packages
    assert is_sealed(public)
    assert not is_sealed(package)
    with pytest.raises(UnreadableInput):
        verify_sealed(tmp_path)


def test_a_recorded_draw_has_nothing_to_seal(tmp_path: Path) -> None:
    table = households({"job_0_ch_1_rsa_2_5": 8})
    table["arm"] = ["offered", "control"] * 4
    recorded = draw(flow_of(table, design="recorded", seed=None, arm="arm"))
    with pytest.raises(ProtocolError) as caught:
        seal(recorded, tmp_path / "public")
    assert caught.value.code == "E-SEAL-RECORDED"


def test_a_bag_of_no_file_is_a_bag(tmp_path: Path) -> None:
    write_bag({}, tmp_path)
    assert read_bag(tmp_path) == {}
    assert set(files_in(tmp_path)) == set(bag({}))


def test_cutoffs_of_an_arm_without_places_are_a_dash(tmp_path: Path) -> None:
    made = draw(flow_of(nancy_like(), **(NANCY | {"arms": {"offered": 5, "control": 135}})))
    made.write(tmp_path)
    lines = cutoffs_file(read_package(tmp_path / "package")).decode().splitlines()[1:]
    assert sum(line.split("\t")[1] == "-" for line in lines) == 18 - 5
    assert not any(line.split("\t")[2] == "-" for line in lines)
