"""Shares and means of those whom an offer moves, each a quotient of two effects of the offer.

With Z the offer, D take-up and p a block's share of its arm, the effect of the offer on X D is the
compliers' part of the mean of X in the arm; on -X (1 - D), their part in the reference arm; on
X (D - (1 - p)), their part among everybody, which is Abadie's kappa-weighted sum. A mean among
them divides it by the effect on D. Means of never-takers and always-takers come from one arm.

Every quotient is thus made by the code that makes the ITT: the same block weights, the same
variance, the same degrees of freedom.

References
----------
Abadie (2002), JASA 97, 284-292: outcomes of compliers.
Abadie (2003), Journal of Econometrics 113(2), 231-263, theorem 3.1: kappa.
Marbach and Hangartner (2020), Political Analysis 28(3), 435-444: profiles of the three groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import ROUNDING, Floats
from reliance_eval.estimation.estimates import Interval
from reliance_eval.estimation.inference import ReducedForm, critical_value, p_value
from reliance_eval.estimation.sample import REFERENCE, Sample, keep
from reliance_eval.estimation.unadjusted import unadjusted_effects


@dataclass(frozen=True, slots=True, eq=False)
class Quotient:
    """Two columns whose effects of the offer are divided; each is (n,)."""

    above: Floats
    below: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """A quotient with the column that carries its spread.

    Attributes
    ----------
    value : float
    column : array (n,)
        The effect of the offer on it is zero and varies as the quotient does (delta method).
    form : ReducedForm
        Both effects and how they vary together.
    """

    value: float
    column: Floats
    form: ReducedForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A mean or a share, with its uncertainty.

    Attributes
    ----------
    estimate : float
    std_error : float or None
        None where nothing varies: a share of none or of all, for instance.
    df : float or None
    intervals : tuple of (low, high)
        Means that the data do not exclude, by the same test as Anderson and Rubin's: it holds
        however few are moved, and has the same shapes. Empty where nothing varies.
    """

    estimate: float
    std_error: float | None
    df: float | None
    intervals: tuple[Interval, ...] = ()

    @property
    def conf_low(self) -> float | None:
        """Low end where the set is one interval; None is unbounded."""
        return self.intervals[0][0] if len(self.intervals) == 1 else None

    @property
    def conf_high(self) -> float | None:
        """High end where the set is one interval; None is unbounded."""
        return self.intervals[0][1] if len(self.intervals) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A difference between two means of the same people, and its test.

    Attributes
    ----------
    estimate, std_error, df, statistic, p_value : float
    conf_low, conf_high : float
    standardised : float or None
        In standard deviations of the covariate among everybody; None where it has none.
    """

    estimate: float
    std_error: float
    df: float
    statistic: float
    p_value: float
    conf_low: float
    conf_high: float
    standardised: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The quotients of compliers, never-takers, always-takers and everybody, on one sample.

    Attributes
    ----------
    offered : array (n,)
        1.0 in the arm, 0.0 elsewhere.
    taken : array (n,)
    portion : array (n,)
        The arm's share of the two arms' observed units in each unit's block.
    """

    offered: Floats
    taken: Floats
    portion: Floats

    @property
    def shares(self) -> dict[str, Quotient]:
        """Part of each group; the effect on ``offered`` is one."""
        return {
            "compliers": Quotient(self.taken, self.offered),
            "never_takers": Quotient(self._never, self.offered),
            "always_takers": Quotient(self._always, self.offered),
        }

    def outcomes(self, outcome: Floats) -> dict[str, Quotient]:
        """Mean outcomes: compliers' untreated and treated, and of those the offer leaves as is."""
        not_taken = 1.0 - self.taken
        return {
            "untreated_compliers": Quotient(not_taken * outcome, not_taken),
            "treated_compliers": Quotient(self.taken * outcome, self.taken),
            "never_takers": Quotient(self._never * outcome, self._never),
            "always_takers": Quotient(self._always * outcome, self._always),
        }

    def traits(self, values: Floats) -> dict[str, Quotient]:
        """Mean of a covariate in each group; with their shares they add up to everybody's."""
        rest = 1.0 - self.portion
        return {
            "compliers": Quotient(values * (self.taken - rest), self.taken),
            "never_takers": Quotient(values * self._never, self._never),
            "always_takers": Quotient(values * self._always, self._always),
            "everyone": Quotient(values * (self.offered - rest), self.offered),
        }

    @property
    def _never(self) -> Floats:
        never: Floats = self.offered * (1.0 - self.taken)
        return never

    @property
    def _always(self) -> Floats:
        always: Floats = -(1.0 - self.offered) * self.taken
        return always


