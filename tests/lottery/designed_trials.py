"""One small trial for each design RL1 draws: eligible people, their draw, their panel."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from reliance_eval.eligibility import Flow, Step
from reliance_eval.lottery import Draw
from reliance_eval.panel import Panel
from reliance_eval.protocol.model import Clauses
from reliance_eval.protocol.protocol import Protocol

PEOPLE = 96

LOTTERIES = {
    "simple": {"design": "simple", "odds": [1, 3], "arms": {"offered": 1, "control": 2}},
    "complete": {"design": "complete", "arms": {"offered": 30, "control": 50}},
    "stratified": {
        "design": "stratified",
        "blocks": ["area"],
        "arms": {"offered": 40, "control": 40},
    },
    "several arms": {
        "design": "stratified",
        "blocks": ["area"],
        "arms": {"letter": 30, "visit": 21, "control": 41},
    },
    "clustered": {
        "design": "clustered",
        "clusters": "village",
        "arms": {"offered": 10, "control": 10},
    },
    "clustered in blocks": {
        "design": "clustered",
        "clusters": "village",
        "blocks": ["area"],
        "arms": {"offered": 12, "control": 10},
    },
    "pairs": {
        "design": "pairs",
        "blocks": ["area"],
        "pairs": {"covariates": [{"variable": "age"}, {"variable": "income", "scale": 10}]},
        "arms": {"offered": 48, "control": 48},
    },
    "pairs with a reserve": {
        "design": "pairs",
        "pairs": {"covariates": [{"variable": "age"}]},
        "arms": {"offered": 40, "control": 40},
    },
    "rerandomised": {
        "design": "rerandomised",
        "blocks": ["area"],
        "balance": {
            "covariates": [
                {"variable": "age", "bound": 1600},
                {"variable": "income", "scale": 100, "bound": 24000},
            ]
        },
        "arms": {"offered": 40, "control": 40},
    },
}
"""The lottery's clause, by what it draws."""


def people(n: int = PEOPLE) -> pd.DataFrame:
    """Eligible people in two areas, four to a village, with an age and an income."""
    rng = np.random.default_rng(5)
    numbers = np.arange(n)
    return pd.DataFrame(
        {
            "unit": [f"SYNTH-{number:04d}" for number in numbers],
            "age": rng.integers(18, 60, n).astype(float),
            "income": rng.integers(0, 2000, n) / 100,
            "area_band": np.where(numbers // 4 % 2 == 0, "north", "south"),
            "block": np.where(numbers // 4 % 2 == 0, "north", "south"),
            "cluster": [f"village-{number // 4:02d}" for number in numbers],
        }
    )


def protocol_of(**lottery: object) -> Protocol:
    """A protocol with one outcome, an ITT and an ITT by Lin, under a lottery's clause."""
    arms = lottery["arms"]
    clause = {"day": date(2020, 2, 1), "unit": "id", "size": sum(arms.values())} | lottery
    columns = {
        "age": {"type": "integer"},
        "income": {"type": "number"},
        "area": {"type": "text"},
        "village": {"type": "text"},
        "work": {"type": "number"},
    }
    clauses = Clauses.model_validate(
        {
            "format": 1,
            "trial": {"id": "designed", "title": {"en": "Designed"}},
            "extracts": {"people": {"id": "id", "columns": columns}},
            "variables": [
                {"name": "age", "column": "age"},
                {"name": "income", "column": "income"},
                {"name": "area", "column": "area", "categories": {"n": "north", "s": "south"}},
            ],
            "eligibility": {"extract": "people", "on": date(2020, 1, 1)},
            "lottery": {"seed": "text:designed", **clause},
            "outcomes": [
                {
                    "name": "work",
                    "label": {"en": "Work"},
                    "kind": "amount",
                    "from": {"extract": "people", "column": "work"},
                    "horizons_months": [12],
                    "role": "primary",
                }
            ],
            "covariates": [{"variable": "age"}],
            "analyses": [{"estimand": "itt"}],
            "inference": {"redraws": 999},
        }
    )
    source = f"designed: {sorted(clause.items(), key=str)}\n".encode()
    return Protocol(clauses=clauses, source=source, folder=Path())


def flow_of(eligible: pd.DataFrame, **lottery: object) -> Flow:
    """A flow that holds these people under a lottery's clause."""
    extract = SimpleNamespace(protocol=protocol_of(**lottery), digest="0" * 64)
    step = Step("adult", len(eligible) + 7, 5, 2, len(eligible), 5, 5)
    return Flow(
        parent=extract,
        steps=(step,),
        assessed=len(eligible) + 7,
        deliveries=(),
        synthetic=True,
        eligible=eligible,
    )


def panel_of(drawn: Draw, *, effect: float = 0.0) -> Panel:
    """Follow everybody drawn to month 12 of an outcome that age, village and area move."""
    eligible = drawn.parent.eligible.drop(columns=["block", "cluster"]).set_index("unit")
    units = drawn.drawn[["unit", "arm", "block", "cluster", "probability"]]
    units = units.sort_values("unit", ignore_index=True).join(eligible, on="unit")
    rng = np.random.default_rng(12)
    village = pd.factorize(drawn.parent.eligible["cluster"])[0] % 7
    moved = pd.Series(village, index=drawn.parent.eligible["unit"]).loc[units["unit"]].to_numpy()
    noise = rng.normal(size=len(units)) + 0.5 * moved + 0.05 * units["age"].to_numpy()
    is_offered = (units["arm"] != drawn.reference).to_numpy()
    outcomes = pd.DataFrame(
        {
            "unit": units["unit"],
            "outcome": "work",
            "horizon_months": np.int64(12),
            "value": noise + effect * is_offered,
            "status": "observed",
        }
    )
    return Panel(parent=drawn, deliveries=(), units=units, outcomes=outcomes)
