"""Nested: whether units served by the same counsellor, in the offered arm alone, say less."""

from __future__ import annotations

import pandas as pd

from reliance_eval.estimation import Estimates
from reliance_eval.estimation.estimates import Estimate, NotEstimable
from reliance_eval.estimation.estimator import ESTIMATORS
from reliance_eval.estimation.promising import Cell, promises
from reliance_eval.estimation.sampling import Panelled
from reliance_eval.lottery import Draw
from reliance_eval.panel import TAKE_UP_GROUP
from reliance_eval.robustness.check import CHECKS, Check, CheckRule
from reliance_eval.robustness.check import Cell as Plain
from reliance_eval.robustness.nesting import PartiallyNested, Served, nested_in, served_by

COLUMNS = (
    "outcome",
    "month",
    "estimator",
    "arm",
    "groups",
    "estimate",
    "std_error",
    "p_value",
    "std_error_nested",
    "df_nested",
    "p_value_nested",
    "intraclass_correlation",
    "design_effect",
    "served_n",
)


def nested(estimates: Estimates) -> tuple[Check, ...]:
    """Recompute each promised effect of the offer as if who served a unit made it like others.

    Nothing where the protocol names no column of counsellors, groups or sites.
    """
    draw: Draw = estimates.nearest(Draw)
    panelled = Panelled(estimates.parent)
    if TAKE_UP_GROUP not in panelled.units:
        return ()
    if panelled.is_clustered:
        return (_not_run("", "clusters"),)
    codes, _ = pd.factorize(panelled.units[TAKE_UP_GROUP], sort=True)
    served = served_by(codes)
    if not served.groups:
        return (_not_run("", "nobody"),)
    estimated = {each.promise.id: each for each in estimates.estimated if each.promise}
    found = tuple(
        _check(cell, panelled, served, estimated[cell.promise.id])
        for cell in promises(draw)
        if cell.promise.id in estimated
        and cell.promise.estimand == "itt"
        and not cell.promise.subgroup
    )
    return found or (_not_run("", "not_estimable"),)


def _not_run(subject: str, why: str) -> Check:
    return Check(name="nested", subject=subject, verdict="not_run", sentence=f"check.nested.{why}")


def _check(cell: Cell, panelled: Panelled, served: Served, estimate: Estimate) -> Check:
    promise, sample = cell.promise, panelled.sample(cell)
    if sample.variance is not None or sample.convention:
        return _not_run(promise.id, "variance")
    if not ESTIMATORS[promise.estimator].uses_covariates:
        sample = sample.without_covariates()
    found = nested_in(sample, promise.estimator, served.among(panelled.rows(cell)))
    if isinstance(found, NotEstimable):
        return _not_run(promise.id, "not_estimable")
    alpha = 1 - promise.level
    is_same = (found.nested.p_value < alpha) == (estimate.p_value < alpha)
    return Check(
        name="nested",
        subject=promise.id,
        verdict="passed" if is_same else "attention",
        statistic=found.nested.statistic,
        p_value=found.nested.p_value,
        sentence=f"check.nested.{'same' if is_same else 'other'}",
        values={
            "p": found.nested.p_value,
            "p_estimate": estimate.p_value,
            "groups": found.groups,
            "design_effect": found.design_effect,
        },
        columns=COLUMNS,
        rows=(_row(cell, found),),
    )


def _row(cell: Cell, found: PartiallyNested) -> tuple[Plain, ...]:
    promise, plain, nested = cell.promise, found.plain, found.nested
    return (
        promise.outcome,
        promise.horizon_months,
        promise.estimator,
        promise.arm,
        found.groups,
        plain.estimate,
        plain.std_error,
        plain.p_value,
        nested.std_error,
        float(nested.df),
        nested.p_value,
        found.intraclass_correlation,
        found.design_effect,
        found.served,
    )


CHECKS.register("nested")(CheckRule(reads=(Estimates,), run=nested))
