"""The published schemas accept and refuse what the toolkit itself does."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from source import PACKAGE, ROOT

SCHEMA = ROOT / "data" / "schema" / "protocol.schema.json"
PROTOCOLS = sorted(
    [
        *PACKAGE.glob("protocol/programmes/*/protocol.toml"),
        *ROOT.glob("docs/examples/*/protocol.toml"),
        *ROOT.glob("tests/reference/*/protocol.toml"),
    ]
)


def as_json(path: Path) -> dict[str, Any]:
    """Give a protocol as an editor's schema checker sees it: dates are text."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    content: dict[str, Any] = json.loads(json.dumps(table, default=str))
    return content


def validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", PROTOCOLS, ids=lambda p: p.parent.name)
def test_the_schema_accepts_every_protocol_of_the_repository(path: Path) -> None:
    assert [error.message for error in validator().iter_errors(as_json(path))] == []


def test_the_schema_refuses_a_misspelt_key() -> None:
    protocol = as_json(PROTOCOLS[0])
    protocol["eligibilty"] = protocol.pop("eligibility")
    messages = " ".join(error.message for error in validator().iter_errors(protocol))
    assert "eligibilty" in messages
    assert "'eligibility' is a required property" in messages


@pytest.mark.parametrize(
    "path", sorted((ROOT / "data" / "schema").glob("*/*.json")), ids=lambda p: p.stem
)
def test_a_table_schema_names_its_fields_and_its_key(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    names = [field["name"] for field in schema["fields"]]
    assert len(names) == len(set(names)) > 0
    assert {field["type"] for field in schema["fields"]} <= {
        "string",
        "integer",
        "number",
        "boolean",
        "date",
        "yearmonth",
    }
    key = schema.get("primaryKey", [])
    assert set([key] if isinstance(key, str) else key) <= set(names)
