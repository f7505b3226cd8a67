"""Least squares: NIST's certified problems, an explicit decision on rank, and statsmodels' word."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from made_up_trials import sample, trial

from reliance_eval.estimation.linear import least_squares
from reliance_eval.estimation.regressing import regression_effects
from reliance_eval.estimation.unestimable import Unestimable
from reliance_eval.estimation.variance import spread

# Digits to reach, coefficients and standard errors: the table of numerical floors.
FLOORS = {
    "Filip": (10, 7.0, 7.5),
    "Wampler1": (5, 9.0, None),
    "Wampler2": (5, 10.0, None),
    "Wampler3": (5, 9.0, 13.0),
    "Wampler4": (5, 7.0, 13.0),
    "Wampler5": (5, 5.0, 13.0),
    "Pontius": (2, 11.0, 12.5),
    "NoInt1": (1, 14.0, 14.0),
}


def digits(found: np.ndarray, certified: list[float]) -> float:
    wanted = np.array(certified)
    error = np.abs(found - wanted) / np.where(wanted == 0, 1, np.abs(wanted))
    return float(-np.log10(np.maximum(error, 1e-16)).min())


@pytest.mark.shared
# Two hundred copies are factored by slices; coefficients stay and errors shrink by a known factor.
@pytest.mark.parametrize("copies", [1, 200])
@pytest.mark.parametrize("name", FLOORS)
def test_nists_problems_are_solved_to_their_floor(shared: Path, name: str, copies: int) -> None:
    folder = shared / "reference" / "nist_strd"
    certified = json.loads((folder / "certified.json").read_text(encoding="utf-8"))[name]
    data = pd.read_csv(folder / f"{name.lower()}.csv")
    degree, for_coefficients, for_errors = FLOORS[name]
    design = np.vander(data["x"].to_numpy(float), degree + 1, increasing=True)
    design = design[:, 1:] if name == "NoInt1" else design
    n, k = design.shape
    names = tuple(f"x{power}" for power in range(k))
    outcome = np.tile(data[["y"]].to_numpy(float), (copies, 1))
    fit = least_squares(np.tile(design, (copies, 1)), outcome, names=names)
    assert fit.dropped == ()
    assert digits(fit.coefficients[:, 0], certified["estimate"]) >= for_coefficients
    if for_errors is not None:
        rows = np.arange(copies * n)
        errors = [
            np.linalg.norm(
                spread(
                    fit, column, convention="classical", clusters=rows, groups=len(rows)
                ).influence
            )
            for column in names
        ]
        shrunk = np.sqrt((n - k) / (copies * n - k)) * np.array(certified["std_error"])
        assert digits(np.array(errors), shrunk.tolist()) >= for_errors


def test_longley_is_solved_to_its_floor() -> None:
    data = sm.datasets.longley.load_pandas()
    design = sm.add_constant(data.exog)
    fit = least_squares(
        design.to_numpy(), data.endog.to_numpy()[:, None], names=tuple(design.columns)
    )
    # NIST's certified coefficients and standard errors of GNP deflator, GNP and year.
    certified = [15.0618722713733, -0.358191792925910e-01, 1829.15146461355]
    found = fit.coefficients[[1, 2, 6], 0]
    assert digits(found, certified) >= 10
    certified = [84.9149257747669, 0.334910077722432e-01, 455.478499142212]
    rows = np.arange(len(design))
    errors = [
        np.linalg.norm(
            spread(fit, name, convention="classical", clusters=rows, groups=len(rows)).influence
        )
        for name in (design.columns[1], design.columns[2], design.columns[6])
    ]
    assert digits(np.array(errors), certified) >= 11.5


def test_a_column_that_others_determine_is_dropped_by_name() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 2))
    design = np.column_stack([np.ones(50), x[:, 0], 2 * x[:, 0] + 1, x[:, 1], np.zeros(50)])
    outcome = rng.normal(size=(50, 1))
    fit = least_squares(design, outcome, names=("one", "a", "copy", "b", "zero"))
    bare = least_squares(design[:, [0, 1, 3]], outcome, names=("one", "a", "b"))
    assert fit.dropped == ("copy", "zero")
    assert fit.names == bare.names
    assert fit.coefficients == pytest.approx(bare.coefficients, rel=1e-12)


@pytest.mark.parametrize("rows", [600, 40_000])
def test_slices_make_no_difference(rows: int) -> None:
    # Columns of very unequal length that are all but alike, in both roads of the factorisation.
    rng = np.random.default_rng(7)
    x = rng.normal(size=(rows, 4)) * [1e-6, 1.0, 1e4, 1e9]
    design = np.column_stack([np.ones(rows), x, x[:, 1] + 1e-6 * rng.normal(size=rows)])
    outcome = rng.normal(size=(rows, 2))
    fit = least_squares(design, outcome, names=tuple("abcdef"))
    scaled = design / np.linalg.norm(design, axis=0)
    basis, _ = np.linalg.qr(scaled)
    assert fit.basis.T @ fit.basis == pytest.approx(np.eye(6), abs=1e-13)
    assert fit.leverage == pytest.approx(np.sum(basis**2, axis=1), rel=1e-8)
    assert fit.residuals == pytest.approx(outcome - basis @ (basis.T @ outcome), abs=1e-9)
    assert fit.basis.T @ fit.residuals == pytest.approx(np.zeros((6, 2)), abs=1e-12)


def test_a_large_design_drops_what_others_determine() -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(size=(30_000, 2))
    design = np.column_stack([np.ones(30_000), x[:, 0], 2 * x[:, 0] + 1, x[:, 1]])
    outcome = rng.normal(size=(30_000, 1))
    weights = rng.uniform(0.5, 2.0, 30_000)
    fit = least_squares(design, outcome, names=("one", "a", "copy", "b"), weights=weights)
    bare = least_squares(design[:, [0, 1, 3]], outcome, names=("one", "a", "b"), weights=weights)
    assert fit.dropped == ("copy",)
    assert fit.coefficients == pytest.approx(bare.coefficients, rel=1e-12)


def test_a_design_may_become_the_basis_but_only_when_told() -> None:
    rng = np.random.default_rng(9)
    design = np.asfortranarray(rng.normal(size=(20_000, 3)))
    before, outcome = design.copy(), rng.normal(size=(20_000, 1))
    kept = least_squares(design, outcome, names=("a", "b", "c"))
    assert np.array_equal(design, before)
    taken = least_squares(design, outcome, names=("a", "b", "c"), overwrite=True)
    assert np.shares_memory(taken.basis, design)
    assert np.array_equal(taken.coefficients, kept.coefficients)


def test_as_many_columns_as_rows_have_no_residual() -> None:
    with pytest.raises(Unestimable) as refusal:
        least_squares(np.eye(3), np.ones((3, 1)), names=("a", "b", "c"))
    assert refusal.value.reason == "too_few_units"


@pytest.mark.parametrize("convention", ["classical", "HC0", "HC1", "HC2", "HC3"])
def test_the_interacted_regression_is_statsmodels(convention: str) -> None:
    frame = trial(11)
    found = regression_effects(
        sample(frame, variance=convention, take_up=None),
        frame[["y"]].to_numpy(),
        form="interacted",
    )
    others = pd.get_dummies(frame["block"], drop_first=True, dtype=float).add_prefix("b")
    others = pd.concat([others, frame[["x", "w"]]], axis=1)
    others -= others.mean()
    crossed = others.mul(frame["z"], axis=0).add_prefix("z:")
    design = sm.add_constant(pd.concat([frame["z"], others, crossed], axis=1))
    kind = {"cov_type": "nonrobust" if convention == "classical" else convention}
    fit = sm.OLS(frame["y"], design).fit(**kind, use_t=True)
    assert found.values[0] == pytest.approx(fit.params["z"], rel=1e-10)
    assert np.linalg.norm(found.influence[0]) == pytest.approx(fit.bse["z"], rel=1e-10)
    assert found.df[0] == fit.df_resid


@pytest.mark.parametrize("convention", ["classical", "HC0", "HC1", "HC2", "HC3"])
def test_weights_are_statsmodels(convention: str) -> None:
    frame = trial(15)
    weights = 0.5 + frame["x"].to_numpy() ** 2
    found = regression_effects(
        sample(frame, variance=convention, weights=weights, take_up=None),
        frame[["y"]].to_numpy(),
        form="additive",
    )
    dummies = pd.get_dummies(frame["block"], drop_first=True, dtype=float)
    design = sm.add_constant(pd.concat([frame[["z", "x", "w"]], dummies], axis=1).to_numpy(float))
    kind = {"cov_type": "nonrobust" if convention == "classical" else convention}
    fit = sm.WLS(frame["y"].to_numpy(), design, weights=weights).fit(**kind, use_t=True)
    assert found.values[0] == pytest.approx(fit.params[1], rel=1e-10)
    assert np.linalg.norm(found.influence[0]) == pytest.approx(fit.bse[1], rel=1e-10)
    assert found.df[0] == fit.df_resid


@pytest.mark.parametrize("convention", ["CR0", "CR1"])
def test_clustered_variances_are_statsmodels(convention: str) -> None:
    frame = trial(12)
    villages = np.arange(len(frame)) % 17
    found = regression_effects(
        sample(frame, variance=convention, clusters=villages, groups=17, is_clustered=True),
        frame[["y"]].to_numpy(),
        form="additive",
    )
    dummies = pd.get_dummies(frame["block"], drop_first=True, dtype=float)
    design = sm.add_constant(pd.concat([frame[["z", "x", "w"]], dummies], axis=1).to_numpy(float))
    fit = sm.OLS(frame["y"].to_numpy(), design).fit(
        cov_type="cluster",
        cov_kwds={"groups": villages, "use_correction": convention == "CR1"},
        use_t=True,
    )
    assert np.linalg.norm(found.influence[0]) == pytest.approx(fit.bse[1], rel=1e-10)
    assert found.df[0] == 16


@pytest.mark.parametrize(
    ("by_unit", "by_cluster"), [("HC0", "CR0"), ("HC2", "CR2"), ("HC3", "CR3")]
)
def test_clusters_of_one_are_no_clusters(by_unit: str, by_cluster: str) -> None:
    frame = trial(13)
    weights = 1 + frame["x"].to_numpy() ** 2
    outcome = frame[["y"]].to_numpy()
    alone, grouped = (
        regression_effects(
            sample(frame, variance=name, is_clustered=name.startswith("CR"), weights=weights),
            outcome,
            form="additive",
        )
        for name in (by_unit, by_cluster)
    )
    assert grouped.covariance == pytest.approx(alone.covariance, rel=1e-10)


def test_cr2_has_no_bias_under_the_working_model() -> None:
    # Bell and McCaffrey's defining property: with independent, equal errors its expectation is
    # the true variance, whatever the clusters. The expectation of a quadratic form is a trace.
    frame = trial(14, n=40)
    villages = np.arange(40) % 9
    design = np.column_stack([np.ones(40), frame[["z", "x"]].to_numpy(float)])
    fit = least_squares(design, np.eye(40), names=("one", "z", "x"))
    found = spread(fit, "z", convention="CR2", clusters=villages, groups=9)
    truth = float(np.linalg.norm(fit.direction("z")) ** 2)
    assert np.sum(found.influence**2) == pytest.approx(truth, rel=1e-12)
    # And its degrees of freedom are 2 E² / Var of that form.
    form = found.influence @ found.influence.T
    assert found.df == pytest.approx(np.trace(form) ** 2 / np.sum(form**2), rel=1e-10)
