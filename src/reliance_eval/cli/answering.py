"""What was estimated and what was checked, with what a reader must acknowledge."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from reliance_eval.cli.session import Session
from reliance_eval.cli.tabulating import aligned
from reliance_eval.language.catalogue import Value
from reliance_eval.language.numbers import Numbers

if TYPE_CHECKING:
    from reliance_eval.reporting.section import Context
    from reliance_eval.reporting.wording import Voice
    from reliance_eval.robustness.check import Check
    from reliance_eval.study import Study

ACKNOWLEDGED = (
    "weak_offer",
    "two_rays",
    "half_line",
    "whole_line",
    "lost_blocks",
    "small_blocks",
    "full_leverage",
)
"""Notes beside an estimate that change how it may be read."""
LISTED = 5
_SIGNS = {"weak_offer": "F = "}


def tell_estimates(session: Session, study: Study, estimates: Any) -> None:
    """Tell the main effects, what could not be estimated, and what must be read with care."""
    session.result(
        session.say(
            "estimates.done",
            n=len(estimates.estimated),
            missing=len(estimates.not_estimable),
            table=str(study.out / "estimates" / "estimates.csv"),
        ),
        rows=estimates.tidy().to_dict("records"),
    )
    if rows := _main_rows(session, study, estimates):
        session.result(aligned(rows, numbers=[1, 2]))
    _tell_excluded(session, study, estimates)
    _tell_interactions(session, study, estimates)
    _tell_unanswered(session, estimates)
    noted: dict[str, list[Any]] = defaultdict(list)
    for row in estimates.estimated:
        for note in row.notes:
            noted[note].append(row)
    for note in ACKNOWLEDGED:
        if rows_noted := noted.get(note):
            session.warn(_noted(session, note, rows_noted))
    if dropped := noted.get("collinear"):
        session.note(_noted(session, "collinear", dropped))


def tell_checks(session: Session, study: Study, checks: Any) -> None:
    """Tell how many checks passed, and what the others found."""
    from reliance_eval.reporting.disclosure import Gate, rules_of
    from reliance_eval.reporting.findings import finding_said
    from reliance_eval.reporting.section import Context

    verdicts = checks.to_pandas()["verdict"].value_counts()
    counts = {name: int(verdicts.get(name, 0)) for name in ("passed", "attention", "not_run")}
    session.result(
        session.say("checks.done", n=len(checks.checks), **counts),
        checks=checks.to_pandas().to_dict("records"),
    )
    voice = _voice(session, study)
    context = Context(checks, voice, Gate(rules_of(study.protocol)))
    for check in checks.checks:
        if check.verdict == "attention":
            session.warn(
                session.say(
                    "checks.attention",
                    code=_code(check.name),
                    title=voice.say(f"check.{check.name}.title"),
                    subject=f" ({check.subject})" if check.subject else "",
                    finding=finding_said(context, check),
                )
            )
            _tell_bounds(session, context, check)


def _tell_bounds(session: Session, context: Context, attrition: Check) -> None:
    """Tell the bounds beside a gap in response: complete cases never stand alone there."""
    from reliance_eval.reporting.findings import finding_said, of_check

    if attrition.name != "attrition":
        return
    for check in of_check(context, "bounds"):
        is_about = check.subject == attrition.subject or check.subject.startswith(
            f"{attrition.subject}."
        )
        if is_about and check.verdict == "passed":
            session.note(f"({check.subject}) {finding_said(context, check)}")


def _voice(session: Session, study: Study) -> Voice:
    from reliance_eval.reporting.wording import Voice

    return Voice(study.protocol, session.language)


def _main_rows(session: Session, study: Study, estimates: Any) -> list[list[str]]:
    """Give one row a primary outcome and horizon; the table on disk holds every promise."""
    voice, clauses = _voice(session, study), study.protocol.clauses
    first = clauses.analyses[0].estimand
    main = _main(study, estimates)
    if not main:
        return []
    level = Numbers(session.language).percent(clauses.inference.level, digits=0)
    heads = ("outcome", "month", f"effect.{first}")
    rows = [[*(session.say(f"estimates.{head}") for head in heads), ""]]
    rows[0][-1] = session.say("estimates.interval", level=level)
    for (outcome, horizon, arm), row in main.items():
        errors = [r.std_error for (name, _, _), r in main.items() if name == outcome]
        scale = voice.scale(outcome, errors)
        label = voice.outcome(outcome)
        label += f" ({arm})" if len(clauses.lottery.arms) > 2 else ""
        interval = voice.interval("", row.conf_low, row.conf_high, scale).text
        rows.append([label, str(horizon), voice.effect(row.estimate, scale), interval])
    return rows


def _main(study: Study, estimates: Any) -> dict[tuple[str, int, str], Any]:
    """Give the first answer to each primary outcome, horizon and arm."""
    first = study.protocol.clauses.analyses[0].estimand
    main: dict[tuple[str, int, str], Any] = {}
    for row in estimates.estimated:
        promise = row.promise
        if promise.role == "primary" and promise.estimand == first and not promise.subgroup:
            main.setdefault((promise.outcome, promise.horizon_months, promise.arm), row)
    return main


def _tell_excluded(session: Session, study: Study, estimates: Any) -> None:
    """Tell which effects the intervals exclude, and whether effects that matter are."""
    voice = _voice(session, study)
    smallest = study.protocol.clauses.trial.smallest_effect_that_matters
    found = []
    for (outcome, horizon, arm), row in _main(study, estimates).items():
        scale = voice.scale(outcome, [row.std_error])
        # By the interval that the report concludes from.
        unit = "points" if scale.is_share else scale.unit
        excluded = row.excluded(unit=unit, simultaneous=True)
        label = voice.cell_label(outcome, horizon)
        label += f" ({arm})" if len(study.protocol.clauses.lottery.arms) > 2 else ""
        said = excluded.text(session.language, smallest=smallest.get(outcome), digits=scale.digits)
        if outcome in smallest:
            # The others' are in the report, and in what --json gives.
            session.result(session.say("estimates.excluded", row=label, excluded=said))
        found.append({"id": row.promise.id, "intervals": excluded.intervals})
    session.results["excluded"] = found


def _tell_interactions(session: Session, study: Study, estimates: Any) -> None:
    """Tell whether the offer's effect differs between subgroups, by the estimator asked first."""
    voice = _voice(session, study)
    offered = [one for one in estimates.interactions if one.estimand == "itt"]
    for one in offered:
        if one.p_value is not None and one.estimator == offered[0].estimator:
            told = {
                "row": voice.cell_label(one.outcome, one.horizon_months),
                "variable": voice.variable(one.variable),
                "found": one.text(session.language),
            }
            session.result(session.say("estimates.interaction", **told))
    session.results["interactions"] = estimates.tidy_interactions().to_dict("records")


