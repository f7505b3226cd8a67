"""Every assignment of a small design: no bias, and a variance that is never too small on average.

Potential outcomes are fixed and nasty (an outlier of -131, as in Imbens and Rubin's example).
"""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reliance_eval.estimation import Estimate, NotEstimable, itt, late
from reliance_eval.estimation.framing import Columns, read_frame
from reliance_eval.estimation.regressing import regression_effects

BASE = np.array([1.0, 2.0, -131.0, 4.0, 0.0, 7.5, 3.0, 12.0, 5.0, 1.5])
EFFECT = np.array([2.0, -1.0, 9.0, 0.0, 4.0, 4.0, -6.0, 1.0, 3.0, 0.0])


def assignments(sizes: list[int], treated: list[int]) -> list[np.ndarray]:
    """All ways to treat so many units of each block."""
    starts = np.cumsum([0, *sizes[:-1]])
    choices = [
        [[start + i for i in chosen] for chosen in combinations(range(size), k)]
        for start, size, k in zip(starts, sizes, treated, strict=True)
    ]
    drawn = []
    for parts in product(*choices):
        z = np.zeros(sum(sizes), dtype=int)
        z[[i for part in parts for i in part]] = 1
        drawn.append(z)
    return drawn


DESIGNS = {
    "simple": ([8], [4]),
    "unbalanced": ([8], [3]),
    "blocked": ([4, 4], [2, 2]),
    "unequal blocks": ([5, 3], [2, 1]),
    "unequal chances": ([5, 4], [3, 2]),
    "pairs": ([2, 2, 2, 2], [1, 1, 1, 1]),
    "hybrid": ([4, 2, 2, 2], [2, 1, 1, 1]),
}


def effect(frame: pd.DataFrame, **columns: Any) -> Estimate:
    """Ask for an effect that exists."""
    found = itt(frame, **columns)
    assert isinstance(found, Estimate)
    return found


@pytest.mark.parametrize("design", DESIGNS)
def test_the_estimate_has_no_bias_and_the_variance_is_not_too_small(design: str) -> None:
    sizes, treated = DESIGNS[design]
    n = sum(sizes)
    blocks = np.repeat(np.arange(len(sizes)), sizes)
    estimates, variances = [], []
    for z in assignments(sizes, treated):
        frame = pd.DataFrame({"y": BASE[:n] + EFFECT[:n] * z, "z": z, "b": blocks})
        found = itt(frame, outcome="y", offer="z", blocks="b")
        if isinstance(found, Estimate):
            estimates.append(found.estimate)
            variances.append(found.std_error**2)
        else:
            assert design == "unequal blocks"
            assert isinstance(found, NotEstimable)
            assert found.reason == "singleton_arm"
    if estimates:
        truth = np.array(estimates)
        assert truth.mean() == pytest.approx(EFFECT[:n].mean(), abs=1e-12)
        assert np.mean(variances) >= truth.var() * (1 - 1e-12)


def test_households_drawn_whole_are_unbiased_and_not_overconfident() -> None:
    household = np.repeat(np.arange(4), 2)
    estimates, variances = [], []
    for chosen in combinations(range(4), 2):
        z = np.isin(household, chosen).astype(int)
        frame = pd.DataFrame({"y": BASE[:8] + EFFECT[:8] * z, "z": z, "h": household})
        found = effect(frame, outcome="y", offer="z", clusters="h")
        estimates.append(found.estimate)
        variances.append(found.std_error**2)
    assert np.mean(estimates) == pytest.approx(EFFECT[:8].mean(), abs=1e-12)
    assert np.mean(variances) >= np.var(estimates) * (1 - 1e-12)


def test_without_an_effect_neymans_variance_is_exact() -> None:
    estimates, variances = [], []
    for z in assignments([4, 4], [2, 2]):
        frame = pd.DataFrame({"y": BASE[:8], "z": z, "b": np.repeat([0, 1], 4)})
        found = effect(frame, outcome="y", offer="z", blocks="b")
        estimates.append(found.estimate)
        variances.append(found.std_error**2)
    assert np.mean(variances) == pytest.approx(np.var(estimates), rel=1e-12)


