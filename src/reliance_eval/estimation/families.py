"""Correcting a family of promises: p and interval from one critical value.

A family is the promised primary outcomes and horizons of one estimand by one estimator, for
everyone. While a promised cell is still to come, the correction is Bonferroni's over all of them:
what a first report says then stays true when the last one is out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import numpy as np

from reliance_eval.estimation.estimates import Estimate, NotEstimable, Promise
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.inference import critical_value
from reliance_eval.estimation.multiplicity import MaxT, bonferroni, correlation

Method: TypeAlias = Literal["max-t", "bonferroni", "none"]

STILL_TO_COME = frozenset({"not_yet_observed", "not_delivered", "take_up_unknown"})
"""Reasons that a later delivery may lift."""


def adjusted(
    found: Mapping[str, Finding | NotEstimable], promised: Sequence[Promise], method: Method
) -> dict[str, Estimate]:
    """Give the estimates of a protocol with their adjusted p and intervals.

    Parameters
    ----------
    found : mapping of promise id to Finding or NotEstimable
    promised : sequence of Promise
        Every promise, in order.
    method : {"max-t", "bonferroni", "none"}
        What the protocol asks for.
    """
    estimates = {
        name: answer.estimate for name, answer in found.items() if isinstance(answer, Finding)
    }
    if method == "none":
        return estimates
    for members in _families(promised):
        answers = [found[promise.id] for promise in members]
        is_complete = not any(
            isinstance(answer, NotEstimable) and answer.reason in STILL_TO_COME
            for answer in answers
        )
        findings = {
            promise.id: answer
            for promise, answer in zip(members, answers, strict=True)
            if isinstance(answer, Finding)
        }
        if method == "max-t" and is_complete:
            estimates |= _by_max_t(findings)
        else:
            estimates |= _by_bonferroni(findings, len(members))
    return estimates


def _families(promised: Sequence[Promise]) -> list[list[Promise]]:
    families: dict[tuple[str, ...], list[Promise]] = {}
    for promise in promised:
        if promise.role == "primary" and not promise.subgroup:
            # The id without outcome, horizon and arm: estimand, estimator, named variance.
            convention = promise.id.removesuffix(f".{promise.arm}").split(".", 2)[2]
            families.setdefault((promise.family, convention), []).append(promise)
    return list(families.values())


def _by_max_t(findings: Mapping[str, Finding]) -> dict[str, Estimate]:
    if not findings:
        return {}
    influences = np.stack([finding.influence for finding in findings.values()])
    df = min(finding.estimate.df for finding in findings.values())
    largest = MaxT(correlation(influences), df)
    level = next(iter(findings.values())).estimate.level
    critical = largest.critical_value(level)
    return {
        name: _revised(finding, largest.p_value(finding.estimate.statistic), critical, "max-t")
        for name, finding in findings.items()
    }


def _by_bonferroni(findings: Mapping[str, Finding], promised: int) -> dict[str, Estimate]:
    return {
        name: _revised(
            finding,
            bonferroni(finding.estimate.p_value, promised),
            critical_value(1.0 - (1.0 - finding.estimate.level) / promised, finding.estimate.df),
            "bonferroni",
        )
        for name, finding in findings.items()
    }


def _revised(finding: Finding, p: float, critical: float, method: str) -> Estimate:
    intervals = finding.set_at(critical)
    low, high = intervals[0] if len(intervals) == 1 else (None, None)
    return finding.estimate.revised(
        # No correction can make a p smaller than the one it corrects; the lattice's error could.
        p_adjusted=max(p, finding.estimate.p_value),
        conf_low_adjusted=low,
        conf_high_adjusted=high,
        adjustment=method,
    )
