"""Times to an event: R's numbers on a real trial, and what holds without censoring."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reliance_eval.errors import DataError, ProtocolError
from reliance_eval.estimation import Estimate, NotEstimable, Survival, itt, time_to_event
from reliance_eval.estimation.survival.hazards import cox, residuals
from reliance_eval.estimation.survival.lifetimes import COLUMNS, HazardRatio, LogRank
from reliance_eval.estimation.survival.survival_curves import restricted_mean, steps_of

HOW: dict[str, Any] = {
    "time": "time",
    "event": "status",
    "offer": "rx",
    "reference": "Obs",
    "until": 1826.0,
}
ARMS = ("Obs", "Lev", "Lev+5FU")
EVENTS = {"recurrence": 1, "death": 2}


class Colon:
    """The levamisole trial, and what R's survival says of it."""

    def __init__(self, shared: Path) -> None:
        folder = shared / "reference" / "colon_survival"
        self._rows = pd.read_csv(folder / "data.csv")
        results = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["results"]
        self._told = {
            (result["quantity"], result.get("se_type", "")): result
            for result in results
            if result["peer"] == "survival"
        }

    def rows(self, event: str) -> pd.DataFrame:
        return self._rows[self._rows["etype"] == EVENTS[event]]

    def told(self, quantity: str, se_type: str = "") -> dict[str, Any]:
        told: dict[str, Any] = self._told[quantity, se_type]
        return told


@pytest.fixture
def colon(shared: Path) -> Colon:
    return Colon(shared)


