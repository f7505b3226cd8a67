"""What each act found, in a few lines a person reads: counts and estimates, never people."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from reliance_eval.cli.session import Session
from reliance_eval.language.catalogue import words
from reliance_eval.language.numbers import Numbers

if TYPE_CHECKING:
    from reliance_eval.study import Study


def tell(session: Session, study: Study, act: str, result: Any) -> None:
    """Tell what an act found; ``result`` is None for a report that was up to date."""
    _TELL[act](session, study, result)


def tell_next(session: Session, study: Study) -> None:
    """Say what is due next."""
    from reliance_eval.study import COMMANDS, due_acts

    due = due_acts(study)
    if due:
        command = COMMANDS[due[0].act]
        session.note(session.say("next", command=command, folder=str(study.folder)))
    else:
        session.note(session.say("run.nothing"))


def _flow(session: Session, study: Study, flow: Any) -> None:
    numbers = Numbers(session.language)
    for step in flow.steps:
        criterion = next(
            c for c in study.protocol.clauses.eligibility.criteria if c.name == step.criterion
        )
        session.result(
            session.say(
                "flow.step",
                label=study.protocol.text(criterion.label, session.language, step.criterion),
                refused=numbers.integer(step.refused),
                unknown=numbers.integer(step.unknown),
                remaining=numbers.integer(step.remaining),
            )
        )
    session.result(
        session.say(
            "flow.done",
            assessed=numbers.integer(flow.assessed),
            n=numbers.integer(len(flow.eligible)),
        ),
        assessed=flow.assessed,
        eligible=len(flow.eligible),
        steps=flow.to_pandas().to_dict("records"),
    )


def _draw(session: Session, _study: Study, draw: Any) -> None:
    counts = draw.assignment["arm"].value_counts()
    by_arm = {arm: int(counts.get(arm, 0)) for arm in draw.arms}
    said = ", ".join(f"{arm} {n}" for arm, n in by_arm.items())
    session.result(
        session.say("draw.done", counts=said, blocks=len(draw.quotas)),
        counts=by_arm,
        draw_key=draw.draw_key,
        assignment_digest=draw.assignment_digest,
    )
    if draw.draw_key:
        session.result(
            session.say("draw.digests", key=draw.draw_key, assignment=draw.assignment_digest)
        )
    if draw.seed is not None and draw.seed.startswith("text:"):
        session.note(session.say("draw.plain"))


def _panel(session: Session, _study: Study, panel: Any) -> None:
    numbers = Numbers(session.language)
    counts = panel.outcomes.groupby(["horizon_months", "status"]).size()
    for (horizon, status), n in counts.items():
        session.result(
            session.say(
                "panel.count",
                horizon=int(horizon),
                status=session.say(f"status.{status}"),
                n=numbers.integer(int(n)),
            )
        )
    session.results["counts"] = panel.counts().to_dict("records")


def _estimates(session: Session, study: Study, estimates: Any) -> None:
    numbers = Numbers(session.language)
    level = numbers.percent(study.protocol.clauses.inference.level, digits=0)
    session.result(
        session.say(
            "estimates.done",
            n=len(estimates.estimated),
            missing=len(estimates.not_estimable),
            table=str(study.out / "estimates" / "estimates.csv"),
        ),
        rows=estimates.tidy().to_dict("records"),
    )
    first = next(iter(study.protocol.clauses.analyses)).estimand
    told: set[tuple[str, int]] = set()
    for row in estimates.estimated:
        # One line a primary outcome and horizon; the table named above holds every promise.
        cell = (row.promise.outcome, row.promise.horizon_months)
        is_first = row.promise.estimand == first and not row.promise.subgroup
        if row.promise.role != "primary" or not is_first or cell in told:
            continue
        told.add(cell)
        is_share = study.protocol.outcome(row.promise.outcome).kind == "binary"
        write = numbers.points if is_share else _two_decimals(numbers)
        session.result(
            session.say(
                "estimates.row",
                id=row.promise.id,
                estimate=write(row.estimate),
                level=level,
                interval=numbers.interval(row.conf_low, row.conf_high, write),
            )
        )
    for missing in estimates.not_estimable:
        reason = missing.text(session.language)
        text = session.say("estimates.not_estimable", id=missing.promise.id, reason=reason)
        if missing.reason == "not_yet_observed":
            session.note(text)
        else:
            session.warn(text)


def _two_decimals(numbers: Numbers) -> Callable[[float], str]:
    return lambda value: numbers.signed(value, 2)


def _checks(session: Session, _study: Study, checks: Any) -> None:
    verdicts = checks.to_pandas()["verdict"].value_counts()
    passed, attention = int(verdicts.get("passed", 0)), int(verdicts.get("attention", 0))
    session.result(
        session.say("checks.done", n=len(checks.checks), passed=passed, attention=attention),
        checks=checks.to_pandas().to_dict("records"),
    )
    for check in checks.checks:
        if check.verdict == "attention":
            title = words(session.language).text(f"check.{check.name}.title")
            session.warn(session.say("checks.attention", title=title, subject=check.subject))


def _report(session: Session, study: Study, _report: Any) -> None:
    files = [str(path) for path in sorted((study.out / "report").glob("*.html"))]
    session.result(session.say("report.done", files="\n  ".join(files)), report=files)


_TELL: dict[str, Callable[[Session, Any, Any], None]] = {
    "flow": _flow,
    "draw": _draw,
    "panel": _panel,
    "estimates": _estimates,
    "checks": _checks,
    "report": _report,
}
