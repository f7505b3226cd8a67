"""Laws every registered estimator obeys; a new one is examined without being named here."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from made_up_trials import sample, trial

from reliance_eval.estimation import ESTIMATORS, Estimate
from reliance_eval.estimation.estimator import answer
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.sample import Sample

# Estimators of yes-or-no outcomes alone have laws of their own, in ``test_binary_laws``.
every_estimator = pytest.mark.parametrize(
    "name", [n for n in ESTIMATORS.names() if not ESTIMATORS[n].is_binary_only]
)
late_estimators = pytest.mark.parametrize(
    "name", [n for n in ESTIMATORS.names() if ESTIMATORS[n].estimand == "late"]
)
# Sums taken in another order differ by a few units in the last place; least squares by more.
ORDER = 1e-10


def estimated(name: str, given: Sample) -> Estimate:
    found = answer(name, given)
    assert isinstance(found, Finding)
    return found.estimate


def numbers(found: Estimate) -> list[float]:
    values = [found.estimate, found.std_error, found.df, found.p_value, found.mean_reference]
    return [*values, *(end for pair in found.anderson_rubin for end in pair if end is not None)]


@every_estimator
def test_row_order_never_matters(name: str) -> None:
    frame = trial(1)
    shuffled = frame.sample(frac=1, random_state=5).reset_index(drop=True)
    here, there = estimated(name, sample(frame)), estimated(name, sample(shuffled))
    assert numbers(there) == pytest.approx(numbers(here), rel=ORDER)


@every_estimator
@pytest.mark.parametrize("factor", [100.0, -3.0])
def test_a_change_of_unit_rescales_and_changes_no_p(name: str, factor: float) -> None:
    frame = trial(2)
    here = estimated(name, sample(frame))
    there = estimated(name, sample(frame.assign(y=frame["y"] * factor)))
    assert there.estimate == pytest.approx(factor * here.estimate, rel=ORDER)
    assert there.std_error == pytest.approx(abs(factor) * here.std_error, rel=ORDER)
    assert there.p_value == pytest.approx(here.p_value, rel=1e-8)
    assert there.df == pytest.approx(here.df, rel=ORDER)


@every_estimator
def test_the_origin_of_the_outcome_never_matters(name: str) -> None:
    frame = trial(3)
    here = estimated(name, sample(frame))
    there = estimated(name, sample(frame.assign(y=frame["y"] + 1000)))
    assert there.estimate == pytest.approx(here.estimate, rel=1e-8)
    assert there.std_error == pytest.approx(here.std_error, rel=1e-8)


@every_estimator
def test_swapping_the_arms_turns_an_itt_round_and_leaves_a_late(name: str) -> None:
    frame = trial(4)
    here = estimated(name, sample(frame))
    there = estimated(name, sample(frame.assign(z=1 - frame["z"])))
    sign = -1 if ESTIMATORS[name].estimand == "itt" else 1
    assert there.estimate == pytest.approx(sign * here.estimate, rel=1e-9)
    assert there.std_error == pytest.approx(here.std_error, rel=1e-9)


@every_estimator
def test_units_without_an_outcome_leave_and_are_counted(name: str) -> None:
    frame = trial(5)
    # Everyone is drawn twice and seen once: shares of blocks and means of covariates stay.
    lost = frame.assign(y=np.nan)
    doubled = type(frame)(np.concatenate([frame, lost]), columns=frame.columns)
    doubled[["block", "z"]] = doubled[["block", "z"]].astype(int)
    here, there = estimated(name, sample(frame)), estimated(name, sample(doubled))
    assert numbers(there) == pytest.approx(numbers(here), rel=ORDER)
    assert (there.n, there.n_missing) == (here.n, len(frame))


@every_estimator
@pytest.mark.parametrize("seed", range(12))
def test_the_interval_excludes_zero_exactly_when_p_is_under_alpha(name: str, seed: int) -> None:
    found = answer(name, sample(trial(seed, effect=1.2), level=0.9))
    assert isinstance(found, Finding)
    intervals = found.estimate.anderson_rubin or found.set_at(
        (found.estimate.conf_high - found.estimate.estimate) / found.estimate.std_error
        if found.estimate.conf_high is not None
        else math.nan
    )
    has_zero = any(
        (low is None or low <= 0) and (high is None or high >= 0) for low, high in intervals
    )
    assert has_zero == (found.estimate.p_value >= 0.1)


@every_estimator
def test_no_number_is_nan_or_infinite(name: str) -> None:
    for seed in range(5):
        found = estimated(name, sample(trial(seed, n=40)))
        for field in fields(found):
            value = getattr(found, field.name)
            assert not isinstance(value, float) or math.isfinite(value), field.name


@every_estimator
def test_a_repeated_covariate_changes_nothing(name: str) -> None:
    given = sample(trial(6))
    columns = given.covariates
    copied = replace(
        given,
        covariates=np.column_stack([columns, 2 * columns[:, 0] + 1]),
        covariate_names=("x", "w", "x_again"),
    )
    here, there = estimated(name, given), estimated(name, copied)
    assert there.estimate == pytest.approx(here.estimate, rel=1e-12)
    assert there.std_error == pytest.approx(here.std_error, rel=1e-12)
    if ESTIMATORS[name].uses_covariates:
        assert there.note_values["collinear"] == "x_again"


@late_estimators
@pytest.mark.parametrize("seed", range(6))
def test_the_anderson_rubin_set_holds_the_estimate(name: str, seed: int) -> None:
    found = estimated(name, sample(trial(seed, n=60)))
    assert any(
        (low is None or low <= found.estimate) and (high is None or found.estimate <= high)
        for low, high in found.anderson_rubin
    )


@late_estimators
def test_late_times_first_stage_is_the_itt_and_their_p_is_one(name: str) -> None:
    of_offer = {"wald": "blocked", "wald_lin": "lin", "fixed_effects_2sls": "ancova"}
    given = sample(trial(7))
    if name in of_offer:
        effect = answer(of_offer[name], given.without_covariates() if "2sls" in name else given)
        assert isinstance(effect, Finding)
        found = estimated(name, given)
        assert found.first_stage is not None
        product = found.estimate * found.first_stage.estimate
        assert product == pytest.approx(effect.estimate.estimate, rel=1e-10)
        if "2sls" not in name:
            assert found.p_value == pytest.approx(effect.estimate.p_value, rel=1e-12)


@every_estimator
def test_the_truth_is_found_on_average(name: str) -> None:
    # With one effect for all, every estimand here is that effect (for an ITT: times take-up).
    found = [estimated(name, sample(trial(seed, n=200, effect=2.0))) for seed in range(25)]
    estimates = np.array([one.estimate for one in found])
    truth = 2.0 * (0.6 if ESTIMATORS[name].estimand == "itt" else 1.0)
    error = estimates.std(ddof=1) / np.sqrt(len(estimates))
    assert abs(estimates.mean() - truth) < 3 * error
