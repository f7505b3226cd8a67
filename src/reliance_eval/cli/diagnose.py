"""``diagnose``: which effects the promised analyses can detect, before the draw."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

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
from reliance_eval.cli.wording import option_text
from reliance_eval.language.numbers import Numbers

if TYPE_CHECKING:
    from reliance_eval.power.assuming import Supposed
    from reliance_eval.study.diagnosing import Diagnosed

QUARTERS = 4
FIRST = 4
"""Trials after which the time is estimated: the first one also loads what all of them need."""


def diagnose(
    study: StudyOption = HERE,
    simulate: Annotated[
        int | None, typer.Option("--simulate", min=0, help=option_text("diagnose_simulate"))
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help=option_text("diagnose_seed"))
    ] = None,
    effects: Annotated[
        float, typer.Option("--effects", help=option_text("diagnose_effects"))
    ] = 1.0,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help=option_text("diagnose_workers"))
    ] = None,
    take_up: Annotated[
        float | None, typer.Option("--take-up", help=option_text("diagnose_take_up"))
    ] = None,
    attrition: Annotated[
        float | None, typer.Option("--attrition", help=option_text("diagnose_attrition"))
    ] = None,
    block_r2: Annotated[
        float | None, typer.Option("--block-r2", help=option_text("diagnose_block_r2"))
    ] = None,
    icc: Annotated[float | None, typer.Option("--icc", help=option_text("diagnose_icc"))] = None,
    power: Annotated[
        float | None, typer.Option("--power", help=option_text("diagnose_power"))
    ] = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    strict: StrictOption = False,
    debug: DebugOption = False,
) -> None:
    """Say which effects the study's promised analyses can detect."""
    session = begin(study, lang, json=as_json, quiet=quiet, strict=strict, debug=debug)
    from reliance_eval.study import open_study
    from reliance_eval.study.diagnosing import diagnose_study

    supposed: Supposed = {}
    if take_up is not None:
        supposed["take_up"] = take_up
    if attrition is not None:
        supposed["attrition"] = attrition
    if block_r2 is not None:
        supposed["block_r2"] = block_r2
    if icc is not None:
        supposed["icc"] = icc
    if power is not None:
        supposed["power"] = power
    opened = open_study(study)
    with (
        session.locked(opened.out),
        session.step(session.say("diagnose.doing")),
        _shown(session) as progress,
    ):
        done = diagnose_study(
            opened,
            simulate=simulate,
            seed=seed,
            effects=effects,
            workers=workers or os.cpu_count() or 1,
            progress=progress,
            **supposed,
        )
    _tell(session, done)
    session.leave()


def _tell(session: Session, done: Diagnosed) -> None:
    from reliance_eval.power.exhibits import Exhibits
    from reliance_eval.reporting.wording import Voice

    found = done.diagnosis
    exhibits = Exhibits(found, Voice(found.protocol, session.language))
    chosen = {curve.promise.id for curve in found.curves}
    lines = [
        session.say("diagnose.smallest", power=Numbers(session.language).percent(found.power, 0))
    ]
    for item in found.detectable:
        if item.promise.id in chosen and item.smallest is not None:
            scale = exhibits.scale(item.promise)
            family = item.smallest_family or item.smallest
            lines.append(
                session.say(
                    "diagnose.row",
                    row=exhibits.row(item.promise),
                    smallest=exhibits.voice.effect(item.smallest, scale, is_signed=False),
                    family=exhibits.voice.effect(family, scale, is_signed=False),
                )
            )
    files = "\n  ".join(map(str, done.pages))
    lines.append(session.say("diagnose.done", files=files))
    session.result(
        "\n".join(lines),
        trials=found.simulated.trials if found.simulated else 0,
        detectable=found.tidy().to_dict(orient="records"),
        operating=found.to_pandas().to_dict(orient="records"),
        pages=[str(path) for path in done.pages],
    )
    if found.not_simulated:
        session.note(session.say("diagnose.no_world"))


@contextmanager
def _shown(session: Session) -> Iterator[Callable[[int, int], None] | None]:
    """Show progress and the time left: a bar on a terminal, a line a quarter elsewhere."""
    if session.is_quiet:
        yield None
        return
    clock = _Clock(session)
    if not sys.stderr.isatty():
        yield clock.tell
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _Clock:
    """What is said of the time: once after the first trials, then at each quarter."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._start = time.monotonic()
        self._told: set[int] = set()

    def tell(self, done: int, total: int) -> None:
        """Say how far the trials are, and about how long the others will take."""
        left = (time.monotonic() - self._start) / done * (total - done)
        minutes = Numbers(self._session.language).decimal(left / 60, 1)
        say = self._session.say
        if done == FIRST < total:
            text = say("diagnose.estimate", n=total, done=done, minutes=minutes)
            self._session.note(text)
        quarter = done * QUARTERS // total
        if 0 < quarter < QUARTERS and quarter not in self._told and done > FIRST:
            self._told.add(quarter)
            percent = 100 * quarter // QUARTERS
            self._session.note(say("diagnose.progress", percent=percent, minutes=minutes))
