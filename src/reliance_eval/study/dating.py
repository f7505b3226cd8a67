"""Verifying a restricted package together with the log of the study it comes from."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

from reliance_eval.errors import IntegrityError
from reliance_eval.fingerprint import of_bytes
from reliance_eval.lottery import Draw, Verification, verify, verify_package
from reliance_eval.lottery.dating import COMMIT, DRAW, Claim, acts_of, date_faults
from reliance_eval.lottery.model import PACKAGE
from reliance_eval.lottery.package import EXCLUSIONS
from reliance_eval.study import log
from reliance_eval.study.folder import Study
from reliance_eval.study.intakes import require_no_waves

Dates: TypeAlias = Literal["unknown", "plain", "public"]


@dataclass(frozen=True, slots=True)
class Dated:
    """A package held again, and what its study's log says of when.

    Attributes
    ----------
    verification : Verification
    dates : {"unknown", "plain", "public"}
        ``unknown`` without a log; ``plain`` where the log shows this one draw, whose seed the
        owner chose; ``public`` where every act is on the right side of the seed event.
    """

    verification: Verification
    dates: Dates


def verify_dated(folder: Path | str) -> Dated:
    """Hold a package's lottery again, and check its dates where the study's log stands beside it.

    The log is looked for in the package's folder and in the two above: ``out/log.jsonl`` stands
    so beside ``out/draw/package/``.

    Raises
    ------
    UnreadableInput
        The folder holds no package.
    IntegrityError
        The package was changed; or the log's chain is broken, shows another draw, or dates what
        was fixed after the seed event, or the draw before it.
    """
    folder = Path(folder)
    verification = verify_package(folder)
    exclusions = of_bytes((folder / EXCLUSIONS).read_bytes())
    dates = check_dates(folder, assignment=verification.assignment_digest, exclusions=exclusions)
    return Dated(replace(verification, algorithm_only=dates == "unknown"), dates)


def verify_study(study: Study) -> Dated:
    """Hold a study's own draw again from its flow, and check its dates in the study's log."""
    require_no_waves(study)
    held: Draw = study.load("draw")
    verification = verify(held)
    folder = study.out / held.act / PACKAGE
    if not folder.is_dir():  # held elsewhere: the log knows only when it was read
        return Dated(verification, "unknown")
    dates = verify_dated(folder).dates
    return Dated(replace(verification, algorithm_only=dates == "unknown"), dates)


def check_dates(folder: Path, *, assignment: str, exclusions: str) -> Dates:
    """Check what the log that stands beside a folder says of its draw.

    Raises
    ------
    IntegrityError
        The log's chain is broken, or it speaks against the draw.
    """
    folder = folder.resolve()
    beside = [place for place in (folder, *folder.parents[:2]) if (place / log.NAME).is_file()]
    if not beside:
        return "unknown"
    lines = log.read(beside[0])
    entries = [json.loads(line) for line in lines]
    held = [e for e in entries if e["act"] == DRAW and e.get("assignment") == assignment]
    commitment = held[0].get("commitment") if held else None
    events = [
        e["event_at"] for e in entries if e["act"] == COMMIT and e.get("commitment") == commitment
    ]
    event = datetime.fromisoformat(events[0]) if events else None
    claim = Claim(assignment, exclusions, commitment, event)
    if faults := list(date_faults(acts_of(lines), claim, where=log.NAME)):
        raise IntegrityError(faults)
    return "plain" if commitment is None else "public"
