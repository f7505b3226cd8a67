"""Quantities of the reference trials that are no coefficient of a regression.

``REPRODUCED`` compares them with the function of ours that answers the same question; ``OTHERS``
names the objects of other software that are deliberately not offered, each with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from math import sqrt
from typing import Any

import numpy as np
import pytest
from reference_cases import JOBS, JTPA, NSW, Row, agrees, frame_of, specification
from scipy.special import expit, logit

from reliance_eval.estimation import (
    Estimate,
    Survival,
    adjust_p_values,
    family,
    itt,
    joint_test,
    late,
    time_to_event,
)
from reliance_eval.estimation.linear import least_squares
from reliance_eval.estimation.survival.lifetimes import LogRank
from reliance_eval.estimation.variance import spread
from reliance_eval.robustness import Bounds, lee_bounds, redraw_test
from reliance_eval.robustness.baseline.regressing_offer import offer_test
from reliance_eval.robustness.baseline.standardising import pooled_deviation

Check = Callable[[str, str, list[Row]], None]

REDRAWS = 4_000
JOINT_REDRAWS = 599
FAR = 4.0
"""Monte-Carlo errors within which two p-values by re-draws agree: one in 16,000 is further."""


def got(found: Any) -> Estimate:
    assert isinstance(found, Estimate), found
    return found


# ------------------------------------------------------------------------------------- re-draws

REDRAWN: dict[str, tuple[str, dict[str, Any]]] = {
    "nsw_dw/ri.re78.diff_in_means": ("nsw_dw", {"outcome": "re78", "offer": "treat"}),
    "nsw_dw/ri.re78.studentized_hc1": (
        "nsw_dw",
        {"outcome": "re78", "offer": "treat", "statistic": "t"},
    ),
    "indo_rct/ri.pep.diff_in_means": ("indo_rct", {"outcome": "pep", "offer": "indomethacin"}),
    "thornton_hiv/ri.got.diff_in_means": ("thornton_hiv", {"outcome": "got", "offer": "any"}),
    **{
        f"jobs2/ri.{outcome}.diff_in_means": ("jobs2", {"outcome": outcome, "offer": "treat"})
        for outcome in ("job_seek", "depress2", "work1", "job_disc")
    },
    **{
        f"jtpa/ri.earnings.{sex}.diff_in_means": (
            f"jtpa/{sex}",
            {"outcome": "earnings", "offer": "assignmt"},
        )
        for sex in ("men", "women")
    },
}


def check_redraws(trial: str, quantity: str, rows: list[Row]) -> None:
    """Compare within Monte-Carlo error, ours with the +1 that keeps p from being zero."""
    frame, options = REDRAWN[f"{trial}/{quantity}"]
    found = redraw_test(
        frame_of(frame), **{"statistic": "coefficient"} | options, redraws=REDRAWS, seed=7
    )
    for row in rows:
        if "estimate" in row:
            assert found.estimate == agrees(row["estimate"])
        error = sqrt(max(row["p"], found.p_value) / REDRAWS + row["p_mc_se"] ** 2)
        # Where a peer's p is under what re-draws can show, ours is the smallest there is.
        floor = 1.0 / (1 + REDRAWS)
        assert abs(found.p_value - max(row["p"], floor)) <= FAR * error, row


BESIDE_BLOCKS: dict[str, tuple[str, dict[str, Any]]] = {
    "indo_rct/ri.pep.blocked_fe": (
        "indo_rct",
        {"outcome": "pep", "offer": "indomethacin", "blocks": "site"},
    ),
    "peru_iron/ri.hemo_end.t2_vs_0.blocked": (
        "peru_iron/arms 2 and 3/hemo_end",
        {"outcome": "hemo_end", "offer": "treatment", "blocks": "class_level", "reference": 3},
    ),
    "nsw_dw/ri.re78.ols_cov": (
        "nsw_dw",
        {"outcome": "re78", "offer": "treat", "covariates": NSW},
    ),
}
BESIDE_BLOCKS["indo_rct/ri.pep.blocked_linear"] = BESIDE_BLOCKS["indo_rct/ri.pep.blocked_fe"]
BESIDE_BLOCKS["peru_iron/ri.hemo_end.t2_vs_0.blocked_coin"] = BESIDE_BLOCKS[
    "peru_iron/ri.hemo_end.t2_vs_0.blocked"
]

ARMS_WEIGHED_ALIKE = 0.02
"""How far ri2's coefficients are from the plain regression's: it weighs units by the inverse of
their arm's probability, which gives both arms the same weight."""


