"""Run the command line on a study folder, and read what it left."""

from __future__ import annotations

import subprocess
import sys
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
