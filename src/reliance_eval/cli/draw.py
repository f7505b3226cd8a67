"""``draw``: hold the lottery once, with the event's value where it was committed to one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reliance_eval.cli.acts import do
from reliance_eval.cli.commit import AtOption
from reliance_eval.cli.rehearse import rehearse as rehearse_draw
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

LONGEST = 65_536
"""Bytes of a file that are read as a value: a drand round has about three hundred."""


def draw(
    study: StudyOption = HERE,
    value: Annotated[
        str | None, typer.Option("--value", metavar="TEXT|FILE", help=option_text("draw_value"))
    ] = None,
    fallback: Annotated[
        str | None, typer.Option("--fallback", metavar="REASON", help=option_text("draw_fallback"))
    ] = None,
    at: AtOption = None,
    rehearse: Annotated[
        int | None, typer.Option("--rehearse", metavar="N", help=option_text("rehearse"))
    ] = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    strict: StrictOption = False,
    debug: DebugOption = False,
) -> None:
    """Hold the lottery, or rehearse it."""
    session = begin(study, lang, json=as_json, quiet=quiet, strict=strict, debug=debug)
    from reliance_eval.study import Brought, instant, open_study

    opened = open_study(study)
    with session.locked(opened.out):
        if rehearse is not None:
            rehearse_draw(session, opened, rehearse)
        else:
            declared = None if at is None else instant(at)
            brought = Brought(declared, _read(value), fallback)
            do(session, opened, "draw", brought)
        tell_next(session, opened)
    session.leave()


def _read(value: str | None) -> str | None:
    """Give a value as typed, or the content of the file it names."""
    if value is None:
        return None
    try:
        path = Path(value)
        if not path.is_file():
            return value
        with path.open("rb") as file:
            return file.read(LONGEST).decode("utf-8-sig", errors="replace").strip()
    except (OSError, ValueError):
        # Numbers and JSON are no names of files; some systems say so by failing.
        return value
