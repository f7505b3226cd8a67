"""Small made-up studies: a protocol in a dictionary and its households in one Parquet file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from reliance_eval.extract import Extract, read_extract
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Clauses

COLUMNS: dict[str, dict[str, Any]] = {
    "family": {},
    "commune": {},
    "student": {"type": "boolean"},
    "children": {"type": "integer"},
    "income": {"type": "number"},
    "born_on": {"type": "date"},
    "registered_on": {"type": "date"},
}
TYPES = {
    "text": pa.string(),
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "date": pa.date32(),
}
VARIABLES = [
    {"name": "age", "column": "born_on", "age": True},
    {
        "name": "seniority",
        "column": "registered_on",
        "months_since": True,
        "bands": {"rsa_2_5": [24, 60], "rsa_5plus": [60]},
    },
    {"name": "kids", "column": "children", "bands": {"ch_1": [1, 2], "ch_2plus": [2]}},
    {"name": "studies", "column": "student", "categories": {"true": "st_1", "false": "st_0"}},
]


def protocol_of(
    folder: Path,
    *,
    criteria: list[dict[str, Any]] | None = None,
    eligibility: dict[str, Any] | None = None,
    lottery: dict[str, Any] | None = None,
    columns: dict[str, dict[str, Any]] | None = None,
    delivered: date = date(2018, 1, 20),
    code_lists: dict[str, tuple[str, ...]] | None = None,
) -> Protocol:
    clauses = {
        "format": 1,
        "trial": {"id": "made-up", "title": {"en": "Made up"}},
        "extracts": {
            "households": {
                "id": "id",
                "columns": COLUMNS | (columns or {}),
                "deliveries": [{"path": "households.parquet", "extracted_on": delivered}],
            }
        },
        "variables": VARIABLES,
        "eligibility": {
            "extract": "households",
            "on": date(2018, 1, 31),
            "criteria": criteria or [],
            **(eligibility or {}),
        },
        "lottery": {
            "day": date(2018, 2, 15),
            "unit": "id",
            "design": "stratified",
            "size": 2,
            "arms": {"offered": 1, "control": 1},
            **(lottery or {}),
        },
        "outcomes": [
            {
                "name": "income",
                "label": {},
                "kind": "amount",
                "from": {"extract": "households", "column": "income"},
                "measure": "recorded",
                "horizons_months": [3],
            }
        ],
        "analyses": [{"estimand": "itt"}],
    }
    return Protocol(
        clauses=Clauses.model_validate(clauses),
        source=b"",
        folder=folder,
        code_lists=code_lists or {},
    )


def extract_of(protocol: Protocol, people: list[dict[str, Any]]) -> Extract:
    """Write the households, numbered h00, h01, ... in the order given, and read them."""
    declared = protocol.extract("households").columns
    arrays = {
        name: pa.array([person.get(name) for person in people], TYPES[column.type])
        for name, column in declared.items()
    }
    ids = pa.array([person.get("id", f"h{k:02d}") for k, person in enumerate(people)])
    pq.write_table(pa.table({"id": ids, **arrays}), protocol.folder / "households.parquet")
    return read_extract("households", protocol)
