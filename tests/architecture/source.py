"""The source tree, as the laws of this folder read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "reliance_eval"
WORDS = PACKAGE / "language" / "words"
KEPT = ("src", "tests", "docs", "notebooks", "data", ".ci")
BUILT = {"_build", "__pycache__", ".ipynb_checkpoints"}


def modules() -> list[Path]:
    """Every Python module of the package, in path order."""
    return sorted(PACKAGE.rglob("*.py"))


@cache
def trees() -> tuple[tuple[Path, ast.Module], ...]:
    """Every module with its syntax tree."""
    return tuple((path, ast.parse(path.read_text(encoding="utf-8"))) for path in modules())


def kept_files() -> Iterator[Path]:
    """Every file a clone holds: those at the top, and those of the kept folders."""
    yield from sorted(p for p in ROOT.iterdir() if p.is_file())
    for folder in KEPT:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and not BUILT & set(path.relative_to(ROOT).parts):
                yield path
