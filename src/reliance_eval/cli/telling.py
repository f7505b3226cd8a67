"""What each act found, in a few lines a person reads: counts and estimates, never people."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from reliance_eval.cli.answering import tell_checks, tell_estimates
from reliance_eval.cli.session import Session
from reliance_eval.cli.tabulating import aligned
from reliance_eval.cli.withholding import tell_withheld
from reliance_eval.fingerprint import of_bytes
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
    if due and due[0].act == "draw" and study.protocol.clauses.lottery.event is not None:
        tell_waiting(session, study)
    elif due:
        command = COMMANDS[due[0].act]
        session.note(session.say("next", command=command, folder=study.address))
    elif study.wave:
        # What comes after a wave's draw is done on the waves together.
        session.note(session.say("next", command="run", folder=str(study.folder)))
    else:
        session.note(session.say("run.nothing"))


def tell_waiting(session: Session, study: Study) -> None:
    """Say which event the draw waits for, and what to do once it is past."""
    from reliance_eval.lottery.notice import in_paris, in_utc

    event = study.protocol.clauses.lottery.event
    if event is None:
        return
    session.result(
        session.say(
            "run.waiting",
            name=study.protocol.text(event.name, session.language, event.source),
            utc=in_utc(event.at),
            paris=in_paris(event.at),
            folder=study.address,
        ),
        waiting_for=in_utc(event.at),
    )


def tell_report(session: Session, study: Study, _report: Any = None) -> None:
    """Say where the reports are."""
    folder = study.out / "report"
    files = [str(path) for path in sorted(folder.glob("report.*"))]
    tables = [str(path) for path in sorted(folder.glob("tables/*/*.tex"))]
    shown = files + [
        session.say("report.tables", n=len(list(place.glob("*.tex"))), folder=str(place))
        for place in sorted(folder.glob("tables/*"))
    ]
    session.result(session.say("report.done", files="\n  ".join(shown)), report=files + tables)
    tell_withheld(session, study.out / "disclosure.jsonl")


def places(session: Session, study: Study, counts: dict[str, int]) -> str:
    """Give the units by arm, each arm with its part in the trial."""
    numbers, lottery = Numbers(session.language), study.protocol.clauses.lottery
    rows = []
    for arm, n in counts.items():
        role = "reference" if arm == lottery.control else "offered" if arm in lottery.arms else arm
        rows.append([arm, numbers.integer(n), session.say(f"role.{role}")])
    return aligned(rows, numbers=[1])


def _flow(session: Session, study: Study, flow: Any) -> None:
    numbers = Numbers(session.language)
    heads = ("criterion", "refused", "unknown", "remaining")
    rows = [[session.say(f"flow.{head}") for head in heads]]
    for step in flow.steps:
        label = _label(session, study, step.criterion)
        counts = (step.refused, step.unknown, step.remaining)
        rows.append([label, *map(numbers.integer, counts)])
    if flow.steps:
        session.result(aligned(rows, numbers=[1, 2, 3]))
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


def _commitment(session: Session, study: Study, commitment: Any) -> None:
    from reliance_eval.lottery.announcing import FEWEST_SOURCES, TEXT, text_of
    from reliance_eval.lottery.commitment import PUBLISH
    from reliance_eval.lottery.notice import in_paris, in_utc

    folder = study.out / "commitment" / PUBLISH
    session.result(
        session.say(
            "commit.done",
            id=commitment.id,
            at=commitment.committed_at,
            event_utc=in_utc(commitment.event.at),
            event_paris=in_paris(commitment.event.at),
        ),
        commitment=commitment.id,
        committed_at=commitment.committed_at,
        clock=commitment.clock,
        event_at=in_utc(commitment.event.at),
    )
    session.result(
        session.say("commit.digests", text=of_bytes(text_of(commitment)), file=TEXT),
        commitment_sha256=of_bytes(text_of(commitment)),
        protocol_sha256=commitment.protocol_digest,
        frame_sha256=commitment.frame_digest,
        quota_sha256=commitment.quota_digest,
    )
    session.note(session.say("commit.publish", folder=str(folder)))
    if commitment.clock == "declared":
        session.note(session.say("commit.declared"))
    events = (commitment.event, commitment.fallback)
    fewest = min((len(e.sources) for e in events if e and e.source == "rfc3797"), default=None)
    if fewest is not None and fewest < FEWEST_SOURCES:
        session.warn(session.say("commit.few_sources", n=fewest, fewest=FEWEST_SOURCES))


def _label(session: Session, study: Study, name: str) -> str:
    steps = {step.name: step.label for step in study.protocol.clauses.eligibility.steps}
    if name in steps:
        return study.protocol.text(steps[name], session.language, name)
    return session.say(f"flow.{name}")


def _draw(session: Session, study: Study, draw: Any) -> None:
    found = draw.assignment["arm"].value_counts()
    counts = {arm: int(found.get(arm, 0)) for arm in draw.arms}
    counts |= {str(arm): int(n) for arm, n in sorted(found.items()) if arm not in counts}
    session.result(
        session.say("draw.done", n=len(draw.quotas)),
        counts=counts,
        draw_key=draw.draw_key,
        assignment_digest=draw.assignment_digest,
        seed=draw.seed,
        commitment=draw.commitment_id,
    )
    session.result(places(session, study, counts))
    if draw.draw_key:
        session.result(
            session.say("draw.digests", key=draw.draw_key, assignment=draw.assignment_digest)
        )
    if draw.seed is not None and draw.seed.startswith("text:"):
        session.note(session.say("draw.plain"))


def _panel(session: Session, _study: Study, panel: Any) -> None:
    from reliance_eval.panel.model import EXPECTED, RARE

    numbers = Numbers(session.language)
    counts = panel.outcomes.groupby(["horizon_months", "status"]).size().unstack(fill_value=0)
    shown = [status for status in (*EXPECTED, *RARE) if status in counts]
    rows = [[session.say("panel.month"), *(session.say(f"status.{status}") for status in shown)]]
    for horizon, row in counts.iterrows():
        rows.append([str(horizon), *(numbers.integer(int(row[status])) for status in shown)])
    session.result(session.say("panel.done", n=numbers.integer(len(panel.units))))
    session.result(aligned(rows, numbers=range(len(shown) + 1)))
    session.results["counts"] = panel.counts().to_dict("records")


_TELL: dict[str, Callable[[Session, Any, Any], None]] = {
    "flow": _flow,
    "commitment": _commitment,
    "draw": _draw,
    "panel": _panel,
    "estimates": tell_estimates,
    "checks": tell_checks,
    "report": tell_report,
}
