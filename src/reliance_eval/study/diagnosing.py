"""Diagnosing a study: ``out/diagnosis/`` with its tables and pages, and a line of the log."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

from reliance_eval import storage
from reliance_eval.power import Diagnosis, diagnose
from reliance_eval.power.assuming import Supposed
from reliance_eval.power.diagnosis_page import diagnosis_page
from reliance_eval.power.repeating import Progress
from reliance_eval.study import log
from reliance_eval.study.folder import Study
from reliance_eval.study.intakes import require_whole

ACT = "diagnose"


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A diagnosis and its pages, one a language."""

    diagnosis: Diagnosis
    pages: tuple[Path, ...]


def diagnose_study(  # noqa: PLR0913 (those of diagnose)
    study: Study,
    *,
    simulate: int | None = None,
    seed: int | None = None,
    effects: float = 1.0,
    workers: int = 1,
    progress: Progress | None = None,
    **supposed: Unpack[Supposed],
) -> Diagnosed:
    """Diagnose a study's protocol, and keep what was found with its pages.

    Raises
    ------
    ProtocolError
        See ``diagnose``; or one wave is named, and not the whole study.
    """
    require_whole(study)
    found = diagnose(
        study.protocol,
        simulate=simulate,
        seed=seed,
        effects=effects,
        workers=workers,
        progress=progress,
        **supposed,
    )
    names = {language: f"diagnosis.{language}.html" for language in study.protocol.languages}
    with storage.atomic_folder(study.out / found.act) as folder:
        found.write(folder)
        for language, name in names.items():
            (folder / name).write_bytes(diagnosis_page(found, language))
    count = found.simulated.trials if found.simulated else 0
    log.append(study.out, ACT, digest=found.digest, trials=count)
    return Diagnosed(found, tuple(study.out / found.act / name for name in names.values()))
