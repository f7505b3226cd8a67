"""Do one act of a study: read what the earlier acts left, make one result, write it atomically."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reliance_eval import storage
from reliance_eval.artefact import Artefact
from reliance_eval.eligibility import screen
from reliance_eval.errors import Fault, UnreadableInput
from reliance_eval.estimation import estimate
from reliance_eval.extract import read_extract, read_extracts
from reliance_eval.lottery import draw
from reliance_eval.panel import follow_up
from reliance_eval.reporting import report
from reliance_eval.robustness import challenge
from reliance_eval.study import log
from reliance_eval.study.acts import ACTS, COMMANDS, Due, due_acts, inputs_of
from reliance_eval.study.folder import PARENTS, Study, write_inputs
from reliance_eval.study.sealing import refuse_another_draw, refuse_changed


def run_act(study: Study, act: str) -> Any:
    """Do an act if it is due, and give its result either way.

    Raises
    ------
    UnreadableInput
        The act before it is not done yet, or is no longer up to date.
    IntegrityError
        A delivery that was used has changed, or the draw would no longer be the same.
    """
    for known in ACTS:
        storage.recover(study.out / known)
    refuse_changed(study)
    refuse_another_draw(study)
    due = {item.act: item for item in due_acts(study)}
    if act not in due:
        return study.load(act) if act != "report" else None
    _require_parents(study, act, due)
    for later in ACTS[ACTS.index(act) :]:
        study.forget(later)
    result = _DO[act](study)
    inputs = inputs_of(study, act)
    if isinstance(result, Artefact):
        study.keep(result, inputs)
        digest = result.digest
    else:
        # The log first: no report is ever there without it.
        result.save_log(study.out / "disclosure.jsonl")
        with storage.atomic_folder(study.out / "report") as folder:
            result.save(folder)
            write_inputs(folder, inputs)
        digest = result.digest
    log.append(study.out, COMMANDS[act], digest=digest, inputs=inputs)
    return result


def _require_parents(study: Study, act: str, due: dict[str, Due]) -> None:
    """Refuse an act whose parent is not up to date.

    A report takes the last act there is; but an act that was done and that a delivery or an
    amendment has overtaken since would give old numbers as the present ones.
    """
    if act == "report":
        before = next((a for a in due if a != act and study.recorded_inputs(a) is not None), None)
    else:
        before = PARENTS.get(act) if PARENTS.get(act) in due else None
    if before is not None:
        values = {"act": COMMANDS[act], "before": COMMANDS[before]}
        raise UnreadableInput(Fault("E-STUDY-ACT-BEFORE", str(study.out / before), dict(values)))


def _screen(study: Study) -> Artefact:
    name = study.protocol.clauses.eligibility.extract
    return screen(read_extract(name, study.protocol))


def _draw(study: Study) -> Artefact:
    return draw(study.load("flow"))


def _follow_up(study: Study) -> Artefact:
    return follow_up(study.load("draw"), read_extracts(study.protocol))


def _estimate(study: Study) -> Artefact:
    return estimate(study.load("panel"))


def _challenge(study: Study) -> Artefact:
    return challenge(study.load("estimates"))


def _report(study: Study) -> Any:
    done = [a for a in ACTS[:-1] if study.recorded_inputs(a) is not None]
    if not done:
        values = {"act": "report", "before": "screen"}
        raise UnreadableInput(Fault("E-STUDY-ACT-BEFORE", str(study.out), dict(values)))
    return report(study.load(done[-1]))


_DO: dict[str, Callable[[Study], Any]] = {
    "flow": _screen,
    "draw": _draw,
    "panel": _follow_up,
    "estimates": _estimate,
    "checks": _challenge,
    "report": _report,
}
