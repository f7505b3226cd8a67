"""The key file: O64, and how a new one comes to be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reliance_eval.errors import ConfidentialityError, SealedError
from reliance_eval.extract.keys import new_key, read_key


def key_file(folder: Path, content: bytes = bytes(range(32)), mode: int = 0o600) -> Path:
    path = folder / "key"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def study_in(folder: Path) -> Path:
    folder.mkdir()
    (folder / "protocol.toml").write_text("format = 1\n", encoding="utf-8")
    return folder


def test_a_sound_key_is_read(tmp_path: Path) -> None:
    assert read_key(key_file(tmp_path)) == bytes(range(32))


def test_o64_a_missing_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfidentialityError) as refused:
        read_key(tmp_path / "key")
    assert refused.value.code == "E-KEY-MISSING"
    assert refused.value.exit_code == 77


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_o64_a_key_of_another_length_is_refused(tmp_path: Path, length: int) -> None:
    with pytest.raises(ConfidentialityError) as refused:
        read_key(key_file(tmp_path, b"k" * length))
    assert refused.value.code == "E-KEY-LENGTH"
    assert str(length) in refused.value.text("en")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o700, 0o604])
def test_o64_a_key_that_others_could_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfidentialityError) as refused:
        read_key(key_file(tmp_path, mode=mode))
    assert refused.value.code == "E-KEY-MODE"
    assert f"{mode:04o}" in refused.value.text("en")


def test_all_that_is_wrong_with_a_key_is_said_at_once(tmp_path: Path) -> None:
    study = study_in(tmp_path / "study")
    with pytest.raises(ConfidentialityError) as refused:
        read_key(key_file(study, b"short", 0o644))
    codes = {fault.code for fault in refused.value.faults}
    assert codes == {"E-KEY-IN-STUDY", "E-KEY-MODE", "E-KEY-LENGTH"}


@pytest.mark.parametrize("place", ["key", "data/keys/key"])
def test_a_key_inside_a_study_is_refused_however_deep(tmp_path: Path, place: str) -> None:
    study = study_in(tmp_path / "study")
    path = study / place
    path.parent.mkdir(parents=True, exist_ok=True)
    with pytest.raises(ConfidentialityError) as refused:
        read_key(key_file(path.parent))
    assert refused.value.code == "E-KEY-IN-STUDY"


def test_a_link_does_not_take_a_key_out_of_the_study(tmp_path: Path) -> None:
    study = study_in(tmp_path / "study")
    link = tmp_path / "link"
    link.symlink_to(key_file(study))
    with pytest.raises(ConfidentialityError) as refused:
        read_key(link)
    assert refused.value.code == "E-KEY-IN-STUDY"


def test_a_key_typed_in_place_of_its_path_is_not_repeated() -> None:
    typed = "0f" * 32
    with pytest.raises(ConfidentialityError) as refused:
        read_key(Path(typed))
    assert refused.value.code == "E-KEY-TYPED"
    assert typed not in refused.value.text("en") + refused.value.text("fr")


def test_a_new_key_is_32_bytes_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o277)
    try:
        new_key(tmp_path / "safe" / "key")
    finally:
        os.umask(before)
    path = tmp_path / "safe" / "key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(read_key(path)) == 32
    assert [p.name for p in path.parent.iterdir()] == ["key"]


def test_two_new_keys_differ(tmp_path: Path) -> None:
    new_key(tmp_path / "a")
    new_key(tmp_path / "b")
    assert read_key(tmp_path / "a") != read_key(tmp_path / "b")


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = key_file(tmp_path)
    with pytest.raises(SealedError) as refused:
        new_key(path)
    assert refused.value.exit_code == 73
    assert path.read_bytes() == bytes(range(32))
    assert [p.name for p in tmp_path.iterdir()] == ["key"]


def test_a_new_key_is_not_made_inside_a_study(tmp_path: Path) -> None:
    study = study_in(tmp_path / "study")
    with pytest.raises(ConfidentialityError):
        new_key(study / "key")
    assert not (study / "key").exists()
