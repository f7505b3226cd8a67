"""``run``: every act that is due, in order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reliance_eval.cli.acts import do
from reliance_eval.cli.blinding import BLINDABLE, BlindOption, rehearse_all
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
from reliance_eval.cli.telling import tell_report, tell_waiting

if TYPE_CHECKING:
    from reliance_eval.study import Study


def run(
    study: StudyOption = HERE,
    blind: BlindOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    strict: StrictOption = False,
    debug: DebugOption = False,
) -> None:
    """Do everything that is due."""
    session = begin(study, lang, json=as_json, quiet=quiet, strict=strict, debug=debug)
    run_study(session, study, is_blind=blind)
    session.leave()


def run_study(session: Session, folder: Path, *, is_blind: bool = False) -> None:
    """Do every act that is due in a study folder, resuming where an earlier run stopped.

    Blind, the acts that look at the arms' results are rehearsed instead.
    """
    from reliance_eval.study import due_acts, is_drawn, open_study, waiting_waves

    study = open_study(folder)
    for wave in waiting_waves(study):
        with session.locked(wave.out):
            session.note(session.say("run.wave", wave=wave.wave))
            _hold(session, wave)
        if not is_drawn(wave):
            # Later waves are drawn after this one.
            break
    if study.waves and not any(is_drawn(study.of_wave(name)) for name in study.waves):
        return
    with session.locked(study.out):
        due = [item.act for item in due_acts(study)]
        if not due and not is_blind:
            session.result(session.say("run.nothing"))
            tell_report(session, study)
        elif due and due[0] not in ("flow", *(BLINDABLE if is_blind else ())):
            session.note(session.say("run.resuming", act=session.say(f"act.{due[0]}")))
        if _hold(session, study, is_blind=is_blind) and is_blind:
            rehearse_all(session, study)


def _hold(session: Session, study: Study, *, is_blind: bool = False) -> bool:
    """Do every act that is due; stop, and say no, at a draw that waits for its event."""
    from reliance_eval.study import due_acts

    for item in due_acts(study):
        if is_blind and item.act in BLINDABLE:
            break
        if item.act == "draw" and study.protocol.clauses.lottery.event is not None:
            tell_waiting(session, study)
            return False
        do(session, study, item.act)
    return True
