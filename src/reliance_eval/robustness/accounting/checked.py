"""The checks: which were put to the results, and which could not be."""

from __future__ import annotations

from collections.abc import Iterator

from reliance_eval.artefact import Artefact
from reliance_eval.estimation import Estimates
from reliance_eval.estimation.families import is_still_to_come
from reliance_eval.robustness.check import CHECKS, Check, Checks
from reliance_eval.robustness.deviation import Deviation

REPLAYED = "redraws"
"""The check that holds the lottery again as often as the protocol says."""


def checked(artefact: Artefact) -> Iterator[Deviation]:
    """Compare the checks there are with those that were run."""
    checks: Checks | None = artefact.nearest(Checks)
    if checks is None:
        yield Deviation(item="checks", status="not_yet", planned="checks", done="not_challenged")
        return
    estimates: Estimates | None = artefact.nearest(Estimates)
    is_open = estimates is None or any(map(is_still_to_come, estimates.not_estimable))
    for name in CHECKS.names():
        found = [check for check in checks.checks if check.name == name]
        if found:
            yield _check(name, found, is_open=is_open)
    yield from _fewer_redraws(checks)


def _check(name: str, found: list[Check], *, is_open: bool) -> Deviation:
    """Give one line a check; what it could not examine, time may bring or there is nothing of."""
    run = sum(check.verdict != "not_run" for check in found)
    return Deviation(
        item="check",
        subject=name,
        status="not_yet" if is_open and run < len(found) else "none",
        planned="check",
        done="check",
        reason="" if run == len(found) else "check",
        values={"n": len(found), "run": run},
        promises=tuple(check.subject for check in found if check.verdict == "not_run"),
    )


def _fewer_redraws(checks: Checks) -> Iterator[Deviation]:
    """Say where the lottery was held again less often than the protocol says."""
    promised = checks.protocol.clauses.inference.redraws
    sampled = [
        check
        for check in checks.checks
        if check.name == REPLAYED and check.redraws and check.monte_carlo_error is not None
    ]
    fewer = [check for check in sampled if check.redraws is not None and check.redraws < promised]
    if not sampled:
        return
    yield Deviation(
        item="redraws",
        status="deviated" if fewer else "none",
        severity="foreseen" if fewer else "none",
        planned="redraws",
        done="redraws_fewer" if fewer else "redraws",
        reason="redraws_fewer" if fewer else "",
        values={
            "promised": promised,
            "least": min((check.redraws or 0 for check in fewer), default=promised),
            "n": len(fewer),
        },
        promises=tuple(check.subject for check in fewer),
    )
