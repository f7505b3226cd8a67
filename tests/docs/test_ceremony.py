"""The worked ceremony: its commands run in their order, and print what the page shows."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reliance_eval.cli import app

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ceremony.md"
BLOCK = re.compile(r"^```(console|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENDED = re.compile(r"\[exit (\d+)\]")
STUDY = Path("my-ceremony")
OURS = "reliance-eval "


def name_the_event(protocol: Path, event: str) -> None:
    """Do what the page says: remove the plain seed, and name the event in its place."""
    lines = protocol.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = "".join(line for line in lines if not line.startswith("seed = "))
    assert kept.count("[take_up]") == 1
    protocol.write_text(kept.replace("[take_up]", f"{event}\n[take_up]"), encoding="utf-8")


def commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """Give each command of a block, and the lines that the page shows after it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *shown = part.rstrip("\n").split("\n")
        yield command, shown


def pattern_of(shown: list[str]) -> str:
    """Give what an output must match: ``…`` is anything within a line, or any lines alone."""
    lines = [
        r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r" ?\n"
        for line in shown
        if not ENDED.fullmatch(line)
    ]
    return r"(?:.*\n)*?" + "".join(lines) + r"(?:.*\n)*"


def run(command: str) -> tuple[str, int]:
    """Run a command as a reader would, and give what is on the screen, and how it ended."""
    if command.startswith(OURS):
        # In this process: two dozen commands need not load the libraries anew.
        done = CliRunner().invoke(app, shlex.split(command.removeprefix(OURS)))
        return done.stdout + done.stderr, done.exit_code
    shell = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    return shell.stdout + ("" if shell.stdout.endswith("\n") else "\n"), shell.returncode


def test_the_ceremony_goes_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for kind, content in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "toml":
            name_the_event(STUDY / "protocol.toml", content)
            continue
        for command, shown in commands(content):
            output, code = run(command)
            expected = [int(n[1]) for line in shown if (n := ENDED.fullmatch(line))]
            assert [code] == (expected or [0]), f"{command}\n{output}"
            assert re.fullmatch(pattern_of(shown), output), f"{command}\n{output}"
    names = {path.name for path in (STUDY / "out" / "minutes").rglob("*")}
    assert {"publish"} <= names
    assert any(name.endswith(".pdf") for name in names)
