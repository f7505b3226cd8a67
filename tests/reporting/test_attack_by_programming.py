"""Linear programming attacks each table: no hidden count is bounded more tightly than allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from attacker import Attack, printed_in
from hypothesis import given, settings
from hypothesis import strategies as st
from imaginary_trial import flow_of, panel_of, protocol_of
from unknown_counts import System
from waterfall_attacker import attack_flow

from reliance_eval.artefact import Artefact
from reliance_eval.eligibility.flow import Step
from reliance_eval.estimation import Estimates, estimate
from reliance_eval.lottery import draw
from reliance_eval.reporting import clearing
from reliance_eval.reporting.composing import compose
from reliance_eval.reporting.disclosure import Decision, Gate, Rules, Shown
from reliance_eval.reporting.document import Document
from reliance_eval.robustness import Checks

STRICT = Rules("strict", 11, 5, 0.85, frozenset({400, 200}), None)
Places = npt.NDArray[np.intp]
Composed = tuple[Document, tuple[Decision, ...]]
Change = Callable[[pd.DataFrame, pd.DataFrame], None]

EVERY_SUBGROUP = {'outcomes = ["income"]': 'outcomes = ["income", "employed"]'}
SHORT = EVERY_SUBGROUP | {
    'outcome = "rare"\nfrom = 0\nto = 2': 'outcome = "employed"\nfrom = 0\nto = 2',
    'estimands = ["itt", "late"]': 'estimands = ["itt"]',
}
SMALL = SHORT | {
    "size = 400": "size = 64",
    "offered = 200, control = 200": "offered = 32, control = 32",
}
THREE_ARMS = SHORT | {
    "size = 400": "size = 190",
    "offered = 200, control = 200": "offered = 80, letter = 30, control = 80",
    'blocks = ["children"]': 'blocks = ["children"]\nreference = "control"',
}


def world(folder: Path, change: Change, changes: dict[str, str]) -> Estimates:
    """Estimate on an imaginary trial whose outcomes and people were changed."""
    panel = panel_of(draw(flow_of(protocol_of(folder, changes=changes))))
    outcomes, units = panel.outcomes.copy(), panel.units.copy()
    change(outcomes, units)
    return estimate(replace(panel, outcomes=outcomes, units=units))


def lose(outcomes: pd.DataFrame, name: str, horizon: int, units: pd.Series, n: int) -> None:
    """Take the value of an outcome away from the first units."""
    cell = outcomes["outcome"].eq(name) & outcomes["horizon_months"].eq(horizon)
    gone = cell & outcomes["unit"].isin(units.head(n))
    outcomes.loc[gone, "value"] = np.nan
    outcomes.loc[gone, "status"] = "missing"


def answer(outcomes: pd.DataFrame, name: str, horizon: int, units: pd.Series, n: int) -> None:
    """Make the last units of a group say yes, and the others no."""
    cell = outcomes["outcome"].eq(name) & outcomes["horizon_months"].eq(horizon)
    known = cell & outcomes["status"].eq("observed") & outcomes["unit"].isin(units)
    outcomes.loc[known, "value"] = outcomes.loc[known, "unit"].isin(units.tail(n)).astype(float)


def nearly_full(outcomes: pd.DataFrame, units: pd.DataFrame) -> None:
    """Leave three without a value in one arm, twelve in the other, and three who say no."""
    offered = units.loc[units["arm"] == "offered", "unit"]
    control = units.loc[units["arm"] == "control", "unit"]
    for horizon, few in ((3, 3), (12, 2)):
        lose(outcomes, "employed", horizon, offered, few)
        lose(outcomes, "employed", horizon, control, 12)
    answer(outcomes, "employed", 3, offered, len(offered) - 6)
    lose(outcomes, "income", 12, offered, 4)


def few_of_each(outcomes: pd.DataFrame, units: pd.DataFrame) -> None:
    """Give two levels, one of them small, and nine people of none; few participants say yes."""
    small = units.groupby("arm").head(13)["unit"]
    is_small = units["unit"].isin(small)
    units["children_band"] = np.where(is_small, "ch_2", "ch_1")
    units.loc[units.groupby("arm").tail(3).index, "children_band"] = None
    for arm, rows in units.groupby("arm"):
        n = len(rows)
        answer(outcomes, "employed", 3, rows["unit"], max(12, n // 3))
        answer(outcomes, "employed", 12, rows["unit"], n // 2)
        lose(outcomes, "employed", 12, rows["unit"], 5)
        if arm != "control":
            took = rows["unit"].isin(rows["unit"].head(n // 2))
            units.loc[rows.index, "take_up"] = took.astype(float)


WORLDS: dict[str, tuple[Change, dict[str, str]]] = {
    "nearly full cells": (nearly_full, SHORT),
    "small levels and participants": (few_of_each, SHORT),
    "small arms": (nearly_full, SMALL),
    "a small arm among three": (few_of_each, THREE_ARMS),
}


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave matplotlib out: the numbers drawn are in the figures' tables."""
    for name in ("plots", "sections.dynamics"):
        path = f"reliance_eval.reporting.{name}.coefficient_plot"
        monkeypatch.setattr(path, lambda *_args, **_words: "<svg/>")