def made(seed: int = 1, *, n: int = 120, blocks: int = 3, censored: float = 0.3) -> pd.DataFrame:
    """A blocked trial whose offer delays an event; censoring is independent of it."""
    rng = np.random.default_rng(seed)
    block = np.sort(rng.integers(0, blocks, n))
    offer = np.zeros(n, dtype=int)
    for code in range(blocks):
        rows = np.flatnonzero(block == code)
        offer[rng.permutation(rows)[: (len(rows) + 1) // 2]] = 1
    x = rng.normal(size=n)
    happens = rng.exponential(10.0 + 4.0 * offer + block + 2.0 * (x > 0))
    last = np.where(rng.random(n) < censored, rng.uniform(0.0, 36.0, n), 36.0)
    return pd.DataFrame(
        {
            "z": offer,
            "b": block,
            "x": x,
            "t": np.minimum(happens, last),
            "e": (happens <= last).astype(int),
        }
    )


def asked(frame: pd.DataFrame, **changes: Any) -> Survival:
    how: dict[str, Any] = {"time": "t", "event": "e", "offer": "z", "until": 12.0}
    return time_to_event(frame, **(how | changes))


def mean_difference(found: Survival) -> Estimate:
    answer = found.comparisons[0].restricted_mean
    assert isinstance(answer, Estimate)
    return answer


# -------------------------------------------------------------------------- a real trial, and R


@pytest.mark.shared
@pytest.mark.parametrize("event", EVENTS)
def test_curves_are_those_of_r(colon: Colon, event: str) -> None:
    # Origin: survfit(conf.type = "log-log") of survival 3.5-3, in expected.json; lifelines agrees.
    found = time_to_event(colon.rows(event), **HOW)
    for curve in found.curves:
        for day in (365, 1095, 1826):
            told = colon.told(f"km.{event}.{curve.arm}.S({day})", "Greenwood")
            place = int(np.searchsorted(curve.times, day, side="right")) - 1
            assert curve.survival[place] == pytest.approx(told["estimate"], rel=1e-9)
            assert curve.std_error[place] == pytest.approx(told["se"], rel=1e-6)
            ends = (curve.conf_low[place], curve.conf_high[place])
            assert ends == pytest.approx(told["ci95"], rel=1e-6)
        median = colon.told(f"median.{event}.{curve.arm}").get("estimate")
        assert curve.median == median


@pytest.mark.shared
@pytest.mark.parametrize("event", EVENTS)
def test_restricted_means_are_those_of_r(colon: Colon, event: str) -> None:
    # Origin: survmean(rmean = 1826) of survival 3.5-3. lifelines gives the variance of the times
    # themselves there (its root: 730 days, where the standard error is 42).
    found = time_to_event(colon.rows(event), **HOW)
    told = {arm: colon.told(f"rmst1826.{event}.{arm}", "Greenwood-type") for arm in ARMS}
    for curve in found.curves:
        assert curve.restricted_mean == pytest.approx(told[curve.arm]["estimate"], rel=1e-9)
        assert curve.restricted_mean_std_error == pytest.approx(told[curve.arm]["se"], rel=1e-6)
    for comparison in found.comparisons:
        answer = comparison.restricted_mean
        assert isinstance(answer, Estimate)
        one, other = told[comparison.arm], told["Obs"]
        gap = one["estimate"] - other["estimate"]
        # Greenwood's variances with Neyman's n/(n - 1), as everywhere else in this package.
        n, m = answer.n_arm, answer.n_reference
        variance = one["se"] ** 2 * n / (n - 1) + other["se"] ** 2 * m / (m - 1)
        assert answer.estimate == pytest.approx(gap, rel=1e-9)
        assert answer.std_error == pytest.approx(np.sqrt(variance), rel=1e-6)


@pytest.mark.shared
@pytest.mark.parametrize("event", EVENTS)
def test_log_rank_is_that_of_r(colon: Colon, event: str) -> None:
    # Origin: survdiff of survival 3.5-3; lifelines and statsmodels agree.
    rows = colon.rows(event)
    two = rows[rows["rx"] != "Lev"]
    asked_of = {
        f"logrank.{event}.3arm": time_to_event(rows, **HOW),
        f"logrank.{event}.t5_vs_obs": time_to_event(two, **HOW),
        f"logrank.{event}.t5_vs_obs.strat_node4": time_to_event(two, **HOW, blocks="node4"),
    }
    for quantity, found in asked_of.items():
        told = colon.told(quantity)
        assert isinstance(found.log_rank, LogRank)
        assert found.log_rank.statistic == pytest.approx(told["statistic"], rel=1e-9)
        assert found.log_rank.df == told["df"]
        assert found.log_rank.p_value == pytest.approx(told["p"], rel=1e-9)


@pytest.mark.shared
@pytest.mark.parametrize("event", EVENTS)
def test_hazard_ratios_are_those_of_r(colon: Colon, event: str) -> None:
    # Origin: coxph(ties = "efron") of survival 3.5-3, robust = TRUE for the robust one.
    found = time_to_event(colon.rows(event), **HOW)
    for comparison, name in zip(found.comparisons, ("tl", "t5"), strict=True):
        ratio = comparison.hazard_ratio
        told = colon.told(f"cox.{event}.nocov.efron.{name}", "MLE")
        assert isinstance(ratio, HazardRatio)
        assert ratio.log_ratio == pytest.approx(told["estimate"], rel=1e-6)
        assert ratio.std_error_model == pytest.approx(told["se"], rel=1e-6)
    robust = colon.told(f"cox.{event}.nocov.efron.t5", "robust")
    last = found.comparisons[-1].hazard_ratio
    assert isinstance(last, HazardRatio)
    # lifelines differs at 1e-4 and statsmodels at 3e-4: they take ties as Breslow does.
    assert last.std_error == pytest.approx(robust["se"], rel=1e-6)
    assert last.p_value == pytest.approx(robust["p"], rel=1e-5)


@pytest.mark.shared
@pytest.mark.parametrize("event", EVENTS)
def test_hazard_ratios_with_covariates_are_those_of_r(colon: Colon, event: str) -> None:
    names = ["sex", "age", "obstruct", "perfor", "adhere", "node4"]
    found = time_to_event(colon.rows(event), **HOW, covariates=names)
    told = colon.told(f"cox.{event}.cov.efron.t5", "MLE")
    ratio = found.comparisons[-1].hazard_ratio
    assert isinstance(ratio, HazardRatio)
    assert ratio.log_ratio == pytest.approx(told["estimate"], rel=1e-6)
    assert ratio.std_error_model == pytest.approx(told["se"], rel=1e-6)


@pytest.mark.shared
def test_the_published_reduction_is_found(colon: Colon) -> None:
    # Moertel et al. (1990): 41 % fewer recurrences, 33 % fewer deaths with levamisole and 5-FU.
    for event, published in (("recurrence", 0.41), ("death", 0.33)):
        ratio = time_to_event(colon.rows(event), **HOW).comparisons[-1].hazard_ratio
        assert isinstance(ratio, HazardRatio)
        assert 1.0 - ratio.ratio == pytest.approx(published, abs=0.02)


# ----------------------------------------------------------------------------- what must be so


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 40))
def test_squared_contributions_are_greenwoods_variance(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    times = rng.integers(1, 12, n).astype(float)
    is_event = rng.random(n) < 0.6
    times[0] = 12.0
    found = restricted_mean(times, is_event, np.ones(n), until=10.0)
    # Written out: sum over event times of (area beyond)² d / (n (n - d)).
    survival, variance = 1.0, 0.0
    at = [t for t in np.unique(times[is_event]) if t <= 10.0]
    steps = steps_of(times, is_event, np.ones(n))
    edges = [*at, 10.0]
    heights = []
    for t in at:
        risk, events = np.sum(times >= t), np.sum(is_event & (times == t))
        survival *= 1.0 - events / risk
        heights.append(survival)
    for k, t in enumerate(at):
        risk, events = np.sum(times >= t), np.sum(is_event & (times == t))
        area = sum(h * (edges[j + 1] - edges[j]) for j, h in enumerate(heights) if j >= k)
        variance += area**2 * events / (risk * max(risk - events, 1))
    assert found.std_error**2 == pytest.approx(variance, rel=1e-9, abs=1e-18)
    assert np.sum(found.contributions) == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(steps.survival[: len(at)], heights, rtol=1e-12)


@pytest.mark.parametrize("blocks", [None, "b"])
@pytest.mark.parametrize("covariates", [(), ("x",)])
def test_without_censoring_it_is_the_itt_of_the_time_cut(
    blocks: str | None, covariates: tuple[str, ...]
) -> None:
    frame = made(censored=0.0)
    frame["cut"] = frame["t"].clip(upper=12.0)
    adjust: Any = "lin" if covariates else "none"
    expected = itt(
        frame, outcome="cut", offer="z", blocks=blocks, covariates=covariates, adjust=adjust
    )
    found = mean_difference(asked(frame, blocks=blocks, covariates=covariates))
    assert isinstance(expected, Estimate)
    for name in ("estimate", "std_error", "df", "p_value", "conf_low", "mean_reference"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-9)


def test_blocks_are_weighted_by_their_share() -> None:
    # Offered three quarters of one block and a quarter of the other, with other hazards: the
    # curve of an arm is the mixture of the blocks, whatever part of the arm they make.
    early = pd.DataFrame({"b": 0, "z": [1] * 9 + [0] * 3, "t": 1.0, "e": 1})
    late = pd.DataFrame({"b": 1, "z": [1] * 3 + [0] * 9, "t": 20.0, "e": 1})
    found = asked(pd.concat([early, late]), blocks="b")
    assert [curve.restricted_mean for curve in found.curves] == pytest.approx([6.5, 6.5])
    assert [curve.survival[0] for curve in found.curves] == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("is_blocked", [False, True])
def test_the_robust_variance_of_hazards_is_the_jackknifes(is_blocked: bool) -> None:
    # A peer of another kind: leaving a unit out moves the coefficient by its contribution.
    frame = made(3, n=50, blocks=2)
    times, design = np.ceil(frame["t"].to_numpy()), frame[["z"]].to_numpy(float)
    is_event = frame["e"].to_numpy() == 1
    blocks = frame["b"].to_numpy() if is_blocked else np.zeros(50, dtype=np.int64)
    fit = cox(times, is_event, design, blocks)
    moved = []
    for row in range(50):
        kept = np.arange(50) != row
        other = cox(times[kept], is_event[kept], design[kept], blocks[kept])
        moved.append(float((other.coefficients - fit.coefficients)[0]))
    # The jackknife over-states by some k/n, with a baseline hazard a block.
    robust = fit.robust_std_errors(np.arange(50))[0]
    assert robust == pytest.approx(float(np.linalg.norm(moved)), rel=0.12)
    assert robust < np.linalg.norm(moved)


def test_scores_are_zero_at_the_estimate_and_drawn_clusters_are_added_up() -> None:
    frame = made(5)
    times, is_event = frame["t"].to_numpy(), frame["e"].to_numpy() == 1
    design = frame[["z"]].to_numpy(float)
    blocks = frame["b"].to_numpy()
    ratio = asked(frame, blocks="b").comparisons[0].hazard_ratio
    assert isinstance(ratio, HazardRatio)
    scores, information = residuals(times, is_event, design, blocks, np.array([ratio.log_ratio]))
    assert scores.sum() == pytest.approx(0.0, abs=1e-9)
    assert ratio.std_error_model == pytest.approx(1 / np.sqrt(information[0, 0]), rel=1e-9)
    frame["site"] = frame.index // 2
    clustered = asked(frame, blocks="b", clusters="site").comparisons[0].hazard_ratio
    by_site = np.bincount(frame["site"], scores[:, 0]) / information[0, 0]
    assert isinstance(clustered, HazardRatio)
    assert clustered.std_error == pytest.approx(float(np.linalg.norm(by_site)), rel=1e-9)


def test_the_order_of_rows_and_the_unit_of_time_change_nothing() -> None:
    frame = made(7)
    one = asked(frame, blocks="b", covariates=("x",))
    days = frame.assign(t=30.0 * frame["t"]).sample(frac=1.0, random_state=3)
    other = asked(days, blocks="b", covariates=("x",), until=360.0)
    assert mean_difference(other).estimate == pytest.approx(30 * mean_difference(one).estimate)
    assert mean_difference(other).p_value == pytest.approx(mean_difference(one).p_value)
    a, b = one.comparisons[0].hazard_ratio, other.comparisons[0].hazard_ratio
    assert isinstance(a, HazardRatio)
    assert isinstance(b, HazardRatio)
    assert a.log_ratio == pytest.approx(b.log_ratio, rel=1e-9)
    assert isinstance(one.log_rank, LogRank)
    assert isinstance(other.log_rank, LogRank)
    assert one.log_rank.statistic == pytest.approx(other.log_rank.statistic, rel=1e-9)


def test_dates_are_counted_from_the_draw() -> None:
    frame = pd.DataFrame(
        {
            "z": [0, 0, 1, 1],
            "drawn": pd.to_datetime([date(2018, 2, 15)] * 4),
            "last": pd.to_datetime(["2018-02-20", "2018-03-15", "2018-02-25", "2018-04-15"]),
            "e": [1, 1, 1, 0],
        }
    )
    found = asked(frame, time="last", drawn_on="drawn", until=28.0)
    # By hand: controls 5 and 28 days, offered 10 and 28 (followed 59).
    assert [curve.restricted_mean for curve in found.curves] == [16.5, 19.0]


def test_a_unit_without_a_time_is_counted_out() -> None:
    frame = made(2)
    holed = frame.assign(t=frame["t"].where(frame.index != 3))
    found = asked(holed, blocks="b")
    assert found.n_missing == 1
    assert mean_difference(found).n == 119


def test_what_does_not_exist_has_its_reason() -> None:
    frame = made(4)
    short = asked(frame.assign(t=frame["t"].clip(upper=8.0), e=0), until=12.0)
    answer = short.comparisons[0].restricted_mean
    assert isinstance(answer, NotEstimable)
    assert answer.reason == "follow_up_too_short"
    assert "12" in answer.text("fr")
    assert short.curves[0].restricted_mean is None
    assert isinstance(short.log_rank, NotEstimable)
    assert isinstance(short.comparisons[0].hazard_ratio, NotEstimable)
    spared = asked(frame.assign(e=frame["e"].where(frame["z"] == 0, 0)))
    ratio = spared.comparisons[0].hazard_ratio
    assert isinstance(ratio, NotEstimable)
    assert ratio.reason == "no_event"
    same = asked(frame.assign(one=1.0), covariates=("one",)).comparisons[0].hazard_ratio
    assert isinstance(same, NotEstimable)
    assert same.reason == "collinear_hazards"


@pytest.mark.parametrize(
    ("changes", "values", "code"),
    [
        ({}, {"t": -1.0}, "E-ESTIMATION-BEFORE-DRAW"),
        ({}, {"e": 2}, "E-ESTIMATION-EVENT"),
        ({"until": 0.0}, {}, "E-ESTIMATION-UNTIL"),
        ({"drawn_on": "x"}, {}, "E-ESTIMATION-CLOCK"),
        ({"time": "when"}, {}, "E-ESTIMATION-COLUMN"),
    ],
)
def test_what_cannot_be_is_refused_by_its_code(
    changes: dict[str, Any], values: dict[str, Any], code: str
) -> None:
    frame = made()
    for name, value in values.items():
        frame.loc[0, name] = value
    with pytest.raises((DataError, ProtocolError)) as refused:
        asked(frame, **changes)
    assert code in {fault.code for fault in refused.value.faults}
    for language in ("en", "fr"):
        assert code in refused.value.text(language)


def test_a_date_needs_the_day_it_counts_from() -> None:
    frame = made().assign(when=pd.Timestamp("2018-03-01"))
    with pytest.raises(ProtocolError) as refused:
        asked(frame, time="when")
    assert refused.value.faults[0].code == "E-ESTIMATION-CLOCK"


def test_the_table_has_always_the_same_columns(tmp_path: Path) -> None:
    found = asked(made(), blocks="b")
    table = found.tidy()
    assert list(table.columns) == list(COLUMNS)
    assert table["quantity"].tolist() == [
        "restricted_mean",
        "restricted_mean",
        "log_rank",
        "restricted_mean_difference",
        "hazard_ratio",
    ]
    assert len(found.curve()) == sum(len(curve.times) for curve in found.curves)
    found.plot(language="fr").savefig(tmp_path / "survival.svg")
    assert "tirage" in (tmp_path / "survival.svg").read_text()
    for language in ("en", "fr"):
        assert "Greenwood" in found.convention(language)
    assert "restricted_mean" in found._repr_html_()


@pytest.mark.slow
def test_the_interval_of_restricted_means_covers() -> None:
    count, covered = 1000, 0
    rng = np.random.default_rng(11)
    for _ in range(count):
        n = 80
        block = np.repeat([0, 1], n // 2)
        offer = np.tile([0, 1], n // 2)
        happens = rng.exponential(8.0 + 6.0 * block, n)
        last = np.where(rng.random(n) < 0.4, rng.uniform(0.0, 30.0, n), 30.0)
        frame = pd.DataFrame({"z": offer, "b": block, "t": np.minimum(happens, last)})
        frame["e"] = (happens <= last).astype(int)
        found = mean_difference(asked(frame, blocks="b"))
        assert found.conf_low is not None
        assert found.conf_high is not None
        covered += found.conf_low <= 0.0 <= found.conf_high
    # Three Monte Carlo errors: 3 x sqrt(0.95 x 0.05 / 1000).
    assert covered / count == pytest.approx(0.95, abs=0.021)
