"""Who responded: the weights under which each arm stands for everyone drawn, and response rates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats
from reliance_eval.estimation.blockwise import blocked_effects
from reliance_eval.estimation.effects import Cells, cells_of
from reliance_eval.estimation.sample import Sample, keep
from reliance_eval.estimation.unestimable import Unestimable


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """The units drawn into two arms, in the blocks where both were drawn.

    Attributes
    ----------
    sample : Sample
        All units; its outcome is 1.0 where the trial's outcome is known, else 0.0.
    cells : Cells
        Blocks by arms of the rows below.
    rows : array of bool (n,)
        Units of the two arms, in those blocks; the arrays below have one entry each (r).
    is_arm : array of bool (r,)
    known : array of bool (r,)
    outcome : array (r,)
        Zero where it is missing.
    weights : array (r,)
        Sum to one in each arm: an arm's share of a block, whatever its places, is the block's.
    """

    sample: Sample
    cells: Cells
    rows: Bools
    is_arm: Bools
    known: Bools
    outcome: Floats
    weights: Floats

    def mean(self, values: Floats, *, is_arm: bool) -> Floats:
        """Give the weighted mean of values (r,) or (r, m) in an arm."""
        inside = self.is_arm if is_arm else ~self.is_arm
        mean: Floats = self.weights[inside] @ values[inside]
        return mean

    @property
    def rates(self) -> tuple[float, float]:
        """Response rates of the arm and of the reference."""
        known = self.known.astype(np.float64)
        return float(self.mean(known, is_arm=True)), float(self.mean(known, is_arm=False))

    def spread(self, parts: Floats) -> tuple[Floats, float]:
        """Give the influence (m, g) and the degrees of freedom of m differences.

        Parameters
        ----------
        parts : array (r, m)
            What each unit adds to the mean of its own arm, before its weight.
        """
        whole = np.zeros((len(self.rows), parts.shape[1]))
        whole[self.rows] = parts
        found = blocked_effects(self.sample, whole)
        # What no unit adds to has no degrees of freedom of its own.
        varies = np.any(found.influence != 0.0, axis=1)
        return found.influence, float(np.min(found.df[varies], initial=np.max(found.df)))

    def about(self) -> dict[str, Any]:
        """Give what every pair of bounds says of response."""
        rate_arm, rate_reference = self.rates
        return {
            "rate_arm": rate_arm,
            "rate_reference": rate_reference,
            "n_arm": int(np.sum(self.known & self.is_arm)),
            "n_reference": int(np.sum(self.known & ~self.is_arm)),
            "n_missing": int(np.sum(~self.known)),
        }


def response_of(sample: Sample) -> Response:
    """Read who responded off a sample.

    Raises
    ------
    Unestimable
        ``empty_arm``: no outcome is known in one arm. ``no_variation``: all those known are one.
    """
    if sample.n_arm == 0 or sample.n_reference == 0:
        raise Unestimable("empty_arm")
    seen = sample.outcome[sample.observed & sample.compared]
    if np.ptp(seen) == 0.0:
        raise Unestimable("no_variation")
    responded = np.isfinite(sample.outcome)
    asked = replace(
        sample, outcome=responded.astype(np.float64), take_up=None, variance=None, convention=""
    )
    kept = keep(asked)
    cells = cells_of(asked, kept, asked.outcome[:, None])
    block_weights = kept.weights[cells.codes // 2]
    return Response(
        sample=asked,
        cells=cells,
        rows=cells.rows,
        is_arm=cells.codes % 2 == 1,
        known=responded[cells.rows],
        outcome=np.where(responded, sample.outcome, 0.0)[cells.rows],
        weights=block_weights * cells.unit_weights / cells.totals[cells.codes],
    )
