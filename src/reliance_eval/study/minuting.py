"""Drawing up the procès-verbal of a study's draw, from its log; ``out/minutes/`` holds it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from reliance_eval import storage
from reliance_eval.errors import Fault, UnreadableInput
from reliance_eval.reporting.minutes import Minutes, facts_of, write_minutes
from reliance_eval.reporting.minutes.writing import PUBLISH
from reliance_eval.study import log
from reliance_eval.study.folder import Study
from reliance_eval.study.intakes import require_no_waves

ACT = "minutes"
DECISIONS = "disclosure.jsonl"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A procès-verbal as written: the restricted copy's folder, and the publishable one's."""

    minutes: Minutes
    folder: Path
    publish: Path


def draw_up(study: Study) -> Drawn:
    """Write the procès-verbal of a study's draw; the same draw and log give the same bytes.

    Raises
    ------
    UnreadableInput
        The draw was not held yet, or the log does not hold it.
    IntegrityError
        The chain of the log is broken.
    """
    require_no_waves(study)
    if study.recorded_inputs("draw") is None:
        values = {"act": ACT, "before": "draw"}
        raise UnreadableInput(Fault("E-STUDY-ACT-BEFORE", str(study.out / "draw"), {**values}))
    entries = [json.loads(line) for line in log.read(study.out)]
    minutes = write_minutes(facts_of(study.load("draw"), entries))
    folder = study.out / ACT
    if _written(folder, minutes) != minutes.files:
        with storage.atomic_folder(folder) as partial:
            minutes.save(partial)
            lines = [json.dumps(asdict(item), sort_keys=True) for item in minutes.disclosure_log]
            text = "".join(f"{line}\n" for line in lines)
            (partial / DECISIONS).write_text(text, encoding="utf-8", newline="\n")
        log.append(study.out, ACT, is_valid=minutes.is_valid, files=minutes.digests)
    return Drawn(minutes, folder, folder / PUBLISH)


def _written(folder: Path, minutes: Minutes) -> dict[str, bytes]:
    return {
        name: (folder / name).read_bytes() for name in minutes.files if (folder / name).is_file()
    }
