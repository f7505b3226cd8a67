"""RL1's package: the plain files that hold a lottery, all a stranger needs to hold it again.

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
from reliance_eval.lottery.design import IntArray, covariates_of

if TYPE_CHECKING:
    from reliance_eval.lottery.model import Draw

PROTOCOL = "protocol.txt"
FRAME = "frame.tsv"
QUOTA = "quota.tsv"
ODDS = "odds.tsv"
COVARIATES = "covariates.tsv"
BOUNDS = "bounds.tsv"
EXCLUSIONS = "excl.txt"
SEED = "seed.txt"
ASSIGNMENT = "assignment.tsv"
FILES = (PROTOCOL, FRAME, QUOTA, EXCLUSIONS, SEED, ASSIGNMENT)
"""The files of a draw by quotas. A simple draw has ``odds.tsv`` in place of ``quota.tsv``, and a
re-randomised one has ``covariates.tsv`` and ``bounds.tsv`` besides."""

SUMS = "sha256sums.txt"


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


def odds_file(odds: Mapping[str, Sequence[int]]) -> bytes:
    """Give ``odds.tsv``: a chance of a in b of the first arm, by stratum."""
    return quota_file(odds)


def covariates_file(units: Sequence[str], covariates: IntArray) -> bytes:
    """Give ``covariates.tsv`` for units in byte order and their whole numbers, (n, k)."""
    lines = [
        "\t".join((unit, *map(str, row))) + "\n"
        for unit, row in zip(units, covariates.tolist(), strict=True)
    ]
    return "".join(lines).encode("ascii")


def bounds_file(bounds: Sequence[int]) -> bytes:
    """Give ``bounds.tsv``."""
    return ("\t".join(map(str, bounds)) + "\n").encode("ascii")


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
    written = [
        f"{unit}\t{stratum}\t{rank or '-'}\t{letters[arm]}\t{ticket}\n"
        for unit, stratum, rank, arm, ticket in lines
    ]
    return "".join(written).encode("ascii")


def package_of(draw: Draw) -> Package:
    """Give the package of an official draw, from the draw's own record.

    Where clusters were drawn, the package's units are the clusters.
    """
    rows = draw.assignment
    if draw.drawn_in == "clusters":
        rows = rows.assign(unit=rows["cluster"]).drop_duplicates("unit")
        rows = rows.sort_values("unit", kind="stable", ignore_index=True)
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
    files = {PROTOCOL: draw.protocol.source, FRAME: frame_file(units, strata)}
    if draw.odds:
        files[ODDS] = odds_file(draw.odds)
    else:
        files[QUOTA] = quota_file({quota.block: quota.places for quota in draw.quotas})
    if draw.bounds:
        files[COVARIATES] = covariates_file(units, covariates_of(draw, rows["unit"]))
        files[BOUNDS] = bounds_file(draw.bounds)
    files[EXCLUSIONS] = exclusions_file(rows.loc[rows["arm"] == "excluded", "unit"].tolist())
    files[SEED] = (draw.seed or "").encode("ascii")
    files[ASSIGNMENT] = assignment_file(lines, arms=len(draw.arms))
    return Package(files)


def sums_of(files: Mapping[str, bytes]) -> bytes:
    """Give the list of sums that ``sha256sum -c`` reads."""
    return "".join(f"{of_bytes(files[name])}  {name}\n" for name in sorted(files)).encode("ascii")


def write_package(package: Package, folder: Path) -> None:
    """Write the files and their sums into a new folder."""
    write_files(package.files, folder)
    (folder / SUMS).write_bytes(sums_of(package.files))


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files into a new folder, as they are."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)


def read_package(folder: Path) -> Package:
    """Read a package's files as bytes.

    Raises
    ------
    UnreadableInput
        There is no such folder, no file of a package in it, or one cannot be read.
    IntegrityError
        Some of the files are missing, or they belong to draws of different kinds.
    """
    known = (*FILES, ODDS, COVARIATES, BOUNDS)
    present = [name for name in known if (folder / name).is_file()]
    if not present:
        raise UnreadableInput(Fault("E-PACKAGE-ABSENT", str(folder), {"files": ", ".join(FILES)}))
    names = _names(present)
    if missing := [name for name in names if name not in present]:
        raise IntegrityError(Fault("E-PACKAGE-FILE-MISSING", name) for name in missing)
    if others := [name for name in present if name not in names]:
        raise IntegrityError(Fault("E-PACKAGE-OTHER-DRAW", name) for name in others)
    try:
        files = {name: (folder / name).read_bytes() for name in names}
        sums = (folder / SUMS).read_bytes() if (folder / SUMS).exists() else None
    except OSError as error:
        raise UnreadableInput(
            Fault("E-PACKAGE-UNREADABLE", str(folder), {"reason": str(error.strerror)})
        ) from error
    return Package(files, sums)


def _names(present: Sequence[str]) -> tuple[str, ...]:
    """Give the files that a package of the kind found must hold."""
    if ODDS in present and QUOTA not in present:
        return tuple(ODDS if name == QUOTA else name for name in FILES)
    if COVARIATES in present or BOUNDS in present:
        return (*FILES[:3], COVARIATES, BOUNDS, *FILES[3:])
    return FILES
