"""``exclude``: who leaves the list before the seed event, and why, from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reliance_eval.cli.commit import AtOption
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


def exclude(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=option_text("exclusions_file"))],
    study: StudyOption = HERE,
    at: AtOption = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Exclude units of the committed list before the event, each with its reason."""
    session = begin(study, lang, json=as_json, quiet=quiet, debug=debug)
    from reliance_eval.study import exclude as exclude_units
    from reliance_eval.study import instant, open_study

    opened = open_study(study)
    with session.locked(opened.out):
        excluded = exclude_units(opened, file, at=None if at is None else instant(at))
        session.result(
            session.say("exclude.done", n=excluded.added, total=excluded.total),
            added=excluded.added,
            total=excluded.total,
            digest=excluded.digest,
            reasons=excluded.reasons,
        )
        for reason, n in excluded.reasons.items():
            session.result(session.say("exclude.reason", reason=reason, n=n))
        session.result(session.say("exclude.digest", digest=excluded.digest))
        session.note(session.say("exclude.publish", folder=str(excluded.folder / "publish")))
        tell_next(session, opened)
    session.leave()
