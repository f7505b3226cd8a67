"""``run``: every act that is due, in order."""

from __future__ import annotations

from pathlib import Path

from reliance_eval.cli.acts import do
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
from reliance_eval.cli.telling import tell_report


def run(
    study: StudyOption = HERE,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    strict: StrictOption = False,
    debug: DebugOption = False,
) -> None:
    """Do everything that is due."""
    session = begin(study, lang, json=as_json, quiet=quiet, strict=strict, debug=debug)
    run_study(session, study)
    session.leave()


def run_study(session: Session, folder: Path) -> None:
    """Do every act that is due in a study folder, resuming where an earlier run stopped."""
    from reliance_eval.study import due_acts, locked, open_study

    study = open_study(folder)
    with locked(study.out) as was_stale:
        if was_stale:
            session.note(session.say("stale_lock"))
        due = [item.act for item in due_acts(study)]
        if not due:
            session.result(session.say("run.nothing"))
            tell_report(session, study)
        elif due[0] != "flow":
            session.note(session.say("run.resuming", act=session.say(f"act.{due[0]}")))
        for act in due:
            do(session, study, act)
