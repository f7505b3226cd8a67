"""Run the command line on a study folder, and read what it left."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


def reliance(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does, in its own process."""
    return subprocess.run(
        [sys.executable, "-m", "reliance_eval", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Give every file of a folder, but the log (which holds times) and the lock."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("log.jsonl", ".lock")
    }


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said on either stream."""

    code: int
    results: str
    messages: str


def said(*arguments: str | Path) -> Said:
    """Run a command in this process, for the many runs that only its answer matters of."""
    from typer.testing import CliRunner

    from reliance_eval.cli import app

    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    # How long a step took is the one thing two runs may say differently.
    messages = re.sub(r"\(\d+\.\d s\)", "", done.stderr)
    return Said(done.exit_code, done.stdout, messages)
