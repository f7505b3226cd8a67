"""The lottery: RL1, which anyone can hold again with ``sha256sum`` and ``sort``."""

from reliance_eval.lottery.auditing import Verification, verify, verify_package
from reliance_eval.lottery.design import DESIGNS, Design, Lots, lots_of, redraw
from reliance_eval.lottery.drawing import draw
from reliance_eval.lottery.model import EXCLUDED, RESERVE, Draw, Quota

__all__ = [
    "DESIGNS",
    "EXCLUDED",
    "RESERVE",
    "Design",
    "Draw",
    "Lots",
    "Quota",
    "Verification",
    "draw",
    "lots_of",
    "redraw",
    "verify",
    "verify_package",
]
