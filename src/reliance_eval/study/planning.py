"""Planning a study: ``out/plan/`` with its pages, and a line of the log; no extract is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from reliance_eval import storage
from reliance_eval.artefact import RECORD, read_record
from reliance_eval.planning import Plan, plan
from reliance_eval.power import Diagnosis
from reliance_eval.study import log
from reliance_eval.study.folder import Study
from reliance_eval.study.intakes import drawn_waves, is_drawn, require_whole

ACT = "plan"


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan and its pages, one a language."""

    plan: Plan
    pages: tuple[Path, ...]


def plan_study(study: Study, *, on: date | None = None) -> Kept:
    """Write the pre-analysis plan of a study, with its diagnosis where there is one.

    Raises
    ------
    ProtocolError
        One wave is named, and not the whole study.
    """
    require_whole(study)
    drawn = is_drawn(study) or bool(drawn_waves(study))
    made = plan(study.protocol, on=on, is_drawn=drawn, diagnosis=diagnosis_of(study))
    with storage.atomic_folder(study.out / ACT) as folder:
        names = [path.name for path in made.save(folder)]
    log.append(study.out, ACT, digest=made.digest, protocol=study.protocol.full_digest)
    return Kept(made, tuple(study.out / ACT / name for name in names))


def diagnosis_of(study: Study) -> Diagnosis | None:
    """Give the diagnosis that a study keeps; none where it is of another protocol."""
    folder = study.out / Diagnosis.act
    if not (folder / RECORD).is_file():
        return None
    if read_record(folder)["parent"] != study.protocol.digest:
        return None
    found: Diagnosis = Diagnosis.load(folder, parent=study.protocol)
    return found
