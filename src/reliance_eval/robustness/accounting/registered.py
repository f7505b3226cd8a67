"""Registration: announced before the lottery, after it, or never."""

from __future__ import annotations

from collections.abc import Iterator

from reliance_eval.artefact import Artefact
from reliance_eval.robustness.deviation import Deviation


def registered(artefact: Artefact) -> Iterator[Deviation]:
    """Compare the day of the registration with the day of the draw."""
    clauses = artefact.protocol.clauses
    registration, day = clauses.trial.registration, clauses.lottery.day
    if registration is None:
        # Nothing was promised of a registry; that none is named is told all the same.
        yield Deviation(item="registration", status="none", planned="nothing", done="unregistered")
        return
    values = {
        "registry": registration.registry,
        "id": registration.id,
        "day_registered": registration.on.isoformat(),
        "day_drawn": day.isoformat(),
    }
    is_late = registration.on > day
    yield Deviation(
        item="registration",
        status="deviated" if is_late else "none",
        severity="minor" if is_late else "none",
        planned="registration",
        done="registered",
        reason="registered_late" if is_late else "",
        values=dict(values),
    )
