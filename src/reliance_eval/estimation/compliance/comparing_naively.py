"""What a naive comparison would have said, beside what the lottery says: one table, one place.

As-treated and per-protocol comparisons set people who chose apart from people who did not. They are
computed nowhere else, have no name among the estimators, and never enter ``Estimates``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats
from reliance_eval.estimation.compliance.naive_table import NaiveComparisons, row_of
from reliance_eval.estimation.compliance.profiling import binary_take_up
from reliance_eval.estimation.designed import Data, framed, take_up_of
from reliance_eval.estimation.each_arm import by_arm
from reliance_eval.estimation.estimates import Answer, NotEstimable
from reliance_eval.estimation.estimator import answer
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.framing import Columns, check_variance, names_of
from reliance_eval.estimation.sample import REFERENCE, Sample
from reliance_eval.estimation.variance import REGRESSION

Said: TypeAlias = NaiveComparisons | NotEstimable


def naive_comparisons(  # noqa: PLR0913 (one keyword a column, as in itt)
    data: Data,
    *,
    outcome: str,
    offer: str | None = None,
    take_up: str | None = None,
    blocks: str | Sequence[str] | None = None,
    clusters: str | None = None,
    covariates: str | Sequence[str] = (),
    variance: str | None = None,
    weights: str | None = None,
    probability: str | None = None,
    reference: object = None,
    level: float = 0.95,
    horizon_months: int | None = None,
) -> Said | tuple[Said, ...]:
    """Show what a naive comparison would have said, beside ITT and LATE.

    Comparing those who took part with those who did not mixes what the programme did with why
    people took part. The table shows by how much, on the same people; its rows other than ITT and
    LATE are no effects, and nothing else in the package computes them.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame, or Panel
        One row a unit. Rows without an outcome or a take-up are left out of every comparison.
    outcome, offer, take_up : str
        Columns; take-up is 0 or 1. A panel's outcome alone is named.
    blocks, clusters, variance, weights, probability, reference, level, horizon_months
        As in ``itt``. The naive rows ignore blocks and weights, as a naive reader would.
    covariates : str or sequence of str
        With them ITT and LATE are Lin's (``lin``, ``wald_lin``), and naive comparisons are
        additive regressions on them.

    Returns
    -------
    NaiveComparisons or NotEstimable
        A tuple of them, one an arm, where the offer has three arms or more.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {
    ...         "z": [0, 0, 0, 0, 1, 1, 1, 1],
    ...         "d": [0, 0, 0, 0, 1, 1, 0, 0],
    ...         "y": [1.0, 2.0, 7.0, 8.0, 7.0, 8.0, 1.0, 2.0],
    ...     }
    ... )
    >>> found = naive_comparisons(frame, outcome="y", offer="z", take_up="d")
    >>> found.tidy().set_index("comparison")["estimate"][["itt", "late", "as_treated"]].tolist()
    [0.0, 0.0, 4.0]
    """
    columns = Columns(
        outcome=outcome,
        offer=offer or "",
        take_up=take_up_of(data, take_up),
        blocks=names_of(blocks),
        clusters=clusters,
        weights=weights,
        probability=probability,
        covariates=names_of(covariates),
    )
    frame = framed(
        data,
        columns,
        reference=reference,
        variance=variance,
        level=level,
        horizon_months=horizon_months,
    )
    check_variance(frame.sample, "wald_lin" if columns.covariates else "wald")
    found = by_arm(frame, _said)
    return found[0] if len(found) == 1 else found


def _said(sample: Sample) -> NaiveComparisons:
    """Answer for one arm.

    Raises
    ------
    Unestimable
        ``take_up_unknown``, ``no_take_up``, ``take_up_not_binary``.
    """
    taken = binary_take_up(sample)
    # Every row is about the same people.
    seen = replace(sample, outcome=np.where(np.isfinite(taken), sample.outcome, np.nan))
    adjusts = bool(sample.covariate_names)
    rows = [
        row_of("itt", _answer("lin" if adjusts else "blocked", seen), is_randomised=True),
        row_of("late", _answer("wald_lin" if adjusts else "wald", seen), is_randomised=True),
    ]
    for name, (one, other) in _sides(seen, taken).items():
        found = _answer("ancova" if adjusts else "blocked", _set(seen, one, other))
        rows.append(row_of(name, found))
    return NaiveComparisons(rows=tuple(rows), level=sample.level)


def _answer(estimator: str, sample: Sample) -> Answer:
    found = answer(estimator, sample)
    return found.estimate if isinstance(found, Finding) else found


def _sides(sample: Sample, taken: Floats) -> dict[str, tuple[Bools, Bools]]:
    """Give who is compared with whom."""
    took, refused = taken == 1.0, taken == 0.0
    offered, reference = sample.arms == sample.target, sample.arms == REFERENCE
    return {
        "as_treated": (took, refused),
        "per_protocol": (offered & took, reference & refused),
        "participants_refusers": (offered & took, offered & refused),
        "participants_reference": (offered & took, reference),
    }


def _set(sample: Sample, one: Bools, other: Bools) -> Sample:
    """Give two sides as if they were arms, in one block: what the naive reader sees."""
    rows = (one | other) & sample.observed
    variance = sample.variance if sample.variance in REGRESSION else None
    kept = replace(sample, variance=variance, weights=None, take_up=None).only(rows)
    return replace(
        kept,
        arms=one[rows].astype(np.int64),
        target=1,
        blocks=np.zeros(int(rows.sum()), dtype=np.int64),
        block_names=("-",),
        shares=np.ones(1),
        notes=(),
        note_values={},
    )
