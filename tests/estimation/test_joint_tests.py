"""Several arms tested at once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from made_up_trials import trial
from small_panels import clauses, panel
from statsmodels.stats.oneway import anova_oneway

from reliance_eval.errors import ProtocolError
from reliance_eval.estimation import Estimate, Estimates, JointTest, estimate, itt, joint_test
from reliance_eval.panel import Panel

AGREED = 1e-9


def arms(seed: int, *, n: int = 180, effect: float = 0.0) -> pd.DataFrame:
    """A blocked trial of three arms; the second and third raise the outcome."""
    rng = np.random.default_rng(seed)
    frame = trial(seed, n=n)
    frame["z"] = np.arange(n) % 3
    frame["home"] = np.arange(n) // 3
    frame["y"] = frame["x"] + effect * frame["z"] + rng.normal(size=n) * (1 + 0.3 * frame["z"])
    return frame


@pytest.mark.parametrize("asked", [{}, {"blocks": "block"}, {"variance": "HC2"}])
def test_with_one_arm_it_is_the_square_of_its_t(asked: dict[str, Any]) -> None:
    frame = trial(1)
    found, one = (
        joint_test(frame, outcome="y", offer="z", **asked),
        itt(frame, outcome="y", offer="z", **asked),
    )
    assert isinstance(one, Estimate)
    assert found.statistic == pytest.approx(one.statistic**2, rel=1e-12)
    assert found.p_value == pytest.approx(one.p_value, rel=1e-10)
    assert (found.df, found.df_residual) == (1, one.df)


@pytest.mark.parametrize("variance", ["HC0", "HC1", "HC2", "HC3"])
def test_robust_tests_are_statsmodels(variance: str) -> None:
    frame = arms(2, effect=0.3)
    fit = smf.ols("y ~ C(z) + C(block) + x", frame).fit(cov_type=variance, use_t=True)
    expected = fit.f_test("C(z)[T.1] = 0, C(z)[T.2] = 0")
    found = joint_test(
        frame,
        outcome="y",
        offer="z",
        blocks="block",
        covariates=["x"],
        adjust="ancova",
        variance=variance,
    )
    assert found.statistic == pytest.approx(float(expected.fvalue), rel=AGREED)
    assert found.p_value == pytest.approx(float(expected.pvalue), rel=AGREED)
    assert (found.df, found.df_residual) == (2, expected.df_denom)


def test_clustered_tests_are_statsmodels_statistic() -> None:
    frame = arms(3, effect=0.3)
    fit = smf.ols("y ~ C(z) + C(block) + x", frame).fit(
        cov_type="cluster", cov_kwds={"groups": frame["home"]}, use_t=True
    )
    expected = fit.f_test("C(z)[T.1] = 0, C(z)[T.2] = 0")
    found = joint_test(
        frame,
        outcome="y",
        offer="z",
        blocks="block",
        clusters="home",
        covariates=["x"],
        adjust="ancova",
        variance="CR1",
    )
    assert found.statistic == pytest.approx(float(expected.fvalue), rel=AGREED)
    assert found.df_residual == frame["home"].nunique() - 1


@pytest.mark.shared
@pytest.mark.parametrize("outcome", ["gradesq34", "hemo_end", "wii_total"])
def test_peru_as_r_and_statsmodels_have_it(shared: Path, outcome: str) -> None:
    folder = shared / "reference" / "peru_iron"
    results = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["results"]
    # peru_iron/expected.json, joint_arms_F: R's anova(lm, lm) and statsmodels' f_test.
    rows = [row for row in results if row["quantity"] == f"joint_arms_F.{outcome}"]
    assert len({row["peer"] for row in rows}) == 2
    found = joint_test(
        pd.read_csv(folder / "data.csv"),
        outcome=outcome,
        offer="treatment",
        blocks="class_level",
        reference=1,
        adjust="ancova",
        variance="classical",
    )
    for row in rows:
        assert found.statistic == pytest.approx(row["statistic"], rel=1e-6)
        assert found.p_value == pytest.approx(row["p"], rel=1e-6)
        assert [found.df, found.df_residual] == row["df"]


def test_which_arm_is_the_reference_never_matters_without_blocks() -> None:
    frame = arms(4, effect=0.4)
    found = [
        joint_test(frame, outcome="y", offer="z", variance="HC2", reference=arm)
        for arm in (0, 1, 2)
    ]
    for other in found[1:]:
        assert other.statistic == pytest.approx(found[0].statistic, rel=1e-9)


def test_unequal_spreads_give_nearly_welchs_anova() -> None:
    # Hotelling's law with the smallest degrees of freedom, beside Welch's (1951) approximation.
    frame = arms(5, effect=0.3, n=300)
    expected = anova_oneway(frame["y"], frame["z"], use_var="unequal")
    found = joint_test(frame, outcome="y", offer="z")
    assert found.variance == "neyman"
    assert found.statistic == pytest.approx(expected.statistic, rel=0.01)
    assert found.p_value == pytest.approx(expected.pvalue, rel=0.05)


def test_the_words_name_the_law() -> None:
    frame = arms(6)
    welch = joint_test(frame, outcome="y", offer="z")
    robust = joint_test(frame, outcome="y", offer="z", variance="HC2")
    assert "Hotelling" in welch.convention("en")
    assert "Hotelling" not in robust.convention("en")
    assert "loi F" in robust.convention("fr")
    assert welch.tidy()["variance"].item() == welch.convention("en")
    assert "<table" in welch._repr_html_()


def test_what_cannot_be_tested_together_is_said() -> None:
    frame = arms(7)
    flat = joint_test(frame.assign(y=1.0), outcome="y", offer="z")
    assert (flat.reason, flat.p_value) == ("no_variation", None)
    assert "no variation" in flat.text("en")
    lone = frame[(frame["z"] != 2) | (frame.index == 2)]
    assert joint_test(lone, outcome="y", offer="z").reason == "joint_arm_missing"
    adjusted = joint_test(
        frame, outcome="y", offer="z", covariates=["x"], adjust="lin", variance="classical"
    )
    assert adjusted.reason == "joint_classical"
    # Two homes in each of four arms: two degrees of freedom for three effects.
    few = pd.DataFrame({"z": np.arange(24) % 4, "h": np.arange(24) % 8, "y": np.arange(24.0) ** 2})
    drawn = joint_test(few, outcome="y", offer="z", clusters="h")
    assert drawn.reason == "joint_too_few"
    assert "2.0" in drawn.text("fr")
    with pytest.raises(ProtocolError):
        joint_test(frame, outcome="y", offer="z", variance="HC9")


class TestInAProtocol:
    """Three arms or more: one test for each outcome, horizon and analysis of the offer."""

    def given(self) -> Panel:
        lottery = clauses().lottery.model_dump(by_alias=True)
        names = {"text": 1, "visit": 1, "control": 1}
        subgroups = [{"variable": "children"}]
        made = clauses(lottery=lottery | {"arms": names}, subgroups=subgroups)
        return panel(protocol=made)

    def test_each_outcome_and_horizon_has_one(self) -> None:
        given = self.given()
        found = estimate(given)
        assert [test.id for test in found.joint] == [
            "employed.3.itt.blocked",
            "employed.12.itt.blocked",
            "housed.3.itt.blocked",
            "housed.12.itt.blocked",
        ]
        first = found.joint[0]
        assert (first.arms, first.reference) == (("text", "visit"), "control")
        values = given.outcomes.query("outcome == 'employed' and horizon_months == 3")
        frame = given.units.merge(values, on="unit")
        bare = joint_test(frame, outcome="value", offer="arm", blocks="block")
        assert first.statistic == pytest.approx(bare.statistic, rel=1e-12)
        assert first.p_value == pytest.approx(bare.p_value, rel=1e-12)
        table = found.tidy_joint()
        assert list(table["status"]) == ["estimated"] * 4
        assert list(table["df"]) == [2] * 4

    def test_what_is_still_to_come_is_said(self) -> None:
        given = self.given()
        outcomes = given.outcomes.copy()
        rows = outcomes["horizon_months"] == 12
        outcomes.loc[rows, "value"] = np.nan
        outcomes.loc[rows, "status"] = "not_yet_observed"
        found = estimate(replace(given, outcomes=outcomes))
        assert [test.reason for test in found.joint] == ["", "not_yet_observed"] * 2

    def test_two_arms_have_none_and_leave_no_trace(self) -> None:
        found = estimate(panel())
        assert found.joint == ()
        assert "joint" not in found.plain
        assert "joint" not in found.summaries()

    def test_they_are_saved_and_loaded(self, tmp_path: Path) -> None:
        given = self.given()
        found = estimate(given)
        found.write(tmp_path)
        again = Estimates.load(tmp_path, parent=given)
        assert again.joint == found.joint
        assert isinstance(again.joint[0], JointTest)
        assert len(pd.read_csv(tmp_path / "joint.csv")) == 4


@pytest.mark.slow
@pytest.mark.parametrize("design", ["plain", "blocked", "clustered"])
def test_the_test_keeps_its_level_under_no_effect(design: str) -> None:
    # 4,000 trials of 60 (15 homes of 4): size at 5 % under 0.05 + 3 Monte Carlo errors = 0.0603.
    designs: dict[str, dict[str, Any]] = {
        "blocked": {"blocks": "b"},
        "clustered": {"clusters": "h"},
    }
    asked = designs.get(design, {})
    rejected = 0
    rng = np.random.default_rng(9)
    for _ in range(4000):
        home = np.arange(60) // 4
        z = rng.permutation(np.arange(60) % 3)
        if design == "clustered":
            z = rng.permutation(np.arange(15) % 3)[home]
        y = rng.normal(size=60) + rng.normal(size=15)[home] * (design == "clustered")
        frame = pd.DataFrame({"z": z, "y": y, "h": home, "b": np.arange(60) % 2})
        found = joint_test(frame, outcome="y", offer="z", **asked)
        rejected += found.p_value is not None and found.p_value < 0.05
    assert rejected / 4000 <= 0.0603
