"""Quantile effects: weighted as the draw, with intervals that hold and say where they cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up_trials import trial
from scipy.stats import norm
from small_panels import panel

from reliance_eval.errors import ProtocolError
from reliance_eval.estimation import NotEstimable, QuantileEffects, quantile_effects


def of(frame: pd.DataFrame, *quantiles: float, **asked: Any) -> QuantileEffects:
    keys = {"outcome": "y", "offer": "z", "quantiles": quantiles or (0.1, 0.25, 0.5, 0.75, 0.9)}
    found = quantile_effects(frame, **(keys | asked))
    assert isinstance(found, QuantileEffects)
    return found


def earnings(seed: int, *, n: int = 600) -> pd.DataFrame:
    """Amounts of which seven in ten are zero, as in E4."""
    rng = np.random.default_rng(seed)
    z = rng.permutation(np.arange(n) % 2)
    zero = rng.random(n) < 0.7 - 0.1 * z
    return pd.DataFrame({"z": z, "y": np.where(zero, 0.0, np.exp(6 + rng.normal(size=n)))})


def test_estimates_are_differences_of_the_arms_own_quantiles() -> None:
    frame = trial(1, n=200, blocks=1)
    for effect in of(frame).effects:
        arms = [
            np.quantile(frame["y"][frame["z"] == z], effect.quantile, method="inverted_cdf")
            for z in (1, 0)
        ]
        assert (effect.quantile_arm, effect.quantile_reference) == tuple(arms)
        assert effect.estimate == pytest.approx(arms[0] - arms[1], rel=1e-14)


def test_blocks_weigh_their_share_of_those_drawn() -> None:
    # Block 0 holds 30 of 40 drawn; by hand, the arm's two values weigh 3/4 and 1/4.
    block = [0] * 30 + [1] * 10
    z = [1] * 10 + [0] * 20 + [1] * 8 + [0] * 2
    y = [1] * 10 + [0] * 20 + [5] * 8 + [4] * 2
    frame = pd.DataFrame({"block": block, "z": z, "y": y})
    found = of(frame, 0.7, 0.8, blocks="block").effects
    assert [(e.quantile_arm, e.quantile_reference) for e in found] == [(1, 0), (5, 4)]
    assert found[0].share_at_arm == pytest.approx(0.75)
    # Without the blocks 10 of 18 offered have the lower value: already 0.6 is past them.
    assert of(frame, 0.7).effects[0].quantile_arm == 5


def test_inverse_probabilities_stand_for_blocks() -> None:
    people = trial(2)
    share = people.groupby("block")["z"].transform("mean")
    people["w8"] = people["z"] / share + (1 - people["z"]) / (1 - share)
    weighted, blocked = of(people, weights="w8"), of(people, blocks="block")
    for one, other in zip(weighted.effects, blocked.effects, strict=True):
        assert one.estimate == other.estimate


def test_the_error_of_a_median_is_that_of_its_theory() -> None:
    # Var(median) is 1/(4 n f(m)²) in each arm: for a normal outcome pi/2 times that of the mean.
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"z": np.arange(20_000) % 2, "y": rng.normal(size=20_000)})
    expected = np.sqrt(2 * 0.25 / 10_000) / norm.pdf(0)
    assert of(frame, 0.5).effects[0].std_error == pytest.approx(expected, rel=0.05)


def test_blocks_that_explain_the_outcome_make_it_narrower() -> None:
    frame = trial(3, n=900)
    frame["y"] += 6 * frame["block"]
    frame["z"] = np.arange(len(frame)) % 2
    blocked, pooled = of(frame, 0.5, blocks="block"), of(frame, 0.5)
    assert (blocked.effects[0].std_error or 0) < 0.8 * (pooled.effects[0].std_error or 0)


def test_a_repeated_unit_counts_as_one_where_clusters_were_drawn() -> None:
    frame = trial(4, n=200, blocks=1).assign(home=range(200))
    once, twice = of(frame, clusters="home"), of(pd.concat([frame, frame]), clusters="home")
    for one, two in zip(once.effects, twice.effects, strict=True):
        assert (two.conf_low, two.conf_high) == (one.conf_low, one.conf_high)
        assert two.p_value == pytest.approx(one.p_value, rel=1e-6)
    assert twice.df == once.df


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_p_and_interval_agree_one_by_one_and_jointly(seed: int, level: float) -> None:
    frame = trial(seed, n=150, effect=1.0)
    for effect in of(frame, blocks="block", level=level).effects:
        for p, low, high in (
            (effect.p_value, effect.conf_low, effect.conf_high),
            (effect.p_adjusted, effect.conf_low_adjusted, effect.conf_high_adjusted),
        ):
            assert p is not None
            excludes = (low is not None and low > 0) or (high is not None and high < 0)
            assert excludes == (p < 1 - level)
        assert effect.p_adjusted is not None
        assert effect.p_value is not None
        assert effect.p_adjusted >= effect.p_value


def test_quantiles_among_the_zeros_have_no_interval_and_say_why() -> None:
    found = of(earnings(1), 0.25, 0.5, 0.75, 0.9)
    heaped, free = found.effects[:2], found.effects[2:]
    for effect in heaped:
        assert (effect.estimate, effect.reason) == (0.0, "heaped")
        assert (effect.std_error, effect.p_value, effect.conf_low) == (None, None, None)
        assert effect.share_at_reference > 0.6
    for effect in free:
        assert effect.conf_low is not None
        assert effect.conf_high is not None
        assert effect.conf_low < effect.estimate < effect.conf_high
    assert "compare the shares" in found.convention("en")
    assert "comparez les parts" in found.convention("fr")
    table = found.tidy()
    assert list(table["reason"]) == ["heaped", "heaped", "", ""]
    assert table["p_value"].isna().sum() == 2


def test_at_the_edge_of_the_zeros_the_interval_reaches_them() -> None:
    # Seven in ten of the reference are zero: its upper end at 0.7 is an amount, its lower is zero.
    frame = earnings(2)
    reference = frame["y"][frame["z"] == 0]
    edge = float((reference == 0).mean())
    effect = of(frame, edge).effects[0]
    assert effect.quantile_reference == 0
    assert effect.reason == ""
    assert effect.conf_low is not None


def test_too_few_units_leave_an_end_open() -> None:
    frame = pd.DataFrame({"z": [0, 1] * 10, "y": np.arange(20.0)})
    effect = of(frame, 0.05).effects[0]
    assert (effect.conf_low, effect.conf_high) == (None, None)
    assert effect.std_error is None
    assert effect.p_value is not None
    assert effect.p_value > 0.05


@pytest.mark.parametrize("change", ["order", "unit", "origin", "arms"])
def test_what_changes_nothing_changes_nothing(change: str) -> None:
    frame = trial(6)
    here = of(frame, blocks="block").effects
    other = {
        "order": frame.sample(frac=1, random_state=1),
        "unit": frame.assign(y=100 * frame["y"]),
        "origin": frame.assign(y=frame["y"] + 1000),
        "arms": frame.assign(z=1 - frame["z"]),
    }[change]
    factor = {"unit": 100.0, "arms": -1.0}.get(change, 1.0)
    for one, two in zip(here, of(other, blocks="block").effects, strict=True):
        assert two.estimate == pytest.approx(factor * one.estimate, rel=1e-9)
        assert two.p_value == pytest.approx(one.p_value, rel=1e-6)
        assert two.std_error == pytest.approx(abs(factor) * (one.std_error or 0), rel=1e-9)


def test_three_arms_give_two_answers_and_a_panel_its_own_design() -> None:
    frame = trial(7).assign(z=lambda f: np.arange(len(f)) % 3)
    found = quantile_effects(frame, outcome="y", offer="z", quantiles=[0.5])
    assert isinstance(found, tuple)
    assert [one.arm for one in found] == ["1", "2"]
    given = panel()
    rng = np.random.default_rng(1)
    amounts = given.outcomes.assign(value=rng.normal(size=len(given.outcomes)))
    given = replace(given, outcomes=amounts)
    mine = quantile_effects(given, outcome="housed", horizon_months=12, quantiles=[0.5])
    assert isinstance(mine, QuantileEffects)
    values = amounts[(amounts["outcome"] == "housed") & (amounts["horizon_months"] == 12)]
    bare = given.units.merge(values, on="unit").rename(columns={"value": "y", "arm": "z"})
    assert mine.effects == of(bare, 0.5, blocks="block").effects


def test_what_has_no_quantiles_is_said() -> None:
    frame = trial(8)
    for asked in ((), (0.0,), (1.0, 0.5)):
        with pytest.raises(ProtocolError, match="quantiles"):
            quantile_effects(frame, outcome="y", offer="z", quantiles=asked)
    constant = quantile_effects(frame.assign(y=3.0), outcome="y", offer="z")
    assert isinstance(constant, NotEstimable)
    assert constant.reason == "no_variation"
    one = quantile_effects(pd.DataFrame({"z": [0, 1], "y": [1.0, 2.0]}), outcome="y", offer="z")
    assert isinstance(one, NotEstimable)


def test_a_heap_at_the_top_still_has_a_spread() -> None:
    frame = pd.DataFrame({"z": [0, 1] * 20, "y": [0.0, 1.0] * 2 + [1.0] * 36})
    found = of(frame, 0.03).effects[0]
    assert found.share_at_arm > 0.8
    assert found.reason == "" or found.conf_low is None


KINDS: dict[str, Callable[..., Any]] = {
    "normal": lambda rng, z, b, u: rng.normal(size=len(z)) * (1 + 0.5 * z) + 0.3 * z,
    "zeros": lambda rng, z, b, u: np.where(
        rng.random(len(z)) < 0.7 - 0.1 * z, 0.0, np.exp(6 + rng.normal(size=len(z)))
    ),
    "blocked": lambda rng, z, b, u: 2 * b + rng.normal(size=len(z)) * (1 + z),
    "clustered": lambda rng, z, b, u: u + rng.normal(size=len(z)) + 0.3 * z,
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_intervals_cover_one_by_one_and_jointly(kind: str) -> None:
    # 500 trials of 400: 0.95 less three Monte Carlo errors is 0.92; more is discreteness.
    rng, levels = np.random.default_rng(11), (0.1, 0.25, 0.5, 0.75, 0.9)
    size = 1_000_000
    many, effect = np.ones(size, dtype=int), KINDS[kind]
    b, u = (rng.random(size) < 0.3).astype(int), rng.normal(size=size)
    drawn = [np.quantile(effect(rng, z, b, u), levels) for z in (many, 0 * many)]
    truth = drawn[0] - drawn[1]
    hits, asked, joint = np.zeros(5), np.zeros(5), 0
    for _ in range(500):
        block = np.repeat([0, 1], [280, 120])
        home = np.arange(400) // 5
        z = np.array(rng.permutation(np.arange(80) % 2)[home])
        if kind != "clustered":
            first = rng.permutation(np.arange(280) % 2)
            z = np.concatenate([first, rng.permutation((np.arange(120) % 10 < 3).astype(int))])
        frame = pd.DataFrame({"z": z, "b": block, "h": home})
        frame["y"] = effect(rng, z, block, rng.normal(size=80)[home])
        design = {"clustered": {"clusters": "h"}, "blocked": {"blocks": "b"}}.get(kind, {})
        found = of(frame, *levels, **design).effects
        inside = [_holds(e.conf_low, e.conf_high, t) for e, t in zip(found, truth, strict=True)]
        both = [
            e.reason != "" or _holds(e.conf_low_adjusted, e.conf_high_adjusted, t)
            for e, t in zip(found, truth, strict=True)
        ]
        is_free = np.array([not e.reason for e in found])
        hits += np.array(inside) & is_free
        asked += is_free
        joint += all(both)
    enough = asked > 100
    assert np.all(hits[enough] / asked[enough] >= 0.92)
    assert joint / 500 >= 0.92


def _holds(low: float | None, high: float | None, truth: float) -> bool:
    return (low is None or low <= truth) and (high is None or truth <= high)
