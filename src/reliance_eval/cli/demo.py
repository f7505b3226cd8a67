"""``demo``: the built-in Nancy study, from made-up people to the report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reliance_eval.cli.run import run_study
from reliance_eval.cli.session import (
    DebugOption,
    JsonOption,
    LangOption,
    QuietOption,
    StrictOption,
    begin,
)
from reliance_eval.cli.wording import option_text

DEFAULT_FOLDER = Path("reliance-demo")


def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help=option_text("demo_folder"))
    ] = DEFAULT_FOLDER,
    households: Annotated[
        int | None, typer.Option("--households", min=1, help=option_text("households"))
    ] = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    strict: StrictOption = False,
    debug: DebugOption = False,
) -> None:
    """Write the Nancy study with made-up people and run it to the report."""
    session = begin(folder, lang, json=as_json, quiet=quiet, strict=strict, debug=debug)
    from reliance_eval.simulation import simulate
    from reliance_eval.study import open_study, start_study

    if not (folder / "protocol.toml").exists():
        start_study(folder, programme="nancy")
    protocol = open_study(folder).protocol
    # A demonstration run twice resumes: its people are already there.
    if not (folder / "data" / "truth.json").exists():
        with session.step(session.say("simulate.doing")):
            simulate(protocol, households=households)
    run_study(session, folder)
    session.leave()
