"""A blind panel rehearses the analysis and shows nothing of the true arms."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_trials import panel, plain_trial, protocol

from reliance_eval import blinded
from reliance_eval.errors import ProtocolError
from reliance_eval.estimation import estimate
from reliance_eval.lottery import LedgerRecord
from reliance_eval.lottery.ledger import EntryCount
from reliance_eval.panel import Panel
from reliance_eval.panel.indexing import with_indices
from reliance_eval.panel.objecting import erase
from reliance_eval.robustness import Checks

FORGOTTEN = ["block", "cluster", "probability", "area_band"]


def arms_exchanged(trial: Panel, seed: int = 5) -> Panel:
    """The same people and outcomes, had another lottery of the design been held."""
    rng = np.random.default_rng(seed)
    units = trial.units.copy()
    for _, rows in units.groupby("block"):
        units.loc[rows.index, "arm"] = rng.permutation(rows["arm"].to_numpy())
    arm = dict(zip(units["unit"], units["arm"], strict=True))
    drawn = trial.parent.assignment
    draw = replace(trial.parent, assignment=drawn.assign(arm=drawn["unit"].map(arm)))
    return replace(trial, parent=draw, units=units)


def scores(trial: Panel) -> Panel:
    """The same trial with two scores and the index made of them."""
    score = {"kind": "score", "horizons_months": [12], "better": "higher"}
    read = {"from": {"extract": "people", "column": "x"}, **score}
    made = protocol(
        outcomes=[
            {"name": "first", "label": {"en": "First"}, **read},
            {"name": "second", "label": {"en": "Second"}, **read},
            {
                "name": "both",
                "label": {"en": "Both"},
                "index": {"of": ["first", "second"], "method": "klk"},
                **score,
            },
        ]
    )
    units = trial.units.drop(columns=FORGOTTEN)
    first = panel(units, trial.outcomes["value"], made=made)
    second = first.outcomes["value"] ** 2 + first.units["take_up"]
    tables = [
        first.outcomes.assign(outcome="first"),
        first.outcomes.assign(
            outcome="second", value=second.where(first.outcomes["value"].notna())
        ),
    ]
    outcomes = pd.concat(tables, ignore_index=True)
    formed = with_indices(first.units, outcomes, made, reference="control")
    return replace(first, outcomes=formed)


@pytest.mark.parametrize("made", [plain_trial(effect=2.0), scores(plain_trial(effect=2.0))])
def test_a_blind_panel_is_no_function_of_the_true_arms(made: Panel) -> None:
    ours, theirs = blinded(made), blinded(arms_exchanged(made))
    assert not made.units["arm"].equals(arms_exchanged(made).units["arm"])
    pd.testing.assert_frame_equal(ours.units, theirs.units)
    pd.testing.assert_frame_equal(ours.parent.assignment, theirs.parent.assignment)
    # The index is formed in the arm that is now the reference.
    indexed = ours.outcomes["outcome"] == "both"
    pd.testing.assert_frame_equal(ours.outcomes[~indexed], theirs.outcomes[~indexed])
    pd.testing.assert_frame_equal(ours.outcomes[indexed], theirs.outcomes[indexed])


def test_the_rehearsed_effect_is_luck_where_the_true_one_is_large() -> None:
    trial = plain_trial(n=400, effect=3.0)
    true, blind = (estimate(each).tidy().iloc[0] for each in (trial, blinded(trial)))
    assert true["p_value"] < 1e-6
    assert blind["p_value"] > 0.01
    # Three standard errors of a difference of means whose spread holds the effect too.
    assert abs(blind["estimate"]) < 3 * blind["std_error"]


def test_the_design_keeps_its_counts_and_outcomes_stay_with_their_units() -> None:
    trial = plain_trial()
    blind = blinded(trial)
    for table in (blind.units, blind.parent.drawn):
        pd.testing.assert_series_equal(
            table.groupby(["block", "arm"]).size(), trial.units.groupby(["block", "arm"]).size()
        )
    assert (blind.units["arm"] != trial.units["arm"]).any()
    pd.testing.assert_frame_equal(blind.outcomes, trial.outcomes)
    assert list(blind.units.columns) == list(trial.units.columns)
    # Ranks and tickets say who was drawn: neither is left.
    assert blind.parent.assignment["rank"].isna().all()
    assert set(blind.parent.assignment["ticket"]) == {""}


def test_clusters_move_together() -> None:
    trial = plain_trial(n=40)
    number = pd.Series(range(40)) // 4
    units = trial.units.drop(columns=FORGOTTEN).assign(
        cluster=[f"c{i}" for i in number],
        arm=["offered" if i % 2 else "control" for i in number],
    )
    blind = blinded(panel(units, trial.outcomes["value"]))
    assert (blind.units.groupby("cluster")["arm"].nunique() == 1).all()


def test_participants_are_put_among_the_offered_and_leave_their_outcomes() -> None:
    trial = plain_trial()
    takes = trial.units["take_up"].copy()
    takes[[0, 7, 9]] = [np.nan, 1.0, np.nan]
    blind = blinded(replace(trial, units=trial.units.assign(take_up=takes)))
    for block, rows in blind.units.groupby("block"):
        own = takes[trial.units["block"] == block]
        taken = rows["take_up"]
        # Each block keeps its participants and its unknown; fewer take part than have an offer.
        assert (taken == 1).sum() == (own == 1).sum() <= (rows["arm"] == "offered").sum()
        assert taken.isna().sum() == own.isna().sum()
        assert set(rows.loc[taken == 1, "arm"]) == {"offered"}
    assert not blind.units["take_up"].equals(takes)


def test_blinding_twice_is_blinding_once_and_another_seed_is_another_rehearsal() -> None:
    trial = plain_trial()
    once = blinded(trial)
    assert blinded(once).digest == once.digest == blinded(trial).digest
    assert blinded(trial, seed=1).units["arm"].tolist() != once.units["arm"].tolist()


def test_what_is_made_of_a_blind_panel_says_so(tmp_path: Path) -> None:
    true = estimate(plain_trial())
    rehearsed = estimate(blinded(plain_trial()))
    checks = Checks(parent=rehearsed, checks=())
    assert rehearsed.is_blind
    assert checks.is_blind
    assert not true.is_blind
    assert "blind" in repr(rehearsed)
    assert "no real result" in rehearsed._repr_html_()
    assert "no real result" not in true._repr_html_()
    for artefact in (rehearsed, checks, true):
        folder = tmp_path / artefact.digest
        folder.mkdir()
        artefact.write(folder)
        record = json.loads((folder / "artefact.json").read_text(encoding="utf-8"))
        assert record.get("blind") is (None if artefact is true else True)


def test_what_only_a_control_can_be_is_not_told() -> None:
    trial = plain_trial()
    status = trial.outcomes["status"].mask(trial.outcomes.index == 3, "redrawn")
    value = trial.outcomes["value"].mask(trial.outcomes.index == 3)
    ledger = LedgerRecord("0" * 64, (EntryCount("refusal", "offered", 3),))
    made = replace(trial, outcomes=trial.outcomes.assign(status=status, value=value), ledger=ledger)
    blind = blinded(made)
    assert "redrawn" not in set(blind.outcomes["status"])
    assert blind.ledger == LedgerRecord("0" * 64, ())


def test_chances_that_differ_within_a_block_cannot_be_drawn_again() -> None:
    trial = plain_trial()
    drawn = trial.parent.assignment
    chances = np.where(np.arange(len(drawn)) % 3 == 0, 0.4, 0.6)
    made = replace(
        trial, parent=replace(trial.parent, assignment=drawn.assign(probability=chances))
    )
    with pytest.raises(ProtocolError) as caught:
        blinded(made)
    assert caught.value.code == "E-BLIND-ODDS"


def test_a_blind_draw_is_not_the_draw() -> None:
    trial = plain_trial()
    assert trial.parent.digest != blinded(trial).parent.digest
    assert "blind_seed" not in trial.parent.plain
    assert "is_fallback" not in trial.parent.plain


def test_a_place_without_a_person_stays_without_one() -> None:
    trial = plain_trial()
    gone = frozenset({"u010", "u011"})
    units, outcomes = erase(trial.units, trial.outcomes, gone)
    made = replace(trial, units=units, outcomes=outcomes, ledger=LedgerRecord("0" * 64, ()))
    blind = blinded(made)
    nameless = blind.units["unit"].str.startswith("objected:")
    assert nameless.sum() == len(gone)
    assert blind.units.loc[nameless, "take_up"].isna().all()
    # Each has the arm of the place she was drawn to, as it is now: blocks keep their counts.
    drawn = blind.parent.drawn
    left = drawn[drawn["unit"].isin(gone)].groupby(["block", "arm"]).size()
    pd.testing.assert_series_equal(
        blind.units[nameless].groupby(["block", "arm"]).size(), left, check_names=False
    )
    assert estimate(blind).estimated
