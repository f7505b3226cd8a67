"""Rehearsing a study blind: acts on re-drawn arms in ``out/blind``, and what the log says of it.

The true arms are opened by the first ``estimate`` without ``--blind``; where a rehearsal came
before it, the log says on a line of its own when they were, and what had been rehearsed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import reliance_eval
from reliance_eval import fingerprint, storage
from reliance_eval.artefact import Artefact
from reliance_eval.errors import Fault, UnreadableInput
from reliance_eval.estimation import estimate
from reliance_eval.panel import blinded
from reliance_eval.reporting import report
from reliance_eval.robustness import challenge
from reliance_eval.study import intakes, log
from reliance_eval.study.acts import COMMANDS, due_acts
from reliance_eval.study.folder import Study, write_inputs
from reliance_eval.study.guarding import refuse_another_draw, refuse_changed

FOLDER = "blind"
BLIND_ACTS = ("estimates", "checks", "report")
BLIND = "-blind"
"""What an act is called in the log when it was rehearsed."""

OPENED = "unblinded"


@dataclass(frozen=True)
class BlindStudy(Study):
    """A study seen with re-drawn arms: it writes in ``out/blind``, where nothing true is.

    Its panel is made again whenever it is asked for: no row of a person is written twice.
    """

    true: Study | None = None

    @property
    def out(self) -> Path:
        """The folder of what was rehearsed."""
        return super().out / FOLDER

    def load(self, act: str) -> Any:
        """Give the artefact of an act, on re-drawn arms."""
        assert self.true is not None
        if act == "panel" and act not in self._loaded:
            self._loaded[act] = blinded(self.true.load(act))
        return super().load(act)


def blind_study(study: Study) -> BlindStudy:
    """Give the blind side of a study."""
    return BlindStudy(study.folder, study.protocol, formats=study.formats, true=study)


def run_blind(study: Study, act: str) -> Any:
    """Rehearse an act if it is due, and give its result either way.

    Parameters
    ----------
    study : Study
    act : {"estimates", "checks", "report"}

    Raises
    ------
    UnreadableInput
        The act before it, blind, is not done or no longer up to date; or nobody is followed yet.
    IntegrityError
        A delivery that was used, or what was committed to, has changed.
    """
    intakes.require_whole(study)
    refuse_changed(study)
    if not study.waves:
        refuse_another_draw(study)
    _require_panel(study, act)
    blind = blind_study(study)
    for known in BLIND_ACTS:
        storage.recover(blind.out / known)
    inputs = _inputs(blind, act)
    parent = _parent(blind, act)
    if blind.recorded_inputs(act) == inputs:
        return blind.load(act) if act != "report" else None
    for later in BLIND_ACTS[BLIND_ACTS.index(act) :]:
        blind.forget(later)
    result = _DO[act](parent, blind)
    if isinstance(result, Artefact):
        blind.keep(result, inputs)
    else:
        result.save_log(blind.out / "disclosure.jsonl")
        with storage.atomic_folder(blind.out / "report") as folder:
            result.save(folder)
            write_inputs(folder, inputs)
    log.append(study.out, COMMANDS[act] + BLIND, digest=result.digest, inputs=inputs)
    return result


def open_arms(study: Study, act: str) -> None:
    """Say in the log that an act opens the true arms, where a rehearsal came before it.

    Only the first estimate after a rehearsal does. The line stands before the estimate is kept,
    so that there is none without it; it holds the moment, the protocol's digest and that of each
    artefact rehearsed.
    """
    if act != "estimates":
        return
    rehearsed: dict[str, str] = {}
    for entry in map(json.loads, log.read(study.out)):
        if entry["act"] == OPENED:
            rehearsed = {}
        elif entry["act"] in _REHEARSED:
            rehearsed[entry["act"]] = entry["digest"]
    if rehearsed:
        log.append(study.out, OPENED, protocol=study.protocol.full_digest, rehearsed=rehearsed)


def opened_on(study: Study) -> str | None:
    """Give the moment of the first true estimate, or None where the arms are still closed."""
    first = log.entries(study.out, COMMANDS["estimates"])
    return str(first[0]["at"]) if first else None


def _require_panel(study: Study, act: str) -> None:
    due = {item.act for item in due_acts(study)}
    if "panel" in due:
        values = {"act": f"{COMMANDS[act]} --blind", "before": COMMANDS["panel"]}
        raise UnreadableInput(Fault("E-STUDY-ACT-BEFORE", str(study.out / "panel"), {**values}))


def _parent(blind: BlindStudy, act: str) -> Artefact:
    """Give what an act is made from: of a report, the last act that was rehearsed."""
    if act == "estimates":
        panel: Artefact = blind.load("panel")
        return panel
    before = ("checks", "estimates") if act == "report" else ("estimates",)
    for name in before:
        if blind.recorded_inputs(name) == _inputs(blind, name):
            done: Artefact = blind.load(name)
            return done
    values = {"act": f"{COMMANDS[act]} --blind", "before": "estimate --blind"}
    raise UnreadableInput(Fault("E-STUDY-ACT-BEFORE", str(blind.out / "estimates"), {**values}))


def _inputs(blind: BlindStudy, act: str) -> str:
    """Give the digest of everything that a rehearsed act is made from."""
    made = [act, blind.load("panel").digest, blind.protocol.full_digest, reliance_eval.__version__]
    if act == "report":
        made += [str(blind.recorded_inputs("checks")), *blind.formats]
    return fingerprint.of_plain(made)


_REHEARSED = tuple(COMMANDS[act] + BLIND for act in BLIND_ACTS)
_DO: dict[str, Callable[[Any, BlindStudy], Any]] = {
    "estimates": lambda panel, _blind: estimate(panel),
    "checks": lambda estimates, _blind: challenge(estimates),
    "report": lambda latest, blind: report(latest, formats=blind.formats or None),
}
