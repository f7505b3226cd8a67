"""``plan``: the pre-analysis plan, from the protocol alone."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

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
from reliance_eval.cli.wording import option_text


def plan(
    study: StudyOption = HERE,
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help=option_text("plan_on"))
    ] = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    strict: StrictOption = False,
    debug: DebugOption = False,
) -> None:
    """Write the pre-analysis plan of a study."""
    session = begin(study, lang, json=as_json, quiet=quiet, strict=strict, debug=debug)
    from reliance_eval.study import open_study
    from reliance_eval.study.planning import plan_study

    opened = open_study(study)
    with session.locked(opened.out):
        kept = plan_study(opened, on=None if on is None else on.date())
    made = kept.plan
    files = [str(path) for path in kept.pages]
    session.result(
        session.say("plan.done", files="\n  ".join(files)),
        plan=files,
        on=made.intention.on.isoformat(),
        is_before_draw=made.intention.is_before_draw,
        protocol_sha256=made.protocol.full_digest,
        missing={name: list(items) for name, items in made.missing.items()},
    )
    session.note(session.say("plan.before" if made.intention.is_before_draw else "plan.after"))
    if left := sum(map(len, made.missing.values())):
        session.note(session.say("plan.missing", n=left))
    session.leave()
