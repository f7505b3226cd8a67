"""Trials small enough to be checked by hand, as samples, frames and panels."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from reliance_eval.eligibility import Flow
from reliance_eval.estimation.redraws.replaying import Replay
from reliance_eval.estimation.sample import Sample
from reliance_eval.lottery import DESIGNS, Draw, Lots
from reliance_eval.panel import Panel
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Clauses


def protocol(**changes: Any) -> Protocol:
    """One outcome at one horizon, an ITT with and without adjustment, and a LATE."""
    made = {
        "format": 1,
        "trial": {"id": "small", "title": {"en": "Small"}},
        "extracts": {
            "people": {"id": "id", "columns": {"x": {"type": "number"}, "who": {"type": "text"}}}
        },
        "variables": [
            {"name": "age", "column": "x"},
            {"name": "area", "column": "x", "categories": {"n": "north", "s": "south"}},
        ],
        "eligibility": {"extract": "people", "on": date(2020, 1, 1)},
        "lottery": {
            "day": date(2020, 1, 1),
            "unit": "id",
            "design": "stratified",
            "arms": {"offered": 1, "control": 1},
            "blocks": ["area"],
        },
        "take_up": {"extract": "people", "column": "x", "group": "who"},
        "outcomes": [
            {
                "name": "work",
                "label": {"en": "Work"},
                "kind": "amount",
                "from": {"extract": "people", "column": "x"},
                "horizons_months": [12],
                "role": "primary",
                "placebo_months": [-6, -3],
            }
        ],
        "covariates": [{"variable": "age"}],
        "analyses": [
            {"estimand": "itt"},
            {"estimand": "itt", "adjust": "lin"},
            {"estimand": "late"},
        ],
        "subgroups": [{"variable": "area"}],
        "inference": {"redraws": 999},
    }
    return Protocol(clauses=Clauses.model_validate(made | changes), source=b"small", folder=Path())


def panel(
    units: pd.DataFrame, values: pd.Series, *, made: Protocol | None = None, **statuses: str
) -> Panel:
    """Follow units (``unit, arm, area, age, take_up``) to month 12 of the one outcome.

    ``before``, where it is among the columns, is the outcome six and three months before the draw;
    ``take_up_group`` who served the unit. ``statuses`` names the reason a unit has no value; a NaN
    without one is ``missing``.
    """
    made = made or protocol()
    before = units.get("before", pd.Series(np.nan, index=units.index))
    units = units.drop(columns="before", errors="ignore")
    units = units.assign(
        block=units["area"],
        cluster=units.get("cluster", units["unit"]),
        probability=0.5,
        area_band=units["area"],
    )
    status = np.where(values.isna(), "missing", "observed").astype(object)
    for unit, reason in statuses.items():
        status[units["unit"] == unit] = reason
    followed = pd.DataFrame(
        {
            "unit": units["unit"],
            "outcome": "work",
            "horizon_months": 12,
            "value": values,
            "status": status,
        }
    )
    arms = tuple(made.clauses.lottery.arms)
    extract: Any = SimpleNamespace(protocol=made, digest="0" * 64, parent=None)
    parent = Flow(
        parent=extract,
        steps=(),
        assessed=len(units),
        deliveries=(),
        synthetic=True,
        eligible=units.drop(columns=["arm"]),
    )
    drawn = Draw(
        parent=parent,
        design=made.clauses.lottery.design,
        arms=arms,
        reference=made.clauses.lottery.control,
        quotas=(),
        seed="text:small",
        protocol_digest="",
        frame_digest="",
        quota_digest="",
        draw_key="",
        assignment_digest="",
        merged={},
        drawn_in="units" if units["cluster"].equals(units["unit"]) else "clusters",
        assignment=units[["unit", "block", "arm", "cluster", "probability"]].assign(
            rank=1, ticket=""
        ),
    )
    months = pd.concat(
        [
            followed.drop(columns="horizon_months").assign(
                month=month,
                value=before,
                status=np.where(before.isna(), "missing", "observed"),
            )
            for month in (-6, -3)
        ],
        ignore_index=True,
    )
    return Panel(parent=drawn, deliveries=(), units=units, outcomes=followed, months=months)


def plain_trial(seed: int = 3, *, n: int = 80, effect: float = 0.0) -> Panel:
    """A fair draw in two blocks, a few missing values, and an effect (none by default)."""
    rng = np.random.default_rng(seed)
    units = pd.DataFrame(
        {
            "unit": [f"u{i:03}" for i in range(n)],
            "arm": np.where(np.arange(n) % 2 == 0, "offered", "control"),
            "area": np.where(np.arange(n) < n // 2, "north", "south"),
            "age": rng.integers(20, 50, n).astype(float),
        }
    )
    offered = units["arm"] == "offered"
    units["take_up"] = (offered & (rng.random(n) < 0.6)).astype(float)
    own = np.random.default_rng([seed, 1])
    units["before"] = own.normal(size=n) + 0.03 * units["age"]
    units["take_up_group"] = pd.Series(own.choice(list("abcd"), n)).where(offered)
    values = pd.Series(rng.normal(size=n) + 0.03 * units["age"] + effect * offered)
    # One lost in each block and arm.
    values[[0, 1, n - 2, n - 1]] = np.nan
    return panel(units, values)


def troubled_trial() -> Panel:
    """A draw that left the arms apart, lost half of one arm, and fits no t distribution.

    Twelve units, three and three in each of two blocks: within a block 20 assignments exist, so
    no re-draw p can fall under 0.1 there, whatever a t says of outcomes that do not overlap.
    """
    units = pd.DataFrame(
        {
            "unit": [f"u{i:02}" for i in range(12)],
            "arm": ["offered", "control"] * 6,
            "area": ["north"] * 6 + ["south"] * 6,
            "age": [40.0, 20.0, 41.0, 21.0, 42.0, 22.0, 43.0, 23.0, 44.0, 24.0, 45.0, 25.0],
            "take_up": [1.0, 0.0] * 6,
            # One counsellor's units do well, the other's do not; the offered were ahead before.
            "take_up_group": ["a", None, "a", None, "a", None, "b", None, "b", None, "b", None],
            "before": [4.0, 1.0, 5.0, 1.5, 6.0, 2.0, 4.5, 0.5, 5.5, 1.2, 6.5, 0.8],
        }
    )
    values = pd.Series([9.0, 1.0, 9.1, 1.1, 9.2, 1.2, 5.0, np.nan, 6.0, np.nan, 7.0, 2.0])
    return panel(units, values)


def under(trial: Panel, made: Protocol) -> Panel:
    """Give the same trial as another protocol promised it."""
    flow: Any = trial.parent.parent
    extract: Any = SimpleNamespace(protocol=made, digest="0" * 64, parent=None)
    return replace(trial, parent=replace(trial.parent, parent=replace(flow, parent=extract)))


def leaning_trial() -> Panel:
    """A fair draw whose effect leans on one block, there on those whom one counsellor served."""
    trial = plain_trial()
    served = trial.units["take_up_group"].isin(["a", "b"])
    is_north = trial.units["area"] == "north"
    who = trial.units["take_up_group"].replace({"a": "b", "d": "c"})
    values = trial.outcomes["value"] + 2.5 * (served & is_north)
    columns = ["block", "cluster", "probability", "area_band"]
    units = trial.units.assign(take_up_group=who, before=0.0).drop(columns=columns)
    return panel(units, values)


def troubled_for(check: str) -> Panel:
    """Give the troubled trial of a check: most find their trouble in the same one."""
    return leaning_trial() if check in ("leave_one_out", "nested") else troubled_trial()


def sample(**changes: Any) -> Sample:
    """Forty units in three blocks, without a hole."""
    rng = np.random.default_rng(11)
    n = 40
    blocks = np.repeat([0, 1, 2], [20, 12, 8])
    values: dict[str, Any] = {
        "outcome": rng.normal(size=n) + blocks,
        "arms": np.arange(n) % 2,
        "blocks": blocks,
        "block_names": ("a", "b", "c"),
        "clusters": np.arange(n),
        "groups": n,
        "covariates": rng.normal(size=(n, 2)) + blocks[:, None],
        "covariate_names": ("x", "w"),
        "note_values": {},
    }
    values |= changes
    counts = np.bincount(values["blocks"], minlength=len(values["block_names"])).astype(float)
    return Sample(shares=counts / counts.sum(), **values)


def replay(
    observed: list[int],
    *,
    blocks: list[int] | None = None,
    clusters: list[int] | None = None,
    redraws: int = 999,
    seed: int = 1,
) -> Replay:
    """A stratified draw that came out as given; clusters are drawn where they are named."""
    arms = np.array(observed)
    codes = np.zeros(len(arms), dtype=int) if blocks is None else np.array(blocks)
    groups = np.arange(len(arms)) if clusters is None else np.array(clusters)
    first = np.unique(groups, return_index=True)[1]
    places = np.zeros((codes.max() + 1, arms.max() + 1), dtype=int)
    np.add.at(places, (codes[first], arms[first]), 1)
    return Replay(
        design=DESIGNS["stratified"],
        lots=Lots(blocks=codes, places=places, clusters=groups),
        observed=arms,
        free=np.ones(len(arms), dtype=bool),
        redraws=redraws,
        seed=seed,
        stream="test",
    )
