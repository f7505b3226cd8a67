"""Formulas of power: the published calculation, textbook values, and trials drawn by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from reliance_eval.power import Sizes, Spread, smallest_effect, units_needed
from reliance_eval.power.detecting import (
    critical_value,
    family_value,
    power_at,
    spread_of_share,
)

# The registered calculation (Heim 2024, p. 14): take-up one half, 12 % attrition, a standard
# deviation of 0.3, ten points on participants, power 80 %, 5 % two-sided.
TAKE_UP, ATTRITION, SD, ON_PARTICIPANTS = 0.5, 0.12, 0.3, 0.10
OF_THE_OFFER = TAKE_UP * ON_PARTICIPANTS


def test_the_published_calculation_is_reproduced() -> None:
    # 2 (1.96 + 0.8416)^2 x 0.09 / 0.05^2 = 565.1 an arm; 1,130.2 / 0.88 = 1,284.4 drawn.
    total = units_needed(OF_THE_OFFER, Spread(SD))
    assert round(total / 2) == 565
    assert round(total) == 1130
    assert round(total / (1 - ATTRITION)) == 1284


def test_the_published_about_1200_detects_a_little_more_than_ten_points() -> None:
    # Three planned cohorts of 400: with exactly 1,200 drawn, 10.3 points on participants.
    sizes = Sizes(arm=600, reference=600, attrition=ATTRITION)
    found = smallest_effect(sizes, Spread(SD), critical=critical_value(0.95))
    assert found is not None
    assert round(100 * found / TAKE_UP, 1) == 10.3


def test_a_rising_share_needs_more_than_one_standard_deviation_says() -> None:
    # From 10 to 15 %: variances 0.09 and 0.1275; 7.8489 x 0.2175 / 0.0025 = 682.9 an arm, and the
    # 565 of a common 0.3 have a power of Phi(0.05 / 0.01962 - 1.96) = 72.2 %.
    rising = spread_of_share(0.10, 1.0)
    assert round(units_needed(OF_THE_OFFER, rising) / 2) == 683
    sizes = Sizes(arm=565, reference=565)
    error = sizes.std_error(rising, OF_THE_OFFER)
    assert power_at(OF_THE_OFFER, error, critical=1.959964) == pytest.approx(0.722, abs=0.001)


def test_the_textbook_multiple_of_the_standard_error() -> None:
    # 1.96 + 0.84 = 2.80 (Bloom 1995), for samples large enough for the normal law.
    sizes = Sizes(arm=50_000, reference=50_000)
    found = smallest_effect(sizes, Spread(1.0))
    assert found == pytest.approx(2.8016 * sizes.std_error(Spread(1.0)), rel=1e-4)


@pytest.mark.parametrize("df", [8.0, 30.0, 598.0])
def test_power_is_that_of_the_noncentral_t(df: float) -> None:
    critical = critical_value(0.95, df)
    expected = stats.nct.sf(critical, df, 2.5) + stats.nct.cdf(-critical, df, 2.5)
    assert power_at(2.5, 1.0, critical=critical, df=df) == pytest.approx(expected, abs=1e-8)


def test_no_effect_is_found_as_often_as_the_level_says() -> None:
    for df in (5.0, math.inf):
        critical = critical_value(0.95, df)
        assert power_at(0.0, 1.0, critical=critical, df=df) == pytest.approx(0.05, abs=1e-9)


def test_clusters_multiply_the_variance_by_the_design_effect() -> None:
    # 1 + (10 - 1) x 0.05 = 1.45 (Kish).
    alone = Sizes(arm=300, reference=300)
    together = Sizes(arm=300, reference=300, icc=0.05, cluster_size=10)
    ratio = together.std_error(Spread(1.0)) / alone.std_error(Spread(1.0))
    assert ratio**2 == pytest.approx(1.45)
    assert together.df == 60 - 2


def test_attrition_thins_the_clusters_too() -> None:
    # Ten in a cluster of whom half answer: 1 + (5 - 1) x 0.05.
    assert Sizes(
        arm=300, reference=300, attrition=0.5, icc=0.05, cluster_size=10
    ).design_effect == pytest.approx(1.2)


def test_blocks_take_their_share_of_the_variance() -> None:
    sizes = Sizes(arm=300, reference=300)
    ratio = sizes.std_error(Spread(1.0), r2=0.36) / sizes.std_error(Spread(1.0))
    assert ratio == pytest.approx(0.8)


def test_nine_results_corrected_together_need_a_larger_t() -> None:
    # Bonferroni: the quantile of 1 - 0.05/18. Independent max-|t|: Sidak, 1 - 0.95^(1/9).
    assert family_value("bonferroni", 9, 0.95, math.inf, 0.0) == pytest.approx(2.7729, abs=1e-3)
    sidak = stats.norm.isf((1 - 0.95 ** (1 / 9)) / 2)
    assert family_value("max-t", 9, 0.95, 1e6, 0.0) == pytest.approx(sidak, abs=2e-3)
    assert family_value("none", 9, 0.95, math.inf, 0.0) == pytest.approx(1.959964, abs=1e-6)


def test_correlated_results_need_less() -> None:
    free, tied = (family_value("max-t", 4, 0.95, 500.0, rho) for rho in (0.0, 0.8))
    assert critical_value(0.95, 500.0) < tied < free


def test_a_share_that_cannot_move_far_enough_has_no_smallest_effect() -> None:
    assert smallest_effect(Sizes(arm=20, reference=20), spread_of_share(0.02, -1.0)) is None


# ------------------------------------------------------------------ against drawn trials


def found_share(
    rng: np.random.Generator, *, n: int, rate: float, effect: float, lost: float, trials: int
) -> float:
    """How often Welch's test of two shares rejects, over drawn trials: no formula in it."""
    known = round(n * (1 - lost))
    means = [rng.binomial(known, p, trials) / known for p in (rate + effect, rate)]
    variances = [m * (1 - m) / (known - 1) for m in means]
    total = variances[0] + variances[1]
    df = total**2 / sum(v**2 / (known - 1) for v in variances)
    p = 2 * stats.t.sf(np.abs(means[0] - means[1]) / np.sqrt(total), df)
    return float(np.mean(p < 0.05))


