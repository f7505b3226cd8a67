"""One run at a time, and a log whose every line holds the one before."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reliance_eval.errors import BusyError, IntegrityError, SealedError
from reliance_eval.study import log
from reliance_eval.study.lock import locked

HOLD = """
import sys, time
from pathlib import Path
from reliance_eval.study.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_o56_a_second_run_is_told_who_holds_the_folder(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    start = time.monotonic()
    with pytest.raises(BusyError) as caught, locked(tmp_path):
        pass
    # reliability.md, O56: the answer comes within two seconds.
    assert time.monotonic() - start < 2
    assert caught.value.exit_code == 75
    assert f"process {holder.pid} on {os.uname().nodename}" in caught.value.text()
    assert holder.poll() is None


def test_o59_the_lock_of_a_dead_process_is_taken_over(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    holder.kill()
    holder.wait()
    with locked(tmp_path) as was_stale:
        assert was_stale


def test_a_lock_given_back_is_not_stale(tmp_path: Path) -> None:
    with locked(tmp_path):
        pass
    with locked(tmp_path) as was_stale:
        assert not was_stale


@pytest.mark.parametrize("out", ["a file stands here", "/proc/1/out"])
def test_o57_a_folder_that_refuses_writing_is_sealed(tmp_path: Path, out: str) -> None:
    # Root may write almost anywhere: a file in the way, and the kernel's own tree, refuse it too.
    (tmp_path / "a file stands here").touch()
    with pytest.raises(SealedError) as caught, locked(tmp_path / out):
        pass
    assert caught.value.exit_code == 73


def test_the_log_is_a_chain(tmp_path: Path) -> None:
    for act in ("screen", "draw", "follow-up"):
        log.append(tmp_path, act, digest="d")
    assert len(log.read(tmp_path)) == 3


@pytest.mark.parametrize("change", ["edit", "remove", "swap", "insert"])
def test_a_log_that_was_touched_is_refused(tmp_path: Path, change: str) -> None:
    for act in ("screen", "draw", "follow-up"):
        log.append(tmp_path, act, digest="d")
    path = tmp_path / log.NAME
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    touched = {
        "edit": [lines[0], lines[1].replace("draw", "drew"), lines[2]],
        "remove": [lines[0], lines[2]],
        "swap": [lines[1], lines[0], lines[2]],
        "insert": [lines[0], lines[0], *lines[1:]],
    }[change]
    path.write_text("".join(touched), encoding="utf-8")
    with pytest.raises(IntegrityError) as caught:
        log.append(tmp_path, "estimate", digest="d")
    assert caught.value.exit_code == 76
