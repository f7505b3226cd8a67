"""From complete cases to worst cases, on a bare data frame or on a panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reliance_eval.estimation.designed import Data
from reliance_eval.estimation.framing import names_of
from reliance_eval.robustness.bounds.asking import by_arm, cells_named, frame_asked
from reliance_eval.robustness.bounds.confronting import confront
from reliance_eval.robustness.bounds.worst_cases import checked_support


def breakdown(  # noqa: PLR0913 (as ``lee_bounds``)
    data: Data,
    *,
    outcome: str,
    offer: str | None = None,
    blocks: str | Sequence[str] | None = None,
    clusters: str | None = None,
    covariates: str | Sequence[str] = (),
    tighten: str | Sequence[str] = (),
    support: Sequence[float] | None = None,
    reference: object = None,
    level: float = 0.95,
    horizon_months: int | None = None,
) -> Any:
    """Ask how much must be wrong with the missing outcomes to overturn a conclusion.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame, or Panel
        One row a unit drawn, with or without an outcome. A panel brings its own design.
    outcome, offer, blocks, clusters, tighten, reference, level, horizon_months
        As in ``lee_bounds``.
    covariates : str or sequence of str
        Known before the draw: the inverse-probability weights are a logit of them, arm by arm.
    support : two numbers, optional
        As in ``worst_case_bounds``.

    Returns
    -------
    Breakdown or NotEstimable, or a tuple of them
        ``tidy()`` gives complete cases, weights, Lee's bounds and worst cases, one a row.

    Examples
    --------
    >>> import pandas as pd
    >>> outcomes = [4.0, 5, 4, 5, 6, 5, None, 5, 1, 2, 1, 2, 3, None, 2, 1]
    >>> frame = pd.DataFrame({"z": [1] * 8 + [0] * 8, "y": outcomes})
    >>> found = breakdown(frame, outcome="y", offer="z", support=(0, 10))
    >>> found.has_conclusion, found.survives_lee, found.share is not None
    (True, True, True)
    """
    frame = frame_asked(
        data,
        outcome=outcome,
        offer=offer,
        blocks=blocks,
        clusters=clusters,
        reference=reference,
        level=level,
        horizon_months=horizon_months,
        covariates=names_of(covariates),
    )
    cells = cells_named(data, frame, tighten)
    given = None if support is None else checked_support(support, frame.sample)
    return by_arm(frame, lambda sample: confront(sample, cells=cells, support=given))
