"""Which acts are done and which are due: each knows the digest of what it is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import reliance_eval
from reliance_eval import fingerprint
from reliance_eval.artefact import read_record
from reliance_eval.protocol.model import Format
from reliance_eval.reporting.rendering.formats import FORMATS
from reliance_eval.study.deliveries import delivered
from reliance_eval.study.folder import Study
from reliance_eval.study.intakes import drawn_waves
from reliance_eval.study.ledger_file import read_ledger

COMMANDS = {
    "flow": "screen",
    "commitment": "commit",
    "draw": "draw",
    "panel": "follow-up",
    "estimates": "estimate",
    "checks": "challenge",
    "report": "report",
}
ACTS = tuple(COMMANDS)
"""Every act in order; a study whose seed is plain makes no commitment: see ``acts_of``."""

OF_A_WAVE = ACTS[: ACTS.index("draw") + 1]
"""The acts of one wave: all that follows is done on the waves together."""


@dataclass(frozen=True, slots=True)
class Due:
    """An act that is due, and the digest of what it would be made from."""

    act: str
    inputs: str


def acts_of(study: Study) -> tuple[str, ...]:
    """Give the acts of a study in order: a commitment only where an event gives the seed."""
    is_public = study.protocol.clauses.lottery.event is not None
    acts = OF_A_WAVE if study.wave else ACTS
    return tuple(act for act in acts if is_public or act != "commitment")


def due_acts(study: Study) -> tuple[Due, ...]:
    """Give the acts that are due, in order.

    An act is due when it was never done, when what it is made from has changed (a new delivery,
    an amendment), or when the act before it is due.
    """
    due: list[Due] = []
    for act in acts_of(study):
        inputs = "" if due else inputs_of(study, act)
        if due or study.recorded_inputs(act) != inputs:
            due.append(Due(act, inputs))
    return tuple(due)


def inputs_of(study: Study, act: str) -> str:
    """Give the digest of everything an act is made from; its parent must be done."""
    return fingerprint.of_plain([act, *_INPUTS[act](study)])


def _flow(study: Study) -> list[Any]:
    protocol = study.protocol
    if study.waves:
        return [protocol.digest, [[w.wave, _digest(w, "draw")] for w in drawn_waves(study)]]
    name = protocol.clauses.eligibility.extract
    is_recorded = protocol.clauses.lottery.design == "recorded"
    day = None if is_recorded else protocol.clauses.lottery.day
    files = [f for f in delivered(protocol, name) if day is None or f[2] <= day.isoformat()]
    clause = protocol.extract(name).model_dump(mode="json", by_alias=True, exclude={"deliveries"})
    made = [protocol.digest, sorted(protocol.code_lists.items()), clause, files]
    return [*made, study.wave] if study.wave else made


def _commitment(study: Study) -> list[Any]:
    return [study.protocol.digest, _digest(study, "flow")]


def _draw(study: Study) -> list[Any]:
    return [study.protocol.digest, _digest(study, study.parent_of("draw"))]


def _panel(study: Study) -> list[Any]:
    protocol = study.protocol
    clauses = {
        name: clause.model_dump(mode="json", by_alias=True, exclude={"deliveries"})
        for name, clause in protocol.clauses.extracts.items()
    }
    outcomes = [o.model_dump(mode="json", by_alias=True) for o in protocol.clauses.outcomes]
    files = [delivered(protocol, name) for name in protocol.clauses.extracts]
    ledger = read_ledger(study.out)
    recorded = [ledger.digest] if ledger.entries else []
    made = [_digest(study, "draw"), clauses, outcomes, files, *recorded]
    return [*made, reliance_eval.__version__]


def _estimates(study: Study) -> list[Any]:
    return [_digest(study, "panel"), study.protocol.full_digest, reliance_eval.__version__]


def _checks(study: Study) -> list[Any]:
    return [_digest(study, "estimates"), study.protocol.full_digest, reliance_eval.__version__]


def _report(study: Study) -> list[Any]:
    """Take the last artefact there is: an interim report is made from it."""
    done = [act for act in acts_of(study)[:-1] if study.recorded_inputs(act) is not None]
    last = _digest(study, done[-1]) if done else ""
    return [last, study.protocol.full_digest, reliance_eval.__version__, list(formats_of(study))]


def formats_of(study: Study) -> tuple[Format, ...]:
    """Give the forms of a study's report: those asked for, else as it stands, else the protocol's.

    A report asked for in other forms is up to date in them, until something else makes it due.
    """
    found = study.formats or study.recorded_formats or study.protocol.clauses.report.formats
    return tuple(name for name in FORMATS if name in found)


_INPUTS: dict[str, Callable[[Study], list[Any]]] = {
    "flow": _flow,
    "commitment": _commitment,
    "draw": _draw,
    "panel": _panel,
    "estimates": _estimates,
    "checks": _checks,
    "report": _report,
}


def _digest(study: Study, act: str) -> str:
    return str(read_record(study.out / act)["digest"])
