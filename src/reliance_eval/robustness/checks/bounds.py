"""Bounds: what the missing outcomes could hide, and whether a conclusion stands up to them.

For each primary outcome at each horizon that somebody lacks, and for any other that one arm lacks
much more often than another: complete cases, inverse-probability weights, Lee's bounds (plain, and
tightened within the levels of one variable), worst cases, and the path from the first to the last.
"""

from __future__ import annotations

from dataclasses import replace

import narwhals.stable.v2 as nw
import numpy as np

from reliance_eval.eligibility.deriving import BAND
from reliance_eval.estimation.arrays import Ints
from reliance_eval.estimation.columns import categories
from reliance_eval.estimation.estimates import Estimate, NotEstimable, Promise
from reliance_eval.estimation.promising import Cell as Asked
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.sampling import Panelled
from reliance_eval.estimation.unestimable import Unestimable
from reliance_eval.language.catalogue import Value
from reliance_eval.lottery import Draw
from reliance_eval.panel import Panel
from reliance_eval.protocol.model import Analysis, Outcome
from reliance_eval.robustness.bounds.asking import named
from reliance_eval.robustness.bounds.confronting import Breakdown, confront
from reliance_eval.robustness.bounds.responding import response_of
from reliance_eval.robustness.bounds.worst_cases import Support
from reliance_eval.robustness.check import CHECKS, Cell, Check, CheckRule
from reliance_eval.robustness.tolerating import tolerated_gap

COLUMNS = ("method", "share", "lower", "upper", "conf_low", "conf_high")
"""``share``: of the missing, those that may be anything, along the path to the worst cases."""

EARLY = 0.1
"""A conclusion that falls before one missing outcome in ten may be anything calls for a look: a
convention of ours, no more (``docs/decisions``)."""


def bounds(panel: Panel) -> tuple[Check, ...]:
    """Confront the complete cases of each primary outcome and horizon with what is missing."""
    draw: Draw = panel.nearest(Draw)
    panelled = Panelled(panel)
    several = len(draw.arms) > 2
    found = []
    for outcome in draw.protocol.clauses.outcomes:
        for horizon in outcome.horizons_months:
            for arm in draw.arms:
                if arm == draw.reference:
                    continue
                subject = f"{outcome.name}.{horizon}" + (f".{arm}" if several else "")
                asked = _asked(draw, outcome, horizon, arm)
                if outcome.role == "primary" or _is_apart(panelled, asked):
                    found.append(_check(subject, panel, panelled, asked=asked, outcome=outcome))
    return tuple(found)


def _is_apart(panelled: Panelled, asked: Asked) -> bool:
    """Say whether response differs between the two arms beyond what is tolerated."""
    try:
        response = response_of(panelled.sample(asked))
    except Unestimable:
        return False
    arm, reference = response.rates
    return abs(arm - reference) > tolerated_gap(float(np.mean(~response.known)))


def _asked(draw: Draw, outcome: Outcome, horizon: int, arm: str) -> Asked:
    clauses = draw.protocol.clauses
    promise = Promise(
        id="",
        outcome=outcome.name,
        horizon_months=horizon,
        estimand="itt",
        estimator="blocked",
        arm=arm,
        reference=draw.reference,
        level=clauses.inference.level,
    )
    covariates = tuple(item.variable for item in clauses.covariates)
    return Asked(promise, Analysis(estimand="itt"), (), covariates)


