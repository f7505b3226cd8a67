"""Distributing the outcomes of those whom an offer moves, and testing that it moved nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats, Ints
from reliance_eval.estimation.compliance.complier_curves import (
    curves,
    grid_of,
    largest_gaps,
    pulls,
    silverman,
)
from reliance_eval.estimation.compliance.complier_spread import ComplierDistributions
from reliance_eval.estimation.compliance.profiling import binary_take_up, check_moved
from reliance_eval.estimation.designed import Data, framed, take_up_of
from reliance_eval.estimation.each_arm import by_arm
from reliance_eval.estimation.estimates import NotEstimable
from reliance_eval.estimation.framing import Columns, Frame, names_of
from reliance_eval.estimation.redraws.framing import (
    canonical_order,
    check_redraws,
    ordered,
    replay_of_sample,
)
from reliance_eval.estimation.redraws.replaying import Codes, Replay, Tail, replay_of, tail
from reliance_eval.estimation.sample import REFERENCE, Sample
from reliance_eval.panel import Panel

Spread: TypeAlias = ComplierDistributions | NotEstimable

STREAM = "complier_distributions"


def complier_distributions(  # noqa: PLR0913 (one keyword a column, as in itt)
    data: Data,
    *,
    outcome: str,
    offer: str | None = None,
    take_up: str | None = None,
    blocks: str | Sequence[str] | None = None,
    clusters: str | None = None,
    reference: object = None,
    redraws: int = 9_999,
    seed: int,
    grid: Sequence[float] | None = None,
    level: float = 0.95,
    horizon_months: int | None = None,
) -> Spread | tuple[Spread, ...]:
    """Compare the whole outcome of compliers, with and without taking the offer up.

    A mean may hide a programme that helps some and holds others back. The test is Kolmogorov and
    Smirnov's on the compliers' distribution functions; its reference is the lottery itself, held
    again by the rule of the draw, so that p holds in any sample if taking part did nothing.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame, or Panel
        One row a unit. The order of rows moves no number. A panel's re-draws are those of its
        draw's own design.
    outcome, offer, take_up : str
        Columns; take-up is 0 or 1. A panel's outcome alone is named.
    blocks, clusters, reference, level, horizon_months
        As in ``itt``; re-draws of a bare frame keep in each block the units (or clusters) found
        in each arm.
    redraws : int
        At least 99; where there are no more assignments than this, all are enumerated.
    seed : int
        Of the re-draws.
    grid : sequence of float, optional
        Points of the curves, evenly spaced for a density; by default 100 over all but the
        outermost hundredth of the outcomes on either side, or every value of an outcome of few.

    Returns
    -------
    ComplierDistributions or NotEstimable
        A tuple of them, one an arm, where the offer has three arms or more.

    Raises
    ------
    DataError
        A column is not there, or a cluster lies in several blocks or arms.
    ProtocolError
        ``redraws`` or ``level`` is not admissible, or what is said of the design of a panel is
        not its draw's.

    References
    ----------
    Abadie (2002), JASA 97, 284-292.
    """
    check_redraws(redraws)
    columns = Columns(
        outcome=outcome,
        offer=offer or "",
        take_up=take_up_of(data, take_up),
        blocks=names_of(blocks),
        clusters=clusters,
    )
    frame = framed(
        data,
        columns,
        reference=reference,
        variance=None,
        level=level,
        horizon_months=horizon_months,
    )
    if isinstance(data, Panel):
        lottery = _of_draw(data, frame, redraws=redraws, seed=seed)
    else:
        frame = _in_order(frame)
        lottery = _of_frame(frame, redraws=redraws, seed=seed, where=clusters or "")
    points = None if grid is None else np.sort(np.asarray(grid, dtype=np.float64))
    found = by_arm(frame, lambda sample: _spread(lottery, sample, points))
    return found[0] if len(found) == 1 else found


@dataclass(frozen=True, slots=True, eq=False)
class _Lottery:
    """A lottery to be held again, and how a sample reads its assignments.

    Attributes
    ----------
    replay : Replay
    rows : array of bool
        Which of the units drawn the sample holds.
    codes : array of int
        What the sample calls each arm of the lottery.
    """

    replay: Replay
    rows: Bools
    codes: Ints

    def test(self, sample: Sample) -> Tail:
        """Count how often re-draws between two arms give a gap as large as the draw's."""
        pair = tuple(int(np.flatnonzero(self.codes == c)[0]) for c in (sample.target, REFERENCE))

        def gaps(assigned: Codes) -> Floats:
            return largest_gaps(sample, self.codes[assigned[:, self.rows]])

        return tail(self.replay.among(pair), gaps)


