"""``verify out/``: run a study again, and say which numbers moved and by how much."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reliance_eval.cli.session import Session
from reliance_eval.errors import Fault, IntegrityError
from reliance_eval.language.numbers import Numbers

if TYPE_CHECKING:
    from reliance_eval.study.comparing import Moved
    from reliance_eval.study.verifying import Rerun

OUT = "out"
LISTED = 20
"""Numbers that are told one by one; ``--json`` gives all."""

SMALL = 0.0005
"""Relative changes below it are written with a power of ten."""


def study_of(folder: Path) -> Path | None:
    """Give the study whose results a folder holds; None where it is something else."""
    folder = folder.resolve() if folder == Path() else folder
    if (folder / "protocol.toml").is_file():
        return folder
    above = folder.resolve().parent
    return above if folder.resolve().name == OUT and (above / "protocol.toml").is_file() else None


def verify_again(session: Session, folder: Path) -> None:
    """Run a study again, tell what was found, and refuse where something moved."""
    from reliance_eval.study import open_study
    from reliance_eval.study.verifying import verify_out

    study = open_study(folder)
    with session.locked(study.out):
        found = verify_out(study, progress=lambda act: session.note(_doing(session, act)))
    session.results.update(
        files=found.files,
        numbers=found.numbers,
        changed=list(found.changed),
        moved=found.tidy().to_dict("records"),
        new_deliveries=list(found.grown),
        made_by=found.made_by,
        made_now=found.made_now,
    )
    if found.made_by != found.made_now:
        before = found.made_by or session.say("verify_out.unwritten")
        session.note(session.say("verify_out.versions", before=before, now=found.made_now))
    if found.grown:
        session.note(session.say("verify_out.grown", files=", ".join(found.grown)))
    if not found.is_same:
        _tell(session, found)
        session.leave()
        values = {"numbers": len(found.moved), "files": len(found.changed)}
        raise IntegrityError(Fault("E-VERIFY-MOVED", str(study.out), dict(values)))
    numbers = Numbers(session.language)
    session.result(
        session.say(
            "verify_out.same",
            files=numbers.integer(found.files),
            numbers=numbers.integer(found.numbers),
        )
    )


def _doing(session: Session, act: str) -> str:
    key = "held" if act in ("commitment", "draw") else "again"
    return session.say(f"verify_out.{key}", act=session.say(f"act.{act}"))


def _tell(session: Session, found: Rerun) -> None:
    lines = [line_of(session, moved) for moved in found.moved[:LISTED]]
    if (more := len(found.moved) - LISTED) > 0:
        lines.append(session.say("verify_out.more", n=more))
    told = {moved.file for moved in found.moved}
    lines += [
        session.say("verify_out.file", file=name) for name in found.changed if name not in told
    ]
    session.result("\n".join(lines))


def line_of(session: Session, moved: Moved) -> str:
    """Give what a person reads of one number: before, after, and the part it moved by."""
    before, after = _short(moved.before, moved.after)
    return session.say(
        "verify_out.moved",
        name=f"{moved.id}#{moved.field}",
        file=moved.file,
        before=before or "–",
        after=after or "–",
        relative=_relative(session, moved.relative),
    )


def _short(before: str, after: str) -> tuple[str, str]:
    """Give two numbers with as few digits as tell them apart."""
    try:
        pairs = [(f"{float(before):.{n}g}", f"{float(after):.{n}g}") for n in (6, 12)]
    except ValueError:
        return before, after
    return next((pair for pair in pairs if pair[0] != pair[1]), (before, after))


def _relative(session: Session, relative: float | None) -> str:
    if relative is None:
        return ""
    numbers = Numbers(session.language)
    if abs(relative) < SMALL:
        return f" ({relative:+.0e})"
    return f" ({numbers.signed(100 * relative, 1)}\u202f%)"
