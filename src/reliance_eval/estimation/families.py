"""Correcting a family of promises: p and interval from one critical value, or p alone.

A family is the promised primary outcomes and horizons of one estimand by one estimator, for
everyone. While a promised cell is still to come, the correction is Bonferroni's over all of them:
what a first report says then stays true when the last one is out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

import numpy as np

from reliance_eval.estimation.adjusting import ALONE
from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.estimates import Estimate, NotEstimable, Promise
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.inference import critical_value
from reliance_eval.estimation.multiplicity import MaxT, bonferroni, correlation
from reliance_eval.estimation.redraws.stepping import JointRedraws
from reliance_eval.protocol.model import Correction

BY_REDRAWS = ("max-t-redraws", "romano-wolf", "westfall-young")
"""Methods that hold the lottery again."""

AGREES = 1e-6
"""How near, relatively, re-draws must come to the statistics of the estimates they correct."""

Key = TypeVar("Key")
Redraws: TypeAlias = Callable[[Sequence[Key]], JointRedraws | None]
"""From the members of a family to its statistics over joint re-draws; None where there are none."""

STILL_TO_COME = frozenset({"not_yet_observed", "not_delivered", "take_up_unknown"})
"""Reasons that a later delivery may lift."""


def adjusted(
    found: Mapping[str, Finding | NotEstimable],
    promised: Sequence[Promise],
    method: Correction,
    redraws: Redraws[str],
) -> dict[str, Estimate]:
    """Give the estimates of a protocol with their adjusted p, and intervals where they exist.

    Parameters
    ----------
    found : mapping of promise id to Finding or NotEstimable
    promised : sequence of Promise
        Every promise, in order.
    method : str
        What the protocol asks for.
    redraws : function
        Asked only where the method needs it.
    """
    estimates = {
        name: answer.estimate for name, answer in found.items() if isinstance(answer, Finding)
    }
    if method == "none":
        return estimates
    for members in families_of(promised):
        answers = [found[promise.id] for promise in members]
        is_complete = not any(is_still_to_come(answer) for answer in answers)
        findings = {
            promise.id: answer
            for promise, answer in zip(members, answers, strict=True)
            if isinstance(answer, Finding)
        }
        chosen = method if is_complete else "bonferroni"
        estimates |= corrected(findings, chosen, promised=len(members), redraws=redraws)
    return estimates


def is_still_to_come(answer: object) -> bool:
    """Say whether a later delivery may give the number that is not there."""
    return isinstance(answer, NotEstimable) and answer.reason in STILL_TO_COME


def corrected(
    findings: Mapping[Key, Finding], method: Correction, *, promised: int, redraws: Redraws[Key]
) -> dict[Key, Estimate]:
    """Correct one family.

    Parameters
    ----------
    findings : mapping to Finding
        By any name.
    method : str
        Re-draws that do not exist leave Bonferroni's correction, which is then named; so do
        re-drawn statistics that are not those of the intervals they would be used for, and
        contributions that do not tell two estimates apart.
    promised : int
        Cells of the family, estimable or not: what Bonferroni counts.
    redraws : function
    """
    if not findings:
        return {}
    if method == "max-t":
        return _by_max_t(findings, promised)
    if method in BY_REDRAWS:
        joint = redraws(tuple(findings))
        if joint is None or (method == "max-t-redraws" and not _agrees(joint, findings)):
            return _by_bonferroni(findings, promised)
        return _by_redraws(findings, method, joint)
    if method == "bonferroni":
        return _by_bonferroni(findings, promised)
    p = np.array([finding.estimate.p_value for finding in findings.values()])
    return _p_alone(findings, ALONE[method](p), method)


def smallest_adjusted(findings: Mapping[Key, Finding], method: Correction, promised: int) -> float:
    """Give the smallest adjusted p of a family, without the intervals, which take longer.

    Parameters
    ----------
    findings : mapping to Finding
        At least one.
    method : str
        None that holds the lottery again: those hold it once for all, not once a question.
    promised : int
        Cells of the family, estimable or not.
    """
    p = np.array([finding.estimate.p_value for finding in findings.values()])
    smallest = float(p.min())
    if method == "max-t":
        joint_law = correlation(np.stack([finding.influence for finding in findings.values()]))
        if _tells_apart(joint_law, findings):
            df = min(finding.estimate.df for finding in findings.values())
            largest = max(abs(finding.estimate.statistic) for finding in findings.values())
            return max(smallest, MaxT(joint_law, df).p_value(largest))
    if method in ("max-t", "bonferroni"):
        return bonferroni(smallest, promised)
    return smallest if method == "none" else float(ALONE[method](p).min())


def families_of(promised: Sequence[Promise]) -> list[list[Promise]]:
    """Give the promises that are corrected together, family by family."""
    families: dict[tuple[str, ...], list[Promise]] = {}
    for promise in promised:
        if promise.role == "primary" and not promise.subgroup:
            # The id without outcome, horizon and arm: estimand, estimator, named variance.
            convention = promise.id.removesuffix(f".{promise.arm}").split(".", 2)[2]
            families.setdefault((promise.family, convention), []).append(promise)
    return list(families.values())


def _tells_apart(joint_law: Floats, findings: Mapping[Key, Finding]) -> bool:
    """Say whether estimates whose contributions are the same have the same statistic too.

    A classical variance has one spread for all units: its contributions are residuals, shared by
    all arms of a regression, and say nothing of how the arms' estimates move together.
    """
    sizes = np.abs([finding.estimate.statistic for finding in findings.values()])
    are_one = np.abs(joint_law) > 1.0 - AGREES
    are_equal = np.isclose(sizes[:, None], sizes, rtol=AGREES, atol=AGREES)
    return bool(np.all(are_equal[are_one]))


def _by_max_t(findings: Mapping[Key, Finding], promised: int) -> dict[Key, Estimate]:
    joint_law = correlation(np.stack([finding.influence for finding in findings.values()]))
    if not _tells_apart(joint_law, findings):
        return _by_bonferroni(findings, promised)
    df = min(finding.estimate.df for finding in findings.values())
    largest = MaxT(joint_law, df)
    level = next(iter(findings.values())).estimate.level
    critical = largest.critical_value(level)
    return {
        name: _revised(finding, largest.p_value(finding.estimate.statistic), critical, "max-t")
        for name, finding in findings.items()
    }


def _agrees(joint: JointRedraws, findings: Mapping[Key, Finding]) -> bool:
    statistics = [finding.estimate.statistic for finding in findings.values()]
    return bool(np.allclose(joint.statistics, statistics, rtol=AGREES, atol=AGREES))


def _by_redraws(
    findings: Mapping[Key, Finding], method: str, joint: JointRedraws
) -> dict[Key, Estimate]:
    if method == "romano-wolf":
        return _p_alone(findings, joint.romano_wolf(), method)
    if method == "westfall-young":
        return _p_alone(findings, joint.westfall_young(), method)
    revised: dict[Key, Estimate] = {}
    for p, (name, finding) in zip(joint.single_step(), findings.items(), strict=True):
        e = finding.estimate
        critical = max(joint.critical_value(e.level), critical_value(e.level, e.df))
        revised[name] = _revised(finding, float(p), critical, method)
    return revised


def _by_bonferroni(findings: Mapping[Key, Finding], promised: int) -> dict[Key, Estimate]:
    return {
        name: _revised(
            finding,
            bonferroni(finding.estimate.p_value, promised),
            critical_value(1.0 - (1.0 - finding.estimate.level) / promised, finding.estimate.df),
            "bonferroni",
        )
        for name, finding in findings.items()
    }


def _p_alone(findings: Mapping[Key, Finding], p: Floats, method: str) -> dict[Key, Estimate]:
    """Fill p (or q) and no interval: none goes with these methods."""
    # A share of re-draws may fall short of the p it corrects; a sharpened q may be under its p.
    is_floored = method in BY_REDRAWS
    return {
        name: finding.estimate.revised(
            p_adjusted=max(float(own), finding.estimate.p_value) if is_floored else float(own),
            adjustment=method,
        )
        for own, (name, finding) in zip(p, findings.items(), strict=True)
    }


def _revised(finding: Finding, p: float, critical: float, method: str) -> Estimate:
    intervals = finding.set_at(critical)
    low, high = intervals[0] if len(intervals) == 1 else (None, None)
    return finding.estimate.revised(
        # No correction can make a p smaller than the one it corrects; the error of a lattice or
        # of re-draws could.
        p_adjusted=max(p, finding.estimate.p_value),
        conf_low_adjusted=low,
        conf_high_adjusted=high,
        adjustment=method,
    )
