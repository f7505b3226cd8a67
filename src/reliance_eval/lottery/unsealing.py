"""``verify_sealed``: what a stranger can check of a draw from its public package alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from reliance_eval.errors import Fault, IntegrityError, UnreadableInput
from reliance_eval.fingerprint import of_bytes
from reliance_eval.lottery import package as files
from reliance_eval.lottery import sealing
from reliance_eval.lottery.bagging import MANIFEST, is_bag, read_bag
from reliance_eval.lottery.committing import DIGITS
from reliance_eval.lottery.dating import Act, Claim, date_faults
from reliance_eval.lottery.package import Package
from reliance_eval.lottery.seeds import is_canonical
from reliance_eval.lottery.tickets import attempt_key, draw_key

REQUIRED = (
    sealing.PROTOCOL,
    sealing.SEED,
    sealing.DIGESTS,
    sealing.COUNTS,
    sealing.CUTOFFS,
    sealing.README,
)
_SAID = re.compile(r"([a-z0-9_]+|arm_[A-Z0-9]+): ([^\n]+)")
_HEADER = re.compile(r"block(?:\tT\tC|(?:\t[1-9][0-9]*){1,})")
_CUTOFFS = re.compile(r"b[0-9]{2,}(?:\t(?:-|[0-9a-f]{64}))+")
_LOGGED = re.compile(
    r"[1-9][0-9]*\t[0-9-]{10}T[0-9:]{8}(?:Z|[+-][0-9:]{5})\t(?:machine|declared)\t[a-z-]+"
    r"\t[0-9A-Za-z,-]+\t[0-9a-f]{64}"
)
_COMMITTED = re.compile(
    r"^(protocol|frame|quota|odds|covariates|bounds)_sha256: ([0-9a-f]{64})$", re.MULTILINE
)
_EVENT = re.compile(rb"^event_at: (\S+)$", re.MULTILINE)
_KEYS = ("protocol_sha256", "frame_sha256", "quota_sha256", "seed", "draw_key")


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a public package says of its draw, once it agrees with itself.

    Attributes
    ----------
    draw_key, assignment_digest : str
        K and A.
    manifest_digest : str
        SHA-256 of the manifest: it stands for the whole package.
    blocks : int
        Blocks with published cut-offs.
    is_committed : bool
        Whether the commitment is there.
    algorithm_only : bool
        Whether no log is in it: nothing was then checked about when things were fixed.
    """

    draw_key: str
    assignment_digest: str
    manifest_digest: str
    blocks: int
    is_committed: bool
    algorithm_only: bool


def is_sealed(folder: Path | str) -> bool:
    """Say whether a folder is a public package rather than a restricted one."""
    return is_bag(Path(folder))


def verify_sealed(folder: Path | str) -> Sealed:
    """Check a public package: every byte against its lists, and every file against the others.

    The assignment is restricted, so that it cannot be held again from here: only its digest is
    public, and whoever audits the restricted package finds the same one.

    Raises
    ------
    UnreadableInput
        The folder holds no public package.
    IntegrityError
        A file was changed, removed or added, or says other things than the others do.
    """
    folder = Path(folder)
    if not is_bag(folder):
        raise UnreadableInput(Fault("E-SEAL-ABSENT", str(folder), {"files": MANIFEST}))
    payload = read_bag(folder)
    if missing := [name for name in REQUIRED if name not in payload]:
        raise IntegrityError(Fault("E-BAG-FILE-MISSING", f"data/{name}") for name in missing)
    said = _said(payload[sealing.DIGESTS])
    faults = [*_digest_faults(said, payload), *_cutoff_faults(payload[sealing.CUTOFFS])]
    faults += _log_faults(said, payload)
    if faults:
        raise IntegrityError(faults)
    return Sealed(
        draw_key=said["draw_key"],
        assignment_digest=said["assignment_sha256"],
        manifest_digest=of_bytes((folder / MANIFEST).read_bytes()),
        blocks=payload[sealing.CUTOFFS].count(b"\n") - 1,
        is_committed=sealing.COMMITMENT in payload,
        algorithm_only=sealing.LOG not in payload,
    )


def agree(folder: Path | str, package: Package) -> None:
    """Check that a public package speaks of the draw that a restricted one holds.

    Raises
    ------
    IntegrityError
        A digest, the seed or a cut-off is another one.
    """
    payload = read_bag(Path(folder))
    said = _said(payload[sealing.DIGESTS])
    contents = package.files
    held = {
        "protocol_sha256": of_bytes(contents[files.PROTOCOL]),
        "frame_sha256": of_bytes(contents[files.FRAME]),
        "quota_sha256": of_bytes(contents[sealing.rule_of(contents)]),
        "exclusions_sha256": of_bytes(contents[files.EXCLUSIONS]),
        "seed": contents[files.SEED].decode("ascii", errors="replace"),
        "assignment_sha256": of_bytes(contents[files.ASSIGNMENT]),
    }
    faults = [
        Fault("E-SEAL-OTHER-DRAW", f"data/{sealing.DIGESTS}", {"key": key})
        for key, value in held.items()
        if said.get(key) != value
    ]
    if not faults and payload[sealing.CUTOFFS] != sealing.cutoffs_file(package):
        key = {"key": sealing.CUTOFFS}
        faults = [Fault("E-SEAL-OTHER-DRAW", f"data/{sealing.CUTOFFS}", {**key})]
    if faults:
        raise IntegrityError(faults)


