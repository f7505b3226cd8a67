"""Every assignment of a small design: no bias, and a variance that is never too small on average.

Potential outcomes are fixed and nasty (an outlier of -131, as in Imbens and Rubin's example).
"""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest

from reliance_eval.estimation import Estimate, itt

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
    "pairs": ([2, 2, 2, 2], [1, 1, 1, 1]),
    "hybrid": ([4, 2, 2, 2], [2, 1, 1, 1]),
}


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
        found = itt(frame, outcome="y", offer="z", clusters="h")
        estimates.append(found.estimate)
        variances.append(found.std_error**2)
    assert np.mean(estimates) == pytest.approx(EFFECT[:8].mean(), abs=1e-12)
    assert np.mean(variances) >= np.var(estimates) * (1 - 1e-12)


def test_without_an_effect_neymans_variance_is_exact() -> None:
    estimates, variances = [], []
    for z in assignments([4, 4], [2, 2]):
        frame = pd.DataFrame({"y": BASE[:8], "z": z, "b": np.repeat([0, 1], 4)})
        found = itt(frame, outcome="y", offer="z", blocks="b")
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
        found = itt(frame, outcome="y", offer="z", blocks="b")
        assert found.variance == "pairs"
        estimates.append(found.estimate)
        variances.append(found.std_error**2)
    assert np.mean(estimates) == pytest.approx(0.0, abs=1e-12)
    assert np.mean(variances) == pytest.approx(np.var(estimates), rel=1e-12)
