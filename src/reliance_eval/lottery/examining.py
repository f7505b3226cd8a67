r"""Examining many draws of one design: chances kept, order of entry, pairs of units.

Only sums over draws are kept. Each is compared with what the design declares, in Monte-Carlo
errors.

A draw that fills places within a block gives N units' indicators of K arms (the reserve is one)
the covariance :math:`(\delta_{kl} p_k - p_k p_l)(\delta_{ij} - 1/N) N/(N-1)`; hence, over R draws,
:math:`\frac{N-1}{N} \sum_i \sum_k (c_{ik} - R p_k)^2 / (R p_k)` is chi-squared with
:math:`(N-1)(K-1)` degrees of freedom (Pearson's statistic on a table whose two margins are fixed),
summed over blocks. Units of a simple draw are independent: no factor, and N(K-1) degrees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reliance_eval.lottery.design import FloatArray, IntArray, Lots
from reliance_eval.lottery.designs.rerandomised import SAMPLED, is_symmetric

GROUPS = 20
"""Groups in which the list is cut, from first entered to last, to show ranks by place."""
PAIRS = 2_000
RARE = 0.001
"""Below it, chance is no longer an explanation that a jury should be offered."""
FIRST_ARM = 0
TINY = 1e-300
"""Below the smallest probability that a double tells from zero."""


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest of many deviations, in Monte-Carlo errors, and what chance makes of it.

    Attributes
    ----------
    value : float
    limit : float
        A fair lottery stays below it in 999 cases out of 1,000.
    """

    value: float
    limit: float

    @property
    def is_fair(self) -> bool:
        """Whether chance explains it."""
        return self.value <= self.limit


@dataclass(frozen=True, slots=True, eq=False)
class Examination:
    """What some draws of a design showed.

    Attributes
    ----------
    count : int
        Draws.
    chi_square, df, p : float, int, float; or None
        Of the inclusion table; None for a re-randomised draw, whose covariance has no closed form.
    inclusion : Largest
        Over units and arms.
    correlation, correlation_error : float
        Mean rank correlation between place in the list and rank in the draw, and its standard
        error over the draws.
    pairing : Largest or None
        Over a sample of pairs: both in the first arm. None for a re-randomised draw.
    deviations : (n * A,) array
        Of every unit and arm whose chance is neither 0 nor 1, in Monte-Carlo errors.
    pair_deviations : (k,) array
        Likewise, of pairs.
    group_ranks, group_errors : (GROUPS,) array
        Mean relative rank (0 first, 1 last) of each twentieth of the list, and its standard error.
    """

    count: int
    chi_square: float | None
    df: int
    p: float | None
    inclusion: Largest
    correlation: float
    correlation_error: float
    pairing: Largest | None
    deviations: FloatArray
    pair_deviations: FloatArray
    group_ranks: FloatArray
    group_errors: FloatArray

    @property
    def correlation_z(self) -> float:
        """The mean correlation in its standard errors."""
        return self.correlation / self.correlation_error if self.correlation_error else 0.0

    @property
    def is_fair(self) -> bool:
        """Whether chance explains all of it."""
        from scipy.stats import norm

        return (
            (self.p is None or self.p >= RARE)
            and self.inclusion.is_fair
            and (self.pairing is None or self.pairing.is_fair)
            and abs(self.correlation_z) <= float(norm.isf(RARE / 2))
        )


class Tally:
    """Sums over draws, taken as the draws go by."""

    def __init__(self, lots: Lots) -> None:
        self.lots = lots
        self.count = 0
        self.included = np.zeros((lots.blocks.size, lots.places.shape[1]), dtype=np.int64)
        self.pairs = _pairs(lots)
        self.together = np.zeros(len(self.pairs), dtype=np.int64)
        self.correlations: list[FloatArray] = []
        self._sizes = np.bincount(lots.blocks, minlength=len(lots.places))[lots.blocks]
        self._weights = _weights(lots, self._sizes)
        self._groups = _groups(lots.blocks.size)
        self._group_sums = np.zeros((2, self._groups.shape[1]))

    def add(self, arms: IntArray, ranks: IntArray) -> None:
        """Take some draws into account.

        Parameters
        ----------
        arms : (m, n) int array
            Arm of each unit, -1 in reserve.
        ranks : (m, n) int array
            Rank of each unit in its block, from 1.
        """
        self.count += len(arms)
        for arm in range(self.included.shape[1]):
            self.included[:, arm] += (arms == arm).sum(axis=0)
        one, other = self.pairs.T
        is_offered = arms == FIRST_ARM
        self.together += (is_offered[:, one] & is_offered[:, other]).sum(axis=0)
        self.correlations.append(ranks @ self._weights)
        by_group = ((ranks - 0.5) / self._sizes) @ self._groups
        self._group_sums += (by_group.sum(axis=0), (by_group**2).sum(axis=0))

    def groups(self) -> tuple[FloatArray, FloatArray]:
        """Give each group's mean relative rank, and the standard error of that mean."""
        mean, square = self._group_sums / self.count
        variance = np.maximum(square - mean**2, 0) / max(self.count - 1, 1)
        return mean, np.sqrt(variance)


def examined(tally: Tally, declared: FloatArray) -> Examination:
    """Compare sums over draws with what the design declares.

    Parameters
    ----------
    tally : Tally
    declared : (n, A) array
        The design's probabilities.
    """
    deviations = _deviations(tally, declared)
    pair_deviations = _pair_deviations(tally, declared)
    correlations = np.concatenate(tally.correlations)
    chi_square, df, p = _chi_square(tally, declared)
    means, errors = tally.groups()
    has_pairs = tally.lots.bounds is None and pair_deviations.size > 0
    return Examination(
        count=tally.count,
        chi_square=chi_square,
        df=df,
        p=p,
        inclusion=largest(deviations),
        correlation=float(correlations.mean()),
        correlation_error=float(correlations.std(ddof=1) / np.sqrt(tally.count)),
        pairing=largest(pair_deviations) if has_pairs else None,
        deviations=deviations,
        pair_deviations=pair_deviations,
        group_ranks=means,
        group_errors=errors,
    )


