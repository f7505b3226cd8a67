"""Check a study before any act: protocol, worked cases and extracts, all faults at once."""

from __future__ import annotations

from pathlib import Path

from reliance_eval.eligibility import check_cases, check_criteria
from reliance_eval.errors import (
    DataError,
    Fault,
    IntegrityError,
    ProtocolError,
    RelianceError,
    UnreadableInput,
)
from reliance_eval.estimation import check_analyses
from reliance_eval.extract import DeliveryRecord, read_extract
from reliance_eval.panel import check_panel
from reliance_eval.study.deliveries import delivered
from reliance_eval.study.folder import open_study
from reliance_eval.study.guarding import refuse_another_draw, refuse_changed


def check_study(folder: Path | str) -> tuple[DeliveryRecord, ...]:
    """Check everything that can be checked now; give the deliveries that were read.

    Raises
    ------
    RelianceError
        With every fault of every kind; its exit code is that of the gravest: protocol, then
        integrity, then data.
    """
    study = open_study(folder)
    protocol = study.protocol
    faults: list[Fault] = [*check_criteria(protocol), *check_panel(protocol)]
    faults += check_analyses(protocol)
    # Worked cases go through the criteria: they are asked only of criteria that stand.
    faults += () if faults else check_cases(protocol)
    graves: list[type[RelianceError]] = [ProtocolError] if faults else []
    records: list[DeliveryRecord] = []
    for refuse in (refuse_changed, refuse_another_draw):
        try:
            refuse(study)
        except IntegrityError as error:
            faults += error.faults
            graves.append(IntegrityError)
    for name in study.protocol.clauses.extracts:
        if not delivered(study.protocol, name):
            continue
        try:
            records += read_extract(name, study.protocol).deliveries
        except RelianceError as error:
            faults += error.faults
            graves.append(type(error))
    if faults:
        order = (ProtocolError, IntegrityError, DataError, UnreadableInput)
        gravest = next((kind for kind in order if kind in graves), graves[0])
        raise gravest(faults)
    return tuple(records)
