"""Another package's standard errors: what they change, what they never do, and what they say."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from linearmodels.iv import IV2SLS
from linearmodels.tests.iv import test_against_stata as stata
from made_up_trials import trial
from scipy.stats import norm
from small_panels import clauses, panel
from statsmodels.sandbox.regression import gmm

from reliance_eval.errors import ProtocolError
from reliance_eval.estimation import (
    CONVENTIONS,
    ESTIMATORS,
    Estimate,
    Estimates,
    check_analyses,
    estimate,
    itt,
    late,
)
from reliance_eval.estimation.inference import ReducedForm
from reliance_eval.estimation.linear import least_squares
from reliance_eval.estimation.peers import as_read, reading
from reliance_eval.estimation.promising import promises
from reliance_eval.estimation.variance import CLUSTERED, spread

PACKAGES = tuple(CONVENTIONS)
WHERE: dict[str, Any] = {"outcome": "y", "offer": "z"}
TAKEN: dict[str, Any] = {**WHERE, "take_up": "d"}


@cache
def people() -> pd.DataFrame:
    """Ninety people in three blocks and thirty households; a household has one block."""
    frame = trial(3, n=90)
    return frame.assign(household=np.arange(90) // 3)


def got(found: Any) -> Estimate:
    assert isinstance(found, Estimate), found
    return found


# ---------------------------------------------------------------------------------------- laws


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("adjust", ["none", "ancova", "lin"])
@pytest.mark.parametrize("clusters", [None, "household"])
def test_a_convention_never_moves_an_effect_of_the_offer(
    package: str, adjust: Any, clusters: str | None
) -> None:
    options: dict[str, Any] = {**WHERE, "blocks": "block", "covariates": ["x"], "adjust": adjust}
    plain = got(itt(people(), **options, clusters=clusters))
    named = got(itt(people(), **options, clusters=clusters, convention=package))
    assert named.estimate == pytest.approx(plain.estimate, rel=1e-12)
    assert named.convention_name == package


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("adjust", [None, "none", "ancova", "lin"])
def test_a_convention_never_moves_an_effect_of_taking_it_up(package: str, adjust: Any) -> None:
    options: dict[str, Any] = {**TAKEN, "blocks": "block", "covariates": ["x"], "adjust": adjust}
    plain = got(late(people(), **options))
    named = got(late(people(), **options, convention=package))
    assert named.estimate == pytest.approx(plain.estimate, rel=1e-12)


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("adjust", ["none", "ancova", "lin"])
def test_the_p_of_a_late_is_that_of_the_itt_in_the_same_convention(
    package: str, adjust: Any
) -> None:
    options: dict[str, Any] = {"blocks": "block", "covariates": ["x"], "adjust": adjust}
    offered = got(itt(people(), **WHERE, **options, convention=package))
    taken = got(late(people(), **TAKEN, **options, convention=package))
    assert taken.p_value == pytest.approx(offered.p_value, rel=1e-9)
    assert taken.df == offered.df


@pytest.mark.parametrize("package", PACKAGES)
def test_every_variance_of_a_package_can_be_named(package: str) -> None:
    convention = CONVENTIONS[package]
    for name in convention.regression:
        clusters = "household" if name in CLUSTERED else None
        found = got(itt(people(), **WHERE, clusters=clusters, convention=package, variance=name))
        assert found.variance == name
    for name in convention.two_stage:
        clusters = "household" if name in CLUSTERED else None
        found = got(late(people(), **TAKEN, clusters=clusters, convention=package, variance=name))
        assert found.variance == name


def test_estimatr_is_the_default_of_regressions() -> None:
    for clusters in (None, "household"):
        options: dict[str, Any] = {**WHERE, "covariates": ["x"], "adjust": "lin"}
        plain = got(itt(people(), **options, clusters=clusters))
        named = got(itt(people(), **options, clusters=clusters, convention="estimatr"))
        assert named.std_error == pytest.approx(plain.std_error, rel=1e-12)
        assert named.df == pytest.approx(plain.df, rel=1e-12)


def test_effects_of_blocks_within_a_cluster_count_for_stata_and_not_for_fixest() -> None:
    # Blocks of three people, each a cluster: CR0 times G/(G-1) (n-1)/(n-k), k = 2 or 31.
    frame = people()
    options: dict[str, Any] = {**WHERE, "blocks": "household", "clusters": "household"}
    options["adjust"] = "ancova"
    bare = got(itt(frame, **options, variance="CR0")).std_error
    n, groups = len(frame), 30
    for package, k in {"stata": 31, "fixest": 2, "pyfixest": 2}.items():
        found = got(itt(frame, **options, convention=package))
        factor = math.sqrt(groups / (groups - 1) * (n - 1) / (n - k))
        assert found.std_error == pytest.approx(bare * factor, rel=1e-10)
        assert found.df == groups - 1


# ------------------------------------------------------------------------- the packages themselves


def columns(frame: pd.DataFrame) -> tuple[Any, Any, Any, Any]:
    x = np.column_stack([np.ones(len(frame)), frame["x"]])
    return (frame["y"].to_numpy(), x, frame["d"].to_numpy(float), frame["z"].to_numpy(float))


@pytest.mark.parametrize("clusters", [None, "household"])
def test_statsmodels_prints_what_its_convention_says(clusters: str | None) -> None:
    y, x, _, z = columns(people())
    model = sm.OLS(y, np.column_stack([x, z]))
    if clusters:
        solved = model.fit(cov_type="cluster", cov_kwds={"groups": people()[clusters]})
    else:
        solved = model.fit(cov_type="HC1")
    options: dict[str, Any] = {**WHERE, "covariates": ["x"], "adjust": "ancova"}
    found = got(itt(people(), **options, clusters=clusters, convention="statsmodels"))
    assert found.std_error == pytest.approx(solved.bse[-1], rel=1e-10)
    assert found.p_value == pytest.approx(solved.pvalues[-1], rel=1e-9)
    assert [found.conf_low, found.conf_high] == pytest.approx(list(solved.conf_int()[-1]))


def test_statsmodels_prints_a_classical_two_stage_least_squares() -> None:
    y, x, d, z = columns(people())
    solved = gmm.IV2SLS(y, np.column_stack([x, d]), np.column_stack([x, z])).fit()
    found = got(late(people(), **TAKEN, covariates=["x"], convention="statsmodels"))
    assert found.wald is not None
    assert found.std_error == pytest.approx(solved.bse[-1], rel=1e-9)
    assert found.wald.p_value == pytest.approx(solved.pvalues[-1], rel=1e-8)
    assert found.set_variance == "HC1"


@pytest.mark.parametrize("clusters", [None, "household"])
@pytest.mark.parametrize("is_debiased", [False, True])
@pytest.mark.parametrize("blocks", [None, "block"])
def test_linearmodels_prints_what_its_convention_says(
    clusters: str | None, is_debiased: bool, blocks: str | None
) -> None:
    y, x, d, z = columns(people())
    if blocks:
        x = np.column_stack([x, pd.get_dummies(people()[blocks], dtype=float).iloc[:, 1:]])
    kind: dict[str, Any] = {"cov_type": "robust"}
    if clusters:
        kind = {"cov_type": "clustered", "clusters": people()[clusters].to_numpy()}
    options: dict[str, Any] = {"covariates": ["x"], "adjust": "ancova", "blocks": blocks}
    options |= {"clusters": clusters, "convention": "linearmodels"}
    if is_debiased:
        options["variance"] = "CR1" if clusters else "HC1"
    solved = IV2SLS(y, x, d, z).fit(debiased=is_debiased, **kind)
    found = got(late(people(), **TAKEN, **options))
    assert found.wald is not None
    assert found.estimate == pytest.approx(solved.params.iloc[-1], rel=1e-10)
    assert found.std_error == pytest.approx(solved.std_errors.iloc[-1], rel=1e-9)
    assert found.wald.p_value == pytest.approx(solved.pvalues.iloc[-1], rel=1e-7)
    ends = [found.wald.conf_low, found.wald.conf_high]
    assert ends == pytest.approx(list(solved.conf_int().iloc[-1]), rel=1e-9)
    regressed = IV2SLS(y, np.column_stack([x, z]), None, None).fit(debiased=is_debiased, **kind)
    offered = got(itt(people(), **WHERE, **options))
    assert offered.std_error == pytest.approx(regressed.std_errors.iloc[-1], rel=1e-9)
    assert offered.p_value == pytest.approx(regressed.pvalues.iloc[-1], rel=1e-8)


PRINTED_BY_STATA = {
    # option of ivregress 2sls: the variance of ours, and its small-sample twin
    "vce(unadjusted)": ("classical", None),
    "vce(robust)": ("HC0", "HC1"),
    "vce(cluster cluster_id)": ("CR0", "CR1"),
}


@pytest.mark.parametrize("option", PRINTED_BY_STATA)
@pytest.mark.parametrize("weighted", ["False", "True"])
@pytest.mark.parametrize("exogenous", ["0", "3"])
@pytest.mark.parametrize("is_small", [False, True])
def test_stata_itself_prints_these_standard_errors(
    option: str, weighted: str, exogenous: str, is_small: bool
) -> None:
    # Stata's own transcripts of ivregress 2sls, as linearmodels ships them: one instrument.
    key = f"2sls-num_endog_1-num_exog_{exogenous}-num_instr_1-weighted_{weighted}-{option}-"
    printed = stata.SIMULATED_RESULTS[key + ("small" if is_small else "")]
    variance = PRINTED_BY_STATA[option][int(is_small)]
    data = stata.SIMULATED_DATA
    outcome = {"vce(robust)": "y_robust", "vce(unadjusted)": "y_unadjusted"}
    others = ["x3", "x4", "x5"] if exogenous == "3" else []
    fit = least_squares(
        np.column_stack([np.ones(len(data)), data["z1"], data[others]]).astype(float),
        data[[outcome.get(option, "y_clustered"), "x1"]].to_numpy(float),
        names=("constant", "offer", *others),
        weights=data["weights"].to_numpy(float) if weighted == "True" else None,
    )
    is_clustered = "cluster" in option
    clusters = np.arange(len(data))
    if is_clustered:
        clusters = np.unique(data["cluster_id"], return_inverse=True)[1]
    # `small` of a classical standard error is the textbook's: n - k.
    read = reading(
        "stata" if variance else "estimatr",
        variance or "classical",
        is_two_stage=True,
        is_clustered=is_clustered,
    )
    groups = int(clusters.max()) + 1
    found = spread(fit, "offer", convention=read.variance, clusters=clusters, groups=groups)
    columns_in_all = len(data) - fit.df_residual
    found = as_read(
        found, read, k=columns_in_all, clusters=clusters, effects=np.zeros_like(clusters)
    )
    covariance = found.influence @ found.influence.T
    on_outcome, on_take_up = fit.coefficients[1]
    form = ReducedForm(on_outcome, on_take_up, covariance[0, 0], covariance[0, 1], covariance[1, 1])
    # The transcripts hold six or seven digits.
    assert form.ratio == pytest.approx(printed.params["x1"], rel=1e-5)
    left = found.influence[0] - form.ratio * found.influence[1]
    std_error = np.linalg.norm(left) / abs(on_take_up)
    assert std_error == pytest.approx(math.sqrt(printed.cov.loc["x1", "x1"]), rel=1e-5)
    degrees = {"CR1": groups - 1.0, "HC1": fit.df_residual, None: fit.df_residual}
    assert found.df == degrees.get(variance if is_small else "", math.inf)


# --------------------------------------------------------------------------------- the normal law


def test_the_normal_law_has_no_degrees_of_freedom() -> None:
    found = got(itt(people(), **WHERE, convention="linearmodels"))
    assert found.df == math.inf
    assert found.p_value == pytest.approx(2 * norm.sf(abs(found.statistic)), rel=1e-12)
    assert found.conf_high is not None
    reach = (found.conf_high - found.estimate) / found.std_error
    assert reach == pytest.approx(norm.ppf(0.975), rel=1e-12)
    assert found.tidy()["df"].iloc[0] == math.inf


# ------------------------------------------------------------------------------------- the protocol

ASKED = [
    {"estimand": "itt", "convention": "stata"},
    {"estimand": "late", "convention": "statsmodels"},
    {"estimand": "itt"},
]


def test_a_promise_names_its_convention_and_is_kept_so(tmp_path: Path) -> None:
    promised = panel(protocol=clauses(analyses=ASKED))
    found = estimate(promised)
    assert found.order[0] == "employed.3.itt.blocked.stata"
    by_id = {each.promise.id: each for each in found.estimated if each.promise}
    assert by_id["employed.3.itt.blocked.stata"].variance == "HC1"
    assert by_id["employed.3.late.wald.statsmodels"].df == math.inf
    assert by_id["employed.3.itt.blocked"].convention_name == ""
    adjusted = by_id["employed.3.late.wald.statsmodels"]
    assert adjusted.p_adjusted is not None
    assert adjusted.p_adjusted >= adjusted.p_value
    again = Estimates.load(found.save(tmp_path), parent=found.parent)
    assert again.estimated == found.estimated


def test_a_convention_enters_the_specification_and_its_absence_does_not() -> None:
    plain = {cell.promise.id: cell.promise.specification for cell in promises(panel().parent)}
    asked = promises(panel(protocol=clauses(analyses=ASKED)).parent)
    named = {cell.promise.id: cell.promise.specification for cell in asked}
    assert named["employed.3.itt.blocked"] == plain["employed.3.itt.blocked"]
    assert named["employed.3.itt.blocked.stata"] != plain["employed.3.itt.blocked"]


@pytest.mark.parametrize(
    ("analysis", "code"),
    [
        ({"convention": "strata"}, "E-ESTIMATION-CONVENTION"),
        ({"convention": "stata", "variance": "HC0"}, "E-ESTIMATION-CONVENTION-VARIANCE"),
        (
            {"convention": "stata", "estimator": "risk_difference"},
            "E-ESTIMATION-CONVENTION-ELSEWHERE",
        ),
    ],
)
def test_a_convention_that_cannot_be_followed_is_refused(
    analysis: dict[str, str], code: str
) -> None:
    asked = panel(protocol=clauses(analyses=[{"estimand": "itt", **analysis}]))
    faults = check_analyses(asked.protocol)
    assert [fault.code for fault in faults] == [code]
    with pytest.raises(ProtocolError) as refusal:
        estimate(asked)
    assert refusal.value.exit_code == 78
    if code == "E-ESTIMATION-CONVENTION":
        assert "did you mean `stata`?" in faults[0].text()


def test_a_package_without_a_clustered_standard_error_is_refused() -> None:
    with pytest.raises(ProtocolError, match="E-ESTIMATION-CONVENTION-CLUSTERS"):
        late(people(), **TAKEN, clusters="household", convention="statsmodels")
    with pytest.raises(ProtocolError, match="E-ESTIMATION-VARIANCE-CLUSTERS"):
        itt(people(), **WHERE, clusters="household", convention="stata", variance="HC1")


def test_every_estimator_follows_conventions_or_refuses_them() -> None:
    followed = {name for name in ESTIMATORS if ESTIMATORS[name].is_regression}
    assert {"blocked", "ancova", "lin", "wald", "two_stage", "ancova_2sls"} <= followed
    assert not {"risk_difference", "logit"} & followed


def test_an_unknown_adjustment_of_a_late_is_refused() -> None:
    with pytest.raises(ProtocolError, match="E-ESTIMATION-ADJUST"):
        late(people(), **TAKEN, adjust="linear")  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------------- the words


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("package", PACKAGES)
def test_every_standard_error_says_whose_it_is(package: str, language: str) -> None:
    shown = {"stata": "Stata", "r": "R"}.get(package, package)
    convention = CONVENTIONS[package]
    for kind, table in (("itt", convention.regression), ("late", convention.two_stage)):
        for variance in table:
            clusters = "household" if variance in CLUSTERED else None
            options: dict[str, Any] = {"clusters": clusters, "variance": variance}
            options["convention"] = package
            ask: Any = itt if kind == "itt" else late
            found = got(ask(people(), **(WHERE if kind == "itt" else TAKEN), **options))
            said = found.convention(language)
            assert shown in said
            assert (variance if variance != "classical" else "variance") in said


def test_what_is_said_is_what_was_done() -> None:
    offered = got(itt(people(), **WHERE, clusters="household", convention="fixest"))
    assert offered.convention() == (
        "as fixest: by cluster, CR1 with the factor G/(G − 1) × (n − 1)/(n − k), k without the "
        "effects of blocks that lie within a cluster, t with G − 1 degrees of freedom"
    )
    taken = got(late(people(), **TAKEN, convention="stata"))
    assert taken.convention() == (
        "as Stata: HC0, normal distribution; Anderson–Rubin p-value and set with the variance of "
        "this package's regressions (HC1, t with n − k degrees of freedom)"
    )
