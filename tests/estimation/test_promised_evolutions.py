"""Evolutions that a protocol promises: the numbers of the bare frame, with the draw's design."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_panels import OUTCOME, clauses
from small_panels import panel as small_panel
from stacked_trials import followed

from reliance_eval.errors import ProtocolError
from reliance_eval.estimation import Dynamics, Estimate, Estimates, NotEstimable, dynamics, estimate
from reliance_eval.estimation.evolutions.evolution import COLUMNS
from reliance_eval.panel import Panel

MONTHLY = {"id": "id", "month": "month", "columns": {"x": {"type": "number"}}}
OF_MONTHS: dict[str, Any] = OUTCOME | {
    "name": "employed",
    "from": {"extract": "monthly", "column": "x"},
    "horizons_months": [3],
}
CLAUSE: dict[str, Any] = {
    "outcome": "employed",
    "from": -3,
    "to": 6,
    "estimands": ["itt", "late"],
}


def panel(frame: pd.DataFrame, *evolutions: dict[str, Any], **changes: Any) -> Panel:
    """A panel whose units, blocks, arms and months are those of a stacked frame."""
    extracts = {"households": {"id": "id", "columns": {"x": {"type": "number"}}}}
    people = frame.groupby("id", as_index=False).first()
    made = small_panel(
        n=len(people),
        protocol=clauses(
            extracts=extracts | {"monthly": MONTHLY},
            outcomes=[OF_MONTHS],
            dynamics=list(evolutions),
            **changes,
        ),
    )
    units = made.units.assign(
        unit=people["id"],
        cluster=people["id"],
        arm=people["z"].map({1: "offered", 0: "control"}),
        block=people["b"].astype(str),
        take_up=people["d"].astype(float),
        age=people["x"],
    )
    columns = ["unit", "block", "arm", "cluster", "probability"]
    drawn = units[columns].assign(rank=1, ticket="")
    if "wave" in people:
        units, drawn = units.assign(wave=people["wave"]), drawn.assign(wave=people["wave"])
    months = frame.rename(columns={"id": "unit", "y": "value"})[["unit", "month", "value"]]
    months = months.assign(
        outcome="employed",
        status=np.where(months["value"].isna(), "missing", "observed"),
    )
    return replace(
        made,
        parent=replace(made.parent, assignment=drawn),
        units=units,
        outcomes=made.outcomes.assign(unit=people["id"].to_numpy()),
        months=months,
    )


def promised(frame: pd.DataFrame, *evolutions: dict[str, Any], **changes: Any) -> Estimates:
    return estimate(panel(frame, *evolutions, **changes))


@pytest.mark.parametrize("convention", ["default", "published"])
@pytest.mark.parametrize("bins", [None, 3])
def test_a_promise_has_the_numbers_of_the_bare_frame(bins: int | None, convention: Any) -> None:
    frame = followed(missing=0.1)
    clause = CLAUSE | {"convention": convention, "covariates": ["age"]}
    if bins:
        clause |= {"bin_months": bins}
    (found,) = promised(frame, clause).dynamics
    bare = dynamics(
        frame.rename(columns={"x": "age"}),
        unit="id",
        month="month",
        outcome="y",
        offer="z",
        take_up="d",
        blocks="b",
        covariates=("age",),
        bins=bins,
        convention=convention,
    )
    assert isinstance(bare, Dynamics)
    numeric = [name for name, kind in COLUMNS.items() if kind in ("Float64", "Int64")]
    pd.testing.assert_frame_equal(found.tidy()[numeric], bare.tidy()[numeric], rtol=1e-9)
    assert (found.arm, found.reference, found.status) == ("offered", "control", "pre-specified")


def test_the_pre_specified_and_the_exploratory_keep_their_names() -> None:
    later = CLAUSE | {"status": "exploratory", "bin_months": 3}
    found = promised(followed(), CLAUSE, later).dynamics
    assert [one.status for one in found] == ["pre-specified", "exploratory"]
    assert [len(one.periods) for one in found] == [10, 2]


def test_waves_rest_on_those_that_reached_the_month() -> None:
    early = followed(3, n=80, months=range(-3, 7)).assign(wave="w1")
    late = followed(4, n=40, months=range(-3, 3)).assign(wave="w2")
    late["id"], late["b"] = "q" + late["id"], late["b"] + 10
    frame = pd.concat([early, late], ignore_index=True)
    (found,) = promised(frame, CLAUSE).dynamics
    at = {period.period.first: period for period in found.periods}
    assert at[2].waves == pytest.approx({"w1": 2 / 3, "w2": 1 / 3})
    assert (at[3].waves, at[3].months_missing) == ({"w1": 1.0}, 0)


def test_a_person_drawn_again_by_a_later_wave_is_one_person() -> None:
    early = followed(3, n=60, months=range(-3, 7)).assign(wave="w1")
    again = followed(4, n=60, months=range(-3, 7)).assign(wave="w2")
    again["id"], again["b"] = again["id"] + "@w2", again["b"] + 10
    frame = pd.concat([early, again], ignore_index=True).sort_values(["id", "month"])
    (found,) = promised(frame, CLAUSE).dynamics
    assert found.persons_recur
    assert "several waves" in found.convention()


def test_months_not_reached_are_answered_with_the_reason() -> None:
    frame = followed(months=range(-3, 2))
    (found,) = promised(frame, CLAUSE).dynamics
    reasons = [p.itt.reason for p in found.periods if isinstance(p.itt, NotEstimable)]
    assert reasons == ["not_yet_observed"] * 5
    nothing = panel(frame, CLAUSE)
    empty = replace(nothing, months=nothing.months.assign(status="not_yet_observed"))
    (never,) = estimate(empty).dynamics
    assert all(isinstance(period.itt, NotEstimable) for period in never.periods)


def test_a_late_without_take_up_known_says_so() -> None:
    made = panel(followed(), CLAUSE)
    unknown = replace(made, units=made.units.assign(take_up=np.nan))
    (found,) = estimate(unknown).dynamics
    assert all(isinstance(period.itt, Estimate) for period in found.periods)
    told = {p.late.reason for p in found.periods if isinstance(p.late, NotEstimable)}
    assert told == {"take_up_unknown"}


def test_a_recorded_draw_with_unequal_chances_is_weighted() -> None:
    frame = followed(blocks=1, n=80, months=range(-3, 7))
    made = panel(frame, CLAUSE)
    chance = np.where(np.arange(80) % 2 == 0, 0.3, 0.6)
    mine = np.where(made.units["arm"] == "offered", chance, 1.0 - chance)
    assignment = made.parent.assignment.assign(probability=mine)
    weighted = replace(
        made,
        parent=replace(made.parent, assignment=assignment),
        units=made.units.assign(probability=mine),
    )
    (found,) = estimate(weighted).dynamics
    weights = dict(zip(made.units["unit"], 1.0 / mine, strict=True))
    bare = dynamics(
        frame.assign(w=frame["id"].map(weights)),
        unit="id",
        month="month",
        outcome="y",
        offer="z",
        take_up="d",
        weights="w",
    )
    assert isinstance(bare, Dynamics)
    numeric = ["estimate", "std_error", "p_adjusted"]
    pd.testing.assert_frame_equal(found.tidy()[numeric], bare.tidy()[numeric], rtol=1e-9)


def test_estimates_are_kept_with_their_evolutions(tmp_path: Path) -> None:
    frame = followed(months=range(-3, 2))
    published = CLAUSE | {"convention": "published", "bin_months": 2}
    found = promised(frame, CLAUSE, published)
    folder = tmp_path / "estimates"
    folder.mkdir()
    found.write(folder)
    loaded = Estimates.load(folder, parent=found.parent)
    assert loaded.dynamics == found.dynamics
    assert loaded.digest == found.digest
    table = pd.read_csv(folder / "dynamics.csv")
    assert list(table.columns) == list(COLUMNS)
    assert set(table["status"]) == {"estimated", "not_estimable"}


def test_without_a_promise_nothing_is_added(tmp_path: Path) -> None:
    found = promised(followed())
    assert found.dynamics == ()
    assert "dynamics" not in found.plain
    assert "dynamics" not in found.summaries()
    assert list(found.tidy_dynamics().columns) == list(COLUMNS)


def test_months_without_a_whole_period_are_refused() -> None:
    with pytest.raises(ProtocolError) as refused:
        promised(followed(), CLAUSE | {"bin_months": 12})
    assert refused.value.faults[0].code == "E-ESTIMATION-NO-PERIOD"
