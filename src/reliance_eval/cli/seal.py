"""``seal``: the public package of the draw, for everybody to verify."""

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
from reliance_eval.cli.wording import option_text


def seal(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help=option_text("seal_folder"))
    ] = None,
    study: StudyOption = HERE,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    strict: StrictOption = False,
    debug: DebugOption = False,
) -> None:
    """Write the public package of the study's draw."""
    session = begin(study, lang, json=as_json, quiet=quiet, strict=strict, debug=debug)
    from reliance_eval.study import open_study, seal_study

    opened = open_study(study)
    with session.locked(opened.out):
        made = seal_study(opened, folder)
    session.result(
        session.say("seal.done", folder=str(made.folder), manifest=made.manifest_digest),
        folder=str(made.folder),
        manifest_digest=made.manifest_digest,
    )
    session.note(session.say("seal.letters", letters=str(made.letters)))
    if made.is_guessable:
        session.warn(session.say("seal.guessable"))
    session.leave()
