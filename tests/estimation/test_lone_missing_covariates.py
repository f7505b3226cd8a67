"""A covariate unknown for one unit of an arm must not take the whole estimate away."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from reliance_eval.estimation import Estimate, itt


def made_up(missing: list[int]) -> pd.DataFrame:
    """Sixty units in two arms, by formula; the covariate is unknown in some rows."""
    i = np.arange(60)
    data = pd.DataFrame({"y": (13 * i**2 + 7 * i) % 97 / 10, "z": i % 2, "x": (29 * i) % 47 / 10.0})
    data.loc[missing, "x"] = np.nan
    return data


def test_one_unknown_in_an_arm_is_filled_by_the_mean_alone():
    data = made_up([0])
    found = itt(data, outcome="y", offer="z", covariates=["x"], adjust="lin")
    filled = data.assign(x=data["x"].fillna(data["x"].mean()))
    expected = itt(filled, outcome="y", offer="z", covariates=["x"], adjust="lin")
    assert isinstance(found, Estimate)
    assert isinstance(expected, Estimate)
    # The same regression twice: equal to rounding.
    assert found.estimate == pytest.approx(expected.estimate, rel=1e-12)
    assert found.std_error == pytest.approx(expected.std_error, rel=1e-12)
    assert "missing_covariates" in found.notes


def test_unknowns_in_both_arms_keep_their_indicator():
    data = made_up([0, 1, 2, 3, 10, 11])
    found = itt(data, outcome="y", offer="z", covariates=["x"], adjust="lin")
    filled = data.assign(
        x=data["x"].fillna(data["x"].mean()), unknown=data["x"].isna().astype(float)
    )
    expected = itt(filled, outcome="y", offer="z", covariates=["x", "unknown"], adjust="lin")
    assert isinstance(found, Estimate)
    assert isinstance(expected, Estimate)
    assert found.estimate == pytest.approx(expected.estimate, rel=1e-12)
    assert found.std_error == pytest.approx(expected.std_error, rel=1e-12)


def test_one_unknown_more_than_another_covariate_has_is_one_unit_too():
    # Unknown in x: units 0, 2, 4 of one arm and 1, 3 of the other; in w: all of them but unit 4.
    data = made_up([0, 1, 2, 3, 4])
    data["w"] = (17 * np.arange(60)) % 23 / 5.0
    data.loc[[0, 1, 2, 3], "w"] = np.nan
    found = itt(data, outcome="y", offer="z", covariates=["x", "w"], adjust="lin")
    assert isinstance(found, Estimate)


def test_indicators_that_coincide_are_no_news_to_a_reader():
    data = made_up([0, 1, 2, 3, 10, 11])
    data["w"] = ((17 * np.arange(60)) % 23 / 5.0).astype(float)
    data.loc[data["x"].isna(), "w"] = np.nan
    found = itt(data, outcome="y", offer="z", covariates=["x", "w"], adjust="lin")
    assert isinstance(found, Estimate)
    assert "missing_covariates" in found.notes
    assert "collinear" not in found.notes
