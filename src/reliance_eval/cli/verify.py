"""``verify``: hold a draw again from its plain files, or run a whole study again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reliance_eval.cli.session import (
    HERE,
    DebugOption,
    JsonOption,
    LangOption,
    QuietOption,
    Session,
    StrictOption,
    StudyOption,
    begin,
)
from reliance_eval.cli.tabulating import aligned
from reliance_eval.cli.telling import places
from reliance_eval.cli.verify_again import study_of, verify_again
from reliance_eval.cli.wording import option_text
from reliance_eval.language.numbers import Numbers

if TYPE_CHECKING:
    from reliance_eval.study.dating import Dated


def verify(
    package: Annotated[
        Path | None, typer.Argument(metavar="[PACKAGE]", help=option_text("package"))
    ] = None,
    study: StudyOption = HERE,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    strict: StrictOption = False,
    debug: DebugOption = False,
) -> None:
    """Verify a lottery package, the study's own draw, or all that a study has left in ``out/``."""
    whole = None if package is None else study_of(package)
    asked = study if whole is None else whole
    session = begin(asked, lang, json=as_json, quiet=quiet, strict=strict, debug=debug)
    from reliance_eval.lottery.unsealing import is_sealed
    from reliance_eval.study.dating import verify_dated, verify_study

    if whole is not None:
        verify_again(session, whole)
    elif package is not None and is_sealed(package):
        _sealed(session, package)
    elif package is not None:
        dated = verify_dated(package)
        numbers = Numbers(session.language)
        counts = dated.verification.counts.items()
        _held(
            session, dated, aligned([[arm, numbers.integer(n)] for arm, n in counts], numbers=[1])
        )
    else:
        from reliance_eval.study import open_study

        opened = open_study(study)
        dated = verify_study(opened)
        _held(session, dated, places(session, opened, dated.verification.counts))
    session.leave()


def _held(session: Session, dated: Dated, counts: str) -> None:
    verification = dated.verification
    session.result(
        session.say(
            "verify.done" if verification.draw_key else "verify.recorded",
            draw_key=verification.draw_key,
            assignment=verification.assignment_digest,
        ),
        draw_key=verification.draw_key,
        assignment_digest=verification.assignment_digest,
        counts=verification.counts,
        algorithm_only=verification.algorithm_only,
        dates=dated.dates,
    )
    session.result(counts)
    if verification.draw_key:
        session.note(session.say(f"verify.dates_{dated.dates}"))


def _sealed(session: Session, folder: Path) -> None:
    from reliance_eval.lottery.package import ASSIGNMENT, read_package
    from reliance_eval.lottery.unsealing import agree, verify_sealed
    from reliance_eval.study.dating import verify_dated

    sealed = verify_sealed(folder)
    beside = folder.resolve().parent / "package"
    is_beside = (beside / ASSIGNMENT).is_file()
    if is_beside:
        verify_dated(beside)
        agree(folder, read_package(beside))
    session.result(
        session.say(
            "verify.sealed",
            draw_key=sealed.draw_key,
            assignment=sealed.assignment_digest,
            manifest=sealed.manifest_digest,
            blocks=sealed.blocks,
        ),
        draw_key=sealed.draw_key,
        assignment_digest=sealed.assignment_digest,
        manifest_digest=sealed.manifest_digest,
        blocks=sealed.blocks,
        algorithm_only=sealed.algorithm_only,
        compared_with_restricted=is_beside,
    )
    session.note(session.say("verify.beside" if is_beside else "verify.restricted"))
    if sealed.algorithm_only:
        session.note(session.say("verify.dates_unknown"))