def check_beside_blocks(trial: str, quantity: str, rows: list[Row]) -> None:
    """Compare re-draws, within blocks, of the coefficient beside block effects and covariates.

    coin's sum over blocks is that coefficient times what re-draws do not move: one p.
    """
    frame, options = BESIDE_BLOCKS[f"{trial}/{quantity}"]
    found = redraw_test(
        frame_of(frame),
        **options,
        adjust="ancova",
        statistic="coefficient",
        redraws=REDRAWS,
        seed=7,
    )
    for row in rows:
        if "estimate" in row:
            near = ARMS_WEIGHED_ALIKE if row["peer"] == "ri2" else 1e-6
            assert found.estimate == agrees(row["estimate"], near), row
        error = sqrt(max(row["p"], found.p_value) / REDRAWS + row["p_mc_se"] ** 2)
        assert abs(found.p_value - row["p"]) <= FAR * error, row


# ---------------------------------------------------------------------------------- corrections

CORRECTIONS = {"bonferroni": "bonferroni", "holm": "holm", "hochberg": "hochberg", "BH": "bh"}


def check_correction(trial: str, quantity: str, rows: list[Row]) -> None:
    """Compare p-values corrected for their number."""
    method = CORRECTIONS[quantity.rsplit(".", 1)[1]]
    for row in rows:
        found = adjust_p_values(row["p_raw"], method=method)  # type: ignore[arg-type]
        assert found.tolist() == agrees(row["p_adjusted"]), row["peer"]


def check_sharpened(trial: str, quantity: str, rows: list[Row]) -> None:
    """The same decisions: statsmodels' two stages are run at 5 %, ours at every level.

    Ours is the smallest share of false rejections at which a hypothesis is rejected; theirs is the
    BH q-value times a factor of that one level. Both reject the same at 5 %.
    """
    for row in rows:
        found = adjust_p_values(row["p_raw"], method="bky")
        theirs = np.array(row["p_adjusted"])
        assert ((found <= 0.05) == (theirs <= 0.05)).all()


@cache
def _stepped(method: str) -> dict[str, float]:
    """Step down by joint re-draws of the peers' additive regressions."""
    outcomes = ["job_seek", "depress2", "work1", "job_disc"]
    found = family(
        frame_of("jobs2"),
        outcomes=outcomes,
        offer="treat",
        covariates=JOBS,
        adjust="ancova",
        method=method,  # type: ignore[arg-type]
        redraws=JOINT_REDRAWS,
        seed=3,
    )
    return {
        each.outcome: each.p_adjusted
        for each in found.estimates
        if isinstance(each, Estimate) and each.p_adjusted is not None
    }


def check_stepping(trial: str, quantity: str, rows: list[Row]) -> None:
    """Compare step-down p-values, which engines agree on within Monte-Carlo error only."""
    ours = _stepped("westfall-young" if "westfall" in quantity else "romano-wolf")
    for row in rows:
        theirs = row.get("p_rw") or row["p_wy"]
        for name, p in zip(row["names"], theirs, strict=True):
            error = sqrt(p * (1 - p) * (1 / JOINT_REDRAWS + 1 / row["draws"]))
            # Wild bootstrap, permutation and re-draws are three distributions of one statistic.
            assert abs(ours[name] - p) <= 0.01 + FAR * error, (row["peer"], name)


# --------------------------------------------------------------------------------------- logits

