"""Trials that others held, as study folders: a protocol beside the file, nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import causaldata
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]


def nsw(folder: Path) -> Path:
    """The National Supported Work sample, from causaldata."""
    people = causaldata.nsw_mixtape.load_pandas().data.drop(columns="data_id")
    return _study(folder, ROOT / "docs/examples/nsw_dw/protocol.toml", people, "men.csv")


def thornton(folder: Path) -> Path:
    """Thornton's incentives, from causaldata."""
    people = causaldata.thornton_hiv.load_pandas().data
    for column in ("any", "got", "villnum", "age"):
        people[column] = people[column].astype("Int64")
    protocol = ROOT / "docs/examples/thornton_hiv/protocol.toml"
    return _study(folder, protocol, people, "people.csv")


def jobs2(folder: Path, shared: Path) -> Path:
    """JOBS II, from the reference trials."""
    people = pd.read_csv(shared / "reference" / "jobs2" / "data.csv", dtype=str)
    return _study(folder, Path(__file__).parent / "jobs2/protocol.toml", people, "people.csv")


def _study(folder: Path, protocol: Path, people: pd.DataFrame, name: str) -> Path:
    (folder / "data").mkdir(parents=True)
    shutil.copy(protocol, folder / "protocol.toml")
    # None of the files has an identifier: the rows are numbered.
    people.insert(0, "id", [f"row-{row:04}" for row in range(1, len(people) + 1)])
    people.to_csv(folder / "data" / name, index=False)
    return folder


def run_to_the_report(study: Path) -> pd.DataFrame:
    """Run everything due from the command line, and give the table of estimates by promise."""
    command = [sys.executable, "-m", "reliance_eval", "run", "--study", str(study)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return pd.read_csv(study / "out" / "estimates" / "estimates.csv")


def reports(study: Path) -> list[str]:
    """Name the reports a run left."""
    return sorted(p.name for p in (study / "out" / "report").glob("report.*.html"))
