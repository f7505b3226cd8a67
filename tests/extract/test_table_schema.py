"""The Table Schema says what the clause says, under the producer's names."""

from __future__ import annotations

import json

from reliance_eval.extract.schema import table_schema

CLAUSE = """decimal = ","
date_format = "%d/%m/%Y"
[extracts.people.columns]
family = { source = "SITFAM", codes = { ISO = "lone_parent", COU = "couple" } }
earnings = { source = "MTACMONX", type = "number", missing = [99999], minimum = 0 }
student = { type = "boolean", codes = { O = "true", N = "false" }, required = true }
age = { type = "integer", maximum = 120 }
born = { type = "date" }
raw = { source = "SITFAM" }
"""


def test_the_clause_is_written_as_a_table_schema(study):
    schema = table_schema(study.protocol(CLAUSE), "people")
    assert schema["primaryKey"] == ["id"]
    assert schema["fields"] == [
        {"name": "id", "type": "string", "constraints": {"required": True}},
        {"name": "SITFAM", "type": "string", "constraints": {"enum": ["ISO", "COU"]}},
        {
            "name": "MTACMONX",
            "type": "number",
            "decimalChar": ",",
            "missingValues": ["", "99999"],
            "constraints": {"minimum": 0.0},
        },
        {
            "name": "student",
            "type": "boolean",
            "trueValues": ["O"],
            "falseValues": ["N"],
            "constraints": {"required": True},
        },
        {"name": "age", "type": "integer", "constraints": {"maximum": 120}},
        {"name": "born", "type": "date", "format": "%d/%m/%Y"},
    ]
    assert json.loads(json.dumps(schema)) == schema


def test_a_monthly_extract_has_a_double_key(study):
    schema = table_schema(study.protocol('month = "m"'), "people")
    assert schema["primaryKey"] == ["id", "m"]
    assert schema["fields"][1]["type"] == "yearmonth"
