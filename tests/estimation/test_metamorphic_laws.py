"""Laws of every registered estimator, on trials that Hypothesis makes up to break them.

What has no number must have none for the same reason after the change, so refusals obey the laws
too. A new estimator is examined without being named here, but for the ITT that its LATE is of.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_trials_by_hypothesis import Answer, ask, given_as, holds, nearness, same, sets, trials

from reliance_eval.estimation import ESTIMATORS, Estimate, itt, late
from reliance_eval.estimation.sample import Sample

every_estimator = pytest.mark.parametrize("name", ESTIMATORS.names())
LATES = [name for name in ESTIMATORS.names() if ESTIMATORS[name].estimand == "late"]
# A yes-or-no outcome has no other unit, and no other origin.
measuring = pytest.mark.parametrize(
    "name", [name for name in ESTIMATORS.names() if not ESTIMATORS[name].is_binary_only]
)
either = st.one_of(trials(), trials(is_binary=True))
every_late = pytest.mark.parametrize("name", LATES)
some = settings(max_examples=15, deadline=None, derandomize=True)
few = settings(max_examples=12, deadline=None, derandomize=True)


@measuring
@some
@given(frame=trials(), clustered=st.booleans(), factor=st.sampled_from([100.0, 0.01, -3.0]))
def test_a_change_of_unit_rescales(
    name: str, frame: pd.DataFrame, clustered: bool, factor: float
) -> None:
    # 100 is euros to cents.
    here = ask(name, given_as(frame, clustered=clustered))
    there = ask(name, given_as(frame.assign(y=frame["y"] * factor), clustered=clustered))
    same(here, there, times=factor)


@measuring
@some
@given(frame=trials(), clustered=st.booleans(), origin=st.sampled_from([-7.0, 1000.0]))
def test_the_origin_of_the_outcome_never_matters(
    name: str, frame: pd.DataFrame, clustered: bool, origin: float
) -> None:
    here = ask(name, given_as(frame, clustered=clustered))
    there = ask(name, given_as(frame.assign(y=frame["y"] + origin), clustered=clustered))
    same(here, there, size=1000.0)


@every_estimator
@some
@given(frame=trials(is_binary=True))
def test_what_counts_as_the_event_only_turns_the_effect_round(
    name: str, frame: pd.DataFrame
) -> None:
    here = ask(name, given_as(frame))
    there = ask(name, given_as(frame.assign(y=1 - frame["y"])))
    same(here, there, times=-1.0)


@every_estimator
@some
@given(frame=either, clustered=st.booleans())
def test_swapping_the_arms_turns_an_itt_round_and_leaves_a_late(
    name: str, frame: pd.DataFrame, clustered: bool
) -> None:
    here = ask(name, given_as(frame, clustered=clustered))
    there = ask(name, given_as(frame.assign(z=1 - frame["z"]), clustered=clustered))
    same(here, there, times=-1.0 if ESTIMATORS[name].estimand == "itt" else 1.0)


@every_estimator
@some
@given(frame=either, clustered=st.booleans(), seed=st.integers(0, 99))
def test_row_order_never_matters(
    name: str, frame: pd.DataFrame, clustered: bool, seed: int
) -> None:
    shuffled = frame.sample(frac=1, random_state=seed).reset_index(drop=True)
    here = ask(name, given_as(frame, clustered=clustered))
    there = ask(name, given_as(shuffled, clustered=clustered))
    same(here, there)


@every_estimator
@some
@given(frame=either, clustered=st.booleans(), seed=st.integers(0, 99))
def test_other_names_of_blocks_and_clusters_change_nothing(
    name: str, frame: pd.DataFrame, clustered: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    renamed = frame.copy()
    for column in ("block", "pair"):
        names = rng.permutation(frame[column].max() + 1)
        renamed[column] = names[frame[column]]
    here = ask(name, given_as(frame, clustered=clustered))
    there = ask(name, given_as(renamed, clustered=clustered))
    same(here, there)


@every_estimator
@some
@given(frame=either, clustered=st.booleans(), constant=st.sampled_from([1.0, -250.0]))
def test_constant_columns_however_many_change_nothing(
    name: str, frame: pd.DataFrame, clustered: bool, constant: float
) -> None:
    given_once = given_as(frame, clustered=clustered)
    columns = np.full((len(frame), 2), constant)
    with_constants = replace(
        given_once,
        covariates=np.column_stack([given_once.covariates, columns]),
        covariate_names=("x", "w", "one", "one_again"),
    )
    same(ask(name, given_once), ask(name, with_constants))


@every_estimator
@some
@given(frame=either, clustered=st.booleans(), effect=st.sampled_from([0, 20, 60]))
def test_the_set_excludes_zero_exactly_when_p_is_under_alpha(
    name: str, frame: pd.DataFrame, clustered: bool, effect: int
) -> None:
    frame = frame.assign(y=frame["y"] + effect * frame["z"])
    found = ask(name, given_as(frame, clustered=clustered))
    if isinstance(found, Estimate) and abs(found.p_value - 0.05) > 1e-9:
        assert holds(found, 0.0) == (found.p_value > 0.05)


@every_late
@some
@given(frame=either, clustered=st.booleans())
def test_the_anderson_rubin_set_holds_the_estimate(
    name: str, frame: pd.DataFrame, clustered: bool
) -> None:
    found = ask(name, given_as(frame, clustered=clustered))
    if isinstance(found, Estimate):
        # Where the effect on the outcome is all but certain the set is all but a point.
        assert holds(found, found.estimate, slack=1e-9 * max(1.0, abs(found.estimate)))


@every_late
@some
@given(frame=either, clustered=st.booleans())
def test_the_late_times_the_first_stage_is_the_itt(
    name: str, frame: pd.DataFrame, clustered: bool
) -> None:
    given_late = given_as(frame, clustered=clustered)
    found = ask(name, given_late)
    if not isinstance(found, Estimate) or found.first_stage is None:
        return
    effect = itt_of(name, given_late)
    assert isinstance(effect, Estimate)
    near = nearness(100.0)
    assert found.estimate * found.first_stage.estimate == near(effect.estimate)
    assert found.p_value == pytest.approx(effect.p_value, rel=1e-6, abs=1e-9)


@every_late
@some
@given(frame=trials(), value=st.integers(-40, 40))
def test_the_anderson_rubin_set_holds_what_the_itt_does_not_reject(
    name: str, frame: pd.DataFrame, value: int
) -> None:
    found = ask(name, given_as(frame))
    left = given_as(frame.assign(y=frame["y"] - value * frame["d"]))
    effect = itt_of(name, left)
    if not isinstance(found, Estimate) or not isinstance(effect, Estimate):
        return
    if abs(effect.p_value - 0.05) > 1e-6:
        assert holds(found, float(value)) == (effect.p_value > 0.05)


@measuring
@some
@given(frame=trials(), clustered=st.booleans(), gain=st.sampled_from([10, -40]))
def test_an_effect_given_to_everyone_is_found_in_full_with_the_same_spread(
    name: str, frame: pd.DataFrame, clustered: bool, gain: int
) -> None:
    # Hence power: the further from zero the effect is, the further the statistic.
    gaining = "z" if ESTIMATORS[name].estimand == "itt" else "d"
    moved = frame.assign(y=frame["y"] + gain * frame[gaining])
    here = ask(name, given_as(frame, clustered=clustered))
    there = ask(name, given_as(moved, clustered=clustered))
    # An outcome made of take-up alone is one that does not vary until then.
    if isinstance(here, Estimate) and isinstance(there, Estimate):
        near = nearness(100.0)
        assert there.estimate == near(here.estimate + gain)
        assert there.std_error == near(here.std_error)


@every_estimator
@some
@given(frame=either, clustered=st.booleans())
def test_a_higher_level_holds_all_that_a_lower_one_holds(
    name: str, frame: pd.DataFrame, clustered: bool
) -> None:
    low, high = (
        ask(name, given_as(frame, clustered=clustered, level=level)) for level in (0.8, 0.99)
    )
    if not isinstance(low, Estimate) or not isinstance(high, Estimate):
        same(low, high)
        return
    slack = 1e-9 * max(1.0, abs(low.estimate))
    for ends in sets(low):
        assert any(a - slack <= ends[0] and ends[1] <= b + slack for a, b in sets(high))


@every_estimator
@some
@given(frame=either, clustered=st.booleans())
def test_twice_the_same_people_give_the_same_effect_more_surely(
    name: str, frame: pd.DataFrame, clustered: bool
) -> None:
    again = frame.assign(pair=frame["pair"] + frame["pair"].max() + 1)
    doubled = pd.concat([frame, again], ignore_index=True)
    here = ask(name, given_as(frame, clustered=clustered))
    there = ask(name, given_as(doubled, clustered=clustered))
    if isinstance(here, Estimate) and isinstance(there, Estimate):
        assert there.estimate == nearness(100.0)(here.estimate)
        assert there.std_error < here.std_error or here.std_error == 0.0


ITT_OF = {
    "wald": "blocked",
    "wald_lin": "lin",
    "two_stage": "ancova",
    "ancova_2sls": "ancova",
    "fixed_effects_2sls": "ancova",
}
"""The ITT that each LATE is the ratio of."""


def itt_of(late_name: str, given_late: Sample) -> Answer:
    """Ask for the ITT behind a LATE, with its columns, its weights and its variance."""
    if late_name == "fixed_effects_2sls":
        given_late = replace(
            given_late.without_covariates(),
            variance="CR1" if given_late.is_clustered else "HC1",
        )
    if late_name == "two_stage" and len(given_late.block_names) > 1:
        # Weights that give each block its share and each of its arms the same.
        size = np.bincount(2 * given_late.blocks + given_late.arms)
        share = given_late.shares[given_late.blocks]
        weights = share / size[2 * given_late.blocks + given_late.arms]
        given_late = replace(given_late, weights=len(weights) * weights)
    return ask(ITT_OF[late_name], given_late)


@few
@given(frame=either, suffix=st.sampled_from(["x", " Nancy Est", "é", "0"]))
def test_labels_on_a_frame_are_only_labels(frame: pd.DataFrame, suffix: str) -> None:
    renamed = frame.assign(
        block=[f"{code}{suffix}" for code in frame["block"]],
        z=np.where(frame["z"] == 1, f"offered {suffix}", "control"),
    )
    columns: dict[str, Any] = {"outcome": "y", "offer": "z", "blocks": "block"}
    same(one_arm(itt(frame, **columns)), one_arm(itt(renamed, **columns)))
    columns["take_up"] = "d"
    same(one_arm(late(frame, **columns)), one_arm(late(renamed, **columns)))


@few
@given(frame=trials())
def test_euros_in_cents_give_the_same_effect_in_cents(frame: pd.DataFrame) -> None:
    columns: dict[str, Any] = {"outcome": "y", "offer": "z", "blocks": "block", "covariates": ["x"]}
    for adjust in ("none", "ancova", "lin"):
        here = itt(frame, adjust=adjust, **columns)
        there = itt(frame.assign(y=100 * frame["y"]), adjust=adjust, **columns)
        same(one_arm(here), one_arm(there), times=100.0)


def one_arm(found: Answer | tuple[Answer, ...]) -> Answer:
    """Give the answer about the only arm there is."""
    assert not isinstance(found, tuple)
    return found


@every_late
@some
@given(frame=trials(), clustered=st.booleans(), gain=st.sampled_from([1.0, 50.0, -300.0]))
def test_an_outcome_made_of_take_up_alone_leaves_no_rounding_noise(
    name: str, frame: pd.DataFrame, clustered: bool, gain: float
) -> None:
    found = ask(name, given_as(frame.assign(y=7.0 + gain * frame["d"]), clustered=clustered))
    if isinstance(found, Estimate):
        assert found.estimate == pytest.approx(gain, rel=1e-9)
        assert found.std_error == 0.0
        assert all(np.isfinite(end) or abs(end) == np.inf for pair in sets(found) for end in pair)