def _check(
    subject: str, panel: Panel, panelled: Panelled, *, asked: Asked, outcome: Outcome
) -> Check:
    nothing = Check(name="bounds", subject=subject, verdict="not_run", sentence="")
    try:
        sample = panelled.sample(asked)
    except Unestimable as refusal:
        told = "not_yet" if refusal.reason == "not_yet_observed" else "no_answer"
        return replace(nothing, sentence=f"check.bounds.{told}")
    if sample.n_missing == 0:
        return replace(nothing, verdict="passed", sentence="check.bounds.complete")
    try:
        support = _support(sample, outcome, least=panel.protocol.clauses.disclosure.min_units)
        cells = _cells(panel, panelled, asked)
        found = confront(sample, cells=cells, support=support)
    except Unestimable:
        return replace(nothing, sentence="check.bounds.no_answer")
    promise = asked.promise
    names = {"outcome": promise.outcome, "arm": promise.arm, "reference": promise.reference}
    return _told(nothing, named(found, names))


def _support(sample: Sample, outcome: Outcome, *, least: int) -> Support:
    """Give what an outcome may be: 0 and 1, or the means of the least and of the largest values.

    One person's value, the largest there is, would be read off a bound: as many values make an end
    as the disclosure rules ask of a mean.
    """
    if outcome.is_share:
        return 0.0, 1.0
    seen = np.sort(sample.outcome[sample.observed & sample.compared])
    k = min(least, len(seen))
    return float(seen[:k].mean()), float(seen[-k:].mean())


def _cells(panel: Panel, panelled: Panelled, asked: Asked) -> Ints | None:
    """Give the levels of one variable of the protocol: few cells are large enough to help.

    The first that has levels among those of subgroups, then of blocks; none where none has.
    """
    clauses = panel.protocol.clauses
    for name in (*(item.variable for item in clauses.subgroups), *clauses.lottery.blocks):
        if f"{name}{BAND}" in panelled.units:
            column = nw.from_native(panelled.units[f"{name}{BAND}"], series_only=True)
            return categories(column).codes[panelled.rows(asked)]
    return None


def _told(check: Check, found: Breakdown) -> Check:
    rows = [_row(name, None, *ends) for name, ends in _answers(found).items()]
    rows += [
        _row("path", one.share, one.lower, one.upper, one.conf_low, one.conf_high)
        for one in found.curve
    ]
    sentence = _sentence(found)
    is_sound = sentence in ("stands", "stands_always", "nothing")
    complete = found.complete
    values: dict[str, Value] = {
        "effect": complete.estimate if isinstance(complete, Estimate) else None,
        "effect_low": found.lee.lower,
        "effect_high": found.lee.upper,
        "effect_conf_low": found.lee.conf_low,
        "effect_conf_high": found.lee.conf_high,
        "effect_worst_low": found.worst_case.lower,
        "effect_worst_high": found.worst_case.upper,
        "level": found.lee.level,
        "portion": found.share,
    }
    return replace(
        check,
        verdict="passed" if is_sound else "attention",
        sentence=f"check.bounds.{sentence}",
        values=values,
        columns=COLUMNS,
        rows=tuple(rows),
    )


def _sentence(found: Breakdown) -> str:
    if isinstance(found.complete, NotEstimable):
        return "alone"
    if not found.has_conclusion:
        return "nothing"
    if not found.survives_lee:
        return "broken"
    if found.share is None:
        return "stands_always"
    return "early" if found.share < EARLY else "stands"


def _answers(found: Breakdown) -> dict[str, tuple[float | None, ...]]:
    """Give each method's bounds and interval; an estimate is both its bounds."""
    answers: dict[str, tuple[float | None, ...]] = {}
    for name, one in (("complete_cases", found.complete), ("weighted", found.weighted)):
        if not isinstance(one, NotEstimable):
            answers[name] = (one.estimate, one.estimate, one.conf_low, one.conf_high)
    for bounded in (found.lee, found.tightened, found.worst_case):
        if bounded is not None:
            ends = (bounded.lower, bounded.upper, bounded.conf_low, bounded.conf_high)
            answers[bounded.method] = ends
    return answers


def _row(method: str, share: float | None, *ends: float | None) -> tuple[Cell, ...]:
    return (method, share, *ends)


CHECKS.register("bounds")(CheckRule(reads=(Panel,), run=bounds))
