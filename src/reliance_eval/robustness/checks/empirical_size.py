"""Empirical size: how often the promised analyses find an effect when the offer is permuted.

The lottery is held again by its own code, the pipeline is put to each of these offers, which did
nothing to anybody, and its small p-values are counted. A pipeline that keeps its level finds p
under 5 % about once in twenty; a family, once corrected, finds one or more as seldom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt

import numpy as np

from reliance_eval.estimation import Estimates
from reliance_eval.estimation.adjusting import ALONE
from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.estimates import Promise
from reliance_eval.estimation.families import (
    BY_REDRAWS,
    families_of,
    is_still_to_come,
    smallest_adjusted,
)
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.promising import promises
from reliance_eval.estimation.redraws.asking import Questions, of_the_offer, questions
from reliance_eval.estimation.redraws.reassigning import Question
from reliance_eval.estimation.redraws.replaying import Codes, Replay, replay_of
from reliance_eval.estimation.sample import REFERENCE
from reliance_eval.estimation.sampling import Panelled
from reliance_eval.lottery import Draw
from reliance_eval.robustness.check import CHECKS, Check, CheckRule
from reliance_eval.robustness.permuting import asked, permuted_p

OFFERS = 200
"""Permuted offers: they place a size of 0.05 within 0.015 (one Monte-Carlo error), in seconds."""

PART = 10
"""One re-draw of the protocol in so many is rehearsed: few are asked for where few are wanted."""

SLACK = 0.01
"""How far a size may pass its level where all assignments are enumerated: p-values are then few,
and jump over it."""


@dataclass(frozen=True, eq=False)
class _Rehearsal:
    """The p-values of every promise over the same permuted offers."""

    estimates: Estimates

    @cached_property
    def replay(self) -> Replay:
        """The lottery, to be held again some hundreds of times."""
        whole = replay_of(self._draw, stream="empirical_size")
        return replace(whole, redraws=max(1, min(OFFERS, whole.redraws // PART)))

    @cached_property
    def _draw(self) -> Draw:
        draw: Draw = self.estimates.nearest(Draw)
        return draw

    @cached_property
    def offers(self) -> Codes:
        """Permuted offers, (r, n), in the codes of samples: the reference is 0."""
        arms = self._draw.arms
        others = iter(range(1, len(arms)))
        codes = [REFERENCE if arm == self._draw.reference else next(others) for arm in arms]
        drawn = np.concatenate(list(self.replay.chunks()))
        found: Codes = np.asarray(codes, dtype=np.int8)[drawn]
        return found

    @cached_property
    def questions(self) -> Questions:
        """What the promises with a number ask; a LATE has the test of its effect of the offer."""
        estimated = {each.promise.id for each in self.estimates.estimated if each.promise}
        cells = [cell for cell in promises(self._draw) if cell.promise.id in estimated]
        asked_for = questions(cells, Panelled(self.estimates.parent))
        return {ids: of_the_offer(question) for ids, question in asked_for.items()}

    @cached_property
    def p(self) -> dict[str, Floats]:
        """By promise, its p-value under each offer; NaN where it then has no number."""
        df = {each.promise.id: each.df for each in self.estimates.estimated if each.promise}
        found: dict[str, Floats] = {}
        answered: dict[tuple[object, ...], Floats] = {}
        for ids, question in self.questions.items():
            own = np.array([df[name] for name in ids])
            same = (*_asked_for(question), own.tobytes())
            if same not in answered:
                answered[same] = permuted_p(question, self.offers, own).T
            found |= dict(zip(ids, answered[same], strict=True))
        return found

    def finding(self, name: str, row: int) -> Finding | None:
        """Give the whole answer to a promise under one offer; None where there is none."""
        ids, question = next((i, q) for i, q in self.questions.items() if name in i)
        codes = self.offers[row, question.rows]
        return asked(question.estimator, question.samples[ids.index(name)], codes)

    def finds_in(self, row: int, members: Sequence[str], method: str, promised: int) -> bool:
        """Say whether the corrected family finds something under one offer."""
        alpha = _alpha(self.estimates)
        p = np.array([self.p[name][row] for name in members])
        if not np.any(p <= alpha):
            return False
        if method == "none" or promised * np.nanmin(p) <= alpha:
            return True
        if method in ALONE:
            return bool(ALONE[method](p[~np.isnan(p)]).min() <= alpha)
        if method != "max-t":
            return False
        answers = {name: self.finding(name, row) for name in members}
        findings = {name: found for name, found in answers.items() if found is not None}
        return smallest_adjusted(findings, "max-t", promised) <= alpha


def empirical_size(estimates: Estimates) -> tuple[Check, ...]:
    """Give the size of every promise over permuted offers, then of each corrected family."""
    rehearsal = _Rehearsal(estimates)
    found = [_of_promise(rehearsal, name) for name in estimates.order]
    return (*found, *_of_families(rehearsal))


def _asked_for(question: Question) -> tuple[object, ...]:
    """Give what tells two questions apart: most LATEs ask what an effect of the offer asks."""
    first = question.samples[0]
    outcomes = (sample.outcome.tobytes() for sample in question.samples)
    how = (question.estimator, first.target, first.variance, first.convention)
    return (*how, question.rows.tobytes(), first.covariates.tobytes(), *outcomes)


def _of_promise(rehearsal: _Rehearsal, name: str) -> Check:
    if name not in rehearsal.p:
        return _not_run(name, "not_rehearsed")
    alpha = _alpha(rehearsal.estimates)
    size = float(np.mean(rehearsal.p[name] <= alpha))
    return _check(rehearsal, name, size, "promise")


def _of_families(rehearsal: _Rehearsal) -> list[Check]:
    """Give one finding a family of effects of the offer; a LATE has the offer's p-values."""
    estimates = rehearsal.estimates
    by_id = {each.promise.id: each for each in estimates.answers if each.promise}
    promised = [each.promise for each in by_id.values() if each.promise is not None]
    found = []
    for family in families_of(promised):
        members = [each.id for each in family if each.id in rehearsal.p]
        if family[0].estimand == "late" or not members:
            continue
        is_open = any(is_still_to_come(by_id[each.id]) for each in family)
        asked_for = estimates.protocol.clauses.inference.adjust
        method = "bonferroni" if is_open and asked_for != "none" else asked_for
        subject = _name(family[0])
        if method in BY_REDRAWS:
            found.append(_not_run(subject, "by_redraws"))
            continue
        rows = range(len(rehearsal.offers))
        finds = [rehearsal.finds_in(row, members, method, len(family)) for row in rows]
        found.append(_check(rehearsal, subject, float(np.mean(finds)), "family"))
    return found


