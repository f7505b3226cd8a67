"""Panels made by hand: a protocol's clauses, a draw, and what became of the units."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from reliance_eval.lottery import Draw
from reliance_eval.panel import Panel
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Clauses

OUTCOME = {
    "label": {"en": "Work"},
    "kind": "binary",
    "from": {"extract": "households", "column": "x"},
    "horizons_months": [3, 12],
    "role": "primary",
    "family": "work",
}


def clauses(**changes: Any) -> Clauses:
    """A protocol with two outcomes at two horizons, an ITT and a LATE."""
    made = {
        "format": 1,
        "trial": {"id": "made-up", "title": {"en": "Made up"}},
        "extracts": {"households": {"id": "id", "columns": {"x": {"type": "number"}}}},
        "variables": [
            {"name": "age", "column": "x"},
            {"name": "children", "column": "x", "bands": {"ch_1": [1, 2], "ch_2plus": [2]}},
        ],
        "eligibility": {"extract": "households", "on": date(2020, 1, 1)},
        "lottery": {
            "day": date(2020, 1, 1),
            "unit": "id",
            "design": "stratified",
            "arms": {"offered": 1, "control": 1},
            "blocks": ["children"],
        },
        "take_up": {"extract": "households", "column": "x"},
        "outcomes": [OUTCOME | {"name": "employed"}, OUTCOME | {"name": "housed"}],
        "covariates": [{"variable": "age"}],
        "analyses": [{"estimand": "itt"}, {"estimand": "late"}],
    }
    return Clauses.model_validate(made | changes)


def panel(seed: int = 1, *, n: int = 240, protocol: Clauses | None = None) -> Panel:
    """A draw of two blocks, followed without a hole."""
    made = Protocol(clauses=protocol or clauses(), source=b"made up", folder=Path())
    rng = np.random.default_rng(seed)
    names = list(made.clauses.lottery.arms)
    children = np.where(np.arange(n) < n // 3, 1, 2)
    arm = np.array([names[i % len(names)] for i in range(n)])
    units = pd.DataFrame(
        {
            "unit": [f"u{i:04}" for i in range(n)],
            "arm": arm,
            "block": np.where(children == 1, "ch_1", "ch_2plus"),
            "cluster": [f"u{i:04}" for i in range(n)],
            "probability": 1 / len(names),
            "take_up": ((arm != "control") & (rng.random(n) < 0.6)).astype(float),
            "age": rng.integers(20, 50, n),
            "children": children,
            "children_band": np.where(children == 1, "ch_1", "ch_2plus"),
        }
    )
    latent = rng.normal(size=n)
    rows = [
        pd.DataFrame(
            {
                "unit": units["unit"],
                "outcome": outcome.name,
                "horizon_months": horizon,
                "value": (
                    latent + rng.normal(size=n) + 0.5 * units["take_up"] + 0.05 * units["age"] > 2
                ).astype(float),
                "status": "observed",
            }
        )
        for outcome in made.clauses.outcomes
        for horizon in outcome.horizons_months
    ]
    return Panel(
        parent=_draw(made, units, tuple(names)),
        deliveries=(),
        units=units,
        outcomes=pd.concat(rows, ignore_index=True),
    )


def _draw(protocol: Protocol, units: pd.DataFrame, arms: tuple[str, ...]) -> Draw:
    parent: Any = SimpleNamespace(protocol=protocol, digest="0" * 64, parent=None)
    return Draw(
        parent=parent,
        design="stratified",
        arms=arms,
        reference="control",
        quotas=(),
        seed="text:x",
        protocol_digest="",
        frame_digest="",
        quota_digest="",
        draw_key="",
        assignment_digest="",
        merged={},
        assignment=units[["unit", "block", "arm", "cluster", "probability"]].assign(
            rank=1, ticket=""
        ),
    )
