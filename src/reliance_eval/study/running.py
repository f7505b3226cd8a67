"""Do one act of a study: read what the earlier acts left, make one result, write it atomically."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from reliance_eval import storage
from reliance_eval.artefact import RECORD, Artefact
from reliance_eval.eligibility import screen
from reliance_eval.errors import Fault, IntegrityError, RelianceError, UnreadableInput
from reliance_eval.estimation import estimate
from reliance_eval.extract import read_extract, read_extracts
from reliance_eval.lottery import draw
from reliance_eval.panel import follow_up
from reliance_eval.reporting import report
from reliance_eval.robustness import challenge
from reliance_eval.study import intakes, keeping, log
from reliance_eval.study.acts import (
    ACTS,
    COMMANDS,
    OF_A_WAVE,
    Due,
    acts_of,
    due_acts,
    formats_of,
    inputs_of,
)
from reliance_eval.study.blinding import open_arms
from reliance_eval.study.ceremony import NOTHING, Brought
from reliance_eval.study.deliveries import recorded
from reliance_eval.study.folder import Study, write_inputs
from reliance_eval.study.guarding import refuse_another_draw, refuse_changed
from reliance_eval.study.ledger_file import read_ledger

REPEATED = "-repeated"
"""What an act is called in the log when it was asked for again, and gave what was there."""

SOLEMN = ("commitment", "draw")
"""Acts whose every attempt is logged, and which stand in the log before they are anywhere else."""


def run_act(study: Study, act: str, brought: Brought = NOTHING) -> Any:
    """Do an act if it is due, and give its result either way.

    Parameters
    ----------
    study : Study
    act : str
    brought : Brought
        The instant, value or fallback that a person brings to a commitment or a draw.

    Raises
    ------
    UnreadableInput
        The act before it is not done yet or is no longer up to date, or the event's value is
        not given.
    IntegrityError
        A delivery that was used, or what was committed to, has changed; the draw would no longer
        be the same; the event is not past.
    SealedError
        The commitment or the draw is made already, and this would be another.
    """
    try:
        return _run(study, act, brought)
    except RelianceError as error:
        if act in SOLEMN:
            log.refuse(study.out, COMMANDS[act], error, at=brought.at)
        raise


def _run(study: Study, act: str, brought: Brought) -> Any:
    if act == "commitment" or brought != NOTHING:
        intakes.require_no_waves(study)
    if act not in OF_A_WAVE:
        intakes.require_whole(study)
    for known in ACTS:
        storage.recover(study.out / known)
    _refuse_changed(study)
    if not study.waves:
        refuse_another_draw(study)
    due = {item.act: item for item in due_acts(study)}
    if act not in due:
        if act in SOLEMN and brought != NOTHING:
            keeping.refuse_another(study, act, brought)
            log.append(study.out, COMMANDS[act] + REPEATED, at=brought.at)
        return study.load(act) if act != "report" else None
    if "commitment" in due:
        keeping.refuse_uncommitted(study)
    if act == "draw":
        keeping.require_commitment(study)
    _require_parents(study, act, due)
    for later in ACTS[ACTS.index(act) :]:
        study.forget(later)
    study = _in_forms(study)
    result = _DO[act](study, brought)
    open_arms(study, act)
    inputs = inputs_of(study, act)
    if act in SOLEMN:
        # The log first: no commitment and no draw is ever there without its line.
        kept = keeping.logged_values(study, result, brought)
        log.append(
            study.out, COMMANDS[act], at=brought.at, digest=result.digest, inputs=inputs, **kept
        )
        study.keep(result, inputs)
        return result
    if isinstance(result, Artefact):
        study.keep(result, inputs)
        digest = result.digest
    else:
        # The log first: no report is ever there without it.
        result.save_log(study.out / "disclosure.jsonl")
        with storage.atomic_folder(study.out / "report") as folder:
            result.save(folder)
            write_inputs(folder, inputs, formats=formats_of(study))
        digest = result.digest
    log.append(study.out, COMMANDS[act], digest=digest, inputs=inputs)
    return result


def redone(study: Study, act: str) -> Any:
    """Do an act again from what the study holds; nothing is checked, written or logged."""
    return _DO[act](study, NOTHING)


def _in_forms(study: Study) -> Study:
    """Give a study with the forms of a report that is due: as asked, else the protocol's."""
    return replace(study, formats=study.formats or study.protocol.clauses.report.formats)


def _require_parents(study: Study, act: str, due: dict[str, Due]) -> None:
    """Refuse an act whose parent is not up to date.

    A report takes the last act there is; but an act that was done and that a delivery or an
    amendment has overtaken since would give old numbers as the present ones.
    """
    if act == "report":
        before = next((a for a in due if a != act and study.recorded_inputs(a) is not None), None)
    else:
        before = study.parent_of(act) if act != "flow" and study.parent_of(act) in due else None
    if before is not None:
        values = {"act": COMMANDS[act], "before": COMMANDS[before]}
        raise UnreadableInput(Fault("E-STUDY-ACT-BEFORE", str(study.out / before), dict(values)))


def _refuse_changed(study: Study) -> None:
    """Refuse to go on with a changed delivery; say so too of the list that was committed to."""
    try:
        refuse_changed(study)
    except IntegrityError as error:
        is_screened = (study.out / "flow" / RECORD).is_file()
        screened = {record.path for record in recorded(study.out, "flow")} if is_screened else set()
        fault = keeping.list_fault(study)
        if fault is None or not any(item.where in screened for item in error.faults):
            raise
        raise IntegrityError((*error.faults, fault)) from None


def _screen(study: Study, _brought: Brought) -> Artefact:
    if study.waves:
        return intakes.pool_flow(study)
    if study.wave:
        return intakes.screen_wave(study)
    name = study.protocol.clauses.eligibility.extract
    return screen(read_extract(name, study.protocol))


def _commit(study: Study, brought: Brought) -> Artefact:
    return keeping.make_commitment(study, brought)


def _draw(study: Study, brought: Brought) -> Artefact:
    if study.waves:
        return intakes.pool_draw(study)
    if study.parent_of("draw") == "commitment":
        return keeping.hold_public_draw(study, brought)
    return draw(study.load("flow"), value=brought.value)


def _follow_up(study: Study, _brought: Brought) -> Artefact:
    ledger = read_ledger(study.out)
    return follow_up(study.load("draw"), read_extracts(study.protocol), ledger=ledger)


def _estimate(study: Study, _brought: Brought) -> Artefact:
    return estimate(study.load("panel"))


def _challenge(study: Study, _brought: Brought) -> Artefact:
    return challenge(study.load("estimates"))


def _report(study: Study, _brought: Brought) -> Any:
    return report(latest_artefact(study), formats=formats_of(study))


def latest_artefact(study: Study) -> Any:
    """Give the artefact of the last act that was done: what a report is about.

    Raises
    ------
    UnreadableInput
        None was.
    """
    done = [a for a in acts_of(study)[:-1] if study.recorded_inputs(a) is not None]
    if not done:
        values = {"act": "report", "before": "screen"}
        raise UnreadableInput(Fault("E-STUDY-ACT-BEFORE", str(study.out), dict(values)))
    return study.load(done[-1])


_DO: dict[str, Callable[[Study, Brought], Any]] = {
    "flow": _screen,
    "commitment": _commit,
    "draw": _draw,
    "panel": _follow_up,
    "estimates": _estimate,
    "checks": _challenge,
    "report": _report,
}
