"""``record``: what happens after the draw, from a file: nobody leaves the assignment."""

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
from reliance_eval.cli.telling import tell_next
from reliance_eval.cli.wording import option_text


def record(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=option_text("ledger_kind"))],
    file: Annotated[Path, typer.Argument(metavar="FILE", help=option_text("ledger_file"))],
    study: StudyOption = HERE,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Record entries of one kind in the study's ledger."""
    session = begin(study, lang, json=as_json, quiet=quiet, debug=debug)
    from reliance_eval.study import open_study, record_entries

    opened = open_study(study)
    with session.locked(opened.out):
        recorded = record_entries(opened, kind, file)
        session.result(
            session.say("record.done", n=recorded.added, kind=kind, total=recorded.total),
            kind=recorded.kind,
            added=recorded.added,
            total=recorded.total,
            erased=list(recorded.erased),
        )
        if recorded.erased:
            session.note(session.say("record.erased", acts=", ".join(recorded.erased)))
        tell_next(session, opened)
    session.leave()
