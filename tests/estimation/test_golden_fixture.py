"""Fixture G1: what R says to the digits it prints.

Origin of every number: the table G1 of the reliability page (estimatr 1.0.0, clubSandwich 0.5.8,
ivmodel 1.9.1). Tolerance: 1e-9 relative, or the digits printed where they are fewer.
"""

from __future__ import annotations

from typing import Any

import pytest
from made_up_trials import golden

from reliance_eval.estimation import Estimate, itt, late
from reliance_eval.estimation.adjusting import adjust_p_values
from reliance_eval.estimation.inference import p_value


def close(expected: float) -> Any:
    return pytest.approx(expected, rel=1e-9)


def offered(**columns: Any) -> Estimate:
    """Ask for the effect of the offer."""
    found = itt(golden(), **columns)
    assert isinstance(found, Estimate)
    return found


def taken(**columns: Any) -> Estimate:
    """Ask for the effect of taking it up."""
    found = late(golden(), **columns)
    assert isinstance(found, Estimate)
    return found


def test_the_difference_in_means_has_welchs_degrees_of_freedom() -> None:
    found = offered(outcome="y", offer="z")
    assert found.estimate == close(2.25333333333333)
    assert found.std_error == close(0.658812876415)
    assert found.df == close(57.9995729815)
    assert found.p_value == close(0.00115153766806)


def test_the_blocked_difference_is_blocked_neymans() -> None:
    found = offered(outcome="y", offer="z", blocks="s")
    assert found.estimate == close(2.25333333333333)
    assert found.std_error == close(0.655928857931)
    assert found.df == 54
    assert found.p_value == close(0.00114514024985)


def test_lin_is_the_interacted_regression_with_hc2() -> None:
    found = offered(outcome="y", offer="z", covariates=["x"], adjust="lin")
    assert found.estimate == close(2.28112821124)
    assert found.std_error == close(0.660491620348)
    assert found.df == 56
    assert found.p_value == close(0.00106053226957)


@pytest.mark.parametrize("adjust", ["none", "lin"])
def test_households_drawn_together_have_cr2_and_satterthwaite(adjust: str) -> None:
    found = offered(outcome="yc", offer="zc", clusters="hh", adjust=adjust)
    assert found.variance == "CR2"
    assert found.estimate == close(1.05)
    assert found.std_error == close(0.749977777449)
    assert found.df == close(28)
    assert found.p_value == close(0.172484361308)


def test_welch_on_household_means_is_another_convention() -> None:
    # Same estimate and standard error, other degrees of freedom (27.495, printed to 3 decimals).
    means = golden().groupby("hh", as_index=False)[["yc", "zc"]].mean()
    found = itt(means.astype({"zc": int}), outcome="yc", offer="zc")
    assert isinstance(found, Estimate)
    assert found.estimate == close(1.05)
    assert found.std_error == close(0.749977777449)
    assert found.df == pytest.approx(27.495, abs=5e-4)


def test_late_by_hc2_is_two_stage_least_squares() -> None:
    found = taken(outcome="y", offer="z", take_up="d", variance="HC2")
    assert found.estimate == close(3.75555555555556)
    assert found.std_error == close(1.09484994206)
    assert found.df == 58
    # R prints the p of the estimate over its standard error; ours is Anderson and Rubin's.
    assert p_value(found.estimate / found.std_error, found.df) == close(0.00111718694443)


def test_the_default_late_has_the_same_estimate_and_standard_error() -> None:
    found = taken(outcome="y", offer="z", take_up="d")
    assert found.estimate == close(3.75555555555556)
    assert found.std_error == close(1.09484994206)
    assert found.p_value == offered(outcome="y", offer="z").p_value


def test_the_homoskedastic_anderson_rubin_set_is_ivmodels() -> None:
    found = taken(outcome="y", offer="z", take_up="d", variance="classical")
    ((low, high),) = found.anderson_rubin
    assert low == close(1.63436969719)
    assert high == close(6.24959762799)
    assert found.statistic**2 == close(11.6984069452)


def test_holm_steps_down() -> None:
    stepped = adjust_p_values([0.001, 0.012, 0.013, 0.02, 0.04, 0.2], method="holm")
    assert stepped == pytest.approx([0.006, 0.06, 0.06, 0.06, 0.08, 0.2])