def _tell_unanswered(session: Session, estimates: Any) -> None:
    """Say once a reason which promises have no number; time not yet passed needs no signature."""
    by_reason: dict[tuple[str, str], list[str]] = defaultdict(list)
    for answer in estimates.not_estimable:
        by_reason[answer.reason, answer.text(session.language)].append(answer.promise.id)
    for (reason, text), ids in by_reason.items():
        say = session.note if reason == "not_yet_observed" else session.warn
        told: dict[str, Value] = {"n": len(ids), "ids": _listed(ids), "reason": text}
        say(session.say("estimates.not_estimable", code=_code(reason), **told))


def _noted(session: Session, note: str, rows: list[Any]) -> str:
    from reliance_eval.language.catalogue import words

    told = ", ".join(row.note_values.get(note, "") for row in rows).split(", ")
    shown = [value for value in dict.fromkeys(told) if value][:LISTED]
    return session.say(
        "estimates.noted",
        code=_code(note),
        ids=_listed([row.promise.id for row in rows]),
        note=words(session.language).text(f"estimation.note.{note}"),
        values=f" ({_SIGNS.get(note, '')}{', '.join(shown)})" if shown else "",
    )


def _code(name: str) -> str:
    """Give the stable code of what must be acknowledged: ``W-WEAK-OFFER``."""
    return f"W-{name.upper().replace('_', '-')}"


def _listed(ids: list[str]) -> str:
    return ", ".join(ids[:LISTED]) + (f" … ({len(ids)})" if len(ids) > LISTED else "")
