"""The estimators a protocol may name, and how one is asked for its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from reliance_eval.errors import Fault
from reliance_eval.estimation.estimates import NotEstimable
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.unestimable import Unestimable
from reliance_eval.estimation.variance import CLUSTERED, VARIANCES
from reliance_eval.registry import Registry, nearest


@dataclass(frozen=True, slots=True)
class EstimatorRule:
    """A registered estimator.

    Attributes
    ----------
    estimand : {"itt", "late"}
    run : function of Sample
        Gives a ``Finding``, or raises ``Unestimable``.
    variances : tuple of str
        The names of ``VARIANCES`` it can follow.
    uses_covariates : bool
    """

    estimand: Literal["itt", "late"]
    run: Callable[[Sample], Finding]
    variances: tuple[str, ...] = VARIANCES
    uses_covariates: bool = False


ESTIMATORS: Registry[EstimatorRule] = Registry("estimator", "reliance_eval.estimation.estimators")


def answer(name: str, sample: Sample) -> Finding | NotEstimable:
    """Ask a registered estimator; a number that does not exist is an answer with a reason."""
    try:
        return ESTIMATORS[name].run(sample)
    except Unestimable as refusal:
        return NotEstimable(
            reason=refusal.reason,
            n=sample.n_arm + sample.n_reference,
            n_arm=sample.n_arm,
            n_reference=sample.n_reference,
            values=refusal.values,
        )


def variance_faults(
    variance: str | None, *, estimator: str, is_clustered: bool, is_blocked: bool, where: str = ""
) -> tuple[Fault, ...]:
    """Find why a named variance cannot be followed: unknown, or at odds with the design."""
    if variance is None:
        return ()
    if variance not in VARIANCES:
        values = {"name": variance, "nearest": nearest(variance, VARIANCES) or VARIANCES[0]}
        known = ", ".join(VARIANCES)
        return (Fault("E-ESTIMATION-VARIANCE-UNKNOWN", where, values | {"known": known}),)
    possible = ESTIMATORS[estimator].variances
    refused = {
        "E-ESTIMATION-VARIANCE-ELSEWHERE": variance not in possible,
        "E-ESTIMATION-VARIANCE-CLUSTERS": is_clustered and variance not in CLUSTERED,
        "E-ESTIMATION-VARIANCE-NO-CLUSTERS": not is_clustered and variance in CLUSTERED,
        "E-ESTIMATION-VARIANCE-BLOCKS": is_blocked and variance == "neyman",
    }
    values = {"name": variance, "estimator": estimator, "known": ", ".join(possible)}
    return tuple(Fault(code, where, values) for code, is_so in refused.items() if is_so)[:1]
