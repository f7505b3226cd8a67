"""RL1's package: six plain files that hold a lottery, and what a stranger needs to hold it again.

Beside them a list of SHA-256 sums, in the form that ``sha256sum -c`` reads: it adds nothing to
the proof, but lets the verification name the very file that changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reliance_eval.errors import Fault, IntegrityError, UnreadableInput
from reliance_eval.fingerprint import of_bytes

if TYPE_CHECKING:
    from reliance_eval.lottery.model import Draw

PROTOCOL = "protocol.txt"
FRAME = "frame.tsv"
QUOTA = "quota.tsv"
EXCLUSIONS = "excl.txt"
SEED = "seed.txt"
ASSIGNMENT = "assignment.tsv"
FILES = (PROTOCOL, FRAME, QUOTA, EXCLUSIONS, SEED, ASSIGNMENT)
SUMS = "sha256sums.txt"

OTHER_DRAWS = ("odds.tsv", "covariates.tsv", "bounds.tsv")
"""Files of simple and re-randomised draws, whose rules are other ones."""


@dataclass(frozen=True, slots=True)
class Package:
    """The bytes of a package's files, by name; ``sums`` is None where the list is absent."""

    files: dict[str, bytes]
    sums: bytes | None = None


def frame_file(units: Sequence[str], strata: Sequence[str]) -> bytes:
    """Give ``frame.tsv`` for units in byte order."""
    lines = [f"{unit}\t{stratum}\n" for unit, stratum in zip(units, strata, strict=True)]
    return "".join(lines).encode("ascii")


def quota_file(quotas: Mapping[str, Sequence[int]]) -> bytes:
    """Give ``quota.tsv``: one column an arm, in the protocol's order."""
    lines = ["\t".join((name, *map(str, quotas[name]))) + "\n" for name in sorted(quotas)]
    return "".join(lines).encode("ascii")


def exclusions_file(units: Sequence[str]) -> bytes:
    """Give ``excl.txt``."""
    return "".join(f"{unit}\n" for unit in sorted(units)).encode("ascii")


def arm_letters(count: int) -> tuple[str, ...]:
    """Give what ``assignment.tsv`` calls the arms: T and C, or 1, 2, 3 and so on."""
    return ("T", "C") if count == 2 else tuple(str(arm) for arm in range(1, count + 1))


def assignment_file(lines: Iterable[tuple[str, str, int, int, str]], *, arms: int) -> bytes:
    """Give ``assignment.tsv``.

    Parameters
    ----------
    lines : iterable of (unit, stratum, rank, arm, ticket)
        In RL1's order; rank 0 is written ``-``, arm -1 is R and -2 is X.
    arms : int
        Number of arms.
    """
    letters = dict(enumerate(arm_letters(arms))) | {-1: "R", -2: "X"}
    return "".join(
        f"{unit}\t{stratum}\t{rank or '-'}\t{letters[arm]}\t{ticket}\n"
        for unit, stratum, rank, arm, ticket in lines
    ).encode("ascii")


def package_of(draw: Draw) -> Package:
    """Give the package of an official draw, from the draw's own record."""
    rows = draw.assignment
    units, strata = rows["unit"].tolist(), rows["block"].tolist()
    order = rows.assign(last=rows["rank"].isna()).sort_values(
        ["block", "last", "rank", "ticket", "unit"], kind="stable"
    )
    codes = {arm: code for code, arm in enumerate(draw.arms)} | {"reserve": -1, "excluded": -2}
    lines = zip(
        order["unit"].tolist(),
        order["block"].tolist(),
        order["rank"].fillna(0).tolist(),
        order["arm"].map(codes).tolist(),
        order["ticket"].tolist(),
        strict=True,
    )
    return Package(
        {
            PROTOCOL: draw.protocol.source,
            FRAME: frame_file(units, strata),
            QUOTA: quota_file({quota.block: quota.places for quota in draw.quotas}),
            EXCLUSIONS: exclusions_file(rows.loc[rows["arm"] == "excluded", "unit"].tolist()),
            SEED: (draw.seed or "").encode("ascii"),
            ASSIGNMENT: assignment_file(lines, arms=len(draw.arms)),
        }
    )


def sums_of(files: Mapping[str, bytes]) -> bytes:
    """Give the list of sums that ``sha256sum -c`` reads."""
    return "".join(f"{of_bytes(files[name])}  {name}\n" for name in sorted(files)).encode("ascii")


def write_package(package: Package, folder: Path) -> None:
    """Write the six files and their sums into a new folder."""
    folder.mkdir()
    for name, content in package.files.items():
        (folder / name).write_bytes(content)
    (folder / SUMS).write_bytes(sums_of(package.files))


def read_package(folder: Path) -> Package:
    """Read a package's files as bytes.

    Raises
    ------
    UnreadableInput
        There is no such folder, no file of a package in it, or one cannot be read.
    IntegrityError
        Some of the six files are missing, or the package holds a draw of another kind.
    """
    present = [name for name in FILES if (folder / name).is_file()]
    if not present:
        raise UnreadableInput(Fault("E-PACKAGE-ABSENT", str(folder), {"files": ", ".join(FILES)}))
    others = [name for name in OTHER_DRAWS if (folder / name).exists()]
    if others:
        raise IntegrityError(Fault("E-PACKAGE-OTHER-DRAW", name) for name in others)
    if len(present) < len(FILES):
        raise IntegrityError(
            Fault("E-PACKAGE-FILE-MISSING", name) for name in FILES if name not in present
        )
    try:
        files = {name: (folder / name).read_bytes() for name in FILES}
        sums = (folder / SUMS).read_bytes() if (folder / SUMS).exists() else None
    except OSError as error:
        raise UnreadableInput(
            Fault("E-PACKAGE-UNREADABLE", str(folder), {"reason": str(error.strerror)})
        ) from error
    return Package(files, sums)
