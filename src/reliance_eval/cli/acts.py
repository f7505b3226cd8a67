"""The acts of a study that need nothing but its files: one command, made once for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

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
from reliance_eval.cli.telling import tell, tell_next

if TYPE_CHECKING:
    from reliance_eval.protocol.model import Format
    from reliance_eval.study import Brought, Study

ACT_OF_COMMAND = {
    "follow-up": "panel",
    "estimate": "estimates",
    "challenge": "checks",
}


def act_command(act: str) -> Callable[..., None]:
    """Make the command that does one act of a study if it is due, and tells what it found."""

    def command(
        study: StudyOption = HERE,
        lang: LangOption = None,
        as_json: JsonOption = False,
        quiet: QuietOption = False,
        strict: StrictOption = False,
        debug: DebugOption = False,
    ) -> None:
        session = begin(study, lang, json=as_json, quiet=quiet, strict=strict, debug=debug)
        do_one(session, study, act)

    return command


def do(session: Session, study: Study, act: str, brought: Brought | None = None) -> None:
    """Do one act and tell what it found."""
    from reliance_eval.study import Brought, run_act

    with session.step(session.say(f"act.{act}")):
        result = run_act(study, act, brought or Brought())
    tell(session, study, act, result)


def do_one(session: Session, folder: object, act: str, *, formats: tuple[Format, ...] = ()) -> None:
    """Do one act of a study, and say what is due next; a report may be asked for in some forms."""
    from reliance_eval.study import open_study

    study = replace(open_study(str(folder)), formats=formats)
    with session.locked(study.out):
        do(session, study, act)
        tell_next(session, study)
    session.leave()
