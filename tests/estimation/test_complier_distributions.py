"""The whole outcome of compliers, and the test that taking part moved none of it."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up_trials import trial
from scipy.stats import ks_2samp

import reliance_eval as rl
from reliance_eval.errors import DataError, ProtocolError
from reliance_eval.estimation import ComplierDistributions, Compliers, NotEstimable
from reliance_eval.estimation.compliance.complier_curves import POINTS, silverman

KEYS: dict[str, Any] = {"outcome": "y", "offer": "z", "take_up": "d"}
# What kind of answer comes is for each test to say.
itt: Any = rl.itt
late: Any = rl.late
complier_distributions: Any = rl.complier_distributions


@pytest.fixture
def people() -> pd.DataFrame:
    return trial(71, n=400)


def p_of(data: Any, **changes: Any) -> float:
    found = spread(data, **changes).p_value
    assert found is not None
    return found


def spread(data: Any, **changes: Any) -> ComplierDistributions:
    found = complier_distributions(data, **({"seed": 1, "redraws": 99, **KEYS} | changes))
    assert isinstance(found, ComplierDistributions)
    return found


def means_of(data: pd.DataFrame, values: Any) -> Compliers:
    found = rl.compliers(data.assign(y=values), blocks="block", **KEYS)
    assert isinstance(found, Compliers)
    return found


def test_a_distribution_function_is_the_complier_mean_of_an_indicator(
    people: pd.DataFrame,
) -> None:
    found = spread(people, blocks="block")
    assert len(found.grid) == POINTS
    inner = slice(30, 70, 10)  # where nothing had to be rearranged
    for point, one, other in zip(
        found.grid[inner], found.treated.cdf[inner], found.untreated.cdf[inner], strict=True
    ):
        means = means_of(people, (people["y"] <= point).astype(float))
        assert means.treated_mean is not None
        assert means.untreated_mean is not None
        assert one == pytest.approx(means.treated_mean.estimate, abs=0.02)
        assert other == pytest.approx(means.untreated_mean.estimate, abs=0.02)


def test_a_density_is_the_complier_mean_of_a_kernel(people: pd.DataFrame) -> None:
    found = spread(people, blocks="block")
    assert found.bandwidth is not None
    for place in (20, 50, 80):
        # The Gaussian kernel of the published trial, at one point of the grid.
        scaled = (people["y"] - found.grid[place]) / found.bandwidth
        kernel = np.exp(-0.5 * scaled**2) / (found.bandwidth * np.sqrt(2 * np.pi))
        means = means_of(people, kernel)
        for curve, mean in (
            (found.treated, means.treated_mean),
            (found.untreated, means.untreated_mean),
        ):
            assert mean is not None
            assert curve.density[place] == pytest.approx(mean.estimate, rel=1e-9)
            assert curve.std_error[place] == pytest.approx(mean.std_error, rel=1e-9)


def test_the_bandwidth_is_silvermans() -> None:
    values = np.random.default_rng(3).normal(size=500)
    low, high = np.quantile(values, [0.25, 0.75])
    by_hand = 0.9 * min(values.std(ddof=1), (high - low) / 1.34) * 500**-0.2
    assert silverman(values) == pytest.approx(by_hand, rel=1e-12)


def test_distribution_functions_never_fall_and_densities_have_mass_one() -> None:
    data = trial(72, n=2000, blocks=1)
    found = spread(data, grid=np.linspace(-9, 9, 400))
    for curve in (found.treated, found.untreated):
        assert np.all(np.diff(curve.cdf) >= 0.0)
        assert (curve.cdf[0], curve.cdf[-1]) == (0.0, pytest.approx(1.0, rel=1e-12))
        assert float(curve.density.sum() * np.diff(found.grid)[0]) == pytest.approx(1.0, abs=1e-6)
    # With and without the programme, compliers' outcomes centre on their effect and on nought.
    for curve, centre in ((found.treated, 1.0), (found.untreated, 0.0)):
        mean = float((found.grid * curve.density).sum() * np.diff(found.grid)[0])
        assert mean == pytest.approx(centre, abs=0.3)


def test_with_full_compliance_the_gap_is_kolmogorov_and_smirnovs(people: pd.DataFrame) -> None:
    found = spread(people.assign(d=people["z"]))
    sides: list[Any] = [people.loc[people["z"] == arm, "y"] for arm in (0, 1)]
    assert found.statistic == pytest.approx(ks_2samp(*sides).statistic, rel=1e-12)


def test_the_gap_is_the_largest_effect_on_any_indicator(people: pd.DataFrame) -> None:
    found = spread(people, blocks="block")
    largest = max(
        abs(
            itt(
                people.assign(below=(people["y"] <= point).astype(float)),
                outcome="below",
                offer="z",
                blocks="block",
            ).estimate
        )
        for point in np.sort(people["y"])[20:-20:4]
    )
    assert found.statistic >= largest / found.share - 1e-12
    assert found.statistic == pytest.approx(largest / found.share, rel=0.25)


def test_of_a_yes_or_no_outcome_the_gap_is_the_late(people: pd.DataFrame) -> None:
    # All values tie, and blocks differ in odds and in outcomes: order and weights must be right.
    both = people.assign(y=(people["y"] > 1).astype(float))
    found = spread(both, blocks="block")
    assert found.statistic == pytest.approx(
        abs(late(both, blocks="block", **KEYS).estimate), rel=1e-10
    )
    unequal = late(both, **KEYS).estimate
    assert found.statistic != pytest.approx(abs(unequal), rel=1e-3)


def test_p_is_exact_where_the_assignments_are_few() -> None:
    y = np.array([0.2, 1.4, 0.9, 2.2, 3.1, 2.8, 5.0, 4.0])
    z = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    data = pd.DataFrame({"y": y, "z": z, "d": z * np.array([1, 1, 1, 1, 1, 1, 1, 0])})
    found = spread(data, redraws=999)
    # By hand: every choice of four among eight, the plain two-sample statistic.
    gaps = []
    for chosen in combinations(range(8), 4):
        arm = np.isin(np.arange(8), chosen)
        gaps.append(max(abs((y[arm] <= t).mean() - (y[~arm] <= t).mean()) for t in y))
    observed = max(abs((y[z == 1] <= t).mean() - (y[z == 0] <= t).mean()) for t in y)
    extreme = sum(gap >= observed * (1 - 1e-9) for gap in gaps)
    assert (found.is_exact, found.redraws, found.monte_carlo_error) == (True, 70, None)
    assert found.p_value == pytest.approx(extreme / 70, rel=1e-12)
    assert found.statistic == pytest.approx(observed / 0.75, rel=1e-12)


def test_blocks_are_kept_in_the_re_draws() -> None:
    # Outcomes follow the block, and so do the odds: only re-draws within blocks are fair.
    rng = np.random.default_rng(5)
    block = np.repeat([0, 1], 150)
    z = np.concatenate(
        [rng.permutation([1] * 120 + [0] * 30), rng.permutation([1] * 30 + [0] * 120)]
    )
    y = 3.0 * block + rng.normal(size=300)
    data = pd.DataFrame({"y": y, "z": z, "d": z, "block": block})
    assert p_of(data, blocks="block", redraws=499) > 0.05
    assert p_of(data, redraws=499) <= 0.01


def test_clusters_are_drawn_whole() -> None:
    rng = np.random.default_rng(6)
    village = np.repeat(np.arange(8), 25)
    z = (village % 2 == 0).astype(int)
    data = pd.DataFrame({"village": village, "z": z, "d": z})
    data = data.assign(y=rng.normal(size=8)[village] + 0.2 * rng.normal(size=200))
    clustered = spread(data, clusters="village", redraws=999)
    assert (clustered.redraws, clustered.is_exact) == (70, True)
    assert p_of(data, clusters="village", redraws=999) > p_of(data, redraws=999)
    torn = data.assign(z=np.arange(200) % 2, d=np.arange(200) % 2)
    with pytest.raises(DataError, match="E-REDRAW-CLUSTERS"):
        spread(torn, clusters="village")


def test_an_effect_that_a_mean_does_not_see_is_seen() -> None:
    rng = np.random.default_rng(17)
    z = np.arange(800) % 2
    taken = z * (rng.random(800) < 0.6)
    # Taking part triples the spread and leaves the mean.
    data = pd.DataFrame({"z": z, "d": taken, "y": rng.normal(size=800) * (1 + 2 * taken)})
    assert late(data, **KEYS).p_value > 0.05
    assert p_of(data, redraws=499) <= 0.01


def test_row_order_never_matters(people: pd.DataFrame) -> None:
    here = spread(people, blocks="block")
    there = spread(people.sample(frac=1, random_state=4), blocks="block")
    assert there.p_value == here.p_value
    assert there.statistic == pytest.approx(here.statistic, rel=1e-12)
    assert np.allclose(there.treated.density, here.treated.density, rtol=1e-10)


def test_the_seed_decides_the_re_draws(people: pd.DataFrame) -> None:
    assert spread(people, seed=2).p_value == spread(people, seed=2).p_value
    assert len({spread(people.assign(y=people["w"]), seed=s).p_value for s in range(4)}) > 1


def test_an_outcome_of_few_values_has_probabilities(people: pd.DataFrame) -> None:
    found = spread(people.assign(y=people["y"].round().clip(-1, 3)), blocks="block")
    assert (found.kind, found.bandwidth) == ("probability", None)
    assert found.grid.tolist() == [-1, 0, 1, 2, 3]
    for curve in (found.treated, found.untreated):
        assert curve.density.sum() == pytest.approx(1.0, rel=1e-12)
        assert curve.cdf[-1] == pytest.approx(1.0, rel=1e-12)
    assert set(found.tidy()["kind"]) == {"probability"}


def test_the_grid_shows_no_single_persons_value(people: pd.DataFrame) -> None:
    rich = people.assign(y=people["y"].where(people.index != 7, 1e6))
    found = spread(rich)
    assert found.grid.max() < 1e5


def test_a_broken_exclusion_leaves_mass_under_zero() -> None:
    # Always-takers whose outcome the offer itself moves: no density of compliers could do this.
    rng = np.random.default_rng(8)
    z = np.arange(2000) % 2
    taken = np.where(rng.random(2000) < 0.4, 1, z * (rng.random(2000) < 0.2))
    y = rng.normal(size=2000) + 3.0 * z * taken
    broken = spread(pd.DataFrame({"y": y, "z": z, "d": taken}))
    sound = spread(pd.DataFrame({"y": rng.normal(size=2000), "z": z, "d": taken}))
    assert broken.negative_treated > 1.0
    assert sound.negative_treated < 0.5


def test_three_arms_are_compared_in_turn(people: pd.DataFrame) -> None:
    arm = np.array(["control", "letter", "visit"])[np.arange(len(people)) % 3]
    data = people.assign(z=arm, d=(arm != "control") * people["d"])
    letter, visit = complier_distributions(data, seed=1, redraws=99, **KEYS)
    assert (letter.arm, visit.arm) == ("letter", "visit")
    pair = data[data["z"] != "visit"]
    assert letter.statistic == pytest.approx(spread(pair).statistic, rel=1e-12)


def test_what_cannot_be_told_says_why(people: pd.DataFrame) -> None:
    found = complier_distributions(people.assign(d=0), seed=1, redraws=99, **KEYS)
    assert isinstance(found, NotEstimable)
    assert found.reason == "no_take_up"
    with pytest.raises(ProtocolError, match="E-REDRAW-COUNT"):
        complier_distributions(people, seed=1, redraws=10, **KEYS)


def test_words_and_tables_come_in_both_languages(people: pd.DataFrame) -> None:
    found = spread(people, blocks="block")
    assert "re-draws of the lottery" in found.text("en")
    assert "tirages simulés" in found.text("fr")
    assert len(found.tidy()) == 2 * POINTS
    shown = found._repr_html_()
    assert "untreated" in shown
    assert shown.count("<tr") < 10


@pytest.mark.slow
def test_p_is_small_no_oftener_than_it_says() -> None:
    # 400 trials in which taking part does nothing: 5 % within 2.2 points (two standard errors).
    small = 0
    for seed in range(400):
        data = trial(seed, n=90, effect=0.0)
        even = data.assign(y=data["block"] + np.random.default_rng(10_000 + seed).normal(size=90))
        found = spread(even, blocks="block", redraws=199, grid=[0.0, 1.0])
        small += found.p_value is not None and found.p_value <= 0.05
    assert abs(small / 400 - 0.05) < 0.022
