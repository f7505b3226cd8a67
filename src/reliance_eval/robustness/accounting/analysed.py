"""The analyses: every promise with its answer, and the rules that an answer had to fall back on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from reliance_eval.artefact import Artefact
from reliance_eval.estimation import Estimates
from reliance_eval.estimation.estimates import Estimate, NotEstimable
from reliance_eval.estimation.families import STILL_TO_COME, families_of
from reliance_eval.robustness.deviation import Deviation, Severity

RULES: dict[str, Severity] = {
    "rare_events": "foreseen",
    "small_blocks": "foreseen",
    "missing_covariates": "foreseen",
    "waves": "foreseen",
    "collinear": "minor",
    "full_leverage": "minor",
    "lost_blocks": "minor",
}
"""Notes of estimates that say another rule was followed than the one asked for, and how far from
the plan it leads: a rule written beforehand in the method, a covariate dropped, a block lost."""


def analysed(artefact: Artefact) -> Iterator[Deviation]:
    """Compare the promised analyses with their answers."""
    estimates: Estimates | None = artefact.nearest(Estimates)
    if estimates is None:
        yield Deviation(item="analyses", status="not_yet", planned="analyses", done="not_estimated")
        return
    groups: dict[tuple[str, str], list[Estimate | NotEstimable]] = defaultdict(list)
    for answer in estimates.answers:
        assert answer.promise is not None
        groups[answer.promise.estimand, answer.promise.estimator].append(answer)
    for (estimand, estimator), answers in groups.items():
        yield _analysis(f"{estimand}.{estimator}", answers)
    yield from _refused(estimates.not_estimable)
    yield from _switched(estimates.estimated)
    yield from _corrected(estimates)
    yield from _evolutions(estimates)
    yield Deviation(item="unplanned", status="none", planned="unplanned", done="unplanned")


def _analysis(name: str, answers: list[Estimate | NotEstimable]) -> Deviation:
    """Give one line an analysis: how many of its promises have a number."""
    left = [answer for answer in answers if isinstance(answer, NotEstimable)]
    lost = [answer for answer in left if answer.reason not in STILL_TO_COME]
    return Deviation(
        item="analysis",
        subject=name,
        status="deviated" if lost else "not_yet" if left else "none",
        severity="minor" if lost else "none",
        planned="analysis",
        done="analysis",
        reason="analysis_lost" if lost else "analysis_waiting" if left else "",
        values={"n": len(answers), "kept": len(answers) - len(left)},
        promises=_ids(left),
    )


def _refused(left: tuple[NotEstimable, ...]) -> Iterator[Deviation]:
    """Give one line a reason why promises have no number, unless time alone is missing."""
    by_reason: dict[str, list[NotEstimable]] = defaultdict(list)
    for answer in left:
        if answer.reason not in STILL_TO_COME:
            by_reason[answer.reason].append(answer)
    for reason, answers in by_reason.items():
        yield Deviation(
            item="not_estimable",
            subject=reason,
            status="deviated",
            severity="minor",
            planned="number",
            done="not_estimable",
            reason="not_estimable",
            values={"n": len(answers)},
            promises=_ids(answers),
        )


def _switched(estimated: tuple[Estimate, ...]) -> Iterator[Deviation]:
    """Give one line a rule that stood in for the one that was asked for."""
    by_note: dict[str, list[Estimate]] = defaultdict(list)
    for estimate in estimated:
        for note in dict.fromkeys(estimate.notes):
            if note in RULES:
                by_note[note].append(estimate)
    for note, severity in RULES.items():
        if answers := by_note.get(note):
            yield Deviation(
                item="rule",
                subject=note,
                status="deviated",
                severity=severity,
                planned="rule",
                done="rule",
                reason="rule",
                values={"n": len(answers)},
                promises=_ids(answers),
            )


def _corrected(estimates: Estimates) -> Iterator[Deviation]:
    """Compare the correction of each family with the one that was promised."""
    asked = estimates.protocol.clauses.inference.adjust
    promised = [answer.promise for answer in estimates.answers if answer.promise is not None]
    used: set[str] = set()
    is_complete = True
    by_id = {answer.promise.id: answer for answer in estimates.answers if answer.promise}
    for members in families_of(promised):
        for promise in members:
            answer = by_id[promise.id]
            if isinstance(answer, Estimate):
                used.add(answer.adjustment or "none")
            elif answer.reason in STILL_TO_COME:
                is_complete = False
    if not used:
        return
    is_as_asked = used == {asked}
    yield Deviation(
        item="correction",
        subject=asked,
        status="none" if is_as_asked else "not_yet" if not is_complete else "deviated",
        severity="none" if is_as_asked else "foreseen",
        planned="correction",
        done="correction" if is_as_asked else "correction_other",
        reason="" if is_as_asked else "correction_other" if is_complete else "correction_interim",
    )


def _evolutions(estimates: Estimates) -> Iterator[Deviation]:
    """Compare the evolutions promised month by month with those that have a number."""
    promised = [d for d in estimates.dynamics if d.status != "exploratory"]
    if not promised:
        return
    periods = [period for each in promised for period in each.periods]
    kept = sum(isinstance(period.itt, Estimate) for period in periods)
    yield Deviation(
        item="evolutions",
        status="none" if kept == len(periods) else "not_yet",
        planned="evolutions",
        done="evolutions",
        reason="" if kept == len(periods) else "evolutions",
        values={"n": len(periods), "kept": kept},
    )


def _ids(answers: Sequence[Estimate | NotEstimable]) -> tuple[str, ...]:
    return tuple(answer.promise.id for answer in answers if answer.promise is not None)