def largest(deviations: FloatArray) -> Largest:
    """Give the largest deviation and the limit that chance rarely passes (Bonferroni)."""
    from scipy.stats import norm

    limit = float(norm.isf(RARE / 2 / max(deviations.size, 1)))
    return Largest(float(np.abs(deviations).max(initial=0.0)), limit)


def _deviations(tally: Tally, declared: FloatArray) -> FloatArray:
    """Give (found - expected) in Monte-Carlo errors, where chance decides at all."""
    open_cells = (declared > 0) & (declared < 1)
    found, chances = tally.included[open_cells], declared[open_cells]
    own = _own_error(tally.lots)
    if own == 0:
        return scores(found, chances, draws=tally.count)
    variance = chances * (1 - chances) * (1 / tally.count + own)
    return np.asarray((found / tally.count - chances) / np.sqrt(variance))


def scores(found: IntArray, chances: FloatArray, *, draws: int) -> FloatArray:
    """Give counts of draws as deviations from their chances, in Monte-Carlo errors.

    Exactly normal scores of the binomial law (half of the count's own probability on either
    side): of rare things, plain differences over errors would stray too far upwards.
    """
    from scipy.stats import binom, norm

    half = binom.pmf(found, draws, chances) / 2
    below = np.maximum(binom.cdf(found, draws, chances) - half, TINY)
    above = np.maximum(binom.sf(found, draws, chances) + half, TINY)
    return np.where(below < above, norm.ppf(below), norm.isf(above))


def _own_error(lots: Lots) -> float:
    """Give the sampling variance of a declared chance that is itself an estimate, per p(1-p)."""
    return 0.0 if lots.bounds is None or is_symmetric(lots) else 1 / SAMPLED


def _chi_square(tally: Tally, declared: FloatArray) -> tuple[float | None, int, float | None]:
    from scipy.stats import chi2

    lots = tally.lots
    if lots.bounds is not None:
        return None, 0, None
    reserve = tally.count - tally.included.sum(axis=1)
    counts = np.column_stack([tally.included, reserve])
    chances = np.column_stack([declared, np.clip(1 - declared.sum(axis=1), 0, 1)])
    is_open = (chances > 1e-12) & (chances < 1 - 1e-12)
    expected = np.where(is_open, tally.count * chances, 1)
    by_unit = np.where(is_open, (counts - expected) ** 2 / expected, 0).sum(axis=1)
    free = np.maximum(is_open.sum(axis=1) - 1, 0)
    sizes = np.bincount(lots.blocks, minlength=len(lots.places))[lots.blocks]
    factor = np.ones(len(sizes)) if lots.odds is not None else (sizes - 1) / sizes
    statistic, df = float((factor * by_unit).sum()), round(float((factor * free).sum()))
    return statistic, df, float(chi2.sf(statistic, df)) if df else None


def _pairs(lots: Lots) -> npt.NDArray[np.int64]:
    """Choose pairs of units, half of them within a block where blocks allow, (k, 2)."""
    n = lots.blocks.size
    rng = np.random.default_rng(n)
    any_two = rng.integers(0, n, (PAIRS, 2))
    by_block = np.argsort(lots.blocks, kind="stable")
    start = rng.integers(0, max(n - 1, 1), PAIRS)
    neighbours = np.column_stack([by_block[start], by_block[np.minimum(start + 1, n - 1)]])
    chosen = np.sort(np.concatenate([any_two[: PAIRS // 2], neighbours[: PAIRS // 2]]), axis=1)
    return np.unique(chosen[chosen[:, 0] < chosen[:, 1]], axis=0)


def _pair_deviations(tally: Tally, declared: FloatArray) -> FloatArray:
    lots = tally.lots
    if lots.bounds is not None or not len(tally.pairs):
        return np.empty(0)
    one, other = tally.pairs.T
    both = declared[one, FIRST_ARM] * declared[other, FIRST_ARM]
    if lots.odds is None:
        sizes = np.bincount(lots.blocks, minlength=len(lots.places))[lots.blocks[one]]
        places = lots.places[lots.blocks[one], FIRST_ARM]
        within = places * (places - 1) / np.maximum(sizes * (sizes - 1), 1)
        both = np.where(lots.blocks[one] == lots.blocks[other], within, both)
    is_open = (both > 0) & (both < 1)
    return scores(tally.together[is_open], both[is_open], draws=tally.count)


def _weights(lots: Lots, sizes: IntArray) -> FloatArray:
    """Give what makes a draw's ranks their correlation with the order of entry, block by block."""
    entry = np.arange(lots.blocks.size, dtype=np.float64)
    centre = np.bincount(lots.blocks, weights=entry, minlength=len(lots.places))
    centred = entry - centre[lots.blocks] / sizes
    spread = (sizes**2 - 1) / 12  # variance of the ranks 1..N
    length = np.sqrt((centred**2).sum() * spread.sum())
    return centred / length if length else centred


def _groups(n: int) -> FloatArray:
    """Give the matrix that averages over each twentieth of the list, (n, groups)."""
    groups = min(GROUPS, n)
    member = np.arange(n) * groups // n
    matrix = np.zeros((n, groups))
    matrix[np.arange(n), member] = 1 / np.bincount(member)[member]
    return matrix
