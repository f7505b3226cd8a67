"""``simulate``: extracts of people who never existed, with a known effect."""

from __future__ import annotations

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
from reliance_eval.language.numbers import Numbers


def simulate(
    study: StudyOption = HERE,
    households: Annotated[
        int | None, typer.Option("--households", min=1, help=option_text("households"))
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help=option_text("seed"))] = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    strict: StrictOption = False,
    debug: DebugOption = False,
) -> None:
    """Write made-up extracts for the study's protocol."""
    session = begin(study, lang, json=as_json, quiet=quiet, strict=strict, debug=debug)
    from reliance_eval.simulation import simulate as simulate_people
    from reliance_eval.study import open_study, require_whole

    opened = open_study(study)
    require_whole(opened)
    with session.locked(opened.out), session.step(session.say("simulate.doing")):
        # Where an event gives the seed, what follows the draw is made up once it is held.
        is_public = opened.protocol.clauses.lottery.event is not None
        is_drawn = is_public and opened.recorded_inputs("draw") is not None
        held = opened.load("draw") if is_drawn else None
        simulation = simulate_people(opened.protocol, draw=held, households=households, seed=seed)
    session.result(
        session.say(
            "simulate.done",
            n=Numbers(session.language).integer(simulation.households),
            files=len(simulation.files),
        ),
        households=simulation.households,
        files=list(simulation.files),
    )
    session.note(session.say("simulate.watermark"))
    session.leave()
