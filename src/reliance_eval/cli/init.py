"""``init``: a new study from a shipped programme."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reliance_eval.cli.session import (
    DebugOption,
    JsonOption,
    LangOption,
    QuietOption,
    StrictOption,
    begin,
)
from reliance_eval.cli.wording import option_text


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=option_text("init_folder"))],
    programme: Annotated[str, typer.Option("--programme", help=option_text("programme"))] = "nancy",
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    strict: StrictOption = False,
    debug: DebugOption = False,
) -> None:
    """Write a programme's protocol into a new study folder."""
    session = begin(folder, lang, json=as_json, quiet=quiet, strict=strict, debug=debug)
    from reliance_eval.study import start_study

    start_study(folder, programme=programme)
    session.result(session.say("init.done", folder=str(folder)), study=str(folder))
    session.note(session.say("init.next", folder=str(folder)))
    session.leave()