def test_pairs_of_unequal_weight_without_an_effect_have_an_exact_variance() -> None:
    # Pashley and Miratrix (2021): unbiased where the effect is the same in all small blocks.
    sizes = [2, 2, 4, 3]
    base = np.array([0.0, 5.0, 1.0, -131.0, 2.0, 2.5, 9.0, 4.0, 7.0, 1.0, 3.0])
    estimates, variances = [], []
    for z in assignments(sizes, [1, 1, 1, 1]):
        frame = pd.DataFrame({"y": base, "z": z, "b": np.repeat(np.arange(4), sizes)})
        found = effect(frame, outcome="y", offer="z", blocks="b")
        assert found.variance == "pairs"
        estimates.append(found.estimate)
        variances.append(found.std_error**2)
    assert np.mean(estimates) == pytest.approx(0.0, abs=1e-12)
    assert np.mean(variances) == pytest.approx(np.var(estimates), rel=1e-12)


ESTIMABLE = [name for name in DESIGNS if name != "unequal blocks"]


@pytest.mark.parametrize("design", ESTIMABLE)
def test_lin_adjusting_for_the_blocks_has_no_bias_and_is_not_overconfident(design: str) -> None:
    # Saturated in what the draw was held within, Lin's regression is a set of means: exact.
    sizes, treated = DESIGNS[design]
    if min(treated) < 2 or min(n - k for n, k in zip(sizes, treated, strict=True)) < 2:
        return  # its HC2 has no value where an arm of a block is one unit
    n = sum(sizes)
    blocks = np.repeat(np.arange(len(sizes)), sizes)
    estimates, variances = [], []
    for z in assignments(sizes, treated):
        frame = pd.DataFrame({"y": BASE[:n] + EFFECT[:n] * z, "z": z, "b": blocks})
        found = effect(frame, outcome="y", offer="z", covariates=["b"], adjust="lin")
        estimates.append(found.estimate)
        variances.append(found.std_error**2)
    assert np.mean(estimates) == pytest.approx(EFFECT[:n].mean(), abs=1e-12)
    assert np.mean(variances) >= np.var(estimates) * (1 - 1e-12)


def test_lin_is_exact_in_every_draw_where_both_outcomes_are_lines_in_the_covariate() -> None:
    x = np.array([3.0, -1.0, 4.0, 1.0, -5.0, 9.0, 2.0, -6.0])
    for z in assignments([8], [4]):
        y = np.where(z == 1, 7.0 - 2.0 * x, -131.0 + 5.0 * x)
        columns = Columns(outcome="y", offer="z", covariates=("x",))
        frame = pd.DataFrame({"y": y, "z": z, "x": x})
        given = read_frame(frame, columns, reference=None, variance=None, level=0.95).sample
        effects = regression_effects(given, y[:, None], form="interacted")
        assert effects.values[0] == pytest.approx(138.0 - 7.0 * x.mean(), abs=1e-11)


def test_each_of_three_arms_is_compared_without_bias() -> None:
    effects = np.stack([np.zeros(7), EFFECT[:7], np.arange(7.0)])
    found: list[list[Estimate]] = [[], []]
    for first in combinations(range(7), 2):
        left = [unit for unit in range(7) if unit not in first]
        for second in combinations(left, 2):
            arms = np.zeros(7, dtype=int)
            arms[list(first)], arms[list(second)] = 1, 2
            frame = pd.DataFrame({"y": BASE[:7] + effects[arms, np.arange(7)], "arm": arms})
            answers = itt(frame, outcome="y", offer="arm")
            assert isinstance(answers, tuple)
            for place, one in enumerate(answers):
                assert isinstance(one, Estimate)
                found[place].append(one)
    for place, ones in enumerate(found):
        estimates = np.array([one.estimate for one in ones])
        assert estimates.mean() == pytest.approx(effects[place + 1].mean(), abs=1e-12)
        assert np.mean([one.std_error**2 for one in ones]) >= estimates.var() * (1 - 1e-12)


