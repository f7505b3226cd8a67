"""A panel brings its own design to the notebook's functions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_panels import OUTCOME, clauses, panel

import reliance_eval as rl
from reliance_eval.errors import DataError, ProtocolError
from reliance_eval.estimation import Estimate, NotEstimable, estimate
from reliance_eval.panel import Panel

# What kind of answer comes is for each test to say.
itt: Any = rl.itt
late: Any = rl.late
compliers: Any = rl.compliers
complier_distributions: Any = rl.complier_distributions

FIGURES = ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high", "n", "variance")


@pytest.fixture(scope="module")
def followed() -> Panel:
    return panel(5)


@pytest.mark.parametrize(("function", "estimand"), [(itt, "itt"), (late, "late")])
def test_a_panel_gives_what_its_protocol_promised(
    followed: Panel, function: Any, estimand: str
) -> None:
    promised = next(
        row
        for row in estimate(followed).estimated
        if row.promise is not None
        and (row.promise.outcome, row.promise.horizon_months) == ("housed", 12)
        and row.promise.estimand == estimand
    )
    found = function(followed, outcome="housed", horizon_months=12)
    for name in FIGURES:
        assert getattr(found, name) == getattr(promised, name), name
    assert found.anderson_rubin == promised.anderson_rubin
    assert (found.outcome, found.arm, found.reference) == ("housed", "offered", "control")


def test_a_panel_and_the_frame_of_its_units_say_the_same(followed: Panel) -> None:
    wide = followed.to_pandas().query("horizon_months == 12")
    keys = {"outcome": "employed", "covariates": ["age"], "adjust": "lin"}
    here = itt(followed, horizon_months=12, **keys)
    there = itt(wide, offer="arm", blocks="block", **keys)
    assert here.estimate == pytest.approx(there.estimate, rel=1e-12)
    assert here.std_error == pytest.approx(there.std_error, rel=1e-12)


def test_to_repeat_the_draw_is_no_fault(followed: Panel) -> None:
    plain = late(followed, outcome="employed", horizon_months=3)
    repeated = late(
        followed,
        outcome="employed",
        horizon_months=3,
        offer="arm",
        take_up="take_up",
        blocks="block",
        clusters="cluster",
    )
    assert plain == repeated


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("offer", "take_up"),
        ("blocks", "children_band"),
        ("clusters", "block"),
        ("weights", "probability"),
        ("reference", "offered"),
    ],
)
def test_what_contradicts_the_draw_is_refused(followed: Panel, keyword: str, value: str) -> None:
    with pytest.raises(ProtocolError, match="E-ESTIMATION-PANEL-DESIGN") as refusal:
        itt(followed, outcome="employed", horizon_months=3, **{keyword: value})
    assert refusal.value.faults[0].where == keyword
    assert "brings its own design" in refusal.value.faults[0].text()


def test_the_reference_of_the_draw_may_be_named(followed: Panel) -> None:
    keys = {"outcome": "employed", "horizon_months": 3}
    assert itt(followed, reference="control", **keys) == itt(followed, **keys)


def test_a_covariate_is_a_variable_of_the_protocol(followed: Panel) -> None:
    with pytest.raises(DataError, match="E-ESTIMATION-COLUMN"):
        itt(followed, outcome="employed", horizon_months=3, covariates=["take_up"], adjust="lin")


def test_a_horizon_is_asked_for_where_there_are_several(followed: Panel) -> None:
    with pytest.raises(DataError, match="3, 12"):
        itt(followed, outcome="employed")
    with pytest.raises(DataError, match="3, 12"):
        itt(followed, outcome="employed", horizon_months=6)
    with pytest.raises(DataError, match="employed"):
        itt(followed, outcome="employd", horizon_months=3)


def test_the_only_horizon_need_not_be_named() -> None:
    one = panel(6, protocol=clauses(outcomes=[OUTCOME | {"name": "work", "horizons_months": [12]}]))
    assert itt(one, outcome="work") == itt(one, outcome="work", horizon_months=12)


def test_a_frame_has_no_horizon_and_no_design_of_its_own(followed: Panel) -> None:
    wide = followed.to_pandas()
    with pytest.raises(ProtocolError, match="E-ESTIMATION-HORIZON-FRAME"):
        itt(wide, outcome="employed", offer="arm", horizon_months=3)
    with pytest.raises(ProtocolError, match="E-ESTIMATION-UNNAMED"):
        itt(wide, outcome="employed")
    with pytest.raises(ProtocolError, match="take_up"):
        late(wide, outcome="employed", offer="arm")


def test_a_horizon_that_is_not_reached_is_an_answer(followed: Panel) -> None:
    rows = followed.outcomes
    late_rows = rows["horizon_months"] == 12
    early = replace(
        followed,
        outcomes=rows.assign(
            value=rows["value"].mask(late_rows),
            status=rows["status"].mask(late_rows, "not_yet_observed"),
        ),
    )
    keys: dict[str, Any] = {"outcome": "employed", "horizon_months": 12}
    for function in (itt, late, rl.compliers, rl.naive_comparisons):
        found = function(early, **keys)
        assert isinstance(found, NotEstimable)
        assert (found.reason, found.arm) == ("not_yet_observed", "offered")
    assert isinstance(complier_distributions(early, seed=1, **keys), NotEstimable)


def test_take_up_needs_no_outcome_to_be_reached(followed: Panel) -> None:
    unread = followed.outcomes.assign(value=np.nan, status="not_yet_observed")
    early = replace(followed, outcomes=unread)
    whole = rl.first_stage(followed)
    assert rl.first_stage(early) == whole
    assert isinstance(whole.estimate, Estimate)
    profile = compliers(early, profile=["age", "children_band"])
    assert profile.shares["compliers"].estimate == pytest.approx(whole.estimate.estimate, rel=1e-12)
    assert profile.outcomes == {}


def test_a_panel_without_take_up_says_so(followed: Panel) -> None:
    without = replace(followed, units=followed.units.drop(columns="take_up"))
    found = compliers(without, outcome="employed", horizon_months=3)
    assert isinstance(found, NotEstimable)
    assert found.reason == "take_up_unknown"


def test_several_arms_give_several_answers() -> None:
    lottery = clauses().lottery.model_dump() | {"arms": {"control": 1, "letter": 1, "visit": 1}}
    three = panel(7, protocol=clauses(lottery=lottery))
    letter, visit = itt(three, outcome="employed", horizon_months=3)
    assert (letter.arm, visit.arm) == ("letter", "visit")
    stage = rl.first_stage(three)
    assert [answer.arm for answer in stage.overall.arms] == ["letter", "visit"]


def test_the_first_stage_by_block_is_each_blocks_own(followed: Panel) -> None:
    stage = rl.first_stage(followed, by="block")
    units = followed.units
    for group in stage.groups:
        inside = units[units["block"] == group.group]
        means = inside.groupby("arm")["take_up"].mean()
        assert isinstance(group.arms[0], Estimate)
        assert group.arms[0].estimate == pytest.approx(means["offered"] - means["control"])
    with pytest.raises(DataError, match="E-ESTIMATION-COLUMN"):
        rl.first_stage(followed, by="arm")


def test_re_draws_of_a_panel_are_those_of_its_draw(followed: Panel) -> None:
    found = complier_distributions(
        followed, outcome="employed", horizon_months=12, seed=3, redraws=199
    )
    wide = followed.to_pandas().query("horizon_months == 12")
    bare = complier_distributions(
        wide,
        outcome="employed",
        offer="arm",
        take_up="take_up",
        blocks="block",
        seed=3,
        redraws=199,
    )
    assert found.statistic == pytest.approx(bare.statistic, rel=1e-12)
    # Two streams of re-draws of the same design: apart by Monte Carlo error alone.
    assert abs(found.p_value - bare.p_value) < 5 * 0.5 / np.sqrt(199)
    assert isinstance(found.tidy(), pd.DataFrame)


def test_take_up_has_no_horizon(followed: Panel) -> None:
    with pytest.raises(ProtocolError, match="E-ESTIMATION-HORIZON-TAKE-UP"):
        compliers(followed, horizon_months=12)


def test_odds_that_differ_within_a_block_leave_no_test_by_re_draws(followed: Panel) -> None:
    rng = np.random.default_rng(2)
    uneven = replace(
        followed,
        units=followed.units.assign(probability=rng.choice([0.4, 0.6], len(followed.units))),
    )
    keys = {"outcome": "employed", "horizon_months": 12}
    found = complier_distributions(uneven, seed=3, redraws=199, **keys)
    assert (found.p_value, found.redraws) == (None, 0)
    assert "no test by re-draws" in found.text("en")
    # For a yes-or-no outcome the gap is the LATE itself, and both are weighted.
    assert found.statistic == pytest.approx(abs(late(uneven, **keys).estimate), rel=1e-10)
