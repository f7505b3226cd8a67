"""The lottery: RL1, which anyone can hold again with ``sha256sum`` and ``sort``."""

from reliance_eval.lottery.auditing import Verification, verify, verify_package
from reliance_eval.lottery.commitment import Commitment
from reliance_eval.lottery.committing import commit
from reliance_eval.lottery.design import DESIGNS, Design, Lots, lots_of, redraw
from reliance_eval.lottery.drawing import draw
from reliance_eval.lottery.ledger import KINDS, Entry, Kind, Ledger, LedgerRecord, admit
from reliance_eval.lottery.model import EXCLUDED, RESERVE, Draw, Quota

__all__ = [
    "DESIGNS",
    "EXCLUDED",
    "KINDS",
    "RESERVE",
    "Commitment",
    "Design",
    "Draw",
    "Entry",
    "Kind",
    "Ledger",
    "LedgerRecord",
    "Lots",
    "Quota",
    "Verification",
    "admit",
    "commit",
    "draw",
    "lots_of",
    "redraw",
    "verify",
    "verify_package",
]
