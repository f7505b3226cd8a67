"""``minutes``: the procès-verbal of the draw, as a page and as a PDF to sign."""

from __future__ import annotations

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


def minutes(
    study: StudyOption = HERE,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    strict: StrictOption = False,
    debug: DebugOption = False,
) -> None:
    """Draw up the procès-verbal from the commitment, the draw and the log."""
    session = begin(study, lang, json=as_json, quiet=quiet, strict=strict, debug=debug)
    from reliance_eval.study import open_study
    from reliance_eval.study.minuting import draw_up

    opened = open_study(study)
    with session.locked(opened.out), session.step(session.say("minutes.doing")):
        drawn = draw_up(opened)
    session.result(
        session.say("minutes.done", folder=str(drawn.folder), publish=str(drawn.publish)),
        folder=str(drawn.folder),
        is_valid=drawn.minutes.is_valid,
        files=drawn.minutes.digests,
    )
    if drawn.minutes.is_valid:
        session.result(session.say("minutes.valid"))
    else:
        session.warn(session.say("minutes.repeat"))
    session.leave()
