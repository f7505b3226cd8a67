"""Evaluate a randomised trial of a social programme, from the extract to the report.

The verbs and types below are loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_FACE = {
    "Checks": "robustness",
    "Commitment": "lottery",
    "Draw": "lottery",
    "Estimate": "estimation",
    "Estimates": "estimation",
    "Extract": "extract",
    "Flow": "eligibility",
    "NotEstimable": "estimation",
    "Panel": "panel",
    "Protocol": "protocol",
    "Report": "reporting",
    "Study": "study",
    "challenge": "robustness",
    "commit": "lottery",
    "draw": "lottery",
    "estimate": "estimation",
    "follow_up": "panel",
    "itt": "estimation",
    "late": "estimation",
    "open_study": "study",
    "read_extract": "extract",
    "read_extracts": "extract",
    "read_protocol": "protocol",
    "redraw_test": "robustness",
    "report": "reporting",
    "screen": "eligibility",
    "simulate": "simulation",
    "start_study": "study",
    "verify": "lottery",
}

__all__ = [
    "Checks",
    "Commitment",
    "Draw",
    "Estimate",
    "Estimates",
    "Extract",
    "Flow",
    "NotEstimable",
    "Panel",
    "Protocol",
    "Report",
    "Study",
    "challenge",
    "commit",
    "draw",
    "estimate",
    "follow_up",
    "itt",
    "late",
    "open_study",
    "read_extract",
    "read_extracts",
    "read_protocol",
    "redraw_test",
    "report",
    "screen",
    "simulate",
    "start_study",
    "verify",
]

if TYPE_CHECKING:
    from reliance_eval.eligibility import Flow, screen
    from reliance_eval.estimation import (
        Estimate,
        Estimates,
        NotEstimable,
        estimate,
        itt,
        late,
    )
    from reliance_eval.extract import Extract, read_extract, read_extracts
    from reliance_eval.lottery import Commitment, Draw, commit, draw, verify
    from reliance_eval.panel import Panel, follow_up
    from reliance_eval.protocol import Protocol, read_protocol
    from reliance_eval.reporting import Report, report
    from reliance_eval.robustness import Checks, challenge, redraw_test
    from reliance_eval.simulation import simulate
    from reliance_eval.study import Study, open_study, start_study


def __getattr__(name: str) -> Any:
    if name in _FACE:
        return getattr(importlib.import_module(f"{__name__}.{_FACE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
