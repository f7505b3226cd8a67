"""Small made-up studies, drawn and followed: every table is a list of dictionaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, fields
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from reliance_eval.eligibility import screen
from reliance_eval.extract import read_extract, read_extracts
from reliance_eval.lottery import Draw
from reliance_eval.panel import Panel, follow_up
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Clauses

DAY = date(2018, 2, 15)
LATE = date(2021, 9, 1)
UNITS = ("u1", "u2", "u3", "u4")
Rows = Sequence[dict[str, Any]]

EXTRACTS: dict[str, dict[str, Any]] = {
    "households": {
        "id": "id",
        "columns": {"children": {"type": "integer"}, "score": {"type": "number"}},
    },
    "monthly": {
        "id": "id",
        "month": "month",
        "columns": {
            "x": {"type": "number"},
            "situation": {},
            "benefit": {"type": "boolean"},
        },
    },
    "events": {
        "id": "id",
        "date": "day",
        "history": True,
        "columns": {"x": {"type": "number"}, "what": {}},
    },
    "participation": {"id": "id", "columns": {"signed": {"type": "boolean"}}},
}
TYPES = {
    "text": pa.string(),
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "date": pa.date32(),
}
VARIABLES = [{"name": "kids", "column": "children", "bands": {"ch_1": [1, 2], "ch_2plus": [2]}}]


def outcome(
    measure: str, extract: str = "monthly", *, horizons: Sequence[int] = (3,), **origin: Any
) -> dict[str, Any]:
    """One outcome named after its measure, reading column ``x`` unless told otherwise."""
    return {
        "name": measure,
        "label": {},
        "kind": "event" if measure == "time_to" else "amount",
        "from": {"extract": extract, "column": "x", **origin},
        "measure": measure,
        "horizons_months": list(horizons),
    }


def study(
    folder: Path,
    outcomes: list[dict[str, Any]],
    *,
    deliveries: dict[str, list[tuple[date, Rows]]],
    clauses: dict[str, Any] | None = None,
    hindsight_months: int = 0,
    day: date = DAY,
) -> Protocol:
    """Write the deliveries, by extract: (day of extraction, rows); give the protocol."""
    declared = {name: {**clause} for name, clause in EXTRACTS.items()}
    declared["monthly"]["hindsight_months"] = hindsight_months
    households = [{"id": unit, "children": k} for k, unit in enumerate(UNITS, start=1)]
    for name, delivered in ({"households": [(day, households)]} | deliveries).items():
        declared[name]["deliveries"] = [
            {"path": f"{name}-{k}.parquet", "extracted_on": on}
            for k, (on, _) in enumerate(delivered)
        ]
        for k, (_, rows) in enumerate(delivered):
            pq.write_table(_table(declared[name], rows), folder / f"{name}-{k}.parquet")
    made = {
        "format": 1,
        "trial": {"id": "made-up", "title": {"en": "Made up"}},
        "extracts": declared,
        "variables": VARIABLES,
        "eligibility": {"extract": "households", "on": day},
        "lottery": {
            "day": day,
            "unit": "id",
            "design": "stratified",
            "size": 4,
            "arms": {"offered": 2, "control": 2},
        },
        "outcomes": outcomes,
        "analyses": [{"estimand": "itt"}],
        **(clauses or {}),
    }
    return Protocol(clauses=Clauses.model_validate(made), source=b"", folder=folder)


def _table(clause: dict[str, Any], rows: Rows) -> pa.Table:
    types = {"id": pa.string()}
    if "month" in clause:
        types["month"] = pa.string()
    if "date" in clause:
        types["day"] = pa.date32()
    for name, column in clause["columns"].items():
        types[name] = TYPES[column.get("type", "text")]
    return pa.table(
        {name: pa.array([row.get(name) for row in rows], t) for name, t in types.items()}
    )


def drawn(protocol: Protocol) -> Draw:
    """Hold a draw by hand: u1 and u2 offered, u3 and u4 not, u5 and later in reserve."""
    flow = screen(read_extract("households", protocol))
    units = list(flow.eligible["unit"])
    arms = ["offered", "offered", "control", "control"] + ["reserve"] * (len(units) - 4)
    assignment = pd.DataFrame(
        {
            "unit": units,
            "block": "-",
            "rank": pd.array(range(1, len(units) + 1), dtype="Int64"),
            "arm": arms,
            "ticket": [f"{k:064x}" for k in range(len(units))],
            "cluster": units,
            "probability": [0.5] * 4 + [None] * (len(units) - 4),
        }
    )
    needed = (f for f in fields(Draw) if f.default is MISSING and f.default_factory is MISSING)
    values: dict[str, Any] = {field.name: "" for field in needed}
    values |= {
        "parent": flow,
        "arms": ("offered", "control"),
        "quotas": (),
        "merged": {},
        "assignment": assignment,
    }
    return Draw(**values)


def followed(protocol: Protocol) -> Panel:
    """Draw by hand and follow up with all that has been delivered."""
    return follow_up(drawn(protocol), read_extracts(protocol))


def month(number: int, day: date = DAY) -> str:
    """Write a month counted from the draw's, as YYYY-MM."""
    years, index = divmod(day.year * 12 + day.month - 1 + number, 12)
    return f"{years:04d}-{index + 1:02d}"


def found(panel: Panel, name: str, horizon: int = 3) -> list[float | str]:
    """Give each unit's value, or why it has none."""
    rows = panel.outcomes
    rows = rows[(rows["outcome"] == name) & (rows["horizon_months"] == horizon)]
    assert list(rows["unit"]) == list(panel.units["unit"])
    return [
        value if status == "observed" else status
        for value, status in zip(rows["value"], rows["status"], strict=True)
    ]
