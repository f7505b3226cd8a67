"""Effects month by month: each month is a trial, and the months of a person are not independent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from stacked_trials import followed

from reliance_eval.errors import DataError, ProtocolError
from reliance_eval.estimation import Dynamics, Estimate, NotEstimable, dynamics, itt, late
from reliance_eval.estimation.evolutions.evolution import COLUMNS
from reliance_eval.estimation.evolutions.simultaneous import PeriodTest
from reliance_eval.estimation.inference import critical_value
from reliance_eval.estimation.periods import Period, periods_of

HOW = {"unit": "id", "month": "month", "outcome": "y", "offer": "z", "blocks": "b"}


def traced(frame: pd.DataFrame, **changes: Any) -> Dynamics:
    found = dynamics(frame, **(HOW | changes))
    assert isinstance(found, Dynamics)
    return found


def estimated(found: Dynamics, estimand: str = "itt") -> list[Estimate]:
    told = [period.answers[estimand] for period in found.periods]
    return [answer for answer in told if isinstance(answer, Estimate)]


# ------------------------------------------------------------------------------- the default


@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_each_month_is_the_trial_of_that_month(missing: float) -> None:
    frame = followed(missing=missing)
    found = traced(frame, take_up="d")
    for period in found.periods:
        now = frame[frame["month"] == period.period.first]
        alone = itt(now, outcome="y", offer="z", blocks="b")
        ratio = late(now, outcome="y", offer="z", take_up="d", blocks="b")
        assert isinstance(alone, Estimate)
        assert isinstance(ratio, Estimate)
        assert isinstance(period.itt, Estimate)
        assert isinstance(period.late, Estimate)
        for name in ("estimate", "std_error", "df", "p_value", "conf_low", "n", "n_missing"):
            assert getattr(period.itt, name) == pytest.approx(getattr(alone, name), rel=1e-12)
            assert getattr(period.late, name) == pytest.approx(getattr(ratio, name), rel=1e-12)
        assert period.late.anderson_rubin == ratio.anderson_rubin


@pytest.mark.parametrize("covariates", [(), ("x", "w")])
def test_a_bin_of_complete_months_is_the_trial_of_their_mean(covariates: tuple[str, ...]) -> None:
    frame = followed(months=range(6))
    means = frame.groupby("id", as_index=False).mean(numeric_only=True)
    adjust: Any = "lin" if covariates else "none"
    expected = itt(means, outcome="y", offer="z", blocks="b", covariates=covariates, adjust=adjust)
    (found,) = estimated(traced(frame, bins=6, covariates=covariates))
    assert isinstance(expected, Estimate)
    # Linear in the outcome: the same numbers but for rounding.
    assert found.estimate == pytest.approx(expected.estimate, rel=1e-10)
    assert found.std_error == pytest.approx(expected.std_error, rel=1e-10)
    assert found.p_value == pytest.approx(expected.p_value, rel=1e-8)


def test_clusters_that_were_drawn_are_respected() -> None:
    frame = followed(months=range(2), n=60, blocks=1)
    frame["site"] = frame["id"].str[:4] + frame["z"].astype(str)
    found = estimated(traced(frame, clusters="site"))
    alone = itt(frame[frame["month"] == 1], outcome="y", offer="z", blocks="b", clusters="site")
    assert isinstance(alone, Estimate)
    assert found[1].std_error == pytest.approx(alone.std_error, rel=1e-12)
    assert found[1].variance == alone.variance == "CR2"


def test_a_missing_month_leaves_the_month_and_is_counted() -> None:
    frame = followed(months=range(6))
    frame.loc[frame["id"].eq("p0000") & frame["month"].isin([0, 1, 2]), "y"] = np.nan
    without_rows = frame[~(frame["id"].eq("p0001") & frame["month"].eq(4))]
    (half,) = traced(without_rows, bins=6).periods
    assert (half.months, half.months_missing) == (90 * 6 - 4, 4)
    assert half.itt.n == 90
    months = traced(without_rows).periods
    assert [period.months_missing for period in months] == [1, 1, 1, 0, 1, 0]
    # By hand: the bin is the mean of its months' differences.
    means = [answer.estimate for answer in estimated(traced(without_rows))]
    assert isinstance(half.itt, Estimate)
    assert half.itt.estimate == pytest.approx(np.mean(means), rel=1e-12)


def test_the_placebo_test_is_hotellings() -> None:
    frame = followed(blocks=1, months=range(-3, 1), n=40)
    wide = frame.pivot(index="id", columns="month", values="y")
    arm = frame.groupby("id")["z"].first()
    one, zero = wide[arm == 1].to_numpy()[:, :3], wide[arm == 0].to_numpy()[:, :3]
    gap = one.mean(axis=0) - zero.mean(axis=0)
    spread = np.cov(one.T) / len(one) + np.cov(zero.T) / len(zero)
    found = traced(frame)
    # Welch's degrees of freedom of the three months: the smallest is used.
    df = min(answer.df for answer in estimated(found)[:3])
    room = df - 3 + 1
    f = gap @ np.linalg.solve(spread, gap) * room / (df * 3)
    assert isinstance(found.placebo, PeriodTest)
    assert found.placebo.statistic == pytest.approx(f, rel=1e-9)
    assert found.placebo.p_value == pytest.approx(stats.f.sf(f, 3, room), rel=1e-9)
    assert (found.placebo.df, found.placebo.df_residual) == (3.0, room)


def test_a_month_that_repeats_another_adds_nothing_to_the_joint_test() -> None:
    frame = followed(months=range(-2, 1))
    again = frame[frame["month"] == -2].assign(month=-3)
    before = traced(frame).placebo
    after = traced(pd.concat([frame, again])).placebo
    assert isinstance(before, PeriodTest)
    assert isinstance(after, PeriodTest)
    assert (after.df, after.effects) == (2.0, 3)
    assert after.statistic == pytest.approx(before.statistic, rel=1e-9)


def test_bands_hold_since_the_draw_and_not_before() -> None:
    found = traced(followed(), take_up="d")
    answers = estimated(found)
    assert [answer.p_adjusted is None for answer in answers] == [True] * 3 + [False] * 7
    since = answers[3:]
    criticals = [(a.conf_high_adjusted or 0) - a.estimate for a in since]
    ratios = [c / a.std_error for c, a in zip(criticals, since, strict=True)]
    df = min(a.df for a in since)
    assert np.ptp(ratios) < 1e-9
    assert critical_value(0.95, df) < ratios[0] < critical_value(1 - 0.05 / 7, df)
    for answer in since:
        assert answer.p_adjusted is not None
        assert answer.p_adjusted >= answer.p_value
        is_outside = (answer.conf_low_adjusted or 0) > 0 or (answer.conf_high_adjusted or 0) < 0
        assert is_outside == (answer.p_adjusted < 0.05)


def test_a_late_is_tested_by_its_itt_in_the_band_too() -> None:
    found = traced(followed(months=range(7)), take_up="d")
    for itt_now, late_now in zip(estimated(found), estimated(found, "late"), strict=True):
        assert late_now.p_value == pytest.approx(itt_now.p_value, rel=1e-12)
        assert late_now.p_adjusted == pytest.approx(itt_now.p_adjusted, rel=1e-12)


def test_the_p_of_many_months_keeps_its_order_and_agrees_with_the_band() -> None:
    # More periods than are integrated one by one.
    found = traced(followed(months=range(30), n=60, effect=0.2))
    answers = estimated(found)
    by_size = sorted(answers, key=lambda answer: -abs(answer.statistic))
    adjusted = [answer.p_adjusted or 0.0 for answer in by_size]
    assert adjusted == sorted(adjusted)
    for answer in answers:
        is_outside = (answer.conf_low_adjusted or 0) > 0 or (answer.conf_high_adjusted or 0) < 0
        assert is_outside == ((answer.p_adjusted or 0) < 0.05)


# ------------------------------------------------------------------- waves and their horizons


def waves() -> pd.DataFrame:
    """An early wave followed to month 8, a late one to month 3."""
    early = followed(3, n=80, months=range(-2, 9)).assign(wave="2018")
    late_one = followed(4, n=40, months=range(-2, 4)).assign(wave="2019")
    late_one["id"] = "q" + late_one["id"]
    return pd.concat([early, late_one], ignore_index=True)


def test_each_period_rests_on_the_waves_that_reached_it() -> None:
    frame = waves()
    found = traced(frame, wave="wave")
    at = {period.period.first: period for period in found.periods}
    assert at[3].waves == pytest.approx({"2018": 2 / 3, "2019": 1 / 3})
    assert (at[3].reached, at[4].reached) == pytest.approx((1.0, 2 / 3))
    assert at[4].waves == {"2018": 1.0}
    # A month that a wave has not reached is not missing for its units.
    assert at[4].months_missing == 0
    early = itt(
        frame[(frame["wave"] == "2018") & (frame["month"] == 5)],
        outcome="y",
        offer="z",
        blocks="b",
    )
    assert isinstance(early, Estimate)
    assert isinstance(at[5].itt, Estimate)
    assert at[5].itt.estimate == pytest.approx(early.estimate, rel=1e-12)
    assert at[5].itt.std_error == pytest.approx(early.std_error, rel=1e-12)


def test_the_composition_of_a_bin_does_not_change_within_it() -> None:
    # The late wave reached months 3 but not 4: it is out of the bin [3, 6) altogether.
    found = traced(waves(), wave="wave", bins=3)
    at = {period.period: period for period in found.periods}
    assert at[Period(0, 2)].waves == pytest.approx({"2018": 2 / 3, "2019": 1 / 3})
    assert at[Period(3, 5)].waves == {"2018": 1.0}
    assert "waves" in found.convention()
    assert "vagues" in found.convention("fr")


def test_a_person_of_two_waves_is_one_person() -> None:
    frame = waves()
    # Everybody of the late wave was a person of the early one.
    same = frame.assign(id=frame["id"].str.removeprefix("q"))
    apart, together = traced(frame, wave="wave"), traced(same, wave="wave")
    assert together.persons_recur
    assert not apart.persons_recur
    one, other = estimated(apart)[2], estimated(together)[2]
    assert one.estimate == pytest.approx(other.estimate, rel=1e-12)
    assert one.std_error != pytest.approx(other.std_error, rel=1e-6)
    # By hand: the waves' differences, and the covariance of a person's two contributions.
    contributions = []
    for name in ("2018", "2019"):
        now = same[(same["wave"] == name) & (same["month"] == 0)]
        parts: dict[str, float] = {}
        for _, block in now.groupby("b"):
            for arm, cell in block.groupby("z"):
                room = len(cell) - 1
                left = (cell["y"] - cell["y"].mean()) / np.sqrt(room * len(cell))
                sign = 1 if arm == 1 else -1
                parts |= dict(zip(cell["id"], sign * left * len(block) / 120, strict=True))
        contributions.append(parts)
    early, later = contributions
    total = [early.get(name, 0.0) + later.get(name, 0.0) for name in early | later]
    assert other.std_error == pytest.approx(float(np.linalg.norm(total)), rel=1e-9)


# --------------------------------------------------------------------------------- as published


def dummies(frame: pd.DataFrame, bins: list[range], covariates: list[str]) -> dict[str, Any]:
    """The published specification written out, with every indicator as a column."""
    seen = frame.dropna(subset=["y"]).reset_index(drop=True)
    share = frame.groupby(["b", "id"])["z"].first().groupby("b").mean()
    q = seen["b"].map(share)
    effects = pd.get_dummies(seen["b"].astype(str) + "_" + seen["month"].astype(str), dtype=float)
    columns = [effects]
    for name in covariates:
        people = frame.groupby("id")[name].first()
        centred = seen[name] - people.mean()
        columns += [
            (centred * (seen["month"] == month)).rename(f"{name}{month}")
            for month in sorted(seen["month"].unique())
        ]
    inside = [seen["month"].isin(list(period)).astype(float) for period in bins]
    return {
        "y": seen["y"],
        "instruments": pd.concat(
            [((seen["z"] - q) * now).rename(f"z{k}") for k, now in enumerate(inside)], axis=1
        ),
        "taken": pd.concat(
            [(seen["d"] * now).rename(f"d{k}") for k, now in enumerate(inside)], axis=1
        ),
        "controls": pd.concat(columns, axis=1),
        "weights": seen["z"] / q + (1 - seen["z"]) / (1 - q),
        "clusters": seen["b"],
    }


@pytest.mark.parametrize("covariates", [[], ["x", "w"]])
@pytest.mark.parametrize("bins", [None, 3])
def test_the_published_itt_is_the_regression_written_out(
    bins: int | None, covariates: list[str]
) -> None:
    import statsmodels.api as sm

    frame = followed(7, missing=0.08, months=range(6))
    cuts = [range(m, m + (bins or 1)) for m in range(0, 6, bins or 1)]
    full = dummies(frame, cuts, covariates)
    # Origin: statsmodels, WLS with every indicator, clustered by block without any factor.
    peer = sm.WLS(
        full["y"], pd.concat([full["instruments"], full["controls"]], axis=1), full["weights"]
    ).fit(cov_type="cluster", cov_kwds={"groups": full["clusters"], "use_correction": False})
    found = estimated(
        traced(frame, bins=bins, covariates=tuple(covariates), convention="published")
    )
    for k, answer in enumerate(found):
        assert answer.estimate == pytest.approx(peer.params[f"z{k}"], rel=1e-8)
        assert answer.std_error == pytest.approx(peer.bse[f"z{k}"], rel=1e-8)
        assert answer.p_value == pytest.approx(peer.pvalues[f"z{k}"], rel=1e-7)
    names = [f"z{k}" for k in range(len(found))]
    joint = traced(frame, bins=bins, covariates=tuple(covariates), convention="published").joint
    if len(names) < 4:
        # Four clusters: no more than three effects can be tested together.
        covariance = peer.cov_params().loc[names, names].to_numpy()
        wald = peer.params[names] @ np.linalg.solve(covariance, peer.params[names])
        assert isinstance(joint, PeriodTest)
        assert joint.statistic * joint.df == pytest.approx(wald, rel=1e-6)
        assert joint.p_value == pytest.approx(stats.chi2.sf(wald, len(names)), rel=1e-6)


@pytest.mark.parametrize("covariates", [[], ["x"]])
@pytest.mark.parametrize("bins", [None, 3])
def test_the_published_late_is_two_stage_least_squares_written_out(
    bins: int | None, covariates: list[str]
) -> None:
    from linearmodels.iv import IV2SLS

    frame = followed(8, missing=0.05, months=range(6))
    cuts = [range(m, m + (bins or 1)) for m in range(0, 6, bins or 1)]
    full = dummies(frame, cuts, covariates)
    # Origin: linearmodels, all indicators as exogenous columns, clustered, no factor.
    peer = IV2SLS(
        full["y"], full["controls"], full["taken"], full["instruments"], weights=full["weights"]
    ).fit(cov_type="clustered", clusters=full["clusters"], debiased=False)
    found = estimated(
        traced(
            frame,
            bins=bins,
            covariates=tuple(covariates),
            take_up="d",
            convention="published",
        ),
        "late",
    )
    for k, answer in enumerate(found):
        assert answer.estimate == pytest.approx(peer.params[f"d{k}"], rel=1e-7)
        assert answer.std_error == pytest.approx(peer.std_errors[f"d{k}"], rel=1e-7)
        assert answer.p_value == pytest.approx(peer.pvalues[f"d{k}"], rel=1e-6)


def test_the_published_untreated_compliers_are_abadies() -> None:
    from linearmodels.iv import IV2SLS

    frame = followed(9, months=range(3))
    full = dummies(frame, [range(3)], [])
    untaken = (1.0 - frame["d"]).rename("u")
    outcome = (untaken * frame["y"]).rename("uy")
    peer = IV2SLS(
        outcome, full["controls"], untaken, full["instruments"], weights=full["weights"]
    ).fit()
    (found,) = estimated(traced(frame, bins=3, take_up="d", convention="published"), "late")
    assert found.untreated_complier_mean == pytest.approx(peer.params["u"], rel=1e-8)


def test_the_published_rows_share_one_critical_value_of_the_normal() -> None:
    found = traced(followed(months=range(-7, 30), n=200, blocks=20), bins=6, convention="published")
    answers = estimated(found)
    wide = [((a.conf_high_adjusted or 0) - a.estimate) / a.std_error for a in answers]
    # Six rows, those before the draw too; below Bonferroni's 2.638, the signature of max-|t|.
    assert len(answers) == 6
    assert np.ptp(wide) < 1e-9
    assert 1.96 < wide[0] < stats.norm.ppf(1 - 0.05 / 12) == pytest.approx(2.638, abs=1e-3)


def test_published_blocks_of_one_leave_the_comparison() -> None:
    frame = followed(n=40, blocks=2, months=range(2))
    lone = frame[frame["id"].isin(["p0000", "p0039"])].copy()
    lone["id"], lone["b"] = "lone" + lone["id"], 9
    lone["z"] = (lone["id"] == "lonep0000").astype(int)
    with_lone = traced(pd.concat([frame, lone]), convention="published")
    for one, other in zip(estimated(with_lone), estimated(traced(frame, convention="published")),
                          strict=True):  # fmt: skip
        assert one.estimate == pytest.approx(other.estimate, rel=1e-10)
        assert "thin_blocks" in one.notes


# ------------------------------------------------------------------------------------------ laws


@pytest.mark.parametrize("convention", ["default", "published"])
def test_the_order_of_rows_never_matters(convention: str) -> None:
    frame = followed(missing=0.1)
    shuffled = frame.sample(frac=1.0, random_state=1)
    how = {"take_up": "d", "bins": 3, "convention": convention, "covariates": ("x",)}
    one, other = traced(frame, **how).tidy(), traced(shuffled, **how).tidy()
    numeric = one.select_dtypes("number").columns.drop(["p_adjusted"])
    pd.testing.assert_frame_equal(one[numeric], other[numeric], rtol=1e-9)


@pytest.mark.parametrize("convention", ["default", "published"])
def test_a_change_of_unit_changes_the_unit_alone(convention: str) -> None:
    frame = followed()
    in_cents = frame.assign(y=100 * frame["y"])
    how = {"take_up": "d", "bins": 3, "convention": convention}
    one, other = traced(frame, **how), traced(in_cents, **how)
    for estimand in ("itt", "late"):
        for a, b in zip(estimated(one, estimand), estimated(other, estimand), strict=True):
            assert b.estimate == pytest.approx(100 * a.estimate, rel=1e-9)
            assert b.std_error == pytest.approx(100 * a.std_error, rel=1e-9)
            assert b.p_value == pytest.approx(a.p_value, rel=1e-7)


def test_a_period_without_an_answer_says_why() -> None:
    frame = followed(months=range(-1, 3))
    frame.loc[frame["month"] == 1, "y"] = 1.0
    frame.loc[(frame["month"] == 2) & (frame["z"] == 1), "y"] = np.nan
    found = traced(frame, take_up="d")
    reasons = [p.itt.reason if isinstance(p.itt, NotEstimable) else "" for p in found.periods]
    assert reasons == ["", "", "no_variation", "empty_arm"]
    assert found.tidy()["status"].tolist()[:4] == ["estimated"] * 2 + ["not_estimable"] * 2


def test_several_arms_give_one_evolution_each() -> None:
    frame = followed(n=120, blocks=1)
    arm = frame["id"].str[-1].astype(int) % 3
    how: Any = HOW
    named = frame.assign(z=arm.map({0: "control", 1: "letter", 2: "visit"}))
    found = dynamics(named, **how, bins=3)
    assert isinstance(found, tuple)
    assert [one.arm for one in found] == ["letter", "visit"]


def test_the_table_has_always_the_same_columns() -> None:
    found = traced(followed(months=range(-13, 13)), bins=6, take_up="d")
    table = found.tidy()
    assert list(table.columns) == list(COLUMNS)
    assert table["first_month"].tolist() == [-13, -7, 0, 6] * 2
    assert found.months_left_out == (-1, 12)
    assert len(found.tests()) == 2
    assert "NaN" not in found._repr_html_()


def test_the_picture_can_be_drawn(tmp_path: Any) -> None:
    found = traced(followed(), take_up="d")
    for estimand in ("itt", "late"):
        found.plot(estimand=estimand, language="fr").savefig(tmp_path / f"{estimand}.svg")
        assert "tirage" in (tmp_path / f"{estimand}.svg").read_text()


def test_bins_count_from_the_draw() -> None:
    # The published bins: [-13;-7[, [-7;-1[, [0;6[ ... [24;30[.
    cut = [(p.first, p.last + 1) for p in periods_of(-13, 30, bins=6)]
    assert cut == [(-13, -7), (-7, -1), (0, 6), (6, 12), (12, 18), (18, 24), (24, 30)]
    assert [p.first for p in periods_of(4, 12, bins=3)] == [6, 9]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"bins": 0}, "E-ESTIMATION-BINS"),
        ({"bins": 40}, "E-ESTIMATION-NO-PERIOD"),
        ({"convention": "mine"}, "E-ESTIMATION-CONVENTION-DYNAMICS"),
        ({"unit": "nobody"}, "E-ESTIMATION-COLUMN"),
        ({"month": "x"}, "E-ESTIMATION-MONTH"),
        ({"unit": "b"}, "E-ESTIMATION-TWICE"),
        ({"covariates": ("y",)}, "E-ESTIMATION-VARIES"),
        ({"unit": "hole"}, "E-ESTIMATION-NOBODY"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_code(changes: dict[str, Any], code: str) -> None:
    frame = followed()
    frame["hole"] = frame["id"].where(frame["id"] != "p0003")
    with pytest.raises((DataError, ProtocolError)) as refused:
        traced(frame, **changes)
    assert code in {fault.code for fault in refused.value.faults}
    for language in ("en", "fr"):
        assert code in refused.value.text(language)


# ----------------------------------------------------------------------------------- calibration


def trials(count: int, **how: Any) -> Any:
    return (followed(1000 + seed, effect=0.0, **how) for seed in range(count))


@pytest.mark.slow
def test_months_of_one_person_are_not_independent() -> None:
    """Cell E13: three months a person, who has 0.59 of the variance to herself (tie 1.2)."""
    covered = {"persons": 0, "stacked": 0}
    count = 1000
    for frame in trials(count, n=200, blocks=1, months=range(3), tie=1.2):
        (found,) = estimated(traced(frame, bins=3))
        naive = itt(frame, outcome="y", offer="z")
        assert isinstance(naive, Estimate)
        for name, answer in (("persons", found), ("stacked", naive)):
            assert answer.conf_low is not None
            assert answer.conf_high is not None
            covered[name] += answer.conf_low <= 0.0 <= answer.conf_high
    # The right one within three Monte Carlo errors of 0.95; the naive one near 0.81.
    assert covered["persons"] / count == pytest.approx(0.95, abs=0.021)
    assert covered["stacked"] / count < 0.86


@pytest.mark.slow
def test_the_band_covers_all_months_together() -> None:
    count, inside = 500, 0
    for frame in trials(count, n=120, blocks=3, months=range(4)):
        answers = estimated(traced(frame))
        inside += all(
            (a.conf_low_adjusted or 0.0) <= 0.0 <= (a.conf_high_adjusted or 0.0) for a in answers
        )
    # Three Monte Carlo errors: 3 x sqrt(0.95 x 0.05 / 500).
    assert inside / count == pytest.approx(0.95, abs=0.029)


@pytest.mark.slow
def test_the_placebo_test_has_its_size() -> None:
    count, refused = 1000, 0
    for frame in trials(count, n=80, blocks=2, months=range(-6, 0)):
        test = traced(frame).placebo
        assert isinstance(test, PeriodTest)
        refused += test.p_value <= 0.05
    assert refused / count == pytest.approx(0.05, abs=0.021)
