"""What is generated is fresh: regenerating it would change no byte."""

from __future__ import annotations

import subprocess
import sys

from source import ROOT


def test_generated_files_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
