"""What every registered check must do, whatever it asks."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from small_trials import (
    leaning_trial,
    panel,
    plain_trial,
    protocol,
    troubled_for,
    troubled_trial,
)

from reliance_eval.artefact import Artefact
from reliance_eval.estimation import estimate
from reliance_eval.language.catalogue import languages, placeholders, words
from reliance_eval.panel import Panel
from reliance_eval.robustness import CHECKS, Check, Checks, challenge
from reliance_eval.robustness.challenging import run

VERDICTS = {"passed", "attention", "not_run"}


def checked(name: str, trial: Panel) -> tuple[Check, ...]:
    return run(CHECKS[name], estimate(trial))


@pytest.mark.parametrize("name", CHECKS.names())
def test_a_fair_trial_without_effect_raises_no_alarm(name: str) -> None:
    found = checked(name, plain_trial())
    assert found
    assert {check.verdict for check in found} == {"passed"}


@pytest.mark.parametrize("name", CHECKS.names())
def test_a_fair_trial_with_an_effect_raises_no_alarm(name: str) -> None:
    assert {check.verdict for check in checked(name, plain_trial(effect=2.0))} == {"passed"}


@pytest.mark.parametrize("name", CHECKS.names())
def test_a_troubled_trial_calls_for_attention(name: str) -> None:
    assert "attention" in {check.verdict for check in checked(name, troubled_for(name))}


@pytest.mark.parametrize("name", CHECKS.names())
@pytest.mark.parametrize(
    "trial", [plain_trial(), plain_trial(effect=2.0), troubled_trial(), leaning_trial()]
)
def test_every_finding_can_be_said_in_every_language(name: str, trial: Panel) -> None:
    for language in languages():
        said = words(language)
        assert f"check.{name}.title" in said
        assert f"check.{name}.question" in said
        for check in checked(name, trial):
            sentence = said.sentences[check.sentence]
            assert isinstance(sentence, str)
            assert placeholders(sentence) <= set(check.values)
            assert f"check.verdict.{check.verdict}" in said


@pytest.mark.parametrize("name", CHECKS.names())
def test_a_table_holds_plain_cells_of_the_width_announced(name: str) -> None:
    for check in checked(name, troubled_trial()):
        assert check.name == name
        assert check.verdict in VERDICTS
        for row in check.rows:
            assert len(row) == len(check.columns)
            for key, cell in zip(check.columns, row, strict=True):
                assert cell is None or type(cell) in (str, int, float)
                # NaN differs from itself: "no answer" is None, never NaN.
                assert cell == cell
                if key == "n" or key.endswith("_n"):
                    assert type(cell) is int


@pytest.mark.parametrize("name", CHECKS.names())
def test_row_order_moves_no_finding(name: str) -> None:
    trial = plain_trial()
    draw = replace(trial.parent, assignment=trial.parent.assignment.sample(frac=1, random_state=1))
    shuffled = replace(
        trial,
        parent=draw,
        units=trial.units.sample(frac=1, random_state=2).reset_index(drop=True),
        outcomes=trial.outcomes.sample(frac=1, random_state=3).reset_index(drop=True),
    )
    assert checked(name, trial) == checked(name, shuffled)


def test_an_artefact_is_checked_for_what_exists_at_its_act() -> None:
    trial = plain_trial()

    def names(artefact: Artefact) -> list[str]:
        return list(dict.fromkeys(check.name for check in challenge(artefact).checks))

    of_draw, of_panel = {"balance"}, {"attrition", "balance", "placebo"}
    assert set(names(trial.parent)) == of_draw
    assert of_panel <= set(names(trial))
    assert names(estimate(trial)) == list(CHECKS.names())


def test_checks_are_saved_as_plain_fields_and_tabled_one_a_row() -> None:
    found = challenge(estimate(troubled_trial()))
    assert isinstance(found, Checks)
    assert len(found.plain["checks"]) == len(found.checks) == len(found.to_pandas())
    assert "verdict" in found._repr_html_()


def test_units_that_time_has_not_reached_are_neither_tested_nor_lost() -> None:
    trial = plain_trial()
    outcomes = trial.outcomes.assign(value=float("nan"), status="not_yet_observed")
    (check,) = run(CHECKS["attrition"], replace(trial, outcomes=outcomes))
    assert check.verdict == "not_run"
    assert check.p_value is None
    assert [row[3] for row in check.rows] == [40, 40]


def test_attrition_counts_each_kind_of_absence() -> None:
    trial = plain_trial(n=40)
    values = trial.outcomes["value"].fillna(0.0)
    values[[0, 2, 5]] = float("nan")
    units = trial.units.drop(columns=["block", "cluster", "probability", "area_band"])
    (check,) = run(CHECKS["attrition"], panel(units, values, u000="not_delivered"))
    offered, control = (dict(zip(check.columns, row, strict=True)) for row in check.rows)
    # u000 and u002 were offered (even numbers), u005 was not.
    assert (offered["observed_n"], offered["not_delivered_n"], offered["missing_n"]) == (18, 1, 1)
    assert (control["observed_n"], control["not_delivered_n"], control["missing_n"]) == (19, 0, 1)
    assert offered["response_rate"] == 0.9
    assert offered["difference"] == pytest.approx(-0.05)


def test_who_has_no_value_at_baseline_is_a_line_of_the_balance_table() -> None:
    trial = plain_trial()
    age = trial.units["age"].mask(trial.units.index < 10)
    (check,) = run(CHECKS["balance"], replace(trial, units=trial.units.assign(age=age)))
    rows = [dict(zip(check.columns, row, strict=True)) for row in check.rows]
    missing = [row for row in rows if row["measure"] == "missing"]
    assert [(row["variable"], row["arm_n"], row["reference_n"]) for row in missing] == [
        ("age", 5, 5)
    ]
    assert [row["level"] for row in rows if row["variable"] == "area"] == ["north", "south"]


def test_a_block_never_counts_as_an_imbalance() -> None:
    only_blocks = protocol(covariates=[], subgroups=[])
    trial = plain_trial()
    units = trial.units.drop(columns=["block", "cluster", "probability", "area_band"])
    blocked = panel(units, trial.outcomes["value"], made=only_blocks)
    (check,) = run(CHECKS["balance"], blocked)
    assert check.sentence == "check.balance.held_by_design"
    assert check.verdict == "passed"


def test_a_late_is_tested_by_the_effect_of_the_offer() -> None:
    found = {check.subject: check for check in checked("redraws", plain_trial())}
    late, offer = found["work.12.late.wald"], found["work.12.itt.blocked"]
    assert late.sentence == "check.redraws.as_offer"
    assert late.p_value == offer.p_value
    assert late.statistic == pytest.approx(offer.statistic, rel=1e-9)


def test_every_promise_has_its_finding_in_the_protocols_order() -> None:
    estimates = estimate(plain_trial())
    found = run(CHECKS["redraws"], estimates)
    assert tuple(check.subject for check in found) == estimates.order


def test_the_replayed_statistic_is_the_one_estimated() -> None:
    estimates = estimate(plain_trial())
    found = {check.subject: check for check in run(CHECKS["redraws"], estimates)}
    for each in estimates.estimated:
        assert each.promise is not None
        if each.promise.estimand == "itt":
            assert found[each.promise.id].statistic == pytest.approx(each.statistic, rel=1e-9)


def test_clusters_drawn_together_are_tested_together() -> None:
    trial = plain_trial(n=40)
    number = pd.Series(range(40)) // 4
    units = trial.units.drop(columns=["block", "probability", "area_band"]).assign(
        cluster=[f"c{i}" for i in number],
        arm=["offered" if i % 2 else "control" for i in number],
    )
    clustered = protocol(
        lottery=protocol().clauses.lottery.model_dump(by_alias=True, exclude_unset=True)
        | {"clusters": "x"}
    )
    found = run(CHECKS["redraws"], estimate(panel(units, trial.outcomes["value"], made=clustered)))
    plain = next(check for check in found if check.subject == "work.12.itt.blocked")
    # Ten clusters, five a block: 3 and 2, or 2 and 3, of 5: 10 x 10 assignments.
    assert plain.redraws == 100
    assert plain.sentence.endswith("_exactly")
