"""Rehearsing a study's lottery: pages in ``out/rehearsal/``, and a line of the log; no draw."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reliance_eval import storage
from reliance_eval.errors import Fault, UnreadableInput
from reliance_eval.fingerprint import of_bytes
from reliance_eval.lottery.rehearsing import Progress, Rehearsal, rehearse
from reliance_eval.reporting.rehearsal_page import rehearsal_page
from reliance_eval.study import log
from reliance_eval.study.folder import Study
from reliance_eval.study.intakes import require_no_waves

ACT = "rehearse"
FOLDER = "rehearsal"


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A rehearsal and its pages, one a language."""

    rehearsal: Rehearsal
    pages: tuple[Path, ...]


def rehearse_study(study: Study, count: int, *, progress: Progress | None = None) -> Rehearsed:
    """Rehearse the draw of a study on its committed list, or on the screened one before that.

    Raises
    ------
    UnreadableInput
        Nobody was screened yet.
    """
    require_no_waves(study)
    act = next(
        (act for act in ("commitment", "flow") if study.recorded_inputs(act) is not None), None
    )
    if act is None:
        values = {"act": "draw --rehearse", "before": "screen"}
        raise UnreadableInput(Fault("E-STUDY-ACT-BEFORE", str(study.out / "flow"), {**values}))
    rehearsal = rehearse(study.load(act), count=count, progress=progress)
    flow = study.load("flow")
    pages = {
        f"rehearsal.{language}.html": rehearsal_page(rehearsal, flow, language)
        for language in study.protocol.languages
    }
    with storage.atomic_folder(study.out / FOLDER) as folder:
        for name, page in pages.items():
            (folder / name).write_bytes(page)
    log.append(
        study.out,
        ACT,
        count=count,
        commitment=rehearsal.commitment_id,
        is_fair=rehearsal.is_fair,
        pages={name: of_bytes(page) for name, page in pages.items()},
    )
    return Rehearsed(rehearsal, tuple(study.out / FOLDER / name for name in pages))
