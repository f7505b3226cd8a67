"""Print what the demo costs: what start-up loads, each stage's time, the peak of memory.

    python tests/benchmarks/demo.py [--households N]

It asserts nothing: the numbers are of one machine, on one day.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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
COUNT = """
import sys, time
start = time.perf_counter()
{statement}
seconds = time.perf_counter() - start
heavy = sorted({{n.partition(".")[0] for n in sys.modules}} & set({heavy!r}))
print(f"{{seconds:.2f}}|{{len(sys.modules)}}|{{' '.join(heavy) or 'none'}}")
"""
STARTS = {
    "import reliance_eval": "import reliance_eval",
    "the command line": "import reliance_eval.cli",
    "reading a protocol": "from reliance_eval import read_protocol",
    "estimating": "from reliance_eval import estimate",
    "reporting": "from reliance_eval import report",
}
STAGES = ("screen", "draw", "follow-up", "estimate", "challenge", "report")


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def row(*cells: str) -> None:
    sys.stdout.write(f"{cells[0]:<24}" + "".join(f"{cell:>10}" for cell in cells[1:]) + "\n")
    sys.stdout.flush()


def start_up() -> None:
    """Print, for each way in, its time, how many modules it loads, and which heavy ones."""
    row("start-up", "seconds", "modules", "heavy")
    for name, statement in STARTS.items():
        code = COUNT.format(statement=statement, heavy=HEAVY)
        done = run(code)
        row(name, *(f" {cell}" for cell in done.stdout.strip().split("|")))


def stage(name: str, *arguments: str) -> None:
    """Run one command and print its wall-clock time and the peak of its process."""
    peak = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    code = (
        f"import sys; sys.argv = ['reliance-eval', *{list(arguments)!r}]\n"
        "from reliance_eval.cli import main\n"
        f"try:\n    main()\nfinally:\n    {peak}\n"
    )
    start = time.perf_counter()
    done = run(code)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    row(name, f"{seconds:.1f}", f"{int(done.stdout.split()[-1]) / 1024:.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--households", default="60000")
    households = parser.parse_args().households
    start_up()
    sys.stdout.write("\n")
    row("stage", "seconds", "peak MB")
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        study = str(Path(folder) / "study")
        stage("init", "init", study, "--programme", "nancy")
        stage("simulate", "simulate", "--study", study, "--households", households)
        for name in STAGES:
            stage(name, name, "--study", study)
    with tempfile.TemporaryDirectory() as folder:
        stage("demo, in one process", "demo", f"{folder}/demo", "--households", households)
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    row("all", f"{time.perf_counter() - begun:.1f}", f"{largest:.0f}")


if __name__ == "__main__":
    main()
