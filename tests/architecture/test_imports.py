"""Imports go one way, and asking for help loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from source import ROOT

HEAVY = (
    "pandas",
    "numpy",
    "scipy",
    "statsmodels",
    "linearmodels",
    "matplotlib",
    "duckdb",
    "pyarrow",
    "pydantic",
)
LOADED = """
import contextlib, sys
sys.argv = ["reliance-eval", *{arguments!r}]
with contextlib.suppress(SystemExit):
    {statement}
print()
print(" ".join(sorted({{name.partition(".")[0] for name in sys.modules}} & set({heavy!r}))))
"""
RUN = "from reliance_eval.cli import main; main()"


def loaded_by(statement: str, *arguments: str) -> str:
    """Give the heavy packages a fresh interpreter holds after a statement."""
    code = LOADED.format(statement=statement, arguments=list(arguments), heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout.splitlines()[-1]


def test_help_loads_nothing_heavy() -> None:
    assert loaded_by(RUN, "--help") == ""


@pytest.mark.parametrize("command", ["init", "run", "simulate", "report", "verify"])
def test_the_help_of_a_command_loads_nothing_heavy_of_ours(command: str) -> None:
    # typer itself converts the options of a command with pydantic.
    assert loaded_by(RUN, command, "--help") in ("", "pydantic")


@pytest.mark.parametrize(
    "module", ["reliance_eval", "reliance_eval.errors", "reliance_eval.language.catalogue"]
)
def test_a_light_module_loads_nothing_heavy(module: str) -> None:
    assert loaded_by(f"import {module}") == ""


def test_the_import_contracts_are_kept() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(command), "--no-cache"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
