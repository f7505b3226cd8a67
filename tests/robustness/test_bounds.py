"""Bounds on what missing outcomes could hide: laws, hand computations, and honest intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import reliance_eval as rl
from reliance_eval.errors import ProtocolError
from reliance_eval.estimation import Estimate, NotEstimable
from reliance_eval.robustness.bounds import Bounds, Breakdown
from reliance_eval.robustness.bounds.bounded import reach_of
from reliance_eval.robustness.bounds.trimming import merged
from reliance_eval.robustness.tolerating import tolerated_gap


def trial(seed: int = 1, *, n: int = 200, blocks: int = 1, effect: float = 0.5) -> pd.DataFrame:
    """Offered people answer more often, and low outcomes answer less."""
    rng = np.random.default_rng(seed)
    z = np.arange(n) % 2
    block = np.arange(n) * blocks // n
    y = rng.normal(size=n) + effect * z + 0.5 * block
    silent = rng.random(n) < np.where(y < 0.5, 0.3, 0.1) * np.where(z == 1, 0.5, 1.0)
    return pd.DataFrame(
        {"z": z, "y": np.where(silent, np.nan, y), "b": block, "x": y + rng.normal(size=n)}
    )


def lee(data: Any, **options: Any) -> Bounds:
    found = rl.lee_bounds(data, outcome="y", offer="z", **options)
    assert isinstance(found, Bounds), found
    return found


def itt(data: Any, **options: Any) -> Estimate:
    found = rl.itt(data, outcome="y", offer="z", **options)
    assert isinstance(found, Estimate), found
    return found


# ------------------------------------------------------------------------------- Lee, by hand


def test_a_whole_number_of_units_is_trimmed_as_by_hand() -> None:
    # Five of five offered answer, four of five others: one offered in five is trimmed. Without the
    # lowest (1), the mean of 2 to 5 is 3.5; without the highest, 2.5; the others' mean is 2.5.
    data = pd.DataFrame({"z": [1] * 5 + [0] * 5, "y": [1.0, 2, 3, 4, 5, 1, 2, 3, 4, None]})
    found = lee(data)
    assert (found.lower, found.upper) == pytest.approx((0.0, 1.0), abs=1e-12)
    assert found.trimmed_share == pytest.approx(0.2)
    assert found.trimmed_arm == "1"


def test_the_unit_on_the_border_counts_in_part() -> None:
    # Four of four offered answer, three of four others... of whom a mass of 3 is kept; with five
    # others of whom three answer, p = 0.6 and a mass of 0.6 x 4 = 2.4 of the offered is kept: the
    # highest, the second, and 0.4 of the third: (4 + 3 + 0.4 x 2) / 2.4 = 3.25.
    data = pd.DataFrame({"z": [1] * 4 + [0] * 5, "y": [1.0, 2, 3, 4, 2, 2, 3, None, None]})
    found = lee(data)
    assert found.upper == pytest.approx(7.8 / 2.4 - 7 / 3, abs=1e-12)
    assert found.lower == pytest.approx((1 + 2 + 0.4 * 3) / 2.4 - 7 / 3, abs=1e-12)


def test_the_reference_is_trimmed_where_it_answers_more() -> None:
    data = trial()
    swapped = data.assign(z=1 - data["z"])
    one, other = lee(data), lee(swapped)
    assert (one.trimmed_arm, other.trimmed_arm) == ("1", "0")
    assert (other.lower, other.upper) == pytest.approx((-one.upper, -one.lower), abs=1e-12)
    assert other.std_error_lower == pytest.approx(one.std_error_upper, rel=1e-9)


# ------------------------------------------------------------------------------- laws


def test_without_anything_missing_bounds_are_the_estimate_and_its_interval() -> None:
    whole = trial(blocks=4).dropna()
    both: tuple[dict[str, Any], ...] = ({}, {"blocks": "b"})
    for options in both:
        estimate = itt(whole, **options)
        for found in (
            lee(whole, **options),
            rl.worst_case_bounds(whole, outcome="y", offer="z", **options),
        ):
            ends = [found.lower, found.upper, *found.interval]
            wanted = [estimate.estimate] * 2 + [estimate.conf_low, estimate.conf_high]
            assert ends == pytest.approx(wanted, abs=1e-10)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_bounds_move_with_the_unit_and_not_with_the_order_of_rows(seed: int, blocks: int) -> None:
    data = trial(seed, n=60, blocks=blocks)
    turned = data.assign(y=3.0 - 2.0 * data["y"]).sample(frac=1.0, random_state=seed)
    one, other = lee(data, blocks="b"), lee(turned, blocks="b")
    assert (other.lower, other.upper) == pytest.approx((-2 * one.upper, -2 * one.lower), abs=1e-9)
    assert other.interval == pytest.approx((-2 * one.conf_high, -2 * one.conf_low), abs=1e-9)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000))
@example(1994)  # nothing is trimmed, and the two ends differ in the last bit
def test_bounds_are_nested_and_hold_the_complete_cases(seed: int) -> None:
    data = trial(seed, n=80)
    trimmed = lee(data)
    worst = rl.worst_case_bounds(data, outcome="y", offer="z")
    known = itt(data)
    assert worst.lower <= known.estimate <= worst.upper
    assert trimmed.lower <= trimmed.upper
    assert trimmed.conf_low < trimmed.lower
    assert trimmed.conf_high > trimmed.upper
    part = rl.worst_case_bounds(data, outcome="y", offer="z", share=0.5)
    middle = (known.estimate + worst.lower) / 2
    assert part.lower == pytest.approx(middle, abs=1e-9)


def test_tightening_by_the_blocks_never_widens_bounds_that_all_trim_one_arm() -> None:
    # Two blocks of different levels; in each the offered answer more often.
    y = [1.0, 2, 3, 4, 1, 2, None, None, 11, 12, 13, 14, 11, 12, 13, None]
    z = [1] * 4 + [0] * 4 + [1] * 4 + [0] * 4
    data = pd.DataFrame({"z": z, "y": y, "b": [0] * 8 + [1] * 8})
    plain, tight = lee(data, blocks="b"), lee(data, blocks="b", tighten="b")
    assert plain.lower < tight.lower <= tight.upper < plain.upper
    # By hand: p = 1/2 and 3/4, so weights 2/5 and 3/5; block 0 keeps 2 of 4, block 1 keeps 3.
    upper = 0.4 * (3.5 - 1.5) + 0.6 * (13.0 - 12.0)
    lower = 0.4 * (1.5 - 1.5) + 0.6 * (12.0 - 12.0)
    assert (tight.lower, tight.upper) == pytest.approx((lower, upper), abs=1e-12)
    assert tight.cells == 2
    assert tight.method == "lee_tightened"


def test_a_variable_that_foretells_the_outcome_tightens_bounds() -> None:
    rng = np.random.default_rng(5)
    n = 4000
    z, group = np.arange(n) % 2, rng.integers(0, 2, n)
    y = 5.0 * group + rng.normal(size=n)
    silent = rng.random(n) < np.where(z == 1, 0.1, 0.3)
    data = pd.DataFrame({"z": z, "y": np.where(silent, np.nan, y), "g": group})
    plain, tight = lee(data), lee(data, tighten=["g"])
    assert tight.upper - tight.lower < 0.75 * (plain.upper - plain.lower)


def test_cells_too_small_to_be_cells_join_others() -> None:
    cells = np.array([0, 0, 0, 0, 1, 2, 2, 3])
    arms = np.array([1, 1, 0, 0, 1, 1, 0, 0], dtype=bool)
    codes = merged(cells, arms)
    counts = [np.bincount(codes[side], minlength=codes.max() + 1) for side in (arms, ~arms)]
    assert np.min(counts) >= 2
    assert len(set(codes[:4])) == 1


def test_numbers_of_many_values_are_cut_and_missing_ones_are_a_cell() -> None:
    data = trial(n=400)
    assert lee(data, tighten="x").cells == 4
    data.loc[:39, "x"] = np.nan
    assert lee(data, tighten="x").cells == 5


def test_clusters_drawn_together_widen_the_interval() -> None:
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(40), 10)
    z = group % 2
    y = rng.normal(size=40)[group] + 0.3 * rng.normal(size=400)
    data = pd.DataFrame({"z": z, "y": np.where(rng.random(400) < 0.1, np.nan, y), "g": group})
    alone, together = lee(data), lee(data, clusters="g")
    assert (alone.lower, alone.upper) == pytest.approx((together.lower, together.upper))
    assert together.std_error_upper > 1.5 * alone.std_error_upper


def test_three_arms_give_two_pairs_of_bounds() -> None:
    data = trial(n=300)
    arms = np.array(["control", "a", "b"])[np.arange(300) % 3]
    found = rl.lee_bounds(data.assign(z=arms), outcome="y", offer="z")
    assert [one.arm for one in found] == ["a", "b"]
    alone = data[arms != "b"].assign(z=(arms[arms != "b"] == "a") * 1)
    assert found[0].upper == pytest.approx(lee(alone).upper, abs=1e-12)


@pytest.mark.parametrize(
    ("values", "reason"),
    [([1.0, 2, 3, None, None, None], "empty_arm"), ([1.0, 1, None, 1, 1, 1], "no_variation")],
)
def test_what_cannot_be_bounded_says_why(values: list[float | None], reason: str) -> None:
    data = pd.DataFrame({"z": [1, 1, 1, 0, 0, 0], "y": values})
    found = rl.lee_bounds(data, outcome="y", offer="z")
    assert isinstance(found, NotEstimable)
    assert found.reason == reason


# ------------------------------------------------------------------------------- intervals


@pytest.mark.parametrize(("apart", "level"), [(0.5, 0.95), (2.0, 0.9), (0.01, 0.99)])
def test_the_reach_solves_the_equation_of_imbens_and_manski(apart: float, level: float) -> None:
    from scipy.stats import norm

    reach = reach_of(apart, 1.0, level=level, df=1e12)
    assert norm.cdf(reach + apart) - norm.cdf(-reach) == pytest.approx(level, abs=1e-9)


def test_worst_cases_of_a_yes_or_no_outcome_are_those_filled_in_by_hand() -> None:
    # Offered: 6 of 8 known, 4 yes; others: 7 of 8 known, 2 yes.
    y = [1, 1, 1, 1, 0, 0, None, None, 1, 1, 0, 0, 0, 0, 0, None]
    data = pd.DataFrame({"z": [1] * 8 + [0] * 8, "y": pd.array(y, dtype="Float64")})
    found = rl.worst_case_bounds(data, outcome="y", offer="z")
    assert (found.lower, found.upper) == pytest.approx((4 / 8 - 3 / 8, 6 / 8 - 2 / 8))
    assert found.support == (0.0, 1.0)
    low, high = data["y"].fillna(0.0), data["y"].fillna(1.0)
    worst = itt(data.assign(y=low.where(data["z"] == 1, high).astype(float)), variance="neyman")
    assert found.std_error_lower == pytest.approx(worst.std_error, rel=1e-9)


@pytest.mark.parametrize(
    ("options", "code"),
    [({"share": 1.5}, "E-BOUNDS-SHARE"), ({"support": (0.0, 0.5)}, "E-BOUNDS-SUPPORT")],
)
def test_an_impossible_share_or_support_is_refused(options: dict[str, Any], code: str) -> None:
    with pytest.raises(ProtocolError, match=code):
        rl.worst_case_bounds(trial(), outcome="y", offer="z", **options)


# ------------------------------------------------------------------------------- breakdown


def test_the_breakdown_is_where_the_interval_first_holds_zero() -> None:
    data = trial(n=400, effect=0.8)
    found = rl.breakdown(data, outcome="y", offer="z")
    assert isinstance(found, Breakdown)
    assert found.share is not None
    assert 0 < found.share < 1
    at, before = (
        rl.worst_case_bounds(data, outcome="y", offer="z", share=share)
        for share in (found.share, found.share - 1e-6)
    )
    assert min(abs(end) for end in at.interval) < 1e-6
    assert before.conf_low > 0
    assert found.curve[0].lower == pytest.approx(found.curve[0].upper)
    assert found.curve[-1] == found.worst_case


def test_no_conclusion_has_nothing_to_break_and_a_sure_effect_never_breaks() -> None:
    none = rl.breakdown(trial(effect=0.0, seed=3), outcome="y", offer="z")
    assert (none.has_conclusion, none.share) == (False, 0.0)
    y = [1.0] * 50 + [0.0] * 49 + [None]
    sure = pd.DataFrame({"z": [1] * 50 + [0] * 50, "y": y})
    assert rl.breakdown(sure, outcome="y", offer="z").share is None


def test_weights_mend_attrition_that_covariates_explain() -> None:
    """Half of those with x > 0 are silent when offered, and x is what outcomes are made of."""
    errors = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        n = 1000
        z, x = np.arange(n) % 2, rng.normal(size=n)
        chance = np.where(z == 1, 1 / (1 + np.exp(x - 1)), 0.9)
        y = np.where(rng.random(n) < chance, x + rng.normal(size=n), np.nan)
        data = pd.DataFrame({"z": z, "x": x, "y": y})
        found = rl.breakdown(data, outcome="y", offer="z", covariates=["x"])
        errors.append((found.weighted.estimate, found.complete.estimate, found.weighted.std_error))
    weighted, complete, spread = np.mean(errors, axis=0)
    assert abs(weighted) < 3 * spread / np.sqrt(20)
    assert complete < -0.2
    assert np.std([e[0] for e in errors]) == pytest.approx(spread, rel=0.5)


def test_weights_with_a_covariate_that_tells_the_missing_apart_have_a_reason() -> None:
    data = trial()
    told = data.assign(gone=data["y"].isna().astype(float))
    found = rl.breakdown(told, outcome="y", offer="z", covariates=["gone"])
    assert isinstance(found.weighted, NotEstimable)
    assert found.weighted.reason == "separation"
    assert set(found.tidy()["method"]) == {"complete_cases", "lee", "worst_case"}


# ------------------------------------------------------------------------------- boundary


@pytest.mark.parametrize(
    ("attrition", "points"), [(0.0, 5.7), (0.10, 6.3), (0.20, 5.4), (0.40, 2.6), (0.57, 0.0)]
)
def test_the_boundary_is_the_cautious_one_of_the_handbook(attrition: float, points: float) -> None:
    # What Works Clearinghouse, Standards Handbook 4.1, table II.1.
    assert tolerated_gap(attrition) == pytest.approx(points / 100)


def test_the_boundary_is_nearly_a_constant_bias_of_the_model_it_comes_from() -> None:
    """Deke and Chiang's model with correlations 0.45 and 0.39 gives 0.055 all along the table."""
    from scipy.stats import norm

    def selected(rate: float) -> float:
        return float(norm.pdf(norm.ppf(rate)) / rate)

    for percent in range(8, 50):
        lost, gap = percent / 100, tolerated_gap(percent / 100)
        bias = 0.45 * selected(1 - lost - gap / 2) - 0.39 * selected(1 - lost + gap / 2)
        assert bias == pytest.approx(0.055, abs=0.001)
    assert tolerated_gap(0.58) == 0.0