def _of_draw(panel: Panel, frame: Frame, *, redraws: int, seed: int) -> _Lottery:
    """Prepare the draw's own design."""
    draw = panel.parent
    return _Lottery(
        replay=replace(replay_of(draw, stream=STREAM), redraws=redraws, seed=seed),
        rows=frame.inside,
        codes=np.array([frame.arms.index(arm) for arm in draw.arms]),
    )


def _in_order(frame: Frame) -> Frame:
    """Put a bare frame's rows in an order of their own: the one they came in moves no re-draw."""
    sample = frame.sample
    known = sample.outcome if sample.take_up is None else sample.take_up
    order = canonical_order(sample, np.column_stack([sample.outcome, known]))
    return replace(frame, sample=ordered(sample, order))


def _of_frame(frame: Frame, *, redraws: int, seed: int, where: str) -> _Lottery:
    """Prepare the design that a frame's columns say."""
    sample = frame.sample
    return _Lottery(
        replay=replay_of_sample(sample, redraws=redraws, seed=seed, stream=STREAM, where=where),
        rows=np.ones(len(sample.arms), dtype=np.bool_),
        codes=np.arange(len(frame.arms)),
    )


def _spread(lottery: _Lottery, sample: Sample, points: Floats | None) -> ComplierDistributions:
    taken = binary_take_up(sample)
    seen = replace(
        sample, take_up=None, outcome=np.where(np.isfinite(taken), sample.outcome, np.nan)
    )
    weights = pulls(seen)
    used = weights != 0.0
    share = float(weights[used] @ taken[used])
    check_moved(share)
    values = seen.outcome[used]
    bandwidth = silverman(values)
    grid = grid_of(values, bandwidth) if points is None else points
    treated, untreated = curves(seen, taken, grid, bandwidth)
    spacing = 1.0 if bandwidth is None else float(np.ptp(grid)) / max(1, len(grid) - 1)
    found = lottery.test(seen) if seen.weights is None else None
    gap = found.statistics[0] if found else _gap(seen, weights)
    return ComplierDistributions(
        grid=grid,
        treated=treated,
        untreated=untreated,
        kind="probability" if bandwidth is None else "density",
        bandwidth=bandwidth,
        negative_treated=treated.negative_mass(spacing),
        negative_untreated=untreated.negative_mass(spacing),
        statistic=float(gap) / share,
        p_value=found.p_value() if found else None,
        monte_carlo_error=found.monte_carlo_error() if found else None,
        redraws=found.size if found else 0,
        is_exact=found.is_exact if found else False,
        share=share,
        n=int(used.sum()),
        n_arm=int(np.sum(used & (seen.arms == seen.target))),
        n_reference=int(np.sum(used & (seen.arms == REFERENCE))),
        n_missing=seen.n_missing,
    )


def _gap(sample: Sample, weights: Floats) -> float:
    """Give the largest effect of the offer on any 1{Y <= t}, with the weights of the draw."""
    used = weights != 0.0
    values = sample.outcome[used]
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[used][order])
    is_last = np.append(np.diff(values[order]) != 0.0, True)
    return float(np.abs(reached[is_last]).max())
