"""``commit``: fix what the draw will be held on, and write what is published of it."""

from __future__ import annotations

from typing import Annotated

import typer

from reliance_eval.cli.acts import do
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
from reliance_eval.cli.telling import tell_next
from reliance_eval.cli.wording import option_text

AtOption = Annotated[
    str | None, typer.Option("--at", metavar="INSTANT", help=option_text("commitment_at"))
]


def commit(
    study: StudyOption = HERE,
    at: AtOption = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    strict: StrictOption = False,
    debug: DebugOption = False,
) -> None:
    """Commit to protocol, list, places and event, before the seed can be known."""
    session = begin(study, lang, json=as_json, quiet=quiet, strict=strict, debug=debug)
    from reliance_eval.study import Brought, instant, open_study

    opened = open_study(study)
    brought = Brought(at=None if at is None else instant(at))
    with session.locked(opened.out):
        do(session, opened, "commitment", brought)
        tell_next(session, opened)
    session.leave()