def test_households_drawn_whole_within_blocks_are_unbiased_and_not_overconfident() -> None:
    household = np.repeat(np.arange(8), 2)
    base, gains = np.resize(BASE, 16), np.resize(EFFECT, 16)
    estimates, variances = [], []
    for chosen in assignments([4, 4], [2, 2]):
        z = chosen[household]
        columns = {"y": base + gains * z, "z": z, "h": household, "b": household // 4}
        found = effect(pd.DataFrame(columns), outcome="y", offer="z", blocks="b", clusters="h")
        estimates.append(found.estimate)
        variances.append(found.std_error**2)
    assert np.mean(estimates) == pytest.approx(gains.mean(), abs=1e-12)
    assert np.mean(variances) >= np.var(estimates) * (1 - 1e-12)


# Who takes up without the offer, and who with it: always-takers, compliers and never-takers.
TAKE_UP = {
    "one-sided": (np.zeros(10, dtype=int), np.array([1, 1, 0, 1, 1, 0, 1, 1, 0, 1])),
    "two-sided": (
        np.array([0, 0, 0, 1, 0, 0, 0, 1, 0, 0]),
        np.array([1, 1, 0, 1, 1, 0, 1, 1, 0, 1]),
    ),
}


@pytest.mark.parametrize("sides", TAKE_UP)
@pytest.mark.parametrize("design", ["simple", "blocked", "unequal chances", "pairs"])
def test_the_equation_behind_the_late_has_no_bias_and_a_variance_that_is_not_too_small(
    design: str, sides: str
) -> None:
    # The ratio itself is biased in small samples; what Anderson and Rubin's set is made of, the
    # effect of the offer on Y - LATE x D at the true LATE, is not.
    sizes, treated = DESIGNS[design]
    n = sum(sizes)
    blocks = np.repeat(np.arange(len(sizes)), sizes)
    without, with_offer = (taken[:n] for taken in TAKE_UP[sides])
    moved = with_offer - without
    truth = float(np.sum(EFFECT[:n] * moved) / np.sum(moved))
    gaps, variances = [], []
    for z in assignments(sizes, treated):
        d = np.where(z == 1, with_offer, without)
        frame = pd.DataFrame({"y": BASE[:n] + EFFECT[:n] * d, "d": d, "z": z, "b": blocks})
        left = frame.assign(y=frame["y"] - truth * frame["d"])
        gap = effect(left, outcome="y", offer="z", blocks="b")
        gaps.append(gap.estimate)
        variances.append(gap.std_error**2)
        found = late(frame, outcome="y", offer="z", take_up="d", blocks="b")
        if isinstance(found, Estimate):
            assert in_set(found, truth) == (gap.p_value > 0.05)
    assert np.mean(gaps) == pytest.approx(0.0, abs=1e-12)
    assert np.mean(variances) >= np.var(gaps) * (1 - 1e-12)


def in_set(found: Estimate, value: float) -> bool:
    return any(
        (low is None or low <= value) and (high is None or value <= high)
        for low, high in found.anderson_rubin
    )


def test_with_full_compliance_the_late_is_the_itt_without_bias() -> None:
    estimates = []
    for z in assignments([4, 4], [2, 2]):
        frame = pd.DataFrame({"y": BASE[:8] + EFFECT[:8] * z, "z": z, "b": np.repeat([0, 1], 4)})
        found = late(frame.assign(d=z), outcome="y", offer="z", take_up="d", blocks="b")
        assert isinstance(found, Estimate)
        offered = effect(frame, outcome="y", offer="z", blocks="b")
        assert found.estimate == pytest.approx(offered.estimate, rel=1e-14)
        assert found.std_error == pytest.approx(offered.std_error, rel=1e-14)
        estimates.append(found.estimate)
    assert np.mean(estimates) == pytest.approx(EFFECT[:8].mean(), abs=1e-12)
