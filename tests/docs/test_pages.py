"""The Python of the pages runs: what a reader copies works, and the numbers printed are right."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WITH_CODE = [page for page in PAGES if "```python" in page.read_text(encoding="utf-8")]
# Enough for the programme's 600 places; the shipped 60,000 would only take longer.
HOUSEHOLDS = "24000"
REDRAWS, FEWER = "redraws = 10000", "redraws = 199"


def run(*arguments: str) -> None:
    """Run the command line as a reader would."""
    command = [sys.executable, "-m", "reliance_eval", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def beside_a_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the pages suppose: the clone's examples and a study called my-study."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "docs" / "examples")
    return tmp_path


def make_study() -> None:
    run("init", "my-study", "--programme", "nancy")
    protocol = Path("my-study/protocol.toml")
    text = protocol.read_text(encoding="utf-8")
    assert REDRAWS in text
    protocol.write_text(text.replace(REDRAWS, FEWER), encoding="utf-8")
    run("simulate", "--study", "my-study", "--households", HOUSEHOLDS)


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_code_of_a_page_runs(page: Path, beside_a_study: Path) -> None:
    if "my-study/" in page.read_text(encoding="utf-8"):
        make_study()
    document = Sybil(parsers=[PythonCodeBlockParser()]).parse(page)
    examples = list(document.examples())
    assert examples
    for example in examples:
        example.evaluate()


def test_every_page_is_in_a_table_of_contents() -> None:
    docs = ROOT / "docs"
    listed = {
        (page.parent / f"{line.strip()}.md").resolve()
        for page in docs.rglob("*.md")
        for block in page.read_text(encoding="utf-8").split("```{toctree}")[1:]
        for line in block.split("```")[0].splitlines()
        if line.strip() and not line.startswith(":")
    }
    pages = {p.resolve() for p in docs.rglob("*.md") if "_build" not in p.parts}
    assert pages - listed == {(docs / "index.md").resolve()}
