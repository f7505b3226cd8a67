"""Every mutant still finds the text it changes, so that the command that counts them cannot rot."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mutants import MUTANTS, Mutant

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "reliance_eval"
ROOT = PACKAGE.parents[1]


def test_there_are_thirty() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) == 30


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_changes_one_place_and_leaves_a_program(mutant: Mutant) -> None:
    text = (PACKAGE / mutant.path).read_text(encoding="utf-8")
    assert text.count(mutant.search) == 1
    changed = text.replace(mutant.search, mutant.replacement)
    assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(text))
    assert all((ROOT / path).exists() for path in mutant.tests)
