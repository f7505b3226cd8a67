"""A study folder: which act is done, which is due, and who is at work in it."""

from reliance_eval.study.acts import ACTS, COMMANDS, Due, due_acts
from reliance_eval.study.checking import check_study
from reliance_eval.study.folder import Study, open_study
from reliance_eval.study.lock import locked
from reliance_eval.study.running import run_act
from reliance_eval.study.starting import start_study

__all__ = [
    "ACTS",
    "COMMANDS",
    "Due",
    "Study",
    "check_study",
    "due_acts",
    "locked",
    "open_study",
    "run_act",
    "start_study",
]
