"""Units served together, parts left out, and comparisons that no offer can move."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_trials import leaning_trial, panel, plain_trial, protocol, under

from reliance_eval import itt, partially_nested
from reliance_eval.estimation import estimate
from reliance_eval.panel import Panel
from reliance_eval.robustness import CHECKS, Check, PartiallyNested
from reliance_eval.robustness.challenging import run


def served(seed: int = 1, *, n: int = 120, spread: float = 0.0) -> pd.DataFrame:
    """Offered units shared between six counsellors, whose luck has a standard deviation."""
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"z": np.arange(n) % 2, "b": np.arange(n) // (n // 2)})
    who = rng.integers(0, 6, n)
    data["who"] = pd.Series(np.array(list("abcdef"))[who]).where(data["z"] == 1)
    luck = spread * rng.normal(size=6)[who] * data["z"]
    return data.assign(x=rng.normal(size=n), y=rng.normal(size=n) + luck)


def nested(data: pd.DataFrame, **options: Any) -> PartiallyNested:
    found = partially_nested(data, outcome="y", offer="z", group="who", **options)
    assert isinstance(found, PartiallyNested)
    return found


@pytest.mark.parametrize("adjust", ["none", "lin"])
def test_nesting_is_cr2_with_controls_as_singletons(adjust: str) -> None:
    """The clustered regression, each unserved unit written out as a cluster of its own."""
    data = served(spread=1.0)
    alone = "u" + pd.Series(np.arange(len(data)).astype(str))
    data = data.assign(cluster=data["who"].fillna(alone))
    options: dict[str, Any] = {"adjust": adjust, "covariates": ["x"] if adjust == "lin" else []}
    found = nested(data, blocks="b", **options)
    by_cluster: Any = itt(
        data, outcome="y", offer="z", blocks="b", clusters="cluster", variance="CR2", **options
    )
    plain: Any = itt(data, outcome="y", offer="z", blocks="b", **options)
    assert found.nested.std_error == pytest.approx(by_cluster.std_error)
    assert found.nested.df == pytest.approx(by_cluster.df)
    assert found.plain.std_error == pytest.approx(plain.std_error)
    assert found.nested.estimate == pytest.approx(plain.estimate)


def test_units_served_one_by_one_lose_nothing() -> None:
    data = served()
    lone = data.assign(who=pd.Series(np.arange(len(data)).astype(str)).where(data["z"] == 1))
    found = nested(lone)
    assert found.design_effect == pytest.approx(1.0)
    assert found.intraclass_correlation is None


def test_a_counsellor_who_makes_the_outcome_is_the_whole_variance() -> None:
    data = served()
    of_counsellor = data["who"].map({name: place for place, name in enumerate("abcdef")})
    data["y"] = np.where(data["z"] == 1, of_counsellor, data["y"])
    found = nested(data)
    assert found.intraclass_correlation == pytest.approx(1.0)
    assert found.design_effect > 3.0
    assert (found.groups, found.served) == (6, 60)


def test_nesting_is_said_in_every_language_and_tabled() -> None:
    found = nested(served(spread=1.0))
    assert list(found.tidy()["inference"]) == ["plain", "nested"]
    assert "CR2" in found._repr_html_()
    for language in ("en", "fr"):
        assert "6" in found.said(language=language)


def test_several_arms_are_answered_one_by_one() -> None:
    data = served().assign(arm=lambda d: np.where(d["z"] == 0, "control", d["who"].isin([*"abc"])))
    data["arm"] = data["arm"].map({"control": "control", "True": "one", "False": "two"})
    found = partially_nested(data, outcome="y", offer="arm", group="who")
    assert isinstance(found, tuple)
    assert [each.nested.arm for each in found if isinstance(each, PartiallyNested)] == [
        "one",
        "two",
    ]


def rows_of(check: Check) -> list[dict[str, Any]]:
    """Give the rows of a check's table by column."""
    return [dict(zip(check.columns, row, strict=True)) for row in check.rows]


def checked(name: str, trial: Panel) -> dict[str, Check]:
    return {check.subject: check for check in run(CHECKS[name], estimate(trial))}


def test_without_a_named_group_nothing_is_said_of_nesting() -> None:
    trial = plain_trial()
    assert not run(
        CHECKS["nested"],
        estimate(replace(trial, units=trial.units.drop(columns="take_up_group"))),
    )


def test_each_omission_is_the_estimate_of_the_others() -> None:
    trial = leaning_trial()
    found = checked("leave_one_out", trial)["work.12.itt.blocked"]
    rows = rows_of(found)
    outcome = trial.outcomes.set_index("unit")["value"]
    data = trial.units.assign(y=trial.units["unit"].map(outcome))
    for row in rows:
        column = {"block": "block", "group": "take_up_group"}[row["kind"]]
        rest = data[data[column] != row["left_out"]]
        by_block = rest.groupby(["block", "arm"])["y"].mean().unstack()
        # Shares of the blocks that stay are those drawn: equal here.
        expected = (by_block["offered"] - by_block["control"]).mean()
        assert row["estimate"] == pytest.approx(expected)
    assert {row["kind"] for row in rows} == {"block", "group"}