def weaknesses(artefact: Artefact, *documents: Composed) -> dict[str, float]:
    """Attack an artefact's report by what documents print together."""
    printed = printed_in(*(documents or (compose(artefact, "en"),)))
    attack = Attack(artefact, printed)
    assert attack.unread == [], "teach the attacker these cells, or do not print them"
    return attack.weak()


# ---------------------------------------------------------------- the report


def test_no_hidden_count_of_the_report_is_bounded_in_either_language(
    checks: Checks, composed: dict[str, Composed]
) -> None:
    assert weaknesses(checks, *composed.values()) == {}


@pytest.mark.parametrize("name", WORLDS)
def test_no_hidden_count_is_bounded_where_the_trial_invites_it(name: str, tmp_path: Path) -> None:
    change, changes = WORLDS[name]
    assert weaknesses(world(tmp_path, change, changes)) == {}


def test_an_interim_report_and_the_final_one_are_no_tighter_together(
    composed: dict[str, Composed], tmp_path: Path
) -> None:
    def wait(outcomes: pd.DataFrame, _units: pd.DataFrame) -> None:
        later = outcomes["horizon_months"].ge(12)
        outcomes.loc[later, "value"] = np.nan
        outcomes.loc[later, "status"] = "not_yet_observed"

    interim = compose(world(tmp_path, wait, {}), "en")
    final = composed["en"]
    first = {number.id: number for number in interim[0].numbers()}
    same = [number for number in final[0].numbers() if number.id in first]
    # What the interim report told of the horizon reached, the final one tells alike; the rest of
    # the final report was attacked alone.
    reached = [n for n in same if n.id.startswith(("employed.3.itt.blocked#", "take_up."))]
    assert len(reached) > 8
    assert [n for n in reached if first[n.id].text != n.text and "adjusted" not in n.id] == []


# ---------------------------------------------------------------- the attack bites


def test_the_attack_finds_what_a_lax_gate_lets_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def rounded(self: Gate, n: int, *, of: int, place: str) -> Shown:
        """Round a part with no look at what it leaves, as a section might."""
        self.record(place, "rounded", "rounding", n)
        return Shown(self.rounded(n), "rounded")

    monkeypatch.setattr(Gate, "part", rounded)
    estimates = world(tmp_path, nearly_full, SHORT)
    # Of 200 offered, 197 are known: printed as 195, they leave between three and seven.
    assert "lost.employed.3.offered.observed" in weaknesses(estimates)


def test_the_attack_finds_a_subgroup_withheld_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(clearing, "_given_away", lambda *_: ())
    estimates = world(tmp_path, few_of_each, SHORT)
    assert any("children=" in name for name in weaknesses(estimates))


def test_the_attack_finds_who_takes_part_behind_the_level_of_compliers(
    monkeypatch: pytest.MonkeyPatch, checks: Checks
) -> None:
    def few(outcomes: pd.DataFrame, units: pd.DataFrame) -> None:
        took = units.loc[units["take_up"] > 0, "unit"]
        others = units.loc[~units["unit"].isin(took), "unit"]
        answer(outcomes, "employed", 3, took, 4)
        answer(outcomes, "employed", 3, others, len(others) // 3)

    monkeypatch.setattr(clearing, "refusal_of_compliers", lambda *_, **__: None)
    panel = checks.parent.parent
    outcomes, units = panel.outcomes.copy(), panel.units.copy()
    few(outcomes, units)
    estimates = estimate(replace(panel, outcomes=outcomes, units=units))
    assert "employed.3.offered.both" in weaknesses(estimates)


def test_a_system_bounds_what_it_can() -> None:
    # Ten in all, printed exactly; one part is said to be six at least: the other is four at most.
    system = System()
    for name, n in (("all", 10), ("one", 7), ("other", 3)):
        system.add(name, n)
    system.lies("all", 10, 10)
    system.lies("one", 6, 10)
    system.adds_up("all", ("one", "other"))
    system.close()
    assert system.width("other") == 4


# ---------------------------------------------------------------- the flow

LEAVING = st.tuples(st.integers(0, 40), st.one_of(st.just(0), st.integers(0, 15)))


@settings(max_examples=40, deadline=None)
@given(st.lists(LEAVING, min_size=1, max_size=5), st.integers(400, 420) | st.integers(400, 900))
def test_no_small_exit_of_a_flow_is_bounded(leaving: list[tuple[int, int]], eligible: int) -> None:
    steps, entering = [], eligible + sum(a + b for a, b in leaving)
    assessed = entering
    for place, (refused, unknown) in enumerate(leaving):
        remaining = entering - refused - unknown
        steps.append(Step(f"c{place}", entering, refused, unknown, remaining, 0, 0))
        entering = remaining
    flow, held = _Flow(tuple(steps), assessed, eligible), _Draw(eligible)
    assert attack_flow(flow, held, Gate(STRICT)) == {}  # type: ignore[arg-type]


class _Flow:
    def __init__(self, steps: tuple[Step, ...], assessed: int, eligible: int) -> None:
        self.steps, self.assessed = steps, assessed
        self.eligible = pd.DataFrame({"unit": range(eligible)})


class _Draw:
    def __init__(self, eligible: int) -> None:
        self.assignment = pd.DataFrame({"unit": range(eligible)})
        self.drawn = self.assignment.head(400)