def groups_of(sample: Sample, taken: Floats) -> Groups:
    """Prepare the groups of a sample; ``taken`` is 0.0 or 1.0 where the sample is observed.

    Raises
    ------
    Unestimable
        ``empty_arm``, ``no_common_block``.
    """
    rows = keep(sample).rows & sample.compared
    size = len(sample.block_names)
    is_offered = sample.arms == sample.target
    both = np.bincount(sample.blocks[rows], minlength=size)
    offered = np.bincount(sample.blocks[rows & is_offered], minlength=size)
    portion = offered / np.maximum(both, 1)
    return Groups(is_offered.astype(np.float64), taken, portion[sample.blocks])


def solve(sample: Sample, quotients: Sequence[Quotient]) -> list[Solved | None]:
    """Divide effects of the offer; None where nobody is in the group divided by.

    Parameters
    ----------
    sample : Sample
        Without take-up: its outcome says who is observed.
    quotients : sequence of Quotient
    """
    columns = [column for each in quotients for column in (each.above, each.below)]
    effects = unadjusted_effects(sample.without_covariates(), np.column_stack(columns))
    found: list[Solved | None] = []
    for place, quotient in enumerate(quotients):
        above, below = 2 * place, 2 * place + 1
        size = float(effects.values[below])
        if abs(size) <= ROUNDING:
            found.append(None)
            continue
        pair = effects.influence[[above, below]]
        spread = pair @ pair.T
        form = ReducedForm(
            on_outcome=float(effects.values[above]),
            on_take_up=size,
            variance=float(spread[0, 0]),
            covariance=float(spread[0, 1]),
            take_up_variance=float(spread[1, 1]),
        )
        value = form.ratio
        column = (quotient.above - value * quotient.below) / size
        found.append(Solved(value, column, form))
    return found


def means(sample: Sample, solved: Sequence[Solved | None]) -> list[Mean | None]:
    """Give each quotient with its standard error and its set at the sample's level."""
    present = [each for each in solved if each is not None]
    if not present:
        return [None] * len(solved)
    errors, degrees = _spreads(sample, [each.column for each in present])
    given = iter(zip(present, errors, degrees, strict=True))
    return [None if each is None else _mean(sample, *next(given)) for each in solved]


def gap(sample: Sample, one: Solved, other: Solved, *, scale: float = 0.0) -> Gap | None:
    """Compare two quotients of the same sample; None where their difference does not vary.

    Parameters
    ----------
    scale : float
        Standard deviation of the covariate; 0 where it has none.
    """
    (error,), (df,) = _spreads(sample, [one.column - other.column])
    if error == 0.0:
        return None
    difference = one.value - other.value
    reach = critical_value(sample.level, df) * error
    return Gap(
        estimate=difference,
        std_error=error,
        df=df,
        statistic=difference / error,
        p_value=p_value(difference / error, df),
        conf_low=difference - reach,
        conf_high=difference + reach,
        standardised=difference / scale if scale > 0.0 else None,
    )


def _mean(sample: Sample, solved: Solved, error: float, df: float) -> Mean:
    if error == 0.0:
        return Mean(estimate=solved.value, std_error=None, df=None)
    intervals = solved.form.anderson_rubin(critical_value(sample.level, df))
    return Mean(estimate=solved.value, std_error=error, df=df, intervals=intervals)


def _spreads(sample: Sample, columns: Sequence[Floats]) -> tuple[list[float], list[float]]:
    """Give the standard error and degrees of freedom of effects of the offer on columns."""
    effects = unadjusted_effects(sample.without_covariates(), np.column_stack(columns))
    return np.linalg.norm(effects.influence, axis=1).tolist(), effects.df.tolist()


def standard_deviation(sample: Sample, values: Floats) -> float:
    """Give a covariate's standard deviation among the observed units of the two arms."""
    seen = values[sample.observed & ((sample.arms == sample.target) | (sample.arms == REFERENCE))]
    found = float(np.std(seen, ddof=1)) if len(seen) > 1 else 0.0
    return found if found > ROUNDING * float(np.abs(seen).max(initial=0.0)) else 0.0