def _name(promise: Promise) -> str:
    return f"{promise.family}.{promise.estimand}.{promise.estimator}"


def _check(rehearsal: _Rehearsal, subject: str, size: float, kind: str) -> Check:
    alpha, count = _alpha(rehearsal.estimates), len(rehearsal.offers)
    error = None if rehearsal.replay.is_exact else sqrt(alpha * (1 - alpha) / count)
    is_kept = size <= alpha + SLACK if error is None else _is_luck(size, alpha, count)
    sentence = f"{kind}_{'kept' if is_kept else 'passed'}"
    return Check(
        name="empirical_size",
        subject=subject,
        verdict="passed" if is_kept else "attention",
        statistic=size,
        monte_carlo_error=error,
        redraws=count,
        sentence=f"check.empirical_size.{sentence}",
        values={"size_rate": size, "level_rate": alpha, "redraws": count},
    )


def _is_luck(size: float, alpha: float, count: int) -> bool:
    """Say whether sampling the offers explains a size above its level, three errors being allowed.

    Few of many offers are no normal law: the tail beyond three errors is the binomial's own.
    """
    from scipy.special import bdtrc, ndtr

    found = round(size * count)
    return bool(found == 0 or bdtrc(found - 1, count, alpha) >= ndtr(-3.0))


def _not_run(subject: str, why: str) -> Check:
    return Check(
        name="empirical_size",
        subject=subject,
        verdict="not_run",
        sentence=f"check.empirical_size.{why}",
    )


def _alpha(estimates: Estimates) -> float:
    return 1 - estimates.protocol.clauses.inference.level


CHECKS.register("empirical_size")(CheckRule(reads=(Estimates,), run=empirical_size))
