"""Writing is all or nothing: a reader sees the old folder or the new one."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from reliance_eval import storage
from reliance_eval.errors import SealedError, StorageError


def fill(folder: Path, text: str) -> None:
    (folder / "a.txt").write_text(text, encoding="utf-8")


def test_a_folder_takes_its_place_in_one_piece(tmp_path: Path) -> None:
    with storage.atomic_folder(tmp_path / "act") as folder:
        fill(folder, "new")
        assert not (tmp_path / "act").exists()
    assert (tmp_path / "act" / "a.txt").read_text(encoding="utf-8") == "new"


def test_a_failure_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    with storage.atomic_folder(tmp_path / "act") as folder:
        fill(folder, "old")
    with pytest.raises(UnicodeError), storage.atomic_folder(tmp_path / "act") as folder:
        fill(folder, "\ud800")
    assert [p.name for p in tmp_path.iterdir()] == ["act"]
    assert (tmp_path / "act" / "a.txt").read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("has_target", [True, False])
def test_a_kill_between_the_two_renames_is_undone_or_finished(
    tmp_path: Path, has_target: bool
) -> None:
    replaced = tmp_path / ("act" + storage.REPLACED)
    replaced.mkdir()
    fill(replaced, "old")
    if has_target:
        (tmp_path / "act").mkdir()
        fill(tmp_path / "act", "new")
    storage.recover(tmp_path / "act")
    assert [p.name for p in tmp_path.iterdir()] == ["act"]
    expected = "new" if has_target else "old"
    assert (tmp_path / "act" / "a.txt").read_text(encoding="utf-8") == expected


def test_a_full_disk_is_a_storage_error_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught, storage.atomic_folder(tmp_path / "act"):
        raise OSError(errno.ENOSPC, "no space")
    assert caught.value.exit_code == 74
    assert "No space left" in caught.value.text()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_refuses_writing_is_sealed(tmp_path: Path) -> None:
    with pytest.raises(SealedError) as caught, storage.atomic_folder(tmp_path / "act"):
        raise PermissionError(errno.EACCES, "denied")
    assert caught.value.exit_code == 73


def test_a_file_is_replaced_in_one_piece(tmp_path: Path) -> None:
    storage.write_atomically(tmp_path / "f", b"old")
    storage.write_atomically(tmp_path / "f", b"new")
    assert (tmp_path / "f").read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]
