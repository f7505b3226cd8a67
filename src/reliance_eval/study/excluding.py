"""Exclusions: who leaves the list between the commitment and the event, and why.

They are kept in ``out/exclusions/``, and the log holds their digest with an instant: the draw
admits no others. After the event nobody leaves the assignment any more.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from reliance_eval import storage
from reliance_eval.errors import (
    DataError,
    Fault,
    IntegrityError,
    RelianceError,
    SealedError,
    UnreadableInput,
)
from reliance_eval.fingerprint import SHORT
from reliance_eval.language.catalogue import Value
from reliance_eval.lottery.commitment import Commitment
from reliance_eval.lottery.drawing import check_exclusions
from reliance_eval.lottery.notice import in_paris, in_utc, paris_day
from reliance_eval.lottery.package import EXCLUSIONS
from reliance_eval.reporting.disclosure import Gate, rules_of
from reliance_eval.study import log
from reliance_eval.study.ceremony import check_clock
from reliance_eval.study.exclusion_file import (
    FOLDER,
    digest_of,
    kept_exclusions,
    read_exclusions,
    write_exclusions,
)
from reliance_eval.study.folder import Study
from reliance_eval.study.intakes import require_no_waves
from reliance_eval.study.recording import record_entries

ACT = "exclude"
LATE = "late-exclusions.csv"


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Everything excluded so far.

    Attributes
    ----------
    added, total : int
        Units of this file, and of all files.
    digest : str
        X, the SHA-256 of ``excl.txt``.
    reasons : mapping of str to int
        Units by reason, in the order of the reasons' text.
    folder : Path
        Where they are kept; ``publish/`` in it is to be published before the event.
    """

    added: int
    total: int
    digest: str
    reasons: dict[str, int]
    folder: Path


def exclude(study: Study, path: Path, *, at: datetime | None = None) -> Exclusions:
    """Exclude the units of a file, each with its reason, before the seed event.

    Parameters
    ----------
    study : Study
        Its commitment must have been made.
    path : Path
        A CSV file in UTF-8 with the columns ``unit,reason``.
    at : datetime, optional
        The instant, where it is declared.

    Raises
    ------
    UnreadableInput
        There is no commitment yet, or the file cannot be read.
    DataError
        A row is not a unit of the list and its reason, or too few would be left for the places.
    SealedError
        The event is past: the units stay, and are recorded as withdrawals if the draw is held.
    IntegrityError
        The exclusions so far are not those the log holds.
    """
    require_no_waves(study)
    try:
        return _exclude(study, path, at)
    except RelianceError as error:
        log.refuse(study.out, ACT, error, at=at)
        raise


def logged_exclusions(study: Study, commitment: Commitment) -> frozenset[str]:
    """Give the units excluded before the event, as the log vouches for them.

    Raises
    ------
    IntegrityError
        The file is not the one logged, or was logged once the seed could be known.
    """
    found = kept_exclusions(study.out)
    digest = digest_of(found)
    logged = _last(study.out, commitment)
    if logged is None and not found:
        return frozenset()
    if logged is None or digest != logged["digest"]:
        raise _changed(digest, logged)
    moment = datetime.fromisoformat(logged["at"])
    if moment >= commitment.event.at:
        values = {"logged_utc": in_utc(moment), "event_utc": in_utc(commitment.event.at)}
        raise IntegrityError(Fault("E-EXCLUSIONS-LOGGED-LATE", log.NAME, dict(values)))
    return frozenset(found)


def _exclude(study: Study, path: Path, at: datetime | None) -> Exclusions:
    if study.recorded_inputs("commitment") is None:
        raise UnreadableInput(Fault("E-EXCLUSIONS-EARLY", str(study.out / "commitment")))
    commitment: Commitment = study.load("commitment")
    check_clock(commitment, at)
    terms = commitment.terms
    rows = read_exclusions(path, frozenset(terms.units))
    now = at or datetime.now(UTC)
    if now >= commitment.event.at:
        raise _late(study, commitment, rows, paris_day(now))
    before = kept_exclusions(study.out)
    logged = _last(study.out, commitment)
    digest = digest_of(before)
    is_logged = not before if logged is None else logged["digest"] == digest
    if is_logged:
        twice = [row for row, unit in enumerate(rows, start=2) if unit in before]
        if twice:
            raise DataError(Fault("E-EXCLUSIONS-TWICE", f"{path.name}:{row}") for row in twice)
    elif not rows.items() <= before.items():
        raise _changed(digest, logged)
    # Where a process was killed between the two, the folder is ahead of the log: it is caught up.
    after = before | rows
    check_exclusions(terms, frozenset(after))
    excluded = Exclusions(
        added=len(rows),
        total=len(after),
        digest=digest_of(after),
        reasons=dict(sorted(Counter(after.values()).items())),
        folder=study.out / FOLDER,
    )
    gate = Gate(rules_of(study.protocol))
    write_exclusions(excluded.folder, after, commitment=commitment.id, at=now, gate=gate)
    log.append(
        study.out,
        ACT,
        at=at,
        commitment=commitment.id,
        digest=excluded.digest,
        added=excluded.added,
        total=excluded.total,
        reasons=excluded.reasons,
    )
    return excluded


def _late(
    study: Study, commitment: Commitment, rows: Mapping[str, str], today: date
) -> SealedError:
    """Say that nobody leaves any more, and record who would have as withdrawn."""
    is_drawn = study.recorded_inputs("draw") is not None
    values: dict[str, Value] = {
        "n": len(rows),
        "event_utc": in_utc(commitment.event.at),
        "event_paris": in_paris(commitment.event.at),
    }
    if not is_drawn:
        return SealedError(Fault("E-EXCLUSIONS-LATE-UNDRAWN", "", values))
    day = max(today, study.protocol.clauses.lottery.day).isoformat()
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([("unit", "on", "reason"), *((u, day, why) for u, why in rows.items())])
    passed = study.out / LATE
    storage.write_atomically(passed, text.getvalue().encode("utf-8"))
    try:
        record_entries(study, "withdrawal", passed)
    finally:
        passed.unlink()
    return SealedError(Fault("E-EXCLUSIONS-LATE", "", values))


def _changed(digest: str, logged: Mapping[str, Any] | None) -> IntegrityError:
    values = {
        "found": digest[:SHORT],
        "logged": "–" if logged is None else logged["digest"][:SHORT],
    }
    return IntegrityError(Fault("E-EXCLUSIONS-CHANGED", f"{FOLDER}/{EXCLUSIONS}", values))


def _last(out: Path, commitment: Commitment) -> dict[str, Any] | None:
    found = [e for e in log.entries(out, ACT) if e["commitment"] == commitment.id]
    return found[-1] if found else None
