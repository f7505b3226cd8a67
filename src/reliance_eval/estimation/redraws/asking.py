"""Which promises the same re-draws answer: one question for those that differ by outcome alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from reliance_eval.estimation.estimator import ESTIMATORS
from reliance_eval.estimation.promising import Cell
from reliance_eval.estimation.redraws.reassigning import Question
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.sampling import Panelled

OFFER_OF = {"wald": "blocked", "wald_lin": "lin"}
"""The effect of the offer whose test a LATE's is: Anderson and Rubin's at zero effect."""

Questions: TypeAlias = dict[tuple[str, ...], Question]
"""Questions by the promises they answer, in order."""


def questions(cells: Sequence[Cell], panelled: Panelled) -> Questions:
    """Put together the promises that differ by outcome and horizon alone.

    Promises that no re-draw can answer, because the draw does not say all a re-draw needs, are
    left out.
    """
    groups: dict[tuple[object, ...], list[Cell]] = defaultdict(list)
    for cell in cells:
        # All that an analysis asks for, but not the outcomes it is asked of.
        analysis = cell.analysis.model_copy(update={"outcomes": ()})
        promise = cell.promise
        key = (promise.estimator, promise.arm, cell.subgroup, cell.covariates, repr(analysis))
        # Horizons that not all waves reached are asked of other units.
        groups[*key, panelled.rows(cell).tobytes()].append(cell)
    asked: Questions = {}
    for group in groups.values():
        question = Question(
            estimator=group[0].promise.estimator,
            samples=tuple(_sample(cell, panelled) for cell in group),
            rows=panelled.rows(group[0]),
        )
        if question.is_replayable:
            asked[tuple(cell.promise.id for cell in group)] = question
    return asked


def of_the_offer(question: Question) -> Question:
    """Give the question whose test is a LATE's: the offer's effect on those whose take-up is known.

    A LATE by an estimator that has no such counterpart is asked itself, and answers with its test.
    """
    offer = OFFER_OF.get(question.estimator)
    if offer is None:
        return question
    samples = tuple(
        replace(each, outcome=np.where(each.observed, each.outcome, np.nan), take_up=None)
        for each in question.samples
    )
    return replace(question, estimator=offer, samples=samples)


def _sample(cell: Cell, panelled: Panelled) -> Sample:
    sample = panelled.sample(cell)
    if ESTIMATORS[cell.promise.estimator].uses_covariates:
        return sample
    return sample.without_covariates()
