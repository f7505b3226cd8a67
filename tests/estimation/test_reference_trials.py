"""Two real trials that PyPI carries, with the numbers that trusted peers agree on.

A clone without the reference folder tests itself on these: the data come in causaldata, and each
expected number is written out from the entry of ``expected.json`` named beside it, where at least
two independent peers agree to 1e-6 relative. ``test_every_reference_case`` walks all of them.
"""

from __future__ import annotations

from typing import Any

import causaldata
import pandas as pd
import pytest
from scipy.special import expit, logit

from reliance_eval.estimation import Estimate, itt

COVARIATES = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]

AGREED = 1e-6
"""Relative spread between peers below which the reference README calls them agreed."""


# nsw_dw/expected.json: itt.re78.nocov (estimatr, sandwich, statsmodels; fixest where it has them).
NSW = {
    "classical": 632.853393623628,
    "HC0": 669.315324304942,
    "HC1": 670.824492679379,
    "HC2": 670.996546381527,
    "HC3": 672.682149001418,
}


def agrees(expected: float) -> Any:
    return pytest.approx(expected, rel=AGREED)


def got(found: Any) -> Estimate:
    assert isinstance(found, Estimate), found
    return found


@pytest.fixture(scope="module")
def men() -> pd.DataFrame:
    frame: pd.DataFrame = causaldata.nsw_mixtape.load_pandas().data
    return frame


@pytest.fixture(scope="module")
def villagers() -> pd.DataFrame:
    frame: pd.DataFrame = causaldata.thornton_hiv.load_pandas().data
    return frame


@pytest.mark.parametrize("variance", NSW)
def test_nsw_by_every_variance(men: pd.DataFrame, variance: str) -> None:
    found = got(itt(men, outcome="re78", offer="treat", variance=variance))
    assert found.estimate == agrees(1794.34240427027)
    assert found.std_error == agrees(NSW[variance])
    assert found.df == 443


ADJUSTED = {
    # nsw_dw/expected.json: itt.re78.cov and itt.re78.lin, HC2 (estimatr, statsmodels, pyfixest
    # without its own factor; sandwich for the first).
    "ancova": (1676.34264376779, 677.049147705187, 435),
    "lin": (1621.58310144476, 694.721573786807, 427),
}


@pytest.mark.parametrize("adjust", ADJUSTED)
def test_nsw_adjusted_for_covariates(men: pd.DataFrame, adjust: Any) -> None:
    found = got(itt(men, outcome="re78", offer="treat", covariates=COVARIATES, adjust=adjust))
    ours = (found.estimate, found.std_error, found.df)
    assert ours == tuple(map(agrees, ADJUSTED[adjust]))


# nsw_dw/expected.json, itt.re78.nocov, the row of each package: standard error, df, p.
PRINTED = {
    ("estimatr", None): (670.996546381527, 443, 0.00776902298876571),
    ("fixest", None): (670.824492679375, 443, 0.00775340470712024),
    ("stata", None): (670.824492679379, 443, 0.00775340470712062),
    ("pyfixest", "HC2"): (672.5095055659074, 443, 0.007907235537119917),
    ("pyfixest", "HC3"): (674.1989088729687, 443, 0.008063422731368064),
    ("r", None): (672.682149001418, 443, 0.00792310668147665),
}


@pytest.mark.parametrize(("package", "variance"), PRINTED)
def test_nsw_as_other_packages_print_it(
    men: pd.DataFrame, package: str, variance: str | None
) -> None:
    found = got(itt(men, outcome="re78", offer="treat", convention=package, variance=variance))
    assert found.estimate == agrees(1794.34240427027)
    ours = (found.std_error, found.df, found.p_value)
    assert ours == tuple(map(agrees, PRINTED[package, variance]))