LOGITS: dict[str, tuple[str, str, str]] = {
    "nsw_dw/logit.unem78": ("nsw_dw", "u78", "treat"),
    "jobs2/logit.work1": ("jobs2", "work1", "treat"),
    "indo_rct/logit.pep.nocov": ("indo_rct", "pep", "indomethacin"),
    "thornton_hiv/logit.got.any": ("thornton_hiv", "got", "any"),
}


def check_logit(trial: str, quantity: str, rows: list[Row]) -> None:
    """Compare in points of probability: a log-odds is not what a trial promises.

    From a peer's log-odds and the reference arm's share follows its marginal effect; and from its
    standard error (HC0, which is the classical one of a saturated logit) that of the log-odds of
    the arm offered, by which ours follows: V(share) = V(log-odds) (p (1 - p))².
    """
    frame, outcome, offer = LOGITS[f"{trial}/{quantity}"]
    data = frame_of(frame)
    found = got(itt(data, outcome=outcome, offer=offer, adjust="logit", variance="HC0"))
    share = data.loc[data[offer] == 0, outcome].mean()
    for row in rows:
        theirs = expit(logit(share) + row["estimate"]) - share
        assert found.estimate == agrees(theirs), row
        if row["se_type"] in ("MLE", "HC0"):
            arms = [data.loc[data[offer] == arm, outcome] for arm in (0, 1)]
            log_odds = sqrt(sum(1 / (len(y) * y.mean() * (1 - y.mean())) for y in arms))
            # The peers' own agreement: their optimisers stop at 1e-6 to 1e-5.
            assert log_odds == pytest.approx(row["se"], rel=1e-5)
            points = sqrt(sum(y.mean() * (1 - y.mean()) / len(y) for y in arms))
            assert found.std_error == pytest.approx(points, rel=1e-9)


# ------------------------------------------------------------------------------------- survival

TIMES: dict[str, Any] = {"time": "time", "event": "status", "offer": "rx", "until": 1826.0}
OTHER_COVARIATES = ("sex", "age", "obstruct", "perfor", "adhere", "node4")


@cache
def lives(event: str, arms: str = "all", **more: Any) -> Survival:
    data = frame_of("colon_survival")
    data = data[data["etype"] == (1 if event == "recurrence" else 2)]
    if arms == "two":
        data = data[data["rx"] != "Lev"]
    found = time_to_event(data, **TIMES, **more, reference="Obs")
    assert isinstance(found, Survival)
    return found


def check_curve(trial: str, quantity: str, rows: list[Row]) -> None:
    """Compare Kaplan-Meier curves, medians and restricted means."""
    kind, event, arm = quantity.split(".")[:3]
    curve = next(each for each in lives(event).curves if each.arm == arm)
    for row in rows:
        if kind == "median":
            assert curve.median == row.get("estimate")
        elif kind == "rmst1826":
            assert curve.restricted_mean == agrees(row["estimate"])
            if "se" in row:  # lifelines prints the variance of the times, not of their mean
                assert curve.restricted_mean_std_error == agrees(row["se"])
        else:
            day = float(quantity.rpartition("(")[2].rstrip(")"))
            at = int(np.searchsorted(curve.times, day, side="right")) - 1
            assert curve.survival[at] == agrees(row["estimate"])
            assert [curve.conf_low[at], curve.conf_high[at]] == agrees(row["ci95"])
            if "se" in row:
                assert curve.std_error[at] == agrees(row["se"])


def check_log_rank(trial: str, quantity: str, rows: list[Row]) -> None:
    """Compare log-rank tests, stratified by block or not."""
    _, event, arms, *strata = quantity.split(".")
    blocks = {"blocks": "node4"} if strata else {}
    found = lives(event, "all" if arms == "3arm" else "two", **blocks).log_rank
    assert isinstance(found, LogRank)
    for row in rows:
        assert found.statistic == agrees(row["statistic"]), row
        assert (found.df, found.p_value) == (row["df"], agrees(row["p"]))


