"""Lee's bounds on a bare data frame, or on a panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reliance_eval.estimation.arrays import Ints
from reliance_eval.estimation.designed import Data
from reliance_eval.estimation.sample import Sample
from reliance_eval.robustness.bounds.asking import by_arm, cells_named, frame_asked
from reliance_eval.robustness.bounds.bounded import Bounds, bounds_of
from reliance_eval.robustness.bounds.responding import response_of
from reliance_eval.robustness.bounds.trimming import trimmed_ends


def lee_bounds(  # noqa: PLR0913 (the signature is a contract)
    data: Data,
    *,
    outcome: str,
    offer: str | None = None,
    blocks: str | Sequence[str] | None = None,
    clusters: str | None = None,
    tighten: str | Sequence[str] = (),
    reference: object = None,
    level: float = 0.95,
    horizon_months: int | None = None,
) -> Any:
    """Bound the effect on those whose outcome is known in either arm (Lee 2009).

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame, or Panel
        One row a unit drawn, with or without an outcome. A panel brings its own design.
    outcome, offer : str
        Columns; the outcome is missing (NaN, null) for who did not respond.
    blocks, clusters, reference, horizon_months
        As in ``itt``: response rates and means weigh each block by its share of those drawn.
    tighten : str or sequence of str
        Variables known before the draw within whose cells outcomes are trimmed: bounds are never
        wider for it, but for chance, which small cells are full of: a few large ones serve best. A
        number of more than ten values is cut at its quartiles; a cell with fewer than two units of
        an arm joins others.
    level : float
        Of the interval, which holds the effect and not the whole set of effects.

    Returns
    -------
    Bounds or NotEstimable, or a tuple of them
        One a compared arm: a tuple where there are three arms or more.

    Notes
    -----
    Tie rule: exact fractional trimming. A mass of known outcomes is trimmed, and the unit on its
    border counts in part; equal outcomes share what is trimmed.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"z": [1] * 5 + [0] * 5, "y": [1.0, 2, 3, 4, 5, 1, 2, 3, 4, None]})
    >>> found = lee_bounds(frame, outcome="y", offer="z")
    >>> round(found.lower, 2), round(found.upper, 2), round(found.trimmed_share, 2)
    (0.0, 1.0, 0.2)
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
    )
    cells = cells_named(data, frame, tighten)
    return by_arm(frame, lambda sample: lee(sample, cells))


def lee(sample: Sample, cells: Ints | None = None) -> Bounds:
    """Give Lee's bounds of a sample.

    Parameters
    ----------
    sample : Sample
    cells : array of int (n,), optional
        Cell of each unit of the sample.

    Raises
    ------
    Unestimable
        An arm without a known outcome, outcomes without variation, or no variance.
    """
    response = response_of(sample)
    ends = trimmed_ends(response, None if cells is None else cells[response.rows])
    return bounds_of(ends, "lee" if cells is None else "lee_tightened", level=sample.level)
