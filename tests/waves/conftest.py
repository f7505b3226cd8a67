"""A study of two yearly waves, simulated, held and reported once; each test has its own copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from two_waves import reliance, write_protocol

HOUSEHOLDS = 14_000


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study with its made-up extracts, before any act."""
    folder = tmp_path_factory.mktemp("waves") / "study"
    assert reliance("init", folder).returncode == 0
    write_protocol(folder)
    made = reliance("simulate", "--study", folder, "--households", str(HOUSEHOLDS))
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture(scope="session")
def finished(simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same study, run to its report."""
    folder = Path(shutil.copytree(simulated, tmp_path_factory.mktemp("done") / "study"))
    done = reliance("run", "--study", folder, "--lang", "en")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def fresh(simulated: Path, tmp_path: Path) -> Path:
    """A copy of the study before any act."""
    return Path(shutil.copytree(simulated, tmp_path / "study"))


@pytest.fixture
def study(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished study, to change at will."""
    return Path(shutil.copytree(finished, tmp_path / "study"))
