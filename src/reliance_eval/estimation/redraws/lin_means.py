"""Lin-adjusted differences under many assignments: fast where nothing is dropped, right elsewhere.

Outcomes that the same units have are compared together, and every assignment in which all
covariates vary in both arms is solved by ``full_rank``; the rest, if any, by ``adjusted``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reliance_eval.estimation.arrays import Bools, Floats
from reliance_eval.estimation.columns import INDICATOR, Covariates
from reliance_eval.estimation.redraws.adjusted import adjusted_moments
from reliance_eval.estimation.redraws.covariates_used import (
    independent,
    is_used,
    scaled,
    without_blocks,
)
from reliance_eval.estimation.redraws.full_rank import Found, FullRank, full_rank
from reliance_eval.estimation.redraws.replaying import Codes
from reliance_eval.estimation.redraws.shelving import Seats
from reliance_eval.estimation.redraws.weighing import (
    Moments,
    centred,
    patterns_of,
    quiet,
    rows_by_block,
)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Outcomes that the same units have: which ones, whose units, and their comparison."""

    which: npt.NDArray[np.intp]
    rows: npt.NDArray[np.intp]
    many: FullRank


@dataclass(frozen=True, slots=True, eq=False)
class LinMeans:
    """Lin-adjusted differences and their HC2 variances.

    Attributes
    ----------
    outcomes : array (n, m)
    blocks : array of int (n,)
    covariates : Covariates
    seats : Seats
    parts : tuple of Part
        Empty where no covariate is left to adjust for.
    size : array (m,)
        Largest value of each outcome.
    """

    outcomes: Floats
    blocks: Codes
    covariates: Covariates
    seats: Seats
    parts: tuple[Part, ...]
    size: Floats

    def estimates(self, assigned: Codes) -> Floats:
        """Give the estimates under each assignment, (r, m)."""
        return self._found(assigned, has_variance=False).estimate

    def moments(self, assigned: Codes) -> Moments:
        """Give the estimates and their HC2 variances."""
        return self._found(assigned, has_variance=True)

    def _found(self, assigned: Codes, *, has_variance: bool) -> Moments:
        if not self.parts:
            return self._slowly(assigned, np.arange(self.outcomes.shape[1]))
        shape = (len(assigned), self.outcomes.shape[1])
        result = Moments(np.empty(shape), np.empty(shape))
        for part in self.parts:
            found = part.many.found(assigned, has_variance=has_variance)
            result.estimate[:, part.which] = quiet(found.estimate, self.size[part.which])
            result.variance[:, part.which] = found.variance
            left = np.flatnonzero(~(found.is_regular & self._uses_all(assigned, part, found)))
            if len(left):
                slow = self._slowly(assigned[left], part.which)
                result.estimate[np.ix_(left, part.which)] = slow.estimate
                result.variance[np.ix_(left, part.which)] = slow.variance
        return result

    def _uses_all(self, assigned: Codes, part: Part, found: Found) -> Bools:
        """Say which assignments leave out no indicator of a missing covariate, (r,)."""
        if not any(name.endswith(INDICATOR) for name in self.covariates.names):
            return np.ones(len(assigned), dtype=np.bool_)
        used = is_used(
            self.covariates,
            self.seats.arms(assigned)[:, part.rows],
            rows=part.rows,
            present=found.is_kept[self.blocks[part.rows]].T,
        )
        uses_all: Bools = np.all(used, axis=1)
        return uses_all

    def _slowly(self, assigned: Codes, which: npt.NDArray[np.intp]) -> Moments:
        return adjusted_moments(
            self.outcomes[:, which],
            self.seats.arms(assigned),
            pair=self.seats.pair,
            blocks=self.blocks,
            covariates=self.covariates,
        )


def lin_means(outcomes: Floats, blocks: Codes, covariates: Covariates, seats: Seats) -> LinMeans:
    """Prepare Lin-adjusted differences of units.

    Parameters
    ----------
    outcomes : array (n, m)
        NaN where a unit has no value.
    blocks : array of int (n,)
        Codes from 0.
    covariates : Covariates
        Complete columns, known before the draw.
    seats : Seats
    """
    values, known = centred(outcomes, rows_by_block(blocks))
    kept = independent(covariates.values, blocks)
    x = scaled(covariates.values[:, kept])
    for place, column in enumerate(x.T):
        x[:, place] = without_blocks(column, blocks)
    patterns, group = patterns_of(known)
    parts = []
    for index, pattern in enumerate(patterns.T):
        which = np.flatnonzero(group == index)
        many = full_rank(x, values[:, which], pattern, blocks=blocks, seats=seats)
        parts.append(Part(which, np.flatnonzero(pattern), many))
    return LinMeans(
        outcomes=outcomes,
        blocks=blocks,
        covariates=covariates,
        seats=seats,
        parts=tuple(parts) if kept.any() else (),
        size=np.abs(values).max(axis=0, initial=0.0),
    )
