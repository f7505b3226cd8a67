"""Saying in words how a standard error was made: whose convention, which variance, which law."""

from __future__ import annotations

from collections.abc import Callable
from math import isinf
from typing import TYPE_CHECKING

from reliance_eval.estimation.peers import CONVENTIONS
from reliance_eval.estimation.variance import CLUSTERED

if TYPE_CHECKING:
    from reliance_eval.estimation.estimates import Estimate

Say = Callable[..., str]
"""From the key of a sentence and its values to the sentence, in one language."""


def spread_said(estimate: Estimate, say: Say) -> str:
    """Say which variance, factor and law an estimate's standard error has.

    Parameters
    ----------
    estimate : Estimate
    say : callable
        ``words(language).text``, or what sets its sentences.
    """
    if estimate.convention_name:
        is_two_stage = bool(estimate.anderson_rubin)
        said = _as_package(
            estimate.variance, estimate.convention_name, say, is_two_stage=is_two_stage
        )
        return say(f"estimation.package.{estimate.convention_name}", spread=said)
    if isinf(estimate.df):
        return ", ".join(
            [say(f"estimation.spread.{estimate.variance}"), say("estimation.law.normal")]
        )
    return say(f"estimation.variance.{estimate.variance}")


def set_said(estimate: Estimate, say: Say) -> str:
    """Say which variance the test and set of a LATE have."""
    if not estimate.set_variance:
        return say("estimation.variance.anderson_rubin")
    spread = _as_package(estimate.set_variance, estimate.convention_name, say, is_two_stage=False)
    return say("estimation.variance.anderson_rubin_by", spread=spread)


def _as_package(variance: str, convention: str, say: Say, *, is_two_stage: bool) -> str:
    package = CONVENTIONS[convention]
    rule = package.table(is_two_stage=is_two_stage)[variance]
    parts = [say(f"estimation.spread.{variance}")]
    if rule.factor:
        parts.append(say(f"estimation.factor.{rule.factor}"))
    if variance in CLUSTERED and not package.counts_nested:
        parts.append(say("estimation.factor.nested"))
    parts.append(say(f"estimation.law.{rule.law}"))
    return ", ".join(parts)
