"""The reference of the protocol's keys, read off its model."""

from __future__ import annotations

import inspect
from typing import Any

HEAD = """# Keys of the protocol

Every table of `protocol.toml` with its keys, read off the model that validates the file. The guide
is [the page on the protocol](../protocol.md). A key without a default must be given, save where the
toolkit says otherwise for the design or the measure.
"""


def clause_page() -> str:
    """Give the page: one section a table of the protocol."""
    from reliance_eval.protocol import model

    schema = model.Clauses.model_json_schema(by_alias=True)
    parts = [HEAD, "## The file", "", *_table(schema)]
    for name in sorted(schema["$defs"]):
        clause = schema["$defs"][name]
        if clause.get("type") == "object":
            parts += [f"## {name}", "", _doc(getattr(model, name)), "", *_table(clause)]
    parts += _names()
    return "\n".join(parts).rstrip() + "\n"


def _doc(clause: type) -> str:
    return inspect.cleandoc(clause.__doc__ or "").replace("``", "`")


def _table(clause: dict[str, Any]) -> list[str]:
    required = set(clause.get("required", ()))
    lines = ["| key | value | default |", "|---|---|---|"]
    for key, field in clause.get("properties", {}).items():
        default = "required" if key in required else _default(field)
        lines.append(f"| `{key}` | {_type(field)} | {default} |")
    return [*lines, ""]


def _default(field: dict[str, Any]) -> str:
    default = field.get("default")
    if default is None or default in ({}, []):
        return "none"
    if "$ref" in field:
        return "its own defaults"
    if isinstance(default, list):
        return ", ".join(f"`{value}`" for value in default)
    if isinstance(default, dict):
        return ", ".join(f"`{key} = {value}`" for key, value in default.items())
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return _link(field["$ref"])
    if "anyOf" in field:
        kinds = [_type(option) for option in field["anyOf"] if option.get("type") != "null"]
        return " or ".join(kinds)
    if "enum" in field or "const" in field:
        return _choice(field.get("enum", [field.get("const")]))
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    return _table_type(field) if field.get("type") == "object" else _scalar(field)


def _choice(values: list[Any]) -> str:
    texts = [str(v).lower() if isinstance(v, bool) else str(v) for v in values]
    spelled = (text.replace("\t", "\\t").replace("|", r"\|") for text in texts)
    return ", ".join(f"`{text}`" for text in spelled)


def _table_type(field: dict[str, Any]) -> str:
    # Tables keyed by a name state their values under the name's pattern.
    by_pattern = next(iter(field.get("patternProperties", {}).values()), None)
    values = field.get("additionalProperties") or by_pattern
    return f"table of {_type(values)}" if isinstance(values, dict) else "table"


def _scalar(field: dict[str, Any]) -> str:
    if field.get("format") == "date":
        return "date"
    if field.get("format") == "date-time":
        return "date and time, with its offset"
    bounds = [
        f"{sign} {field[key]}"
        for key, sign in (
            ("minimum", "≥"),
            ("exclusiveMinimum", ">"),
            ("maximum", "≤"),
            ("exclusiveMaximum", "<"),
        )
        if key in field
    ]
    kind = {"string": "text", None: "text, number or boolean"}.get(field.get("type"))
    return " ".join([kind or str(field["type"]), ", ".join(bounds)]).strip()


def _link(reference: str) -> str:
    name = reference.rpartition("/")[2]
    return f"[{name}](#{name.lower()})"


def _names() -> list[str]:
    """List what is registered: the admissible values of the keys that name a piece of code."""
    from reliance_eval.estimation import CONVENTIONS, ESTIMATORS, VARIANCES
    from reliance_eval.lottery import DESIGNS
    from reliance_eval.panel import MEASURES
    from reliance_eval.robustness.check import CHECKS
    from reliance_eval.simulation.world import WORLDS

    registered = {
        "`lottery.design`": DESIGNS.names(),
        "`outcomes.measure`": MEASURES.names(),
        "`analyses.estimator`": ESTIMATORS.names(),
        "`analyses.variance`": VARIANCES,
        "`analyses.convention`": tuple(CONVENTIONS),
        "`simulation.world`": WORLDS.names(),
        "checks run by `challenge`": CHECKS.names(),
    }
    lines = ["## Registered names", "", "| key | admissible names |", "|---|---|"]
    for key, names in registered.items():
        lines.append(f"| {key} | {', '.join(f'`{name}`' for name in names)} |")
    return [*lines, ""]