def test_nsw_prints_what_dehejia_and_wahba_printed(men: pd.DataFrame) -> None:
    # JASA 94 (1999), Table 3: $1,794 (633), a classical standard error.
    found = got(itt(men, outcome="re78", offer="treat", variance="classical"))
    assert (round(found.estimate), round(found.std_error)) == (1794, 633)


def test_nsw_by_default_is_welchs_test(men: pd.DataFrame) -> None:
    # nsw_dw/expected.json: itt.re78.dim_neyman_welch (estimatr, R's t.test, SciPy).
    found = got(itt(men, outcome="re78", offer="treat"))
    assert found.estimate == agrees(1794.34240427027)
    assert found.std_error == agrees(670.996546381524)
    assert found.df == agrees(307.132493111589)
    assert found.p_value == agrees(0.00789297771451737)
    assert (found.n, found.n_arm, found.n_reference) == (445, 185, 260)


# thornton_hiv/expected.json: itt.got.any.nocov (estimatr, sandwich, clubSandwich, statsmodels).
# Ours are G - 1 degrees of freedom for CR0, CR1 and CR3 (clubSandwich: Satterthwaite for each);
# our CR1 is Stata's, called CR1S there.
VILLAGES = {
    "CR0": (0.0225865008570764, 118),
    "CR1": (0.0226860143588552, 118),
    "CR2": (0.0227903218610484, 62.8758649123424),
    "CR3": (0.0229979619409617, 118),
}


@pytest.mark.parametrize("variance", VILLAGES)
def test_thornton_by_village(villagers: pd.DataFrame, variance: str) -> None:
    found = got(itt(villagers, outcome="got", offer="any", clusters="villnum", variance=variance))
    std_error, df = VILLAGES[variance]
    assert found.estimate == agrees(0.451982274406329)
    assert found.std_error == agrees(std_error)
    assert found.df == agrees(df)


def test_thornton_by_default_is_cr2_with_satterthwaite(villagers: pd.DataFrame) -> None:
    found = got(itt(villagers, outcome="got", offer="any", clusters="villnum"))
    assert found.variance == "CR2"
    # thornton_hiv/expected.json: itt.got.any.nocov, CR2 (estimatr, clubSandwich).
    assert found.p_value == agrees(9.43235139228643e-29)


# thornton_hiv/expected.json: itt.got.any.villageFE. Effects of villages, which are the clusters:
# Stata and estimatr count them among the k columns, fixest and pyfixest do not (2 %).
EFFECTS = {
    ("estimatr", "CR0"): (0.0226257845586846, 118),
    ("estimatr", "CR1"): (0.0232149607011397, 118),
    ("estimatr", "CR2"): (0.0228044401835434, 63.0316395934089),
    ("stata", "CR1"): (0.0232149607011397, 118),
    ("fixest", "CR1"): (0.0227254711398941, 118),
    ("pyfixest", "CR1"): (0.022725471139894062, 118),
}


@pytest.mark.parametrize(("package", "variance"), EFFECTS)
def test_thornton_with_effects_of_villages(
    villagers: pd.DataFrame, package: str, variance: str
) -> None:
    found = got(
        itt(
            villagers,
            outcome="got",
            offer="any",
            blocks="villnum",
            clusters="villnum",
            adjust="ancova",
            variance=variance,
            convention=package,
        )
    )
    assert found.estimate == agrees(0.43391144005623)
    assert (found.std_error, found.df) == tuple(map(agrees, EFFECTS[package, variance]))


def test_thornton_by_a_logit_in_points_of_probability(villagers: pd.DataFrame) -> None:
    # thornton_hiv/expected.json: logit.got.any, 1.99811015942749 (R's glm, statsmodels). A logit on
    # the offer alone has the two shares as its fit, so its marginal effect is their difference.
    known = villagers.dropna(subset=["villnum"])
    found = got(itt(known, outcome="got", offer="any", adjust="logit"))
    share = found.mean_reference
    offered = expit(logit(share) + 1.99811015942749)
    assert found.estimate == agrees(offered - share)
