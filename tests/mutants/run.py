"""Apply each mutant to a copy of the source and count how many the suite kills.

    python tests/mutants/run.py [--only WORD] [--workers 2]

A mutant is killed when a test fails that passes without it; one that does not import, or whose
tests do not end in time, is not. The tests nearest to it are asked first, the wider suite where
they let it live. Ends 1 where fewer than 27 of the 30 are killed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from mutants import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("src", "tests", "data", "docs", "notebooks")
LEAST = 27
NEAREST_SECONDS, WIDER_SECONDS = 300, 420
WIDER = (
    "tests/estimation",
    "tests/robustness",
    "tests/panel",
    "tests/lottery",
    "tests/extract",
    "tests/reference",
)
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+::.*?)(?: - .*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Found:
    """What became of a mutant: the test that killed it, or why it lives."""

    mutant: Mutant
    killer: str = ""
    why: str = ""
    seconds: float = 0.0


class Tree:
    """A copy of the sources, in which a mutant is made and unmade."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._passes: dict[str, bool] = {}
        ignored = shutil.ignore_patterns("__pycache__", "_build", ".hypothesis", "*.pyc")
        for name in KEPT:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        for path in ROOT.iterdir():
            if path.is_file():
                shutil.copy2(path, folder)

    def first_failure(self, tests: tuple[str, ...], *, seconds: int) -> str | None:
        """Run tests until one fails: give it, or ``""``; None where they did not end in order."""
        command = [sys.executable, "-m", "pytest", "-n", "0", "-x", "-q", "--tb=no", "-rfE"]
        command += ["-p", "no:cacheprovider", *tests]
        environment = os.environ | {
            "PYTHONPATH": str(self.folder / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        failure = FAILED.search(done.stdout)
        if done.returncode == 1 and failure is not None:
            return failure[1]
        return "" if done.returncode == 0 else None

    def passes(self, test: str) -> bool:
        """Say whether a test passes in the copy as it is, asked once."""
        if test not in self._passes:
            self._passes[test] = self.first_failure((test,), seconds=NEAREST_SECONDS) == ""
        return self._passes[test]

    @contextmanager
    def changed(self, mutant: Mutant) -> Iterator[None]:
        """Hold the mutant in the copy."""
        path = self.folder / "src" / "reliance_eval" / mutant.path
        before = path.read_text(encoding="utf-8")
        if before.count(mutant.search) != 1:
            raise SystemExit(f"{mutant.name}: {mutant.path} does not hold its text once")
        path.write_text(before.replace(mutant.search, mutant.replacement), encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(before, encoding="utf-8")


def found(tree: Tree, mutant: Mutant) -> Found:
    """Ask the nearest tests, then the wider suite, and confirm that the killer passes without."""
    start = time.monotonic()
    killer: str | None = ""
    with tree.changed(mutant):
        for tests, seconds in ((mutant.tests, NEAREST_SECONDS), (WIDER, WIDER_SECONDS)):
            killer = tree.first_failure(tests, seconds=seconds)
            if killer:
                break
    spent = time.monotonic() - start
    if not killer:
        why = "survived" if killer == "" else "its tests did not end in order"
        return Found(mutant, why=why, seconds=spent)
    if not tree.passes(killer):
        return Found(mutant, why=f"{killer} fails without it too", seconds=spent)
    return Found(mutant, killer=killer, seconds=spent)


def main() -> int:
    """Try every mutant, some at once, and say what became of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="mutants whose name holds this word")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    chosen = [mutant for mutant in MUTANTS if asked.only in mutant.name]
    start = time.monotonic()
    killed = 0
    with tempfile.TemporaryDirectory() as folder:
        trees: SimpleQueue[Tree] = SimpleQueue()
        for number in range(asked.workers):
            trees.put(Tree(Path(folder) / str(number)))

        def one(mutant: Mutant) -> Found:
            tree = trees.get()
            try:
                return found(tree, mutant)
            finally:
                trees.put(tree)

        with ThreadPoolExecutor(asked.workers) as pool:
            for each in pool.map(one, chosen):
                killed += bool(each.killer)
                said = f"killed by {each.killer}" if each.killer else f"ALIVE: {each.why}"
                print(f"{each.mutant.name:42} {each.seconds:5.0f} s  {said}", flush=True)  # noqa: T201
    minutes = (time.monotonic() - start) / 60
    print(f"{killed} of {len(chosen)} killed in {minutes:.1f} minutes")  # noqa: T201
    return 0 if killed >= min(LEAST, len(chosen)) else 1


if __name__ == "__main__":
    sys.exit(main())
