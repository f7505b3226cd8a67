"""A small Nancy study, run once to its report; each test works on its own copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from line_study import reliance

HOUSEHOLDS = 20_000


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with its made-up extracts, before any act; few re-draws, and pages alone."""
    folder = tmp_path_factory.mktemp("line") / "study"
    assert reliance("init", folder).returncode == 0
    path = folder / "protocol.toml"
    text = path.read_text(encoding="utf-8").replace("redraws = 10000", "redraws = 199")
    text += '\n[report]\nformats = ["html"]\n'
    path.write_text(text, encoding="utf-8")
    made = reliance("simulate", "--study", folder, "--households", str(HOUSEHOLDS))
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture(scope="session")
def finished(simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same study, run to its report."""
    folder = Path(shutil.copytree(simulated, tmp_path_factory.mktemp("done") / "study"))
    done = reliance("run", "--study", folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def study(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished study, to change at will."""
    return Path(shutil.copytree(finished, tmp_path / "study"))


@pytest.fixture
def fresh(simulated: Path, tmp_path: Path) -> Path:
    """A copy of the study before any act."""
    return Path(shutil.copytree(simulated, tmp_path / "study"))
