"""The schemas: JSON Schema of the protocol, Frictionless Table Schemas of the shipped extracts."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def protocol_schema() -> str:
    """Give the JSON Schema of ``protocol.toml``."""
    from reliance_eval.protocol.model import Clauses

    return _json({"$schema": DIALECT, **Clauses.model_json_schema(by_alias=True)})


def extract_schemas() -> dict[str, str]:
    """Give ``<programme>/<extract>.json`` for every extract of every shipped programme."""
    from reliance_eval.extract.schema import table_schema
    from reliance_eval.protocol import read_protocol

    shipped = Path(str(resources.files("reliance_eval.protocol") / "programmes"))
    schemas = {}
    for path in sorted(shipped.glob("*/protocol.toml")):
        protocol = read_protocol(path)
        for name in sorted(protocol.clauses.extracts):
            schemas[f"{path.parent.name}/{name}.json"] = _json(table_schema(protocol, name))
    return schemas


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
