"""Keeping a commitment: nothing it was made of may change, and it gives one draw."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reliance_eval.artefact import read_record
from reliance_eval.errors import (
    Fault,
    IntegrityError,
    ProtocolError,
    RelianceError,
    SealedError,
)
from reliance_eval.fingerprint import SHORT
from reliance_eval.lottery import Commitment, Draw, commit, draw
from reliance_eval.lottery.commitment import PACKAGE
from reliance_eval.lottery.committing import changed_files
from reliance_eval.lottery.drawing import seed_at
from reliance_eval.lottery.notice import in_utc
from reliance_eval.study import log
from reliance_eval.study.ceremony import Brought, check_clock
from reliance_eval.study.excluding import logged_exclusions
from reliance_eval.study.folder import Study

COMMIT, DRAW = "commit", "draw"


def make_commitment(study: Study, brought: Brought) -> Commitment:
    """Commit to what was screened."""
    return commit(study.load("flow"), at=brought.at)


def hold_public_draw(study: Study, brought: Brought) -> Draw:
    """Hold the draw of the study's commitment with the event's value.

    Raises
    ------
    IntegrityError
        The log does not hold the commitment; a file committed to, or the exclusions, are not
        those of the commitment and the log.
    """
    commitment: Commitment = study.load("commitment")
    check_clock(commitment, brought.at)
    if commitment.id not in {entry["commitment"] for entry in log.entries(study.out, COMMIT)}:
        raise IntegrityError(Fault("E-COMMITMENT-UNLOGGED", log.NAME, {"id": commitment.id}))
    folder = study.out / "commitment" / PACKAGE
    if faults := list(changed_files(commitment, _contents(folder))):
        raise IntegrityError(faults)
    return draw(
        commitment,
        value=brought.value,
        exclusions=logged_exclusions(study, commitment),
        fallback=brought.fallback is not None,
        at=brought.at,
    )


def refuse_another(study: Study, act: str, brought: Brought) -> None:
    """Refuse a second commitment, or a second draw, that would not be the first one again.

    Raises
    ------
    SealedError
        Names the day on which the first was made.
    """
    if act == "commitment" and brought.at is not None:
        commitment: Commitment = study.load(act)
        if in_utc(brought.at) != commitment.committed_at:
            day = {"day": commitment.committed_at}
            raise SealedError(Fault("E-COMMITMENT-SEALED", str(study.out / act), dict(day)))
    if act == "draw" and (brought.value is not None or brought.fallback is not None):
        held: Draw = study.load(act)
        if _seed(held, brought) != held.seed:
            day = {"day": _sealed_on(study, held)}
            raise SealedError(Fault("E-DRAW-SEALED", str(study.out / act), dict(day)))


def require_commitment(study: Study) -> None:
    """Refuse a public draw that nothing was committed to for.

    Raises
    ------
    ProtocolError
        Commit first.
    """
    is_public = study.protocol.clauses.lottery.event is not None
    if is_public and study.recorded_inputs("commitment") is None:
        raise ProtocolError(Fault("E-LOTTERY-NO-COMMITMENT", "protocol.toml"))


def refuse_uncommitted(study: Study) -> None:
    """Refuse to screen or commit again what was committed to, and say what has changed.

    Raises
    ------
    IntegrityError
        The protocol, or the list that it and the deliveries give, is another one.
    """
    if (record := _record(study)) is None:
        return
    values = {"day": record["committed_at"], "key": "protocol_sha256"}
    if record["protocol_digest"] != study.protocol.digest:
        values["found"] = study.protocol.digest[:SHORT]
        values["committed"] = record["protocol_digest"][:SHORT]
        raise IntegrityError(Fault("E-COMMITMENT-PROTOCOL", "protocol.toml", dict(values)))
    raise IntegrityError(list_fault(study) or ())


def list_fault(study: Study) -> Fault | None:
    """Say that the list committed to can no longer be made again; None without a commitment."""
    if (record := _record(study)) is None:
        return None
    values = {"day": record["committed_at"], "committed": record["frame_digest"][:SHORT]}
    return Fault("E-COMMITMENT-LIST", str(study.out / "commitment"), dict(values))


def logged_values(study: Study, result: Commitment | Draw, brought: Brought) -> dict[str, Any]:
    """Give what the log keeps of a commitment or of a draw, beside its digests."""
    if isinstance(result, Commitment):
        return {
            "commitment": result.id,
            "protocol": result.protocol_digest,
            "frame": result.frame_digest,
            "quota": result.quota_digest,
            "event_at": in_utc(result.event.at),
        }
    values: dict[str, Any] = {
        "seed": result.seed,
        "draw_key": result.draw_key,
        "assignment": result.assignment_digest,
    }
    if result.commitment_id:
        values["commitment"] = result.commitment_id
        values["event"] = "event" if brought.fallback is None else "fallback"
    if brought.fallback is not None:
        values["reason"] = brought.fallback
    return values


def _seed(held: Draw, brought: Brought) -> str | None:
    """Give the seed that a value stands for; None where it stands for none."""
    commitment = held.nearest(Commitment)
    if commitment is None or brought.value is None:
        return None
    try:
        return seed_at(
            commitment,
            value=brought.value,
            fallback=brought.fallback is not None,
            at=max(brought.at or datetime.now(UTC), commitment.event.at),
        )
    except RelianceError:
        return None


def _sealed_on(study: Study, held: Draw) -> str:
    dates = [e["at"] for e in log.entries(study.out, DRAW) if e.get("digest") == held.digest]
    return in_utc(datetime.fromisoformat(dates[0])) if dates else "–"


def _record(study: Study) -> dict[str, Any] | None:
    if study.recorded_inputs("commitment") is None:
        return None
    fields: dict[str, Any] = read_record(study.out / "commitment")["fields"]
    return fields


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*")) if path.is_file()}
