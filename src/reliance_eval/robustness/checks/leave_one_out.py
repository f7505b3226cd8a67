"""Leave one out: whether one block, one wave or one counsellor makes the result by itself.

Each promised effect of the offer is estimated again without one block, one wave, or the units that
one counsellor served. Shares of the blocks that stay are made to sum to one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from reliance_eval.estimation import Estimates
from reliance_eval.estimation.arrays import Bools
from reliance_eval.estimation.estimates import Estimate, NotEstimable
from reliance_eval.estimation.estimator import ESTIMATORS, answer
from reliance_eval.estimation.promising import Cell, promises
from reliance_eval.estimation.sample import REFERENCE, Sample
from reliance_eval.estimation.sampling import Panelled
from reliance_eval.language.catalogue import Value
from reliance_eval.lottery import Draw
from reliance_eval.lottery.pooling import WAVE
from reliance_eval.panel import TAKE_UP_GROUP
from reliance_eval.robustness.check import CHECKS, Check, CheckRule
from reliance_eval.robustness.check import Cell as Plain

COLUMNS = (
    "kind",
    "left_out",
    "estimate",
    "std_error",
    "p_value",
    "arm_n",
    "reference_n",
    "arm_nonzero_n",
    "reference_nonzero_n",
)
"""The counts are of the units left out whose outcome is known, and of those where it is not 0."""

MOST = 60
"""The most parts of a kind that are left out, the largest first: of more, one weighs little."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What is left out: a block, a wave, or those whom a counsellor served."""

    kind: str
    name: str
    rows: Bools


def leave_one_out(estimates: Estimates) -> tuple[Check, ...]:
    """Estimate each promised effect of the offer without each part of the trial in turn."""
    draw: Draw = estimates.nearest(Draw)
    panelled = Panelled(estimates.parent)
    parts = parts_of(panelled)
    if not parts:
        return (_not_run("", "nothing"),)
    estimated = {each.promise.id: each for each in estimates.estimated if each.promise}
    found = tuple(
        _check(cell, panelled, parts, estimated[cell.promise.id])
        for cell in promises(draw)
        if cell.promise.id in estimated
        and cell.promise.estimand == "itt"
        and not cell.promise.subgroup
    )
    return found or (_not_run("", "not_estimable"),)


def parts_of(panelled: Panelled) -> tuple[Part, ...]:
    """List what can be left out: parts of a kind of which there are at least two."""
    units = panelled.units
    kinds = {"block": "block", "wave": WAVE, "group": TAKE_UP_GROUP}
    return tuple(
        part
        for kind, column in kinds.items()
        if column in units
        for part in _of_kind(kind, units[column])
    )


def _of_kind(kind: str, names: pd.Series[str]) -> Iterator[Part]:
    counts = names.dropna().astype(str).value_counts()
    if len(counts) < 2:
        return
    largest = sorted(counts.index, key=lambda name: (-counts[name], name))[:MOST]
    values = names.to_numpy(object)
    for name in sorted(largest):
        yield Part(kind, name, np.array([value == name for value in values], dtype=np.bool_))


def _not_run(subject: str, why: str) -> Check:
    return Check(
        name="leave_one_out",
        subject=subject,
        verdict="not_run",
        sentence=f"check.leave_one_out.{why}",
    )


def _check(cell: Cell, panelled: Panelled, parts: tuple[Part, ...], estimate: Estimate) -> Check:
    sample, inside = panelled.sample(cell), panelled.rows(cell)
    if not ESTIMATORS[cell.promise.estimator].uses_covariates:
        sample = sample.without_covariates()
    left = [
        (part, found)
        for part in parts
        if isinstance(found := without(sample, cell, part.rows[inside]), Estimate)
    ]
    if not left:
        return _not_run(cell.promise.id, "not_estimable")
    part, furthest = max(left, key=lambda item: abs(item[1].estimate - estimate.estimate))
    finding = _finding(estimate, [found for _, found in left])
    values: dict[str, Value] = {
        "p_estimate": estimate.p_value,
        "p_low": min(found.p_value for _, found in left),
        "p_high": max(found.p_value for _, found in left),
        "left_out": len(left),
        "kind": part.kind,
    }
    return Check(
        name="leave_one_out",
        subject=cell.promise.id,
        verdict="passed" if finding == "stable" else "attention",
        statistic=furthest.estimate,
        p_value=None,
        sentence=f"check.leave_one_out.{finding}",
        values=values,
        columns=COLUMNS,
        rows=tuple(_row(part, found, sample, inside) for part, found in left),
    )


def without(sample: Sample, cell: Cell, rows: Bools) -> Estimate | NotEstimable | None:
    """Estimate without some units; None where nobody of them is there, or nobody is left."""
    stay = np.bincount(sample.blocks[~rows], minlength=len(sample.block_names))
    # A block that leaves whole takes its share with it; another keeps what the draw gave it.
    shares = np.where(stay > 0, sample.shares, 0.0)
    if not rows.any() or not shares.any():
        return None
    kept = replace(sample.only(~rows), shares=shares / shares.sum())
    found = answer(cell.promise.estimator, kept)
    return found if isinstance(found, NotEstimable) else found.estimate


def _finding(estimate: Estimate, left: list[Estimate]) -> str:
    """Say whether an omission changes the decision, or the sign of something found.

    A sign that changes within an estimate's own uncertainty is no finding: of an effect near zero
    every omission may change it.
    """
    is_found = _is_found(estimate, estimate)
    if any(_is_found(each, estimate) != is_found for each in left):
        return "decision"
    if is_found and any(each.estimate * estimate.estimate < 0 for each in left):
        return "sign"
    return "stable"


def _is_found(found: Estimate, promised: Estimate) -> bool:
    """Say whether an estimate is told from zero, by the yardstick of the promised one.

    Where the promise's interval holds for its whole family, its critical value is kept.
    """
    low, high = promised.conf_low_adjusted, promised.conf_high_adjusted
    if low is None or high is None:
        return found.p_value < 1 - promised.level
    critical = (high - low) / 2 / promised.std_error
    return abs(found.estimate) > critical * found.std_error


def _row(part: Part, found: Estimate, sample: Sample, inside: Bools) -> tuple[Plain, ...]:
    rows = part.rows[inside] & sample.observed
    counts = [
        int(np.sum(rows & (sample.arms == arm) & is_counted))
        for is_counted in (np.ones_like(rows), sample.outcome != 0)
        for arm in (sample.target, REFERENCE)
    ]
    return (part.kind, part.name, found.estimate, found.std_error, found.p_value, *counts)


CHECKS.register("leave_one_out")(CheckRule(reads=(Estimates,), run=leave_one_out))
