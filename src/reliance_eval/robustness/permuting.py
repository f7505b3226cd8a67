"""The p-values that the pipeline would have given, had the lottery come out otherwise.

Most are had for many assignments at once: the statistic of a re-draw with the degrees of freedom
of the estimate. Where an assignment would bring another rule in (a block with an arm of one, a
rare outcome), and for estimators without a formula by assignment, the estimator itself is asked.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reliance_eval.estimation import NotEstimable
from reliance_eval.estimation.arrays import Bools, Floats
from reliance_eval.estimation.estimator import answer
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.rare_events import FEW, SMALL_SHARE, is_binary
from reliance_eval.estimation.redraws.reassigning import Question, reassigned
from reliance_eval.estimation.redraws.replaying import Codes
from reliance_eval.estimation.sample import REFERENCE, Sample

FEWEST = 2
"""Units of an arm in a block from which its variance is the block's own."""


def permuted_p(question: Question, assigned: Codes, df: Floats) -> Floats:
    """Give the p-value of each sample of a question under each assignment.

    Parameters
    ----------
    question : Question
    assigned : array (r, n)
        Codes of the samples' arms, 0 the reference, of all drawn units.
    df : array (m,)
        Degrees of freedom of each estimate as drawn.

    Returns
    -------
    array (r, m)
        NaN where the estimator has no answer.
    """
    from scipy.special import stdtr

    codes = assigned[:, question.rows]
    found = np.full((len(codes), len(question.samples)), np.nan)
    is_plain = _plain(question, codes)
    if is_plain.any():
        arms = range(int(assigned.max()) + 1)
        statistics = reassigned(question, assigned, arms=arms).studentised
        found = np.where(is_plain, 2 * stdtr(df, -np.abs(statistics)), np.nan)
    for row, column in np.argwhere(~is_plain):
        given = asked(question.estimator, question.samples[column], codes[row])
        if given is not None:
            found[row, column] = given.estimate.p_value
    return found


def asked(estimator: str, sample: Sample, codes: Codes) -> Finding | None:
    """Ask an estimator for its answer under an assignment; None where it has none."""
    given = answer(estimator, replace(sample, arms=codes.astype(np.int64)))
    return None if isinstance(given, NotEstimable) else given


def _plain(question: Question, codes: Codes) -> Bools:
    """Say under which assignments the formula by assignment is the estimator's own, (r, m)."""
    shape = (len(codes), len(question.samples))
    first = question.samples[0]
    # Names alone, and clusters, have degrees of freedom that change from draw to draw.
    if first.is_clustered or first.convention or first.variance is not None:
        return np.zeros(shape, dtype=np.bool_)
    if question.estimator == "lin":
        return np.ones(shape, dtype=np.bool_)
    if question.estimator != "blocked" or len(np.unique(first.blocks)) < 2:
        return np.zeros(shape, dtype=np.bool_)
    outcomes = np.column_stack([sample.outcome for sample in question.samples])
    known = ~np.isnan(outcomes)
    plain = np.ones(shape, dtype=np.bool_)
    events = np.zeros((2, 2, *shape))
    for arm, code in enumerate((first.target, REFERENCE)):
        inside = (codes == code).astype(np.float64)
        for block in np.unique(first.blocks):
            own = first.blocks == block
            plain &= inside[:, own] @ known[own].astype(np.float64) >= FEWEST
        for answer_, is_it in enumerate((outcomes == 0.0, outcomes == 1.0)):
            events[arm, answer_] = inside @ is_it.astype(np.float64)
    is_yes_or_no = np.array([is_binary(column) for column in outcomes.T])
    few = (events < FEW) & (events < SMALL_SHARE * events.sum(axis=1, keepdims=True))
    plain &= ~(is_yes_or_no & few.any(axis=(0, 1)))
    return plain