def _lines(content: bytes, name: str) -> list[str]:
    lines = content.decode("utf-8", errors="replace").split("\n")
    if lines.pop():
        raise IntegrityError(Fault("E-PACKAGE-LAST-LINE", f"data/{name}:{len(lines) + 1}"))
    return lines


def _said(content: bytes) -> dict[str, str]:
    said: dict[str, str] = {}
    for row, line in enumerate(_lines(content, sealing.DIGESTS), start=1):
        match = _SAID.fullmatch(line)
        if match is None or match.group(1) in said:
            raise _malformed(sealing.DIGESTS, row)
        said[match.group(1)] = match.group(2)
    if missing := [key for key in (*_KEYS, "assignment_sha256") if key not in said]:
        raise IntegrityError(_disagrees(sealing.DIGESTS, key) for key in missing)
    return said


def _digest_faults(said: Mapping[str, str], payload: Mapping[str, bytes]) -> Iterator[Fault]:
    """Say where the digests are not those of the files, or the keys not those of the digests."""
    seed = payload[sealing.SEED].decode("ascii", errors="replace")
    if not is_canonical(seed):
        yield Fault("E-PACKAGE-SEED", f"data/{sealing.SEED}")
    if of_bytes(payload[sealing.PROTOCOL]) != said["protocol_sha256"]:
        yield _disagrees(sealing.PROTOCOL, "protocol_sha256")
    if seed != said["seed"]:
        yield _disagrees(sealing.SEED, "seed")
    protocol, frame, quota, given, key = (said[name] for name in _KEYS)
    if draw_key(protocol=protocol, frame=frame, quota=quota, seed=given) != key:
        yield _disagrees(sealing.DIGESTS, "draw_key")
    if "attempt" in said:
        found = attempt_key(
            key,
            covariates=said.get("covariates_sha256", ""),
            bounds=said.get("bounds_sha256", ""),
            attempt=int(said["attempt"]) if said["attempt"].isdecimal() else -1,
        )
        if found != said.get("attempt_key"):
            yield _disagrees(sealing.DIGESTS, "attempt_key")
    commitment = payload.get(sealing.COMMITMENT)
    committed = (
        {}
        if commitment is None
        else dict(_COMMITTED.findall(commitment.decode("ascii", errors="replace")))
    )
    for letter, digest in committed.items():
        key = f"{letter}_sha256".replace("odds", "quota")
        if said.get(key) != digest:
            yield _disagrees(sealing.COMMITMENT, key)
    if (None if commitment is None else of_bytes(commitment)) != said.get("commitment_sha256"):
        yield _disagrees(sealing.COMMITMENT, "commitment_sha256")


def _cutoff_faults(content: bytes) -> Iterator[Fault]:
    """Say where the cut-offs are not in form, or do not rise from one arm to the next."""
    header, *rows = _lines(content, sealing.CUTOFFS) or [""]
    if not _HEADER.fullmatch(header):
        raise _malformed(sealing.CUTOFFS, 1)
    for number, row in enumerate(rows, start=1):
        code, *cutoffs = row.split("\t")
        if (
            not _CUTOFFS.fullmatch(row)
            or len(cutoffs) != header.count("\t")
            or int(code[1:]) != number
        ):
            raise _malformed(sealing.CUTOFFS, number + 1)
        given = [cutoff for cutoff in cutoffs if cutoff != sealing.NO_PLACE]
        if any(after < before for before, after in pairwise(given)):
            yield Fault("E-SEAL-CUTOFFS", f"data/{sealing.CUTOFFS}:{number + 1}")


def _log_faults(said: Mapping[str, str], payload: Mapping[str, bytes]) -> Iterator[Fault]:
    """Say where the log shows another draw, or an act on the wrong side of the seed event."""
    if sealing.LOG not in payload:
        return
    acts: list[Act] = []
    for row, line in enumerate(_lines(payload[sealing.LOG], sealing.LOG), start=1):
        number, *fields = line.split("\t")
        if not _LOGGED.fullmatch(line) or int(number) != row:
            raise _malformed(sealing.LOG, row)
        acts.append(Act(row, *fields))
    commitment = payload.get(sealing.COMMITMENT)
    event = _EVENT.search(commitment) if commitment is not None else None
    claim = Claim(
        assignment=said["assignment_sha256"],
        exclusions=said.get("exclusions_sha256", ""),
        commitment=None if commitment is None else of_bytes(commitment)[:DIGITS],
        event=datetime.fromisoformat(event.group(1).decode("ascii")) if event else None,
    )
    yield from date_faults(acts, claim, where=f"data/{sealing.LOG}")


def _malformed(name: str, row: int) -> IntegrityError:
    return IntegrityError(Fault("E-SEAL-LINE", f"data/{name}:{row}"))


def _disagrees(name: str, key: str) -> Fault:
    return Fault("E-SEAL-DISAGREES", f"data/{name}", {"key": key})
