"""The estimators a protocol may name, and how one is asked for its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from reliance_eval.errors import Fault
from reliance_eval.estimation.estimates import Estimate, NotEstimable
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.peers import CONVENTIONS, convention_faults
from reliance_eval.estimation.rare_events import is_binary
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
    is_regression : bool
        Whether its standard error is a regression's, which other packages' conventions are about.
    is_binary_only : bool
        Whether it answers for yes-or-no outcomes alone; ``not_binary`` for others.
    instead : str
        The estimator whose answer is shown where this one's model has none (``separation``).
    """

    estimand: Literal["itt", "late"]
    run: Callable[[Sample], Finding]
    variances: tuple[str, ...] = VARIANCES
    uses_covariates: bool = False
    is_regression: bool = False
    is_binary_only: bool = False
    instead: str = ""


ESTIMATORS: Registry[EstimatorRule] = Registry("estimator", "reliance_eval.estimation.estimators")


def answer(name: str, sample: Sample) -> Finding | NotEstimable:
    """Ask a registered estimator; a number that does not exist is an answer with a reason."""
    rule = ESTIMATORS[name]
    try:
        if rule.is_binary_only and not is_binary(sample.outcome):
            raise Unestimable("not_binary")
        return rule.run(sample)
    except Unestimable as refusal:
        return NotEstimable(
            reason=refusal.reason,
            n=sample.n_arm + sample.n_reference,
            n_arm=sample.n_arm,
            n_reference=sample.n_reference,
            values=refusal.values,
            instead=_instead(rule, sample) if refusal.reason == "separation" else None,
        )


def _instead(rule: EstimatorRule, sample: Sample) -> Estimate | None:
    if not rule.instead:
        return None
    plain = replace(sample.without_covariates(), variance=None)
    found = answer(rule.instead, plain)
    return None if isinstance(found, NotEstimable) else found.estimate


def variance_faults(  # noqa: PLR0913 (what is asked for, by whom, of which design)
    variance: str | None,
    *,
    estimator: str,
    is_clustered: bool,
    is_blocked: bool,
    convention: str | None = None,
    where: str = "",
) -> tuple[Fault, ...]:
    """Find why a named variance or convention cannot be followed.

    It is unknown, at odds with the design, or a package's that has no such variance.
    """
    if variance is None:
        return _convention_faults(variance, convention, estimator, is_clustered, where)
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
    values = {"name": variance, "estimator": estimator, "known": ", ".join(possible) or "–"}
    faults = tuple(Fault(code, where, values) for code, is_so in refused.items() if is_so)[:1]
    return faults or _convention_faults(variance, convention, estimator, is_clustered, where)


def _convention_faults(
    variance: str | None, convention: str | None, estimator: str, is_clustered: bool, where: str
) -> tuple[Fault, ...]:
    if convention is None:
        return ()
    rule = ESTIMATORS[estimator]
    if convention in CONVENTIONS and not rule.is_regression:
        values = {"name": convention, "estimator": estimator}
        return (Fault("E-ESTIMATION-CONVENTION-ELSEWHERE", where, values),)
    return convention_faults(
        convention,
        variance,
        is_two_stage=rule.estimand == "late",
        is_clustered=is_clustered,
        where=where,
    )
