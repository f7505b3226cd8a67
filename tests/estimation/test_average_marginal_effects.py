"""The logit's average marginal effect, and what its standard error counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import causaldata
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from small_panels import OUTCOME, clauses, panel

from reliance_eval.errors import ProtocolError
from reliance_eval.estimation import Estimate, NotEstimable, estimate, itt


def people(seed: int = 3, *, n: int = 400, effect: float = 0.6) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x, block = rng.normal(size=n), rng.integers(0, 3, n)
    offer = rng.permutation(np.arange(n) % 2)
    odds = -0.5 + effect * offer + 0.8 * x + 0.3 * block
    y = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(int)
    return pd.DataFrame({"y": y, "z": offer, "x": x, "b": block, "home": np.arange(n) // 4})


def of(frame: pd.DataFrame, **asked: Any) -> Estimate:
    keys = {"outcome": "y", "offer": "z", "blocks": "b", "covariates": ["x"], "adjust": "logit"}
    found = itt(frame, **(keys | asked))
    assert isinstance(found, Estimate)
    return found


def chances(design: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    found: np.ndarray = 1 / (1 + np.exp(-design @ coefficients))
    return found


def stacked(frame: pd.DataFrame, groups: np.ndarray | None = None) -> tuple[float, float, float]:
    """Give effect and standard errors, conditional and not, by estimating equations.

    The logit's equations and the effect's own, stacked: their sandwich, with derivatives taken by
    differences, is the unconditional variance (Stefanski and Boos 2002, American Statistician 56).
    """
    fit = smf.glm("y ~ z + C(b) + x", frame, family=sm.families.Binomial()).fit()
    design, y = np.asarray(fit.model.exog), frame["y"].to_numpy()
    place = fit.model.exog_names.index("z")
    offered, refused = design.copy(), design.copy()
    offered[:, place], refused[:, place] = 1, 0

    def equations(theta: np.ndarray) -> np.ndarray:
        gap = chances(offered, theta[:-1]) - chances(refused, theta[:-1])
        score = design * (y - chances(design, theta[:-1]))[:, None]
        return np.column_stack([score, gap - theta[-1]])

    b = np.asarray(fit.params)
    effect = float(np.mean(chances(offered, b) - chances(refused, b)))
    theta, size = np.append(b, effect), len(b) + 1
    slopes = np.empty((size, size))
    for k in range(size):
        step = 1e-6 * np.eye(size)[k]
        slopes[:, k] = (equations(theta + step) - equations(theta - step)).mean(axis=0) / 2e-6
    bread = np.linalg.inv(slopes)
    own = equations(theta)
    if groups is not None:
        own = pd.DataFrame(own).groupby(groups).sum().to_numpy()
    alone = own.copy()
    alone[:, -1] = 0
    n = len(frame)
    found = [np.sqrt((bread @ (e.T @ e) @ bread.T)[-1, -1]) / n for e in (alone, own)]
    return effect, found[0], found[1]


def test_effect_and_unconditional_error_are_those_of_stacked_equations() -> None:
    for seed in (3, 4):
        frame = people(seed)
        effect, conditional, unconditional = stacked(frame)
        found = of(frame, variance="HC0")
        assert found.estimate == pytest.approx(effect, rel=1e-9)
        # Derivatives by differences hold seven digits.
        assert found.std_error == pytest.approx(unconditional, rel=1e-6)
        assert conditional != pytest.approx(unconditional, rel=1e-4)


def test_clusters_add_up_both_parts() -> None:
    frame = people(5)
    _, _, unconditional = stacked(frame, frame["home"].to_numpy())
    found = of(frame, clusters="home", variance="CR0")
    assert found.std_error == pytest.approx(unconditional, rel=1e-6)
    assert of(frame, clusters="home").variance == "CR2"


def test_the_effect_is_the_discrete_change_that_statsmodels_averages() -> None:
    frame = people(6)
    fit = smf.logit("y ~ z + C(b) + x", frame).fit(disp=0)
    margins = fit.get_margeff(dummy=True)
    assert of(frame).estimate == pytest.approx(margins.margeff[2], rel=1e-8)
    # Its standard error takes the covariates as given: a little less than ours.
    assert of(frame).std_error > margins.margeff_se[2] * 0.98


def test_without_covariates_it_is_the_difference_in_means() -> None:
    frame = people(7)
    found = of(frame, blocks=None, covariates=[])
    plain = itt(frame, outcome="y", offer="z", variance="HC2")
    assert isinstance(plain, Estimate)
    assert found.estimate == pytest.approx(plain.estimate, rel=1e-12)
    assert found.std_error == pytest.approx(plain.std_error, rel=1e-10)
    assert found.df == plain.df


def test_nsw_employment() -> None:
    men = causaldata.nsw_mixtape.load_pandas().data
    men = men.assign(unem78=(men["re78"] == 0).astype(int))
    found = itt(men, outcome="unem78", offer="treat", adjust="logit")
    assert isinstance(found, Estimate)
    # 45 of 185 and 92 of 260 without earnings (shared nsw_dw; its Fisher test has these counts):
    # the logit without covariates is the odds ratio's, its effect the difference in shares.
    assert found.estimate == pytest.approx(45 / 185 - 92 / 260, rel=1e-10)


@pytest.mark.parametrize("name", ["x", "z", "b"])
def test_o51_a_separated_logit_says_so_and_shows_the_risk_difference(name: str) -> None:
    frame = people(8)
    column = {"x": frame["x"] > 0, "z": frame["z"] == 1, "b": frame["b"] == 2}[name]
    frame["y"] = np.where(column, 1, frame["y"] if name != "x" else 0)
    found = itt(frame, outcome="y", offer="z", blocks="b", covariates=["x"], adjust="logit")
    assert isinstance(found, NotEstimable)
    assert found.reason == "separation"
    assert found.text("en").startswith("separation")
    assert found.instead == itt(frame, outcome="y", offer="z", blocks="b")
    assert f"{found.instead.estimate}" in repr(found)
    assert found._repr_html_().count("<tr") == 3


def test_a_covariate_known_twice_is_dropped_by_name() -> None:
    frame = people(9).assign(again=lambda f: 2 * f["x"] + 1)
    once, twice = of(frame), of(frame, covariates=["x", "again"])
    assert twice.estimate == pytest.approx(once.estimate, rel=1e-10)
    assert twice.note_values["collinear"] == "again"


def test_three_arms_are_one_logit() -> None:
    frame = people(10).assign(z=lambda f: np.arange(len(f)) % 3)
    found = itt(frame, outcome="y", offer="z", covariates=["x"], adjust="logit")
    fit = smf.logit("y ~ C(z) + x", frame).fit(disp=0)
    b, x = np.asarray(fit.params), frame["x"].to_numpy()
    assert isinstance(found, tuple)
    for arm, one in enumerate(found, start=1):
        odds = b[0] + b[3] * x
        gap = 1 / (1 + np.exp(-odds - b[arm])) - 1 / (1 + np.exp(-odds))
        assert isinstance(one, Estimate)
        assert one.estimate == pytest.approx(gap.mean(), rel=1e-8)


def test_units_without_an_outcome_keep_their_part_of_the_average() -> None:
    frame = people(11)
    lost = frame.assign(y=frame["y"].astype(float).mask((frame["x"] > 1) & (frame["z"] == 1)))
    found = of(lost)
    fit = smf.logit("y ~ z + C(b) + x", lost.dropna()).fit(disp=0)
    gap = fit.predict(frame.assign(z=1)) - fit.predict(frame.assign(z=0))
    assert found.estimate == pytest.approx(gap.mean(), rel=1e-8)
    assert found.n == int(lost["y"].notna().sum())


@pytest.mark.parametrize("change", ["order", "yes_and_no", "arms"])
def test_what_changes_nothing_changes_nothing(change: str) -> None:
    frame = people(12)
    other = {
        "order": frame.sample(frac=1, random_state=1),
        "yes_and_no": frame.assign(y=1 - frame["y"]),
        "arms": frame.assign(z=1 - frame["z"]),
    }[change]
    sign = 1 if change == "order" else -1
    here, there = of(frame), of(other)
    assert there.estimate == pytest.approx(sign * here.estimate, rel=1e-8)
    assert there.std_error == pytest.approx(here.std_error, rel=1e-8)


class TestInAProtocol:
    """Promised by name, for yes-or-no outcomes, beside the unadjusted difference."""

    asked = ({"estimand": "itt"}, {"estimand": "itt", "estimator": "logit"})

    def test_it_uses_the_protocols_covariates(self) -> None:
        found = estimate(panel(protocol=clauses(analyses=list(self.asked))))
        one = next(e for e in found.estimated if e.promise and e.promise.estimator == "logit")
        assert "unconditional" in one.notes
        assert one.promise is not None
        assert one.promise.id == "employed.3.itt.logit"
        assert abs(one.estimate - found.estimated[0].estimate) < 0.05
        assert one.adjustment == "max-t"

    def test_alone_it_is_refused(self) -> None:
        with pytest.raises(ProtocolError) as refusal:
            estimate(panel(protocol=clauses(analyses=[self.asked[1]])))
        assert [fault.code for fault in refusal.value.faults] == ["E-ESTIMATION-ALONE"]

    def test_for_an_amount_it_is_refused_before_the_draw(self) -> None:
        outcomes = [OUTCOME | {"name": "employed"}, OUTCOME | {"name": "housed", "kind": "amount"}]
        given = panel(protocol=clauses(outcomes=outcomes, analyses=list(self.asked)))
        with pytest.raises(ProtocolError) as refusal:
            estimate(given)
        assert [fault.code for fault in refusal.value.faults] == ["E-ESTIMATION-BINARY-ONLY"]

    def test_separation_keeps_its_row(self) -> None:
        given = panel(protocol=clauses(analyses=list(self.asked)))
        units = given.units.set_index("unit")["age"]
        ages = given.outcomes["unit"].map(units).to_numpy()
        split = given.outcomes.assign(value=(ages > 35).astype(float))
        found = estimate(replace(given, outcomes=split))
        assert {answer.reason for answer in found.not_estimable} == {"separation"}
        assert all(answer.instead for answer in found.not_estimable)


@pytest.mark.slow
def test_the_interval_covers_the_effect_in_the_population() -> None:
    # 2,000 trials of 200 and clusters of 4 (covariates drawn anew in each): band of
    # reliability.md for R = 2,000, [0.9354, 0.9646]; a little more for CR2 (E7b).
    big = people(1, n=2_000_000)
    odds = -0.5 + 0.8 * big["x"] + 0.3 * big["b"]
    truth = float(np.mean(1 / (1 + np.exp(-odds - 0.6)) - 1 / (1 + np.exp(-odds))))
    hits = np.zeros(2)
    for seed in range(2000):
        frame = people(seed + 100, n=200)
        for place, asked in enumerate(({}, {"clusters": "home"})):
            found = of(frame, **asked)
            assert found.conf_low is not None
            assert found.conf_high is not None
            hits[place] += found.conf_low <= truth <= found.conf_high
    assert 0.9354 <= hits[0] / 2000 <= 0.9646
    assert 0.9354 <= hits[1] / 2000 <= 0.9700
