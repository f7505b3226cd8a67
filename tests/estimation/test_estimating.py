"""One row a promise: all that the protocol promised, estimable or not, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_panels import OUTCOME, clauses, panel

from reliance_eval.errors import ProtocolError
from reliance_eval.estimation import Estimate, Estimates, NotEstimable, estimate, itt, late
from reliance_eval.estimation.table import COLUMNS
from reliance_eval.panel import Panel

IDS = (
    "employed.3.itt.blocked",
    "employed.12.itt.blocked",
    "housed.3.itt.blocked",
    "housed.12.itt.blocked",
    "employed.3.late.wald",
    "employed.12.late.wald",
    "housed.3.late.wald",
    "housed.12.late.wald",
)


def frame(given: Panel, outcome: str, horizon: int) -> pd.DataFrame:
    rows = given.outcomes.query("outcome == @outcome and horizon_months == @horizon")
    return given.units.assign(y=rows["value"].to_numpy())


def changed(given: Panel, **columns: object) -> Panel:
    """The same panel with columns of its units changed."""
    return replace(given, units=given.units.assign(**columns))


def without(given: Panel, horizon: int, status: str) -> Panel:
    outcomes = given.outcomes.copy()
    rows = outcomes["horizon_months"] == horizon
    outcomes.loc[rows, "value"] = np.nan
    outcomes.loc[rows, "status"] = status
    return replace(given, outcomes=outcomes)


def by_id(found: Estimates, name: str) -> Estimate:
    answer = found.answers[found.order.index(name)]
    assert isinstance(answer, Estimate)
    return answer


def test_every_promise_has_one_row_in_the_protocols_order() -> None:
    found = estimate(panel())
    assert found.order == IDS
    table = found.tidy()
    assert tuple(table["id"]) == IDS
    assert list(table.columns) == list(COLUMNS)
    assert set(table["status"]) == {"estimated"}


def test_the_numbers_are_those_of_a_bare_frame_with_the_draws_blocks() -> None:
    given = panel()
    found = estimate(given)
    data = frame(given, "housed", 12)
    keys = {"outcome": "y", "offer": "arm", "blocks": "block"}
    mine, bare = by_id(found, "housed.12.itt.blocked"), itt(data, **keys)
    assert (mine.estimate, mine.std_error, mine.df) == (bare.estimate, bare.std_error, bare.df)
    mine, bare = by_id(found, "housed.12.late.wald"), late(data, **keys, take_up="take_up")
    assert mine.estimate == pytest.approx(bare.estimate, rel=1e-12)
    assert mine.anderson_rubin == bare.anderson_rubin
    assert mine.untreated_complier_mean == bare.untreated_complier_mean
    assert mine.p_value == by_id(found, "housed.12.itt.blocked").p_value


def test_row_order_never_matters() -> None:
    given = panel()
    shuffled = replace(
        given,
        units=given.units.sample(frac=1, random_state=1),
        outcomes=given.outcomes.sample(frac=1, random_state=2),
    )
    here, there = estimate(given), estimate(shuffled)
    assert here.answers == there.answers


def test_lin_uses_the_protocols_covariates() -> None:
    given = panel(protocol=clauses(analyses=[{"estimand": "itt", "adjust": "lin"}]))
    found = by_id(estimate(given), "employed.3.itt.lin")
    data = frame(given, "employed", 3)
    bare = itt(data, outcome="y", offer="arm", blocks="block", covariates=["age"], adjust="lin")
    assert found.estimate == pytest.approx(bare.estimate, rel=1e-12)
    assert found.std_error == pytest.approx(bare.std_error, rel=1e-12)


def test_subgroups_have_their_own_rows_and_no_correction() -> None:
    given = panel(protocol=clauses(subgroups=[{"variable": "children"}]))
    found = estimate(given)
    assert len(found.order) == 3 * len(IDS)
    one = by_id(found, "employed.3.itt.blocked.children-ch_1")
    assert one.promise is not None
    assert one.promise.subgroup == "children=ch_1"
    assert one.p_adjusted is None
    data = frame(given, "employed", 3)
    bare = itt(data[data["children_band"] == "ch_1"], outcome="y", offer="arm", blocks="block")
    assert one.estimate == pytest.approx(bare.estimate, rel=1e-12)


def test_three_arms_are_each_compared_with_the_reference() -> None:
    lottery = clauses().lottery.model_dump(by_alias=True)
    arms = {"text": 1, "visit": 1, "control": 1}
    given = panel(protocol=clauses(lottery=lottery | {"arms": arms, "blocks": ["children"]}))
    found = estimate(given)
    assert found.order[:2] == ("employed.3.itt.blocked.text", "employed.3.itt.blocked.visit")
    assert set(found.tidy()["reference"]) == {"control"}


@pytest.mark.parametrize("status", ["not_yet_observed", "not_delivered"])
def test_what_is_still_to_come_is_a_row_with_its_reason(status: str) -> None:
    found = estimate(without(panel(), 12, status))
    reasons = {answer.promise.id: answer.reason for answer in found.not_estimable if answer.promise}
    assert set(reasons.values()) == {status}
    assert set(reasons) == {name for name in IDS if ".12." in name}
    assert tuple(found.tidy()["id"]) == IDS


def test_missing_values_of_everyone_are_no_outcome() -> None:
    found = estimate(without(panel(), 12, "missing"))
    assert {answer.reason for answer in found.not_estimable} == {"no_outcome"}


def test_take_up_that_is_not_known_yet_leaves_the_itt() -> None:
    given = changed(panel(), take_up=np.nan)
    found = estimate(given)
    assert {answer.reason for answer in found.not_estimable} == {"take_up_unknown"}
    assert len(found.estimated) == 4
    bare = replace(given, units=given.units.drop(columns="take_up"))
    assert {answer.reason for answer in estimate(bare).not_estimable} == {"take_up_unknown"}


def test_households_drawn_whole_give_cr2_without_being_asked() -> None:
    given = panel()
    # Two neighbours of the same arm and block: rows i and i + 2.
    pair = [f"h{i // 4}-{i % 2}-{band}" for i, band in enumerate(given.units["block"])]
    found = by_id(estimate(changed(given, cluster=pair)), "employed.3.itt.blocked")
    assert found.variance == "CR2"
    bare = itt(
        frame(given, "employed", 3).assign(pair=pair),
        outcome="y",
        offer="arm",
        blocks="block",
        clusters="pair",
    )
    assert found.std_error == bare.std_error


def test_probabilities_that_differ_within_a_block_become_weights() -> None:
    given = panel()
    chances = np.where(given.units["age"] > 35, 0.4, 0.6)
    found = by_id(estimate(changed(given, probability=chances)), "employed.3.itt.blocked")
    data = frame(given, "employed", 3)
    parts = []
    for _, rows in data.assign(w=1 / chances).groupby("block"):
        arm = rows["arm"] == "offered"
        means = [np.average(rows["y"][side], weights=rows["w"][side]) for side in (arm, ~arm)]
        parts.append((len(rows), means[0] - means[1]))
    expected = sum(n * gap for n, gap in parts) / sum(n for n, _ in parts)
    assert found.estimate == pytest.approx(expected, rel=1e-12)


class TestFamilies:
    """The promised primary outcomes and horizons of one estimand."""

    def test_p_and_interval_agree(self) -> None:
        for seed in range(4):
            for one in estimate(panel(seed)).estimated:
                assert one.adjustment == "max-t"
                assert one.p_adjusted is not None
                assert one.p_value <= one.p_adjusted <= min(1, 4 * one.p_value + 1e-4)
                excluded = (one.conf_low_adjusted or 0) > 0 or (one.conf_high_adjusted or 0) < 0
                assert excluded == (one.p_adjusted < 0.05)

    def test_correlated_outcomes_cost_less_than_bonferroni(self) -> None:
        given = panel()
        copied = given.outcomes.assign(
            value=np.tile(given.outcomes["value"].iloc[:240].to_numpy(), 4)
        )
        found = by_id(estimate(replace(given, outcomes=copied)), IDS[0])
        assert found.p_adjusted == pytest.approx(found.p_value, abs=1e-4)

    def test_a_late_has_its_itts_adjusted_p_and_a_wider_set(self) -> None:
        found = estimate(panel())
        effect, moved = by_id(found, IDS[0]), by_id(found, IDS[4])
        assert moved.p_adjusted == pytest.approx(effect.p_adjusted, abs=1e-12)
        assert moved.conf_low_adjusted is not None
        assert moved.conf_low is not None
        assert moved.conf_low_adjusted < moved.conf_low

    def test_a_first_report_uses_bonferroni_over_all_that_was_promised(self) -> None:
        found = estimate(without(panel(), 12, "not_yet_observed"))
        for one in found.estimated:
            assert one.adjustment == "bonferroni"
            assert one.p_adjusted == pytest.approx(min(1, 4 * one.p_value))

    def test_the_protocol_may_ask_for_another_correction_or_none(self) -> None:
        given = panel(protocol=clauses(inference={"adjust": "none"}))
        assert all(one.p_adjusted is None for one in estimate(given).estimated)
        given = panel(protocol=clauses(inference={"adjust": "bonferroni"}))
        assert {one.adjustment for one in estimate(given).estimated} == {"bonferroni"}

    def test_a_secondary_outcome_is_in_no_family(self) -> None:
        outcomes = [OUTCOME | {"name": "employed"}, OUTCOME | {"name": "housed"}]
        outcomes[1]["role"] = "secondary"
        found = estimate(panel(protocol=clauses(outcomes=outcomes)))
        assert by_id(found, "housed.3.itt.blocked").p_adjusted is None
        assert by_id(found, "employed.3.itt.blocked").p_adjusted is not None


def test_a_specification_names_what_was_done_and_nothing_else() -> None:
    first, again = estimate(panel(1)), estimate(panel(2))
    digests = list(first.tidy()["specification"])
    assert digests == list(again.tidy()["specification"])
    assert len(set(digests)) == len(digests)
    stricter = estimate(panel(protocol=clauses(inference={"level": 0.9})))
    assert not set(stricter.tidy()["specification"]) & set(digests)


@pytest.mark.parametrize(
    ("analysis", "code"),
    [
        ({"estimand": "itt", "estimator": "wld"}, "E-ESTIMATION-ESTIMATOR"),
        ({"estimand": "itt", "estimator": "wald"}, "E-ESTIMATION-ESTIMAND"),
        ({"estimand": "itt", "variance": "HC7"}, "E-ESTIMATION-VARIANCE-UNKNOWN"),
        ({"estimand": "itt", "variance": "CR2"}, "E-ESTIMATION-VARIANCE-NO-CLUSTERS"),
        ({"estimand": "itt", "variance": "neyman"}, "E-ESTIMATION-VARIANCE-BLOCKS"),
    ],
)
def test_an_analysis_that_contradicts_the_draw_is_refused(
    analysis: dict[str, str], code: str
) -> None:
    with pytest.raises(ProtocolError) as refusal:
        estimate(panel(protocol=clauses(analyses=[analysis])))
    assert [fault.code for fault in refusal.value.faults] == [code]


def test_estimates_are_saved_and_loaded_whole(tmp_path: Path) -> None:
    given = without(panel(), 12, "not_yet_observed")
    found = estimate(given)
    found.write(tmp_path)
    again = Estimates.load(tmp_path, parent=given)
    assert again.digest == found.digest
    assert again.answers == found.answers
    assert isinstance(again.answers[1], NotEstimable)
    table = pd.read_csv(tmp_path / "estimates.csv")
    assert list(table.columns) == list(COLUMNS)
    assert tuple(table["id"]) == IDS
    assert "<table" in again._repr_html_()
