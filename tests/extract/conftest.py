"""A tiny study: one extract written by the test, and the protocol that describes it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from reliance_eval.extract import Extract, read_extract
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Clauses

REST = """
format = 1
[trial]
id = "tiny"
title = { en = "Tiny" }
[eligibility]
extract = "people"
on = 2024-06-30
[lottery]
day = 2024-07-01
unit = "id"
design = "complete"
arms = { a = 1, b = 1 }
[[outcomes]]
name = "y"
label = { en = "y" }
kind = "amount"
from = { extract = "people", column = "y" }
horizons_months = [3]
[[analyses]]
estimand = "itt"
"""


@dataclass
class Study:
    """A study folder whose extract ``people`` is described by a clause in TOML."""

    folder: Path

    def protocol(self, clause: str, *, file: str = "data/people.csv", rest: str = "") -> Protocol:
        """Make a protocol from the lines of the extract's clause."""
        lines = clause if "deliveries" in clause else f"{_delivery(file)}\n{clause}"
        if "id = " not in lines.split("[extracts")[0]:
            lines = f'id = "id"\n{lines}'
        text = f"{REST}\n[extracts.people]\n{lines}\n{rest}"
        clauses = Clauses.model_validate(tomllib.loads(text))
        return Protocol(clauses=clauses, source=text.encode(), folder=self.folder)

    def write(self, content: str | bytes, file: str = "data/people.csv") -> Path:
        """Write a file of the study."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def read(self, content: str | bytes, clause: str = "", **options: str) -> Extract:
        """Write a file and read it as the extract ``people``."""
        self.write(content, options.get("file", "data/people.csv"))
        return read_extract("people", self.protocol(clause, **options))


def _delivery(file: str) -> str:
    return f"deliveries = [{{ path = {json.dumps(file)}, extracted_on = 2024-06-30 }}]"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    (tmp_path / "study").mkdir()
    return Study(tmp_path / "study")


@pytest.fixture
def rows() -> Callable[[Extract], list[tuple[object, ...]]]:
    """Bring a frame out, sorted by its columns: an extract has no order."""

    def bring(extract: Extract, **options: object) -> list[tuple[object, ...]]:
        found = extract.frame(**options).to_native().fetchall()
        return sorted(found, key=lambda row: tuple(str(cell) for cell in row))

    return bring