COX_APART = 2e-4
"""lifelines' robust standard error and the peers' optimisers differ by this much among themselves
(the reference README, item 10)."""


def check_cox(trial: str, quantity: str, rows: list[Row]) -> None:
    """Compare Cox's log hazard ratio (ties by Efron, which is better; Breslow's are 2e-4 away)."""
    _, event, how, ties, arm = quantity.split(".")
    # Both packages' `cov` regressions have every arm.
    covariates = {"covariates": OTHER_COVARIATES} if how == "cov" else {}
    name = {"tl": "Lev", "t5": "Lev+5FU"}[arm]
    comparisons = lives(event, **covariates).comparisons
    found: Any = next(each for each in comparisons if each.arm == name).hazard_ratio
    for row in rows:
        if ties == "breslow":
            assert found.log_ratio == pytest.approx(row["estimate"], abs=5e-4)
            assert found.std_error_model == pytest.approx(row["se"], rel=1e-4)
            continue
        assert found.log_ratio == pytest.approx(row["estimate"], rel=5e-6), row
        ours = found.std_error if row["se_type"] == "robust" else found.std_error_model
        assert ours == pytest.approx(row["se"], rel=COX_APART), row
        if row["peer"] == "survival":
            assert ours == agrees(row["se"])


# ----------------------------------------------------------------------------- shares and levels


def check_turnout(trial: str, quantity: str, rows: list[Row]) -> None:
    """Compare an arm's level and count."""
    arm = int(quantity[-1])
    asked = specification("social_pressure", f"itt.voted.hh.t{max(arm, 1)}")
    assert asked is not None
    found = asked[0].estimate(variance="CR0")
    for row in rows:
        level = found.mean_reference + (found.estimate if arm else 0.0)
        assert level == agrees(row["estimate"])
        assert (found.n_arm if arm else found.n_reference) == row["n"]


def check_compliance(trial: str, quantity: str, rows: list[Row]) -> None:
    """Compare the shares who take it up with and without the offer."""
    data = frame_of(f"jtpa/{quantity.split('.')[1]}")
    found = got(late(data, outcome="earnings", offer="assignmt", take_up="training"))
    assert found.first_stage is not None
    for row in rows:
        assert found.first_stage.estimate == agrees(row["estimate"])
        assert found.first_stage.mean_reference == agrees(row["p_treated_if_control"])


def check_risk_difference(trial: str, quantity: str, rows: list[Row]) -> None:
    """Compare Wald's interval: ours is Neyman's, whose variances divide by n - 1, in Welch's t."""
    found = got(itt(frame_of("thornton_hiv"), outcome="got", offer="any"))
    for row in rows:
        assert found.estimate == agrees(row["estimate"])
        ends = [found.conf_low, found.conf_high]
        assert ends == pytest.approx(row["ci95"], rel=1e-3)


def check_covariate(trial: str, quantity: str, rows: list[Row]) -> None:
    """Compare a covariate's coefficient, by the linear core: it is no effect, and no answer."""
    data = frame_of("thornton_hiv/paid")
    design = np.column_stack([np.ones(len(data)), data["any"], data["tinc"]]).astype(float)
    names = ("constant", "any", "tinc")
    fit = least_squares(design, data[["got"]].to_numpy(float), names=names)
    clusters = np.unique(data["villnum"], return_inverse=True)[1]
    groups = int(clusters.max()) + 1
    away = {"CR1S": ("CR1", 1.0), "CR1": ("CR0", sqrt(groups / (groups - 1)))}
    n, k = design.shape
    away["CR3(pyfixest)"] = ("CR3", sqrt(groups / (groups - 1) * (n - 1) / (n - k)))
    for row in rows:
        variance, factor = away.get(row["se_type"], (row["se_type"], 1.0))
        found = spread(fit, "tinc", convention=variance, clusters=clusters, groups=groups)
        assert fit.coefficients[2, 0] == agrees(row["estimate"])
        assert np.linalg.norm(found.influence[0]) * factor == agrees(row["se"]), row
        if variance == "CR2":
            assert found.df == agrees(row["df"])


