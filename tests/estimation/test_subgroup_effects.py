"""Subgroups: what differs is tested as a difference, corrected, and marked for what it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from small_panels import OUTCOME, clauses, panel

from reliance_eval.errors import DataError, ProtocolError
from reliance_eval.estimation import (
    Estimate,
    Estimates,
    Interaction,
    NotEstimable,
    SubgroupEffects,
    adjust_p_values,
    estimate,
    itt,
    late,
    subgroup_effects,
)
from reliance_eval.estimation.subgroups.interactions import COLUMNS
from reliance_eval.panel import Panel


def people(seed: int = 1, *, n: int = 240, levels: int = 3, apart: float = 0.0) -> pd.DataFrame:
    """A blocked trial whose effect grows by ``apart`` from one level to the next."""
    rng = np.random.default_rng(seed)
    level = rng.integers(0, levels, n)
    z = np.arange(n) % 2
    noise = rng.normal(size=n) * (1 + 0.5 * level)
    return pd.DataFrame(
        {
            "z": z,
            "d": (z * (rng.random(n) < 0.7)).astype(float),
            "block": np.arange(n) // 2 % 3,
            "school": np.arange(n) % 40,
            "level": np.array(list("abcdef"))[level],
            "x": rng.normal(size=n),
            "y": apart * level * z + level + noise,
        }
    )


def effects_of(frame: pd.DataFrame, **more: Any) -> SubgroupEffects:
    given = {"outcome": "y", "offer": "z", "by": "level", "blocks": "block"}
    found = subgroup_effects(frame, **(given | more))
    assert isinstance(found, SubgroupEffects)
    return found


def estimated(found: SubgroupEffects) -> list[Estimate]:
    assert all(isinstance(each, Estimate) for each in found.estimates)
    return [each for each in found.estimates if isinstance(each, Estimate)]


class TestTheTest:
    """The numbers of the interaction."""

    def test_two_levels_are_compared_by_welchs_t_of_their_difference(self) -> None:
        frame = people(levels=2, apart=0.5)
        found = effects_of(frame)
        a, b = estimated(found)
        one = found.interaction
        spread = a.std_error**2 + b.std_error**2
        df = spread**2 / (a.std_error**4 / a.df + b.std_error**4 / b.df)
        assert one.difference == pytest.approx(b.estimate - a.estimate, rel=1e-12)
        assert one.std_error == pytest.approx(spread**0.5, rel=1e-12)
        assert one.df == pytest.approx(df, rel=1e-12)
        t = (b.estimate - a.estimate) / spread**0.5
        assert one.statistic == pytest.approx(t**2, rel=1e-12)
        assert one.p_value == pytest.approx(2 * stats.t.sf(abs(t), df), rel=1e-10)
        reach = stats.t.ppf(0.975, df) * spread**0.5
        assert one.conf_low == pytest.approx(t * spread**0.5 - reach, rel=1e-10)
        assert one.conf_high == pytest.approx(t * spread**0.5 + reach, rel=1e-10)

    def test_several_levels_are_compared_by_welchs_anova(self) -> None:
        # Without an offer's contrast it is Welch's comparison of means: one arm is set to zero, so
        # that each "effect" is the other arm's mean, and statsmodels' Welch ANOVA is the answer.
        from statsmodels.stats.oneway import anova_oneway

        frame = people(2)
        frame["y"] = frame["y"].where(frame["z"] == 1, 0.0)
        found = effects_of(frame, blocks=None)
        offered = frame[frame["z"] == 1]
        groups = [rows["y"].to_numpy() for _, rows in offered.groupby("level")]
        theirs = anova_oneway(groups, use_var="unequal", welch_correction=True)
        assert found.interaction.statistic == pytest.approx(theirs.statistic, rel=1e-10)
        assert found.interaction.df_between == theirs.df[0] == 2
        assert found.interaction.df == pytest.approx(theirs.df[1], rel=1e-10)
        assert found.interaction.p_value == pytest.approx(theirs.pvalue, rel=1e-10)
        assert found.interaction.difference is None

    def test_the_regressions_interaction_is_the_difference(self) -> None:
        # Two levels, HC2: the regression on offer, level and their product is saturated.
        import statsmodels.formula.api as smf

        frame = people(3, levels=2)
        fit = smf.ols("y ~ z * C(level)", frame).fit(cov_type="HC2")
        one = effects_of(frame, blocks=None).interaction
        assert one.difference == pytest.approx(fit.params["z:C(level)[T.b]"], rel=1e-10)
        assert one.std_error == pytest.approx(fit.bse["z:C(level)[T.b]"], rel=1e-10)

    def test_schools_that_hold_both_levels_make_their_effects_depend_on_each_other(self) -> None:
        frame = people(4, levels=2, n=400)
        frame["z"] = frame["school"] % 2
        frame["y"] += np.random.default_rng(0).normal(size=40)[frame["school"]] * 3
        found = effects_of(frame, blocks=None, clusters="school")
        a, b = estimated(found)
        one = found.interaction
        assert one.std_error is not None
        # A shared school effect cancels in the difference: ignoring it would double the error.
        assert one.std_error < 0.7 * (a.std_error**2 + b.std_error**2) ** 0.5
        assert one.df == min(a.df, b.df)

    def test_the_test_holds_its_level_where_there_is_nothing(self) -> None:
        p = np.array(
            [effects_of(people(seed), blocks=None).interaction.p_value for seed in range(200)]
        )
        # 200 trials: three Monte-Carlo errors of a rate of 0.10 are 0.064.
        assert np.mean(p < 0.10) == pytest.approx(0.10, abs=0.064)

    def test_and_finds_what_is_there(self) -> None:
        p = [
            effects_of(people(seed, apart=1.5), blocks=None).interaction.p_value
            for seed in range(20)
        ]
        assert np.median(np.array(p)) < 0.001


class TestBareFrames:
    """``subgroup_effects`` on a data frame."""

    def test_each_level_is_the_comparison_of_its_people(self) -> None:
        frame = people(5)
        found = effects_of(frame)
        assert found.levels == ("a", "b", "c")
        for name, one in zip(found.levels, estimated(found), strict=True):
            alone = itt(frame[frame["level"] == name], outcome="y", offer="z", blocks="block")
            assert isinstance(alone, Estimate)
            assert one.estimate == pytest.approx(alone.estimate, rel=1e-12)
            assert one.std_error == pytest.approx(alone.std_error, rel=1e-12)

    def test_with_take_up_the_effects_are_lates(self) -> None:
        frame = people(6, levels=2)
        found = effects_of(frame, take_up="d")
        a, b = estimated(found)
        alone = late(
            frame[frame["level"] == "b"], outcome="y", offer="z", take_up="d", blocks="block"
        )
        assert isinstance(alone, Estimate)
        assert b.estimate == pytest.approx(alone.estimate, rel=1e-12)
        assert found.interaction.estimand == "late"
        assert found.interaction.std_error == pytest.approx(
            (a.std_error**2 + b.std_error**2) ** 0.5, rel=1e-9
        )

    def test_lins_adjustment_is_made_within_each_level(self) -> None:
        frame = people(7, levels=2)
        found = effects_of(frame, covariates=["x"], adjust="lin")
        alone = itt(
            frame[frame["level"] == "a"],
            outcome="y",
            offer="z",
            blocks="block",
            covariates=["x"],
            adjust="lin",
        )
        assert isinstance(alone, Estimate)
        assert estimated(found)[0].estimate == pytest.approx(alone.estimate, rel=1e-10)
        assert found.interaction.estimator == "lin"

    def test_row_order_and_unit_never_matter(self) -> None:
        frame = people(8)
        here = effects_of(frame).interaction
        there = effects_of(frame.sample(frac=1, random_state=1)).interaction
        scaled = effects_of(frame.assign(y=1000 * frame["y"])).interaction
        assert there.p_value == pytest.approx(here.p_value, rel=1e-9)
        assert scaled.p_value == pytest.approx(here.p_value, rel=1e-9)

    def test_people_without_a_level_are_left_out(self) -> None:
        frame = people(9)
        frame["level"] = frame["level"].where(frame["level"] != "c", None)
        found = effects_of(frame)
        assert found.levels == ("a", "b")

    def test_a_level_without_a_number_is_named_and_left_out(self) -> None:
        frame = people(10)
        frame.loc[frame["level"] == "c", "z"] = 0
        found = effects_of(frame)
        assert isinstance(found.estimates[2], NotEstimable)
        assert found.interaction.levels == ("a", "b")
        assert found.interaction.left_out == ("c",)
        assert found.interaction.difference is not None

    def test_one_level_alone_has_nothing_to_differ_from(self) -> None:
        found = effects_of(people(11, levels=1))
        assert found.interaction.reason == "one_level"
        assert found.interaction.p_value is None
        assert "nothing to compare" in found.text()
        assert "rien à comparer" in found.text("fr")

    def test_arms_have_one_answer_each(self) -> None:
        frame = people(12).assign(z=np.tile(["control", "text", "visit"], 80))
        found = subgroup_effects(frame, outcome="y", offer="z", by="level")
        assert isinstance(found, tuple)
        assert [one.interaction.arm for one in found] == ["text", "visit"]

    def test_what_was_not_promised_says_so_everywhere(self) -> None:
        found = effects_of(people(13))
        assert found.status == "exploratory"
        assert set(found.tidy()["role"]) == {"exploratory"}
        assert list(found.interaction.tidy()["role"]) == ["exploratory"]
        for shown in (found.text(), repr(found), found._repr_html_()):
            assert "exploratory" in shown
        assert "exploratoire" in found.text("fr")

    def test_what_was_promised_does_not(self) -> None:
        found = effects_of(people(13), status="pre-specified")
        assert set(found.tidy()["role"]) == {"pre-specified"}
        assert "exploratory" not in found.text() + repr(found) + found._repr_html_()

    def test_what_is_not_admissible_is_refused_by_name(self) -> None:
        frame = people(14)
        for changes, code in (
            ({"status": "planned"}, "E-ESTIMATION-STATUS"),
            ({"adjust": "ancova", "take_up": "d"}, "E-ESTIMATION-ADJUST"),
        ):
            with pytest.raises(ProtocolError) as refusal:
                effects_of(frame, **changes)
            assert refusal.value.faults[0].code == code
        with pytest.raises(DataError) as lacking:
            effects_of(frame, by="levle")
        assert lacking.value.faults[0].values["nearest"] == "level"


# ------------------------------------------------------------------ promised in a protocol

SUBGROUPS = [{"variable": "children"}]


def found_in(given: Panel) -> Estimates:
    return estimate(given)


def promised(**changes: Any) -> Panel:
    return panel(protocol=clauses(**({"subgroups": SUBGROUPS} | changes)))


def by_id(found: Estimates, name: str) -> Interaction:
    return next(one for one in found.interactions if one.id == name)


class TestPromises:
    """``Estimates.interactions``."""

    def test_there_is_one_a_subgroup_outcome_horizon_and_analysis(self) -> None:
        found = estimate(promised())
        assert [one.id for one in found.interactions] == [
            f"{outcome}.{horizon}.{analysis}.children"
            for analysis in ("itt.blocked", "late.wald")
            for outcome in ("employed", "housed")
            for horizon in (3, 12)
        ]
        assert list(found.tidy_interactions().columns) == list(COLUMNS)
        assert estimate(panel()).interactions == ()

    def test_its_numbers_are_those_of_a_bare_frame(self) -> None:
        given = promised()
        one = by_id(estimate(given), "housed.12.itt.blocked.children")
        rows = given.outcomes.query("outcome == 'housed' and horizon_months == 12")
        bare = subgroup_effects(
            given.units.assign(y=rows["value"].to_numpy()),
            outcome="y",
            offer="arm",
            by="children_band",
            blocks="block",
        )
        assert isinstance(bare, SubgroupEffects)
        assert one.difference == pytest.approx(bare.interaction.difference, rel=1e-12)
        assert one.p_value == pytest.approx(bare.interaction.p_value, rel=1e-12)
        assert one.levels == ("ch_1", "ch_2plus")

    def test_the_family_is_the_pre_specified_tests_of_one_analysis(self) -> None:
        found = estimate(promised())
        for start in (0, 4):
            members = found.interactions[start : start + 4]
            p = [one.p_value for one in members if one.p_value is not None]
            # max-t rests on statistics of one kind: these tests are corrected by Holm.
            assert {one.adjustment for one in members} == {"holm"}
            assert [one.p_adjusted for one in members] == pytest.approx(
                adjust_p_values(p, method="holm").tolist()
            )

    @pytest.mark.parametrize(
        ("asked", "done"),
        [
            ("bonferroni", "bonferroni"),
            ("bh", "bh"),
            ("romano-wolf", "holm"),
            ("none", ""),
        ],
    )
    def test_the_protocols_correction_is_followed_where_it_can_be(
        self, asked: str, done: str
    ) -> None:
        found = estimate(promised(inference={"adjust": asked, "redraws": 99}))
        assert {one.adjustment for one in found.interactions} == {done}

    def test_exploratory_and_secondary_tests_are_in_no_family(self) -> None:
        exploratory = [{"variable": "children", "status": "exploratory"}]
        found = estimate(promised(subgroups=exploratory))
        assert {one.role for one in found.interactions} == {"exploratory"}
        assert {one.p_adjusted for one in found.interactions} == {None}
        assert found.tidy_interactions()["family"].isna().all()
        secondary = [OUTCOME | {"name": "employed", "role": "secondary"}]
        found = estimate(promised(outcomes=secondary))
        assert {one.p_adjusted for one in found.interactions} == {None}

    def test_while_a_test_is_to_come_the_correction_is_bonferronis_over_all(self) -> None:
        given = promised()
        outcomes = given.outcomes.copy()
        rows = outcomes["horizon_months"] == 12
        outcomes.loc[rows, "value"] = np.nan
        outcomes.loc[rows, "status"] = "not_yet_observed"
        found = estimate(replace(given, outcomes=outcomes))
        now = [one for one in found.interactions if one.horizon_months == 3]
        later = [one for one in found.interactions if one.horizon_months == 12]
        assert {one.reason for one in later} == {"not_yet_observed"}
        for one in now:
            assert one.adjustment == "bonferroni"
            assert one.p_value is not None
            assert one.p_adjusted == pytest.approx(min(1.0, 4 * one.p_value))

    def test_they_are_saved_and_loaded_with_the_estimates(self, tmp_path: Path) -> None:
        given = promised()
        found = estimate(given)
        found.write(tmp_path)
        again = Estimates.load(tmp_path, parent=given)
        assert again.interactions == found.interactions
        assert again.digest == found.digest
        table = pd.read_csv(tmp_path / "interactions.csv")
        assert list(table["id"]) == [one.id for one in found.interactions]

    def test_three_arms_have_a_test_each(self) -> None:
        lottery = clauses().lottery.model_dump(by_alias=True)
        arms = {"text": 1, "visit": 1, "control": 1}
        given = promised(lottery=lottery | {"arms": arms, "blocks": ["children"]})
        found = estimate(given)
        assert found.interactions[0].id == "employed.3.itt.blocked.children.text"
        assert {one.arm for one in found.interactions} == {"text", "visit"}
        assert {one.adjustment for one in found.interactions} == {"holm"}

    def test_a_convention_that_reads_the_normal_law_is_saved_too(self, tmp_path: Path) -> None:
        # statsmodels prints robust standard errors with the normal law: its df are infinite.
        analyses = [{"estimand": "itt", "estimator": "ancova", "convention": "statsmodels"}]
        given = promised(analyses=analyses)
        found = estimate(given)
        assert {one.df for one in found.interactions} == {np.inf}
        found.write(tmp_path)
        assert Estimates.load(tmp_path, parent=given).interactions == found.interactions
