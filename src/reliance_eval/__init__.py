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
    "ComplierDistributions": "estimation",
    "Compliers": "estimation",
    "Diagnosis": "power",
    "Draw": "lottery",
    "Dynamics": "estimation",
    "Estimate": "estimation",
    "Estimates": "estimation",
    "Excluded": "estimation",
    "Extract": "extract",
    "Family": "estimation",
    "FirstStage": "estimation",
    "Flow": "eligibility",
    "Index": "estimation",
    "Interaction": "estimation",
    "JointTest": "estimation",
    "NaiveComparisons": "estimation",
    "NotEstimable": "estimation",
    "Panel": "panel",
    "Protocol": "protocol",
    "QuantileEffects": "estimation",
    "Report": "reporting",
    "Study": "study",
    "SubgroupEffects": "estimation",
    "Survival": "estimation",
    "adjust_p_values": "estimation",
    "challenge": "robustness",
    "coherent_table": "estimation",
    "commit": "lottery",
    "complier_distributions": "estimation",
    "compliers": "estimation",
    "diagnose": "power",
    "draw": "lottery",
    "dynamics": "estimation",
    "estimate": "estimation",
    "family": "estimation",
    "first_stage": "estimation",
    "follow_up": "panel",
    "index": "estimation",
    "itt": "estimation",
    "joint_test": "estimation",
    "kappa": "estimation",
    "late": "estimation",
    "naive_comparisons": "estimation",
    "open_study": "study",
    "quantile_effects": "estimation",
    "read_extract": "extract",
    "read_extracts": "extract",
    "read_protocol": "protocol",
    "redraw_test": "robustness",
    "report": "reporting",
    "screen": "eligibility",
    "simulate": "simulation",
    "start_study": "study",
    "subgroup_effects": "estimation",
    "time_to_event": "estimation",
    "verify": "lottery",
}

__all__ = [
    "Checks",
    "Commitment",
    "ComplierDistributions",
    "Compliers",
    "Diagnosis",
    "Draw",
    "Dynamics",
    "Estimate",
    "Estimates",
    "Excluded",
    "Extract",
    "Family",
    "FirstStage",
    "Flow",
    "Index",
    "Interaction",
    "JointTest",
    "NaiveComparisons",
    "NotEstimable",
    "Panel",
    "Protocol",
    "QuantileEffects",
    "Report",
    "Study",
    "SubgroupEffects",
    "Survival",
    "adjust_p_values",
    "challenge",
    "coherent_table",
    "commit",
    "complier_distributions",
    "compliers",
    "diagnose",
    "draw",
    "dynamics",
    "estimate",
    "family",
    "first_stage",
    "follow_up",
    "index",
    "itt",
    "joint_test",
    "kappa",
    "late",
    "naive_comparisons",
    "open_study",
    "quantile_effects",
    "read_extract",
    "read_extracts",
    "read_protocol",
    "redraw_test",
    "report",
    "screen",
    "simulate",
    "start_study",
    "subgroup_effects",
    "time_to_event",
    "verify",
]

if TYPE_CHECKING:
    from reliance_eval.eligibility import Flow, screen
    from reliance_eval.estimation import (
        ComplierDistributions,
        Compliers,
        Dynamics,
        Estimate,
        Estimates,
        Excluded,
        Family,
        FirstStage,
        Index,
        Interaction,
        JointTest,
        NaiveComparisons,
        NotEstimable,
        QuantileEffects,
        SubgroupEffects,
        Survival,
        adjust_p_values,
        coherent_table,
        complier_distributions,
        compliers,
        dynamics,
        estimate,
        family,
        first_stage,
        index,
        itt,
        joint_test,
        kappa,
        late,
        naive_comparisons,
        quantile_effects,
        subgroup_effects,
        time_to_event,
    )
    from reliance_eval.extract import Extract, read_extract, read_extracts
    from reliance_eval.lottery import Commitment, Draw, commit, draw, verify
    from reliance_eval.panel import Panel, follow_up
    from reliance_eval.power import Diagnosis, diagnose
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
