"""``redraw_test`` on a bare frame: against every permutation by hand, and the laws it obeys."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reliance_eval import itt, redraw_test
from reliance_eval.errors import DataError, ProtocolError
from reliance_eval.estimation import NotEstimable


def frame(seed: int = 1, *, n: int = 60, effect: float = 0.4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    made = pd.DataFrame(
        {"z": np.arange(n) % 2, "b": np.arange(n) // (n // 3), "x": rng.normal(size=n)}
    )
    return made.assign(y=rng.normal(size=n) + made["b"] + 0.5 * made["x"] + effect * made["z"])


def test_a_small_trial_gives_the_p_of_all_its_permutations() -> None:
    y = np.array([3.1, 0.2, 4.4, 1.0, 2.2, 0.9, 5.0, 1.7])
    z = np.array([1, 0, 1, 0, 0, 0, 1, 1])
    # All 70 ways to offer four of eight, and Welch's t of each, by the definition.
    offers = [np.isin(np.arange(8), chosen) for chosen in combinations(range(8), 4)]

    def t(is_offered: np.ndarray) -> float:
        one, other = y[is_offered], y[~is_offered]
        return (one.mean() - other.mean()) / np.sqrt(one.var(ddof=1) / 4 + other.var(ddof=1) / 4)

    def gap(is_offered: np.ndarray) -> float:
        return y[is_offered].mean() - y[~is_offered].mean()

    for statistic, of in (("t", t), ("coefficient", gap)):
        own = abs(of(z == 1))
        expected = np.mean([abs(of(offer)) >= own - 1e-9 for offer in offers])
        found = redraw_test(
            pd.DataFrame({"y": y, "z": z}), outcome="y", offer="z", statistic=statistic, seed=1
        )
        assert found.is_exact
        assert found.redraws == 70
        assert found.p_value == pytest.approx(expected)
        assert found.monte_carlo_error is None


def test_the_statistic_is_the_estimates_own() -> None:
    data = frame()
    for adjust, covariates in (("none", ()), ("lin", ("x",))):
        own = itt(data, outcome="y", offer="z", blocks="b", covariates=covariates, adjust=adjust)
        found = redraw_test(
            data, outcome="y", offer="z", blocks="b", covariates=covariates, redraws=99, seed=1
        )
        assert found.statistic == pytest.approx(own.statistic, rel=1e-9)
        assert found.estimate == pytest.approx(own.estimate, rel=1e-12)


def test_the_additive_regression_is_redrawn_where_it_is_asked_for() -> None:
    data = frame()
    own = itt(data, outcome="y", offer="z", blocks="b", covariates=["x"], adjust="ancova")
    found = redraw_test(
        data,
        outcome="y",
        offer="z",
        blocks="b",
        covariates=["x"],
        adjust="ancova",
        redraws=99,
        seed=1,
    )
    assert found.statistic == pytest.approx(own.statistic, rel=1e-9)
    assert found.estimate == pytest.approx(own.estimate, rel=1e-12)


def test_row_order_moves_no_number() -> None:
    data = frame()
    arguments: dict[str, Any] = {
        "outcome": "y",
        "offer": "z",
        "blocks": "b",
        "redraws": 199,
        "seed": 3,
    }
    shuffled = data.sample(frac=1, random_state=5)
    assert redraw_test(data, **arguments) == redraw_test(shuffled, **arguments)


def test_the_monte_carlo_error_is_that_of_a_share() -> None:
    found = redraw_test(frame(), outcome="y", offer="z", blocks="b", redraws=399, seed=1)
    # The standard error of a share of R + 1 things: the draw and its re-draws.
    expected = (found.p_value * (1 - found.p_value) / 400) ** 0.5
    assert found.monte_carlo_error == pytest.approx(expected)


def test_clusters_are_redrawn_whole() -> None:
    # Eight households of three: 70 ways, where single persons would have far more.
    data = pd.DataFrame({"h": np.arange(24) // 3, "z": np.arange(24) // 3 % 2})
    data["y"] = np.sin(data["h"]) + 0.1 * np.arange(24)
    found = redraw_test(data, outcome="y", offer="z", clusters="h", seed=1)
    assert (found.redraws, found.is_exact) == (70, True)


@pytest.mark.parametrize("statistic", ["t", "coefficient"])
@pytest.mark.parametrize("covariates", [(), ("x",)])
def test_the_interval_holds_the_effects_its_own_test_keeps(
    statistic: Any, covariates: tuple[str, ...]
) -> None:
    data = frame(n=36)
    arguments: dict[str, Any] = {
        "outcome": "y",
        "offer": "z",
        "blocks": "b",
        "covariates": covariates,
        "statistic": statistic,
        "redraws": 399,
        "seed": 2,
    }
    found = redraw_test(data, interval=True, **arguments)
    low, high = found.interval
    assert low < found.estimate < high

    def p(tau: float) -> float:
        # The re-draws must be the same, hence the same order of rows: blocks, then arms.
        return redraw_test(data.assign(y=data["y"] - tau * data["z"]), **arguments).p_value

    # Inside, kept; outside, rejected: re-drawn afresh on shifted outcomes. Shifting may reorder
    # equal rows of the canonical order, so ends are approached from a twentieth of the width.
    width = high - low
    assert p(low + 0.15 * width) > 0.05
    assert p(high - 0.15 * width) > 0.05
    assert p(low - 0.15 * width) <= 0.05
    assert p(high + 0.15 * width) <= 0.05


def test_an_interval_ends_where_the_exact_p_crosses() -> None:
    data = pd.DataFrame({"z": [0, 1] * 4, "y": [0.3, 1.9, 0.1, 2.6, 0.8, 1.2, 0.5, 2.1]})
    found = redraw_test(data, outcome="y", offer="z", seed=1, interval=True)
    low, high = found.interval
    for end, inward in ((low, 1e-6), (high, -1e-6)):
        kept, rejected = (
            redraw_test(data.assign(y=data["y"] - tau * data["z"]), outcome="y", offer="z", seed=1)
            for tau in (end + inward, end - inward)
        )
        assert kept.p_value > 0.05 >= rejected.p_value


def test_too_few_assignments_leave_the_interval_without_ends() -> None:
    # 20 assignments: the smallest p is 0.1, so nothing is ever rejected at 0.05.
    data = pd.DataFrame({"z": [0, 0, 0, 1, 1, 1], "y": [1.0, 2.0, 3.0, 4.0, 5.0, 7.0]})
    found = redraw_test(data, outcome="y", offer="z", seed=1, interval=True)
    assert found.interval == (None, None)


def test_an_arm_that_does_nothing_is_not_blamed_for_another() -> None:
    """Three arms, one with a large effect: the idle arm's p-values stay uniform.

    Re-drawing the third arm's units too lends them outcomes they would not have shown.
    """
    p_values = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        data = pd.DataFrame({"z": np.repeat(["control", "idle", "strong"], 12)})
        data["y"] = rng.normal(size=36) + 5 * (data["z"] == "strong")
        idle, strong = redraw_test(data, outcome="y", offer="z", redraws=199, seed=seed)
        assert (idle.arm, strong.arm, idle.reference) == ("idle", "strong", "control")
        assert strong.p_value <= 0.01
        p_values.append(idle.p_value)
    # The mean of 60 uniforms is 0.5, give or take three times 0.289/sqrt(60) = 0.11.
    assert abs(np.mean(p_values) - 0.5) < 0.112


def test_who_has_no_outcome_keeps_none_in_any_redraw() -> None:
    data = frame()
    data.loc[[0, 7, 21], "y"] = np.nan
    found = redraw_test(data, outcome="y", offer="z", blocks="b", redraws=99, seed=1)
    assert found.n == 57


def test_an_outcome_that_never_varies_is_answered_with_a_reason() -> None:
    data = frame().assign(y=1.0)
    found = redraw_test(data, outcome="y", offer="z", redraws=99, seed=1)
    assert isinstance(found, NotEstimable)
    assert found.reason == "no_variation"


def test_a_cluster_in_two_arms_is_refused_with_its_count() -> None:
    data = pd.DataFrame({"z": [0, 1, 0, 1, 0, 1], "h": [1, 1, 2, 3, 4, 5], "y": np.arange(6.0)})
    with pytest.raises(DataError) as refused:
        redraw_test(data, outcome="y", offer="z", clusters="h", seed=1)
    assert refused.value.code == "E-REDRAW-CLUSTERS"
    assert refused.value.faults[0].values["n"] == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"statistic": "z"}, "E-REDRAW-STATISTIC"),
        ({"redraws": 10}, "E-REDRAW-COUNT"),
        ({"adjust": "probit"}, "E-ESTIMATION-ADJUST"),
    ],
)
def test_what_cannot_be_asked_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        redraw_test(frame(), outcome="y", offer="z", seed=1, **changes)
    assert refused.value.code == code


def test_a_tidy_row_names_the_ends_of_the_interval() -> None:
    row = redraw_test(frame(), outcome="y", offer="z", redraws=99, seed=1, interval=True).tidy()
    assert {"p_value", "conf_low", "conf_high", "monte_carlo_error"} <= set(row.columns)
    assert len(row) == 1


SCRIPT = """
import numpy as np, pandas as pd, reliance_eval as rl
rng = np.random.default_rng(1)
data = pd.DataFrame({"z": np.arange(400) % 2, "x": rng.normal(size=400)})
data["y"] = rng.normal(size=400) + data["x"] + 0.1 * data["z"]
found = rl.redraw_test(data, outcome="y", offer="z", covariates=["x"], redraws=999, seed=1)
print(found.p_value)
"""


def test_the_number_of_threads_moves_no_p_value() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env=os.environ | {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for threads in ("1", "2", "8")
    }
    assert len(said) == 1
