"""A study folder: which act is done, which is due, and who is at work in it."""

from reliance_eval.study.acts import ACTS, COMMANDS, Due, due_acts
from reliance_eval.study.ceremony import Brought, instant
from reliance_eval.study.checking import check_study
from reliance_eval.study.excluding import Exclusions, exclude
from reliance_eval.study.folder import Study, open_study
from reliance_eval.study.intakes import is_drawn, require_whole, waiting_waves
from reliance_eval.study.ledger_file import read_ledger
from reliance_eval.study.lock import locked
from reliance_eval.study.recording import Recorded, record_entries
from reliance_eval.study.running import latest_artefact, run_act
from reliance_eval.study.sealing import Seal, seal, seal_study
from reliance_eval.study.starting import start_study
from reliance_eval.study.verifying import verify_out

__all__ = [
    "ACTS",
    "COMMANDS",
    "Brought",
    "Due",
    "Exclusions",
    "Recorded",
    "Seal",
    "Study",
    "check_study",
    "due_acts",
    "exclude",
    "instant",
    "is_drawn",
    "latest_artefact",
    "locked",
    "open_study",
    "read_ledger",
    "record_entries",
    "require_whole",
    "run_act",
    "seal",
    "seal_study",
    "start_study",
    "verify_out",
    "waiting_waves",
]