def check_joint_arms(trial: str, quantity: str, rows: list[Row]) -> None:
    """Compare the F of all arms at once."""
    found = joint_test(
        frame_of("peru_iron"),
        outcome=quantity.rpartition(".")[2],
        offer="treatment",
        reference=3,
        blocks="class_level",
        adjust="ancova",
        variance="classical",
    )
    for row in rows:
        assert [found.df, found.df_residual] == row["df"]
        assert (found.statistic, found.p_value) == (agrees(row["statistic"]), agrees(row["p"]))


def check_standardised(trial: str, quantity: str, rows: list[Row]) -> None:
    """Compare a covariate's standardised difference between arms."""
    data, name = frame_of("nsw_dw"), quantity.rpartition(".")[2]
    assert name in NSW
    offered, others = (data.loc[data["treat"] == arm, name].to_numpy(float) for arm in (1, 0))
    for row in rows:
        difference = (offered.mean() - others.mean()) / pooled_deviation(offered, others)
        assert difference == agrees(row["estimate"])


# ------------------------------------------------------------------------- bounds of attrition

TRIMMED_OTHERWISE = 0.003
"""Wages are heaped, and packages cut a heap each in its own way (a quantile with its ties kept,
whole units): the reference README allows this much. Ours cuts exactly, as its cross-check does."""


@cache
def wages(week: int, *, is_flipped: bool) -> Bounds:
    data = frame_of("jobcorps_lee")
    wage = data[f"lwage_{week}"].where(data[f"emp_{week}"] == 1)
    treat = 1 - data["treat"] if is_flipped else data["treat"]
    found = lee_bounds(data.assign(wage=wage, treat=treat), outcome="wage", offer="treat")
    assert isinstance(found, Bounds), found
    return found


def check_lee(_trial: str, quantity: str, rows: list[Row]) -> None:
    """Compare bounds, their standard errors and the interval of Imbens and Manski."""
    ours = wages(int(quantity.split(".")[1][4:]), is_flipped=quantity.endswith("flipped_treatment"))
    for row in rows:
        lower, upper = (row.get(f"{end}_bound", row.get(end)) for end in ("lower", "upper"))
        if lower is None:
            # These packages refuse where the offered respond less; ours trims the reference then.
            assert ours.trimmed_arm == "0"
            continue
        near = 1e-9 if row["peer"] == "own-check numpy" else TRIMMED_OTHERWISE
        assert (ours.lower, ours.upper) == pytest.approx((lower, upper), abs=near), row
        if "trim_share" in row:
            assert ours.trimmed_share == agrees(row["trim_share"])
        if "lower_se" in row:
            # Its variance is of those who responded drawn at random, ours of the design.
            assert ours.std_error_lower == pytest.approx(row["lower_se"], rel=0.006)
            assert ours.std_error_upper == pytest.approx(row["upper_se"], rel=0.006)
            ends = (row["ci_lower"], row["ci_upper"])
            assert ours.interval == pytest.approx(ends, abs=TRIMMED_OTHERWISE)


def check_offer_regressed(trial: str, quantity: str, rows: list[Row]) -> None:
    """Compare the F of covariates in the regression of the offer on them."""
    is_nsw = trial == "nsw_dw"
    data = frame_of(trial if is_nsw else f"{trial}/{quantity.rpartition('.')[2]}")
    names = NSW if is_nsw else (*JTPA, *(["afdc"] if quantity.endswith("women") else []))
    columns = data[list(names)].to_numpy(float)
    arms = data["treat" if is_nsw else "assignmt"].to_numpy(int)
    found = offer_test(columns, arms, reference=0, blocks=np.zeros_like(arms))
    assert found is not None
    for row in rows:
        assert [found.df, found.df_residual] == row["df"]
        assert (found.statistic, found.p_value) == (agrees(row["statistic"]), agrees(row["p"]))