def test_a_sign_that_changes_within_its_uncertainty_is_no_finding() -> None:
    found = checked("leave_one_out", plain_trial())["work.12.itt.blocked"]
    signs = {float(np.sign(row["estimate"])) for row in rows_of(found)}
    assert signs == {-1.0, 1.0}
    assert found.verdict == "passed"


def test_a_trial_in_one_piece_has_no_part_to_leave_out() -> None:
    trial = plain_trial()
    units = trial.units.drop(columns="take_up_group").assign(block="-", area="north")
    draw = replace(trial.parent, assignment=trial.parent.assignment.assign(block="-"))
    whole = replace(trial, units=units, parent=draw)
    (found,) = run(CHECKS["leave_one_out"], estimate(whole))
    assert (found.verdict, found.sentence) == ("not_run", "check.leave_one_out.nothing")


def test_each_of_eighteen_blocks_is_left_out_of_nine_outcomes() -> None:
    rng = np.random.default_rng(5)
    n, blocks = 612, 18
    outcomes = [
        {
            "name": f"y{number}",
            "label": {"en": "Y"},
            "kind": "amount",
            "from": {"extract": "people", "column": "x"},
            "horizons_months": [12],
        }
        for number in range(9)
    ]
    made = protocol(outcomes=outcomes, analyses=[{"estimand": "itt"}], subgroups=[])
    units = pd.DataFrame(
        {
            "unit": [f"u{i:03}" for i in range(n)],
            "arm": np.where(np.arange(n) % 2 == 0, "offered", "control"),
            "area": [f"b{i % (2 * blocks) // 2:02}" for i in range(n)],
            "age": rng.normal(size=n),
            "take_up": 0.0,
        }
    )
    one = panel(units, pd.Series(rng.normal(size=n)), made=made)
    every = pd.concat([one.outcomes.assign(outcome=f"y{number}") for number in range(9)])
    estimates = estimate(replace(one, outcomes=every.reset_index(drop=True)))
    found = run(CHECKS["leave_one_out"], estimates)
    assert [len(check.rows) for check in found] == [blocks] * 9


def test_a_placebo_is_the_promised_estimate_of_the_months_before() -> None:
    trial = plain_trial()
    (found,) = run(CHECKS["placebo"], trial)
    rows = rows_of(found)
    assert {(row["month"], row["estimator"]) for row in rows} == {
        (month, name) for month in (-6, -3) for name in ("blocked", "lin")
    }
    before = trial.months[trial.months["month"] == -6].set_index("unit")["value"]
    data = trial.units.assign(y=trial.units["unit"].map(before))
    own: Any = itt(data, outcome="y", offer="arm", blocks="block")
    plain = next(row for row in rows if row["estimator"] == "blocked")
    assert (plain["estimate"], plain["p_value"]) == (
        pytest.approx(own.estimate),
        pytest.approx(own.p_value),
    )
    # Together they ask for more than each alone: single-step max-|t|.
    assert found.p_value is not None
    assert all(row["p_adjusted"] >= found.p_value for row in rows)
    assert found.p_value == min(row["p_adjusted"] for row in rows)


def test_an_outcome_that_cannot_move_is_compared_and_never_promised() -> None:
    base = protocol().clauses.outcomes[0].model_dump(by_alias=True, exclude_unset=True)
    frozen = {**base, "name": "rain", "role": "placebo"}
    frozen.pop("placebo_months")
    made = protocol(outcomes=[base, frozen])
    trial = plain_trial()
    outcomes = pd.concat([trial.outcomes, trial.outcomes.assign(outcome="rain")])
    both = replace(under(trial, made), outcomes=outcomes.reset_index(drop=True))
    assert all("rain" not in name for name in estimate(both).order)
    (found,) = run(CHECKS["placebo"], both)
    compared = {(row[0], row[1]) for row in found.rows}
    assert compared == {("work", -6), ("work", -3), ("rain", 12)}


def test_a_protocol_without_placebos_says_so() -> None:
    outcome = protocol().clauses.outcomes[0].model_dump(by_alias=True, exclude_unset=True)
    outcome.pop("placebo_months")
    trial = plain_trial()
    (found,) = run(CHECKS["placebo"], under(trial, protocol(outcomes=[outcome])))
    assert (found.verdict, found.sentence) == ("not_run", "check.placebo.none")


@pytest.mark.slow
def test_the_placebo_test_holds_its_level_however_many_comparisons() -> None:
    """Re-drawn arms on fixed lives: P(p <= 0.05) stays within three Monte Carlo errors."""
    trial = plain_trial()
    made = protocol(inference={"redraws": 199}, analyses=[{"estimand": "itt"}])
    rng = np.random.default_rng(3)
    draws, alpha, small = 600, 0.05, 0
    for _ in range(draws):
        arms = np.concatenate([rng.permutation(np.arange(40) % 2) for _ in range(2)])
        units = trial.units.drop(columns=["block", "cluster", "probability", "area_band"])
        before = trial.months.loc[trial.months["month"] == -6, "value"].to_numpy()
        units = units.assign(arm=np.where(arms, "offered", "control"), before=before)
        redrawn = panel(units, trial.outcomes["value"], made=made)
        (found,) = run(CHECKS["placebo"], redrawn)
        assert found.p_value is not None
        small += found.p_value <= alpha
    assert small / draws <= alpha + 3 * np.sqrt(alpha * (1 - alpha) / draws)
