"""``draw --rehearse``: many lotteries that are none, to show that the one to come is fair."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reliance_eval.cli.session import Session
from reliance_eval.language.numbers import Numbers

if TYPE_CHECKING:
    from reliance_eval.study import Study

QUARTERS = 4


def rehearse(session: Session, study: Study, count: int) -> None:
    """Rehearse a study's draw and tell what it showed; the caller holds the lock."""
    from reliance_eval.study.rehearsing import rehearse_study

    with session.step(session.say("rehearse.doing")), _shown(session) as progress:
        done = rehearse_study(study, count, progress=progress)
    numbers = Numbers(session.language)
    found = done.rehearsal.examinations["numpy"]
    key = "fair" if done.rehearsal.is_fair else "unfair"
    text = session.say(
        f"rehearse.{key}",
        count=numbers.integer(count),
        files="\n  ".join(map(str, done.pages)),
    )
    session.result(
        text,
        rehearsals=count,
        is_fair=done.rehearsal.is_fair,
        chi_square_p=found.p,
        largest_deviation=found.inclusion.value,
        correlation=found.correlation,
        pages=[str(path) for path in done.pages],
    )
    if not done.rehearsal.is_fair:
        session.warn(session.say("rehearse.warning"))
    session.note(session.say("rehearse.not_a_draw"))


@contextmanager
def _shown(session: Session) -> Iterator[Callable[[int, int], None] | None]:
    """Show progress: a bar where there is a terminal, a line a quarter elsewhere."""
    if session.is_quiet:
        yield None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("")
            yield lambda done, total: bar.update(task, completed=done, total=total)
    else:
        told: set[int] = set()

        def tell(done: int, total: int) -> None:
            quarter = done * QUARTERS // total
            if 0 < quarter < QUARTERS and quarter not in told:
                told.add(quarter)
                session.note(session.say("rehearse.progress", percent=100 * quarter // QUARTERS))

        yield tell
