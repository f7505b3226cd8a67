"""``verify``: hold a draw again from its plain files, and compare every byte."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reliance_eval.cli.session import (
    HERE,
    DebugOption,
    JsonOption,
    LangOption,
    QuietOption,
    StudyOption,
    begin,
)
from reliance_eval.cli.wording import option_text


def verify(
    package: Annotated[
        Path | None, typer.Argument(metavar="[PACKAGE]", help=option_text("package"))
    ] = None,
    study: StudyOption = HERE,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Verify a lottery package, or the study's own draw."""
    session = begin(study, lang, json=as_json, quiet=quiet, debug=debug)
    from reliance_eval.lottery import verify as verify_draw
    from reliance_eval.lottery import verify_package

    if package is not None:
        verification = verify_package(package)
    else:
        from reliance_eval.study import open_study

        verification = verify_draw(open_study(study).load("draw"))
    counts = ", ".join(f"{arm} {n}" for arm, n in verification.counts.items())
    session.result(
        session.say(
            "verify.done",
            draw_key=verification.draw_key,
            assignment=verification.assignment_digest,
            counts=counts,
        ),
        draw_key=verification.draw_key,
        assignment_digest=verification.assignment_digest,
        counts=verification.counts,
        algorithm_only=verification.algorithm_only,
    )
    if verification.algorithm_only:
        session.note(session.say("verify.algorithm_only"))
    session.leave()