REPRODUCED: dict[re.Pattern[str], Check] = {
    re.compile(pattern): check
    for pattern, check in {
        "|".join(map(re.escape, REDRAWN)): check_redraws,
        "|".join(map(re.escape, BESIDE_BLOCKS)): check_beside_blocks,
        rf"\w+/family\w+\.\w+\.padj\.({'|'.join(CORRECTIONS)})": check_correction,
        r"\w+/family\w+\.\w+\.padj\.BKY_two_stage": check_sharpened,
        r"jobs2/family4\.(romano_wolf|romano_wolf_ri|westfall_young)": check_stepping,
        "|".join(map(re.escape, LOGITS)): check_logit,
        r"colon_survival/(km|median|rmst1826)\..*": check_curve,
        r"colon_survival/logrank\..*": check_log_rank,
        r"colon_survival/cox\.\w+\.(nocov|cov)\..*": check_cox,
        r"social_pressure/turnout\.arm\d": check_turnout,
        r"jtpa/compliance\.\w+": check_compliance,
        r"thornton_hiv/risk_difference\.wald": check_risk_difference,
        r"thornton_hiv/itt\.got\.any_tinc\.tinc": check_covariate,
        r"nsw_dw/balance\.smd\.\w+": check_standardised,
        r"nsw_dw/balance\.joint_F\.classical|jtpa/balance\.joint_F\.\w+": check_offer_regressed,
        r"peru_iron/joint_arms_F\.\w+": check_joint_arms,
        r"jobcorps_lee/lee\.week\d+(\.flipped_treatment)?": check_lee,
    }.items()
}
"""The comparison of each ``trial/quantity``."""

OTHERS: dict[re.Pattern[str], str] = {
    re.compile(pattern): why
    for pattern, why in {
        r"\w+/fisher_exact\..*": "a test without an effect or an interval; the exact test of a "
        "draw is redraw_test, whose design is the draw's own and not always a hypergeometric one",
        r"\w+/chisq(_yates)?\..*": "a test without an effect; z² of the pooled variance, valid "
        "under the null alone, so that it contradicts the interval printed beside it",
        r"indo_rct/cmh\.pep\.by_site": "an odds ratio common to all sites is assumed; ours is the "
        "risk difference with each site at its size, which assumes none",
        r"indo_rct/risk_ratio\.pep": "a ratio of risks is another estimand than the difference "
        "that the protocol promises, and is not collapsible with blocks at their sizes",
        r"indo_rct/logit\.pep\.cov": "a log-odds given covariates is another estimand at each set "
        "of covariates; ours is the average marginal effect (adjust='logit')",
        r"nsw_dw/(wilcoxon|ks)\..*|nsw_dw/ri\.re78\.wilcoxon": "tests of ranks or distributions "
        "have no effect in euros and no interval; quantile effects have both",
        r"nsw_dw/balance\.(joint_F\.HC\d|omnibus_chisq).*": "a third and a fourth law for the same "
        "question; the exact one is by re-draws of the lottery (Hansen and Bowers 2008), and the "
        "usual F stands beside it",
        r"\w+/family\w+\.\w+\.padj\.(hommel|BY)": "Hommel's is Hochberg's with a little more power "
        "and no interval either; Benjamini and Yekutieli's is for any dependence, and re-draws "
        "know the one there is",
        r"thornton_hiv/wild_cluster_bootstrap\..*": "at 119 villages CR2 in Satterthwaite's t "
        "holds its level, and re-draws of villages are exact; a p of 0 is never printed",
        r"colon_survival/petopeto\..*": "weights early events more: another hypothesis than the "
        "log-rank test that is promised beside the restricted mean",
        r"colon_survival/cox\.\w+\.zph\..*": "a pre-test on proportional hazards does not decide "
        "what is reported; the restricted mean needs no such proportion",
    }.items()
}
"""Objects of other software that are deliberately not offered, and why."""
