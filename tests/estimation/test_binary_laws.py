"""Laws every estimator of yes-or-no outcomes obeys; a new one is examined without being named."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from made_up_trials import sample, trial

from reliance_eval.estimation import ESTIMATORS, Estimate, NotEstimable
from reliance_eval.estimation.estimator import answer
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.sample import Sample

every_estimator = pytest.mark.parametrize(
    "name", [n for n in ESTIMATORS.names() if ESTIMATORS[n].is_binary_only]
)
# Iterated least squares settle to nine digits.
SETTLED = 1e-8


def people(seed: int, *, n: int = 200, effect: float = 1.0) -> pd.DataFrame:
    """A trial of ``made_up_trials`` whose outcome is whether the amount is above one."""
    frame = trial(seed, n=n, effect=effect)
    return frame.assign(y=(frame["y"] > 1).astype(float))


def estimated(name: str, given: Sample) -> Estimate:
    found = answer(name, given)
    assert isinstance(found, Finding)
    return found.estimate


def numbers(found: Estimate) -> list[float]:
    return [found.estimate, found.std_error, found.df, found.p_value, found.mean_reference]


@every_estimator
def test_row_order_never_matters(name: str) -> None:
    frame = people(1)
    shuffled = frame.sample(frac=1, random_state=5).reset_index(drop=True)
    here, there = estimated(name, sample(frame)), estimated(name, sample(shuffled))
    assert numbers(there) == pytest.approx(numbers(here), rel=SETTLED)


@every_estimator
@pytest.mark.parametrize("turned", ["y", "z"])
def test_turning_yes_and_no_or_the_arms_turns_the_effect_round(name: str, turned: str) -> None:
    frame = people(2)
    here = estimated(name, sample(frame))
    there = estimated(name, sample(frame.assign(**{turned: 1 - frame[turned]})))
    assert there.estimate == pytest.approx(-here.estimate, rel=SETTLED)
    assert there.std_error == pytest.approx(here.std_error, rel=SETTLED)
    assert there.p_value == pytest.approx(here.p_value, rel=1e-6)


@every_estimator
def test_units_without_an_outcome_leave_and_are_counted(name: str) -> None:
    frame = people(3)
    doubled = pd.concat([frame, frame.assign(y=np.nan)], ignore_index=True)
    here, there = estimated(name, sample(frame)), estimated(name, sample(doubled))
    assert there.estimate == pytest.approx(here.estimate, rel=SETTLED)
    assert (there.n, there.n_missing) == (here.n, len(frame))


@every_estimator
@pytest.mark.parametrize("seed", range(8))
def test_the_interval_excludes_zero_exactly_when_p_is_under_alpha(name: str, seed: int) -> None:
    found = answer(name, sample(people(seed, effect=1.5), level=0.9))
    assert isinstance(found, Finding)
    low, high = found.estimate.conf_low, found.estimate.conf_high
    assert low is not None
    assert high is not None
    assert (low <= 0 <= high) == (found.estimate.p_value >= 0.1)
    # The set at the critical value of |t| that is the statistic itself ends at zero.
    ((edge_low, edge_high),) = found.set_at(abs(found.estimate.statistic))
    assert min(abs(edge_low or 0.0), abs(edge_high or 0.0)) == pytest.approx(0, abs=1e-12)


@every_estimator
def test_contributions_are_as_long_as_the_standard_error(name: str) -> None:
    found = answer(name, sample(people(4)))
    assert isinstance(found, Finding)
    assert np.linalg.norm(found.influence) == pytest.approx(found.estimate.std_error, rel=1e-12)
    assert len(found.influence) == 200 + 3


@every_estimator
def test_no_number_is_nan_or_infinite(name: str) -> None:
    for seed in range(5):
        found = estimated(name, sample(people(seed, n=80)))
        for field in fields(found):
            value = getattr(found, field.name)
            assert not isinstance(value, float) or math.isfinite(value), field.name


@every_estimator
def test_an_outcome_that_is_the_same_for_all_has_no_effect_to_show(name: str) -> None:
    for value in (0.0, 1.0):
        found = answer(name, sample(people(5).assign(y=value)))
        assert isinstance(found, NotEstimable)
        assert found.reason == "no_variation"


@every_estimator
def test_other_values_are_refused(name: str) -> None:
    given = sample(people(6))
    amounts = replace(given, outcome=2.0 * given.outcome)
    found = answer(name, amounts)
    assert isinstance(found, NotEstimable)
    assert found.reason == "not_binary"


@every_estimator
def test_the_truth_is_found_on_average(name: str) -> None:
    # Without an effect every estimand here is zero.
    estimates = np.array(
        [estimated(name, sample(people(seed, effect=0.0))).estimate for seed in range(30)]
    )
    assert abs(estimates.mean()) < 3 * estimates.std(ddof=1) / np.sqrt(len(estimates))
