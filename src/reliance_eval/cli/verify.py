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
    StrictOption,
    StudyOption,
    begin,
)
from reliance_eval.cli.tabulating import aligned
from reliance_eval.cli.telling import places
from reliance_eval.cli.wording import option_text
from reliance_eval.language.numbers import Numbers


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
    """Verify a lottery package, or the study's own draw."""
    session = begin(study, lang, json=as_json, quiet=quiet, strict=strict, debug=debug)
    from reliance_eval.lottery import verify as verify_draw
    from reliance_eval.lottery import verify_package

    numbers = Numbers(session.language)
    if package is not None:
        verification = verify_package(package)
        rows = [[letter, numbers.integer(n)] for letter, n in verification.counts.items()]
        counts = aligned(rows, numbers=[1])
    else:
        from reliance_eval.study import open_study

        opened = open_study(study)
        verification = verify_draw(opened.load("draw"))
        counts = places(session, opened, verification.counts)
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
    )
    session.result(counts)
    if verification.algorithm_only and verification.draw_key:
        session.note(session.say("verify.algorithm_only"))
    session.leave()
