"""What has been used stays as it was: the files that were read, and what the draw was held on."""

from __future__ import annotations

from reliance_eval import fingerprint
from reliance_eval.artefact import RECORD, read_record
from reliance_eval.errors import Fault, IntegrityError
from reliance_eval.extract.recorded import altered
from reliance_eval.language.catalogue import Value
from reliance_eval.study.acts import inputs_of
from reliance_eval.study.deliveries import recorded
from reliance_eval.study.folder import Study

READERS = ("flow", "panel")
"""The acts that read extracts, and record which files."""


def refuse_changed(study: Study) -> None:
    """Refuse to go on when a file that an act has read is no longer the same.

    Raises
    ------
    IntegrityError
        Names each file that has changed or vanished; a new delivery is a new file.
    """
    done = [act for act in READERS if (study.out / act / RECORD).is_file()]
    used = (record for act in done for record in recorded(study.out, act))
    if faults := altered(used, study.folder):
        raise IntegrityError(faults)


def refuse_another_draw(study: Study) -> None:
    """Refuse to go on when the protocol or the frame of a draw that was held has changed.

    Raises
    ------
    IntegrityError
        The protocol's bytes are not those of the draw (both digests are said), or its code
        lists, its frame or the reading of it are not.
    """
    if study.recorded_inputs("draw") is None:
        return
    where = study.out / "draw"
    sealed = str(read_record(where)["fields"]["protocol_digest"])
    if sealed != study.protocol.digest:
        values: dict[str, Value] = {
            "recorded": sealed[: fingerprint.SHORT],
            "found": study.protocol.digest[: fingerprint.SHORT],
            "day": study.protocol.clauses.lottery.day.isoformat(),
        }
        raise IntegrityError(Fault("E-STUDY-PROTOCOL-CHANGED", "protocol.toml", values))
    if study.recorded_inputs("flow") != inputs_of(study, "flow"):
        raise IntegrityError(Fault("E-STUDY-DRAWN", str(where)))
