"""Acts that can be rehearsed on permuted arms, with ``--blind``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from reliance_eval.cli.acts import do_one
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
from reliance_eval.cli.telling import tell
from reliance_eval.cli.wording import option_text
from reliance_eval.language.numbers import Numbers

if TYPE_CHECKING:
    from reliance_eval.protocol.model import Format
    from reliance_eval.study import Study

BlindOption = Annotated[bool, typer.Option("--blind", help=option_text("blind"))]

BLINDABLE = ("estimates", "checks", "report")


def blindable_command(act: str) -> Callable[..., None]:
    """Make the command that does one act of a study, or rehearses it on permuted arms."""

    def command(
        study: StudyOption = HERE,
        blind: BlindOption = False,
        lang: LangOption = None,
        as_json: JsonOption = False,
        quiet: QuietOption = False,
        strict: StrictOption = False,
        debug: DebugOption = False,
    ) -> None:
        session = begin(study, lang, json=as_json, quiet=quiet, strict=strict, debug=debug)
        if blind:
            rehearse_one(session, study, act)
        else:
            do_one(session, study, act)

    return command


def rehearse_one(
    session: Session, folder: object, act: str, *, formats: tuple[Format, ...] = ()
) -> None:
    """Rehearse one act, and say how the true arms are opened; a report in the forms asked for."""
    from reliance_eval.study import open_study

    study = replace(open_study(str(folder)), formats=formats)
    with session.locked(study.out):
        announce(session, study)
        rehearse(session, study, act)
        session.note(session.say("blind.next", command="estimate", folder=study.address))
    session.leave()


def rehearse_all(session: Session, study: Study) -> None:
    """Rehearse every act that looks at the arms' results."""
    announce(session, study)
    for act in BLINDABLE:
        rehearse(session, study, act)


def announce(session: Session, study: Study) -> None:
    """Say that nothing that follows is a result, and whether the true arms are still closed."""
    from reliance_eval.study.blinding import opened_on

    session.result(session.say("blind.banner"), blind=True)
    if opened := opened_on(study):
        day = Numbers(session.language).day(datetime.fromisoformat(opened).date())
        session.warn(session.say("blind.opened", day=day))


def rehearse(session: Session, study: Study, act: str) -> None:
    """Rehearse one act and tell what it gave."""
    from reliance_eval.study.blinding import blind_study, run_blind

    with session.step(session.say(f"act.{act}")):
        result = run_blind(study, act)
    tell(session, blind_study(study), act, result)
