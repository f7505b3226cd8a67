"""``verify`` and ``verify_package``: holding a lottery again and comparing it byte for byte."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from reliance_eval.eligibility import Flow
from reliance_eval.errors import DataError, Fault, IntegrityError
from reliance_eval.fingerprint import SHORT, of_bytes, of_table
from reliance_eval.lottery import package as files
from reliance_eval.lottery.assigning import draw_of
from reliance_eval.lottery.drawing import RECORDED
from reliance_eval.lottery.holding import Ballot, Holding, hold
from reliance_eval.lottery.model import EXCLUDED, Draw
from reliance_eval.lottery.package import Package, arm_letters, read_package, sums_of
from reliance_eval.lottery.parsing import ballot_of
from reliance_eval.lottery.preparing import prepare
from reliance_eval.lottery.recording import record


@dataclass(frozen=True, slots=True)
class Verification:
    """What holding a lottery again gave, when it agrees.

    Attributes
    ----------
    draw_key : str
        K; ``""`` for a recorded draw.
    assignment_digest : str
        A.
    counts : mapping of str to int
        Units by arm. For a package, by the letters of ``assignment.tsv``: T and C (or 1, 2, ...),
        R in reserve and X excluded.
    algorithm_only : bool
        Whether only the algorithm was verified: no log stood beside the files, so nothing was
        checked about when the frame was fixed, or whether another draw was held before.
    """

    draw_key: str
    assignment_digest: str
    counts: dict[str, int]
    algorithm_only: bool


def verify_package(folder: Path | str, *, seed_is_line: bool = False) -> Verification:
    """Hold a package's lottery again, and compare its assignment byte for byte.

    Parameters
    ----------
    folder : path
        ``protocol.txt, frame.tsv, quota.tsv, excl.txt, seed.txt, assignment.tsv``, and the sums
        of these files if they are there; ``odds.tsv`` in place of the quotas for a simple draw,
        ``covariates.tsv`` and ``bounds.tsv`` besides for a re-randomised one.
    seed_is_line : bool
        As for ``parsing.ballot_of``: for vectors only.

    Raises
    ------
    UnreadableInput
        The folder holds no package.
    IntegrityError
        A file is not in RL1's form, or the assignment is not the one these files give: the file
        and its first differing line are named.
    """
    package = read_package(Path(folder))
    changed = _changed(package)
    try:
        ballot = ballot_of(package, seed_is_line=seed_is_line)
        held = _held(ballot)
        _compare(package, held)
    except IntegrityError as error:
        # With the sums beside, the very file that changed is known.
        raise IntegrityError(changed or error.faults) from None
    if changed:
        # Every file agrees with every other: it is the list of sums that changed.
        raise IntegrityError(Fault("E-PACKAGE-SUMS", files.SUMS))
    arms = arm_letters(ballot.arms)
    letters = dict(enumerate(arms)) | {-1: "R", -2: "X"}
    numbers = Counter(held.arms.tolist())
    return Verification(
        draw_key=held.draw_key,
        assignment_digest=held.assignment_digest,
        counts={letter: numbers[arm] for arm, letter in letters.items()},
        algorithm_only=True,
    )


def verify(draw: Draw) -> Verification:
    """Hold a draw's lottery again from its own protocol and frame, and compare.

    A recorded draw is read again from the flow it came from.

    Raises
    ------
    IntegrityError
        A digest, a quota or a place is not the one recorded.
    """
    again = _again(draw)
    before = draw.plain | {"assignment": of_table(draw.assignment)}
    after = again.plain | {"assignment": of_table(again.assignment)}
    if changed := [name for name in before if before[name] != after[name]]:
        raise IntegrityError(Fault("E-DRAW-CHANGED", name) for name in changed)
    table = draw.to_pandas()
    return Verification(
        draw_key=draw.draw_key,
        assignment_digest=draw.assignment_digest,
        counts=dict(zip(table["arm"].tolist(), table["n"].tolist(), strict=True)),
        algorithm_only=True,
    )


def _again(draw: Draw) -> Draw:
    """Hold a draw's lottery again, from its flow to its last place."""
    flow: Flow = draw.nearest(Flow)
    if draw.design == RECORDED:
        return record(flow)
    rows = draw.assignment
    named = rows["cluster" if draw.drawn_in == "clusters" else "unit"]
    try:
        terms = prepare(flow)
        ballot = terms.ballot(
            seed=draw.seed or "",
            excluded=frozenset(named[rows["arm"] == EXCLUDED].astype(str)),
        )
        held = _held(ballot)
    except DataError as error:
        raise IntegrityError(error.faults) from None
    again = draw_of(
        draw.parent, ballot, held, merged=terms.merged, commitment_id=draw.commitment_id
    )
    # Which event gave the seed is no part of the lottery: the seed is.
    return replace(again, is_fallback=draw.is_fallback, blind_seed=draw.blind_seed)


def _held(ballot: Ballot) -> Holding:
    """Hold a lottery again; quotas or bounds that cannot be met are a package that was changed."""
    try:
        return hold(ballot)
    except DataError as error:
        where = files.QUOTA if error.code == "E-LOTTERY-QUOTA" else files.BOUNDS
        raise IntegrityError(replace(fault, where=where) for fault in error.faults) from None


def _changed(package: Package) -> list[Fault]:
    """Name the files whose sum is not the listed one, or the list if it is not one."""
    if package.sums is None or package.sums == sums_of(package.files):
        return []
    listed = set(package.sums.splitlines(keepends=True))
    sums = {name: sums_of({name: content}) for name, content in package.files.items()}
    unlisted = [name for name, line in sums.items() if line not in listed]
    faults = [Fault("E-PACKAGE-CHANGED", name) for name in unlisted]
    return faults or [Fault("E-PACKAGE-SUMS", files.SUMS)]


def _compare(package: Package, held: Holding) -> None:
    """Raise at the first line of the assignment that is not the one held again."""
    written = package.files[files.ASSIGNMENT]
    if written == held.assignment:
        return
    lines, expected = written.split(b"\n"), held.assignment.split(b"\n")
    row = next(
        (n for n, (a, b) in enumerate(zip(lines, expected, strict=False), 1) if a != b),
        min(len(lines), len(expected)),
    )
    tickets = {line.rpartition(b"\t")[2] for line in lines}
    comes_from_here = any(ticket.encode("ascii") in tickets for ticket in held.tickets)
    raise IntegrityError(
        Fault(
            "E-PACKAGE-ASSIGNMENT" if comes_from_here else "E-PACKAGE-KEY",
            f"{files.ASSIGNMENT}:{row}",
            {
                "key": held.draw_key[:SHORT],
                "found": of_bytes(written)[:SHORT],
                "expected": held.assignment_digest[:SHORT],
            },
        )
    )
