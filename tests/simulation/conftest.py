from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import pytest

from reliance_eval.eligibility import screen
from reliance_eval.extract import read_extract
from reliance_eval.lottery import Draw, draw
from reliance_eval.protocol import Protocol, read_protocol
from reliance_eval.simulation import Simulation, simulate

NANCY = resources.files("reliance_eval.protocol") / "programmes" / "nancy"

StartStudy = Callable[..., Protocol]


def start_study(folder: Path, *replacements: tuple[str, str]) -> Protocol:
    """A study of the Nancy programme, some of its text replaced."""
    with resources.as_file(NANCY) as programme:
        shutil.copytree(programme, folder, dirs_exist_ok=True)
    path = folder / "protocol.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return read_protocol(path)


@pytest.fixture
def nancy(tmp_path: Path) -> StartStudy:
    return lambda *replacements: start_study(tmp_path / "study", *replacements)


@dataclass(frozen=True)
class Simulated:
    protocol: Protocol
    simulation: Simulation
    draw: Draw

    def path(self, name: str) -> Path:
        return self.protocol.folder / name


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """The Nancy study with 20,000 households: a third of its size, about 700 of them eligible."""
    protocol = start_study(tmp_path_factory.mktemp("nancy"))
    simulation = simulate(protocol, households=20_000)
    return Simulated(protocol, simulation, draw(screen(read_extract("households", protocol))))
