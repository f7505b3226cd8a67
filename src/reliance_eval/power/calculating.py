"""Calculating: the smallest effect that each promise detects, from what is supposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reliance_eval.estimation import Promise
from reliance_eval.estimation.estimator import ESTIMATORS
from reliance_eval.estimation.families import families_of
from reliance_eval.power import detecting
from reliance_eval.power.assuming import Assumed, Assumptions, sign_of
from reliance_eval.power.detecting import Sizes, Spread, spread_of_share
from reliance_eval.power.diagnosis import Detectable, Needed

CLUSTERED = "clustered"
BARE = Spread(1.0)
"""What is not known in its unit is told in standard deviations."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two arms and an outcome, as a formula sees them: all effects are of the offer.

    Attributes
    ----------
    sizes : Sizes
    spread : Spread or None
        None where nobody knows it.
    r2 : float
    critical : float
    power : float
    """

    sizes: Sizes
    spread: Spread | None
    r2: float
    critical: float
    power: float

    def smallest(self) -> float | None:
        """Give the smallest effect found with the power asked for."""
        return None if self.spread is None else self._smallest(self.spread)

    def smallest_in_sd(self) -> float | None:
        """Give it in standard deviations of the reference arm."""
        if self.spread is None:
            return self._smallest(BARE)
        found = self._smallest(self.spread)
        return None if found is None else found / self.spread.reference

    def power_at(self, effect: float) -> float:
        """Give the power to find an effect."""
        assert self.spread is not None
        possible = min(abs(effect), self.spread.furthest * (1.0 - 1e-9))
        std_error = self.sizes.std_error(self.spread, self.spread.sign * possible, r2=self.r2)
        return detecting.power_at(possible, std_error, critical=self.critical, df=self.sizes.df)

    def needed(self, effect: float, level: float) -> Needed | None:
        """Give the units that an effect needs, in the protocol's ratio of the arms."""
        if self.spread is None or abs(effect) >= self.spread.furthest:
            return None
        share = self.sizes.arm / (self.sizes.arm + self.sizes.reference)
        total = detecting.units_needed(
            abs(effect),
            self.spread,
            level=level,
            power=self.power,
            share=share,
            r2=self.r2,
            design_effect=self.sizes.design_effect,
        )
        drawn = total / (1.0 - self.sizes.attrition)
        return Needed(share * total, (1.0 - share) * total, drawn)

    def _smallest(self, spread: Spread) -> float | None:
        return detecting.smallest_effect(
            self.sizes, spread, critical=self.critical, power=self.power, r2=self.r2
        )


def comparisons_of(
    assumptions: Assumptions, promise: Promise, family_size: int
) -> tuple[Comparison, Comparison]:
    """Give a promise's comparison as a result alone, and as one of its family."""
    clauses, clause = assumptions.protocol.clauses, assumptions.clause
    cell = (promise.outcome, promise.horizon_months)
    sizes = _sizes(assumptions, promise, assumptions.attrition(cell).value or 0.0)
    is_adjusted = ESTIMATORS[promise.estimator].uses_covariates
    # Covariates explain what blocks do, and more.
    r2 = max(clause.block_r2, clause.covariate_r2) if is_adjusted else clause.block_r2
    values = (
        detecting.critical_value(promise.level, sizes.df),
        detecting.family_value(
            clauses.inference.adjust, family_size, promise.level, sizes.df, clause.correlation
        ),
    )
    spread = _spread(assumptions, promise)
    alone, family = (Comparison(sizes, spread, r2, value, clause.power) for value in values)
    return alone, family


def family_sizes(promised: Sequence[Promise]) -> dict[str, int]:
    """Give, by promise, how many results are corrected together; 1 where none is."""
    sizes = dict.fromkeys((promise.id for promise in promised), 1)
    return sizes | {m.id: len(family) for family in families_of(promised) for m in family}


def detectable_of(assumptions: Assumptions, promised: Sequence[Promise]) -> tuple[Detectable, ...]:
    """Give the smallest effects of every promise for everyone, in the protocol's order."""
    sizes = family_sizes(promised)
    everyone = [promise for promise in promised if not promise.subgroup]
    return tuple(_one(assumptions, promise, sizes[promise.id]) for promise in everyone)


def _one(assumptions: Assumptions, promise: Promise, family_size: int) -> Detectable:
    outcome = assumptions.protocol.outcome(promise.outcome)
    alone, family = comparisons_of(assumptions, promise, family_size)
    take_up = assumptions.take_up if promise.estimand == "late" else Assumed(1.0, "default")
    matters = assumptions.protocol.clauses.trial.smallest_effect_that_matters.get(outcome.name)
    of_offer = None
    if matters and take_up.value is not None and alone.spread is not None:
        of_offer = abs(matters) * take_up.value
    spread, sizes = alone.spread, alone.sizes
    return Detectable(
        promise=promise,
        arm=round(sizes.arm),
        reference=round(sizes.reference),
        standard_deviation=assumptions.standard_deviation(outcome, promise.horizon_months),
        attrition=assumptions.attrition((outcome.name, promise.horizon_months)),
        take_up=take_up,
        base_rate=assumptions.base_rate(outcome, promise.horizon_months),
        std_error=None if spread is None else sizes.std_error(spread, r2=alone.r2),
        df=sizes.df,
        critical=alone.critical,
        critical_family=family.critical,
        family_size=family_size,
        smallest=_over(alone.smallest(), take_up),
        smallest_family=_over(family.smallest(), take_up),
        in_sd=_over(alone.smallest_in_sd(), take_up),
        matters=matters,
        power=None if of_offer is None else alone.power_at(of_offer),
        power_family=None if of_offer is None else family.power_at(of_offer),
        needed=None if of_offer is None else alone.needed(of_offer, promise.level),
    )


def _over(effect: float | None, take_up: Assumed) -> float | None:
    """Give the effect on those who take up that leaves an effect of the offer."""
    return None if effect is None or take_up.value is None else effect / take_up.value


def _spread(assumptions: Assumptions, promise: Promise) -> Spread | None:
    outcome = assumptions.protocol.outcome(promise.outcome)
    rate = assumptions.base_rate(outcome, promise.horizon_months)
    if rate is not None and rate.value is not None:
        return spread_of_share(rate.value, sign_of(outcome, rate.value))
    deviation = assumptions.standard_deviation(outcome, promise.horizon_months).value
    return None if deviation is None else Spread(deviation)


def _sizes(assumptions: Assumptions, promise: Promise, attrition: float) -> Sizes:
    lottery, clause = assumptions.protocol.clauses.lottery, assumptions.clause
    # Places of a clustered draw are counted in clusters.
    each = clause.cluster_size if lottery.design == CLUSTERED else 1.0
    return Sizes(
        arm=each * lottery.arms[promise.arm],
        reference=each * lottery.arms[promise.reference],
        attrition=attrition,
        icc=clause.icc,
        cluster_size=clause.cluster_size,
    )