@pytest.mark.parametrize("effect", [-0.10, -0.05, 0.05, 0.08, 0.11])
@pytest.mark.parametrize(("rate", "lost"), [(0.26, 0.08), (0.15, 0.0), (0.5, 0.12)])
def test_the_formula_is_within_a_point_and_a_half_of_drawn_trials_of_600(
    rate: float, lost: float, effect: float
) -> None:
    # 40,000 trials: a Monte-Carlo error of a quarter of a point at most.
    rng = np.random.default_rng([int(1000 * rate), int(1000 * (1 + effect))])
    drawn = found_share(rng, n=300, rate=rate, effect=effect, lost=lost, trials=40_000)
    sizes = Sizes(arm=300, reference=300, attrition=lost)
    spread = spread_of_share(rate, math.copysign(1.0, effect))
    formula = power_at(
        effect,
        sizes.std_error(spread, effect),
        critical=critical_value(0.95, sizes.df),
        df=sizes.df,
    )
    assert drawn == pytest.approx(formula, abs=0.015)


def test_the_smallest_effect_is_found_with_its_power_in_drawn_trials() -> None:
    sizes = Sizes(arm=300, reference=300)
    found = smallest_effect(sizes, spread_of_share(0.26, 1.0))
    assert found is not None
    rng = np.random.default_rng(5)
    drawn = found_share(rng, n=300, rate=0.26, effect=found, lost=0.0, trials=40_000)
    assert drawn == pytest.approx(0.80, abs=0.015)
