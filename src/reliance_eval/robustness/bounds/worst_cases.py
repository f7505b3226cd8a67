r"""Worst cases: every missing outcome where it would do the most harm, or a share of them.

No assumption but the support: the missing outcomes of the arm are all at its low end and those of
the reference at its high end, or the reverse (Manski 1990; for a trial, Horowitz and Manski 2000).
Where only a share of the missing may be anything and the others are like those known of their
block and arm (contaminated data, Horowitz and Manski 1995), bounds are linear in that share: from
complete cases at 0 to the worst cases at 1.

A cell (a block's units of one arm) with response rate r, mean m of the known outcomes and end e of
the support has mean :math:`m + \lambda (1 - r)(e - m)`, which is linear in what its units show.

References
----------
Manski (1990), American Economic Review 80(2), 319-323.
Horowitz and Manski (1995), Econometrica 63(2), 281-302; (2000), JASA 95(449), 77-84.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.designed import Data
from reliance_eval.estimation.sample import Sample
from reliance_eval.robustness.bounds.asking import by_arm, frame_asked
from reliance_eval.robustness.bounds.bounded import Bounds, Ends, bounds_of
from reliance_eval.robustness.bounds.responding import Response, response_of

Support = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Bounds as a function of the share of the missing that may be anything.

    Attributes
    ----------
    start, slope : array (2,)
        The lower and the upper bound at 0, and what they gain from 0 to 1.
    start_influence, slope_influence : array (2, g)
        The same of what each unit contributes.
    df : float
    support : tuple of float
    about : mapping
    """

    start: Floats
    slope: Floats
    start_influence: Floats
    slope_influence: Floats
    df: float
    support: Support
    about: dict[str, Any]

    def at(self, share: float, *, level: float) -> Bounds:
        """Give the bounds where this share of the missing may be anything."""
        ends = Ends(
            self.start + share * self.slope,
            self.start_influence + share * self.slope_influence,
            self.df,
            self.about | {"share": share, "support": self.support},
        )
        return bounds_of(ends, "worst_case" if share == 1.0 else "contaminated", level=level)


def worst_case_bounds(  # noqa: PLR0913 (as ``lee_bounds``)
    data: Data,
    *,
    outcome: str,
    offer: str | None = None,
    blocks: str | Sequence[str] | None = None,
    clusters: str | None = None,
    support: Sequence[float] | None = None,
    share: float = 1.0,
    reference: object = None,
    level: float = 0.95,
    horizon_months: int | None = None,
) -> Any:
    """Bound the effect on all drawn, whatever the missing outcomes are (Manski).

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame, or Panel
        One row a unit drawn, with or without an outcome. A panel brings its own design.
    outcome, offer, blocks, clusters, reference, level, horizon_months
        As in ``lee_bounds``.
    support : two numbers, optional
        The least and the most an outcome can be; by default 0 and 1 where outcomes are zeros and
        ones, else the least and the most of those known, which is an assumption.
    share : float
        Of the missing outcomes, the share that may be anything (1: worst cases); the others are
        like those known of their block and arm.

    Returns
    -------
    Bounds or NotEstimable, or a tuple of them

    Raises
    ------
    ProtocolError
        ``share`` is not between 0 and 1, or known outcomes lie outside ``support``.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"z": [1] * 4 + [0] * 4, "y": [1, 1, 0, None, 0, 1, 0, None]})
    >>> found = worst_case_bounds(frame, outcome="y", offer="z")
    >>> found.lower, found.upper, found.support
    (0.0, 0.5, (0.0, 1.0))
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
    check_share(share)
    given = None if support is None else checked_support(support, frame.sample)
    return by_arm(
        frame,
        lambda sample: line_of(response_of(sample), support=given).at(share, level=sample.level),
    )


def check_share(share: float) -> None:
    """Refuse a share that is none.

    Raises
    ------
    ProtocolError
    """
    if not 0.0 <= share <= 1.0:
        raise ProtocolError(Fault("E-BOUNDS-SHARE", "share", {"share": share}))


def checked_support(support: Sequence[float], sample: Sample) -> Support:
    """Give a support that holds all known outcomes.

    Raises
    ------
    ProtocolError
    """
    seen = sample.outcome[np.isfinite(sample.outcome)]
    ends = [float(end) for end in support]
    is_wide = len(ends) == 2 and ends[0] < ends[1]
    if not is_wide or (len(seen) and (seen.min() < ends[0] or seen.max() > ends[1])):
        raise ProtocolError(Fault("E-BOUNDS-SUPPORT", "support"))
    return ends[0], ends[1]


def support_of(outcome: Floats) -> Support:
    """Give what an outcome may be: 0 and 1, or the least and the most of those known."""
    if np.isin(outcome, (0.0, 1.0)).all():
        return 0.0, 1.0
    return float(outcome.min()), float(outcome.max())


def line_of(response: Response, *, support: Support | None = None) -> Line:
    """Give the bounds of a sample from complete cases to worst cases.

    Parameters
    ----------
    response : Response
    support : tuple of float, optional
    """
    known = response.known
    least, most = support or support_of(response.outcome[known])
    place = response.cells.codes
    rate, mean = _cells(response)
    r, m = rate[place], mean[place]
    own = np.where(known, response.outcome - m, 0.0) / np.where(r > 0.0, r, 1.0)
    starts = np.where(response.is_arm, 1.0, -1.0) * m
    slopes, parts = [], []
    for arm_end, reference_end in ((least, most), (most, least)):
        end = np.where(response.is_arm, arm_end, reference_end)
        slopes.append(np.where(response.is_arm, 1.0, -1.0) * (1.0 - r) * (end - m))
        parts.append(-(1.0 - r) * own + (m - end) * (known - r))
    both = np.column_stack([own, own, *parts])
    influence, df = response.spread(both)
    start = float(response.weights @ starts)
    return Line(
        start=np.array([start, start]),
        slope=np.array([float(response.weights @ slope) for slope in slopes]),
        start_influence=influence[:2],
        slope_influence=influence[2:],
        df=df,
        support=(least, most),
        about=response.about(),
    )


def _cells(response: Response) -> tuple[Floats, Floats]:
    """Give the response rate and the mean of each cell; of an empty one, its arm's mean."""
    size = len(response.cells.totals)
    place, weights = response.cells.codes, response.weights
    total = np.bincount(place, weights, minlength=size)
    seen = np.bincount(place, weights * response.known, minlength=size)
    summed = np.bincount(place, weights * response.outcome, minlength=size)
    arm = np.arange(size) % 2
    overall = np.bincount(arm, summed) / np.bincount(arm, seen)
    mean = np.where(seen > 0.0, summed / np.where(seen > 0.0, seen, 1.0), overall[arm])
    return seen / np.where(total > 0.0, total, 1.0), mean
