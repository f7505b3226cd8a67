"""Lotteries with both their packages: the restricted one and the public one."""

from __future__ import annotations

import shutil
from pathlib import Path

from small_lotteries import NANCY, VECTORS, flow_of, nancy_like

from reliance_eval.lottery import Draw, draw
from reliance_eval.study.sealing import seal

ROOT = Path(__file__).resolve().parents[2]
VERIFIERS = ROOT / "docs" / "verify"
# Assignments printed in the definition of RL1 (worked vectors A, B, C, then S and R).
ASSIGNMENTS = {
    "A": "5aee6c3bdb8e477b790ff5eecdc5305d24083e25fde241b1a630368cb07a36f7",
    "B": "ffb38e0dc4a881aa217e87217204f16e4ce0194b69044937fe69371d5c53d75e",
    "C": "53caaee68b75eb2e4a360d7adae2b1a005fd98dd9f357233c7d102277eaa9ddf",
    "S": "76420b27ecb96f7edef79724785b738ff78721a950f32df65c43586971bf6bb8",
    "R": "73ec9b4cd6c6ce0dc4130c609d30fd9bba57be6ed476d539635f31560c31ff8b",
}


def vector(name: str, folder: Path) -> Path:
    """Copy a vector, its seed without the line end that the files of S and R were written with."""
    package = Path(shutil.copytree(VECTORS / name, folder / name))
    seed = package / "seed.txt"
    seed.write_bytes(seed.read_bytes().rstrip(b"\n"))
    return package


def sealed(folder: Path, made: Draw | None = None) -> tuple[Path, Path]:
    """Write a draw's restricted and public packages; by default, 600 of 640 in 18 blocks."""
    made = draw(flow_of(nancy_like(), **NANCY)) if made is None else made
    made.write(folder)
    seal(made, folder / "public")
    return folder / "package", folder / "public"


def give_another_arm(package: Path) -> None:
    """Change one arm of an assignment, and the sums of the package with it."""
    path = package / "assignment.tsv"
    path.write_bytes(path.read_bytes().replace(b"\tT\t", b"\tC\t", 1))
    (package / "sha256sums.txt").unlink(missing_ok=True)
