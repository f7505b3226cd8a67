"""What pydantic found wrong, in our own words: codes and values instead of English sentences."""

from __future__ import annotations

import types
from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from reliance_eval.protocol.finding import Finding
from reliance_eval.protocol.model import Clauses
from reliance_eval.protocol.positions import dotted
from reliance_eval.registry import nearest

_EXPECTED = {
    "string_type": "text",
    "int_type": "integer",
    "int_from_float": "integer",
    "float_type": "number",
    "bool_type": "boolean",
    "date_type": "date",
    "date_from_datetime_inexact": "date",
    "datetime_type": "datetime",
    "tuple_type": "list",
    "dict_type": "table",
    "model_type": "table",
    "model_attributes_type": "table",
}
CRITERION = ("eligibility", "criteria")


def findings_of(error: ValidationError, table: dict[str, Any]) -> list[Finding]:
    """Turn every error of a validation into a finding, keeping the path it was found at."""
    found = [_finding(item, table) for item in error.errors(include_url=False)]
    # A misspelt key is one fault, not two: the key it was meant to be is not missing.
    meant = {(*f.path[:-1], f.values["nearest"]) for f in found if "nearest" in f.values}
    return [f for f in found if not (f.code == "E-PROTOCOL-MISSING-KEY" and f.path in meant)]


def _finding(item: Any, table: dict[str, Any]) -> Finding:
    # An inline list of codes is kept as a table of ours, which the protocol does not write.
    path = tuple(
        part for before, part in pairwise(("", *item["loc"])) if (before, part) != ("in", "values")
    )
    kind: str = item["type"]
    if kind == "extra_forbidden":
        return _unknown_key(path, table)
    shown, found = dotted(path), _show(item.get("input"))
    if kind == "missing":
        code, values = "E-PROTOCOL-MISSING-KEY", {"key": shown}
    elif kind in _EXPECTED:
        code = "E-PROTOCOL-TYPE"
        values = {"key": shown, "expected": _EXPECTED[kind], "found": found}
    elif kind == "literal_error":
        choices = str(item["ctx"]["expected"]).replace("'", "").replace(" or ", ", ")
        code, values = "E-PROTOCOL-CHOICE", {"key": shown, "found": found, "choices": choices}
    elif path[:2] == CRITERION:
        code, values = "E-PROTOCOL-CRITERION", {"key": shown}
    else:
        context = item.get("ctx", {}).items()
        rule = ", ".join(f"{name} {value}" for name, value in context if name != "error") or kind
        code, values = "E-PROTOCOL-VALUE", {"key": shown, "found": found, "rule": rule}
    return Finding(path, code, dict(values))


def _unknown_key(path: tuple[str | int, ...], table: dict[str, Any]) -> Finding:
    """Offer the nearest key the clause admits and does not hold yet."""
    key = str(path[-1])
    holder: Any = table
    for part in path[:-1]:
        holder = holder[part]
    known = list(keys_at(path[:-1]))
    absent = [name for name in known if name not in holder]
    if close := nearest(key, absent) or nearest(key, known):
        return Finding(path, "E-PROTOCOL-UNKNOWN-KEY-NEAR", {"key": key, "nearest": close})
    if path[:2] == CRITERION:
        return Finding(path, "E-PROTOCOL-CRITERION", {"key": dotted(path)})
    values = {"key": key, "known": ", ".join(sorted(known))}
    return Finding(path, "E-PROTOCOL-UNKNOWN-KEY", dict(values))


def keys_at(path: tuple[str | int, ...]) -> Iterator[str]:
    """Give the keys the protocol admits in the table at a path."""
    kind: Any = Clauses
    for part in path:
        model = _model(kind)
        if isinstance(part, int):
            continue
        if model is None:
            return
        fields = model.model_fields
        name = next((n for n, f in fields.items() if part in (n, f.alias)), None)
        if name is not None:
            kind = fields[name].annotation
    model = _model(kind)
    if model is not None:
        yield from (field.alias or name for name, field in model.model_fields.items())


def _model(kind: Any) -> type[BaseModel] | None:
    """Find the clause inside an annotation such as ``tuple[Outcome, ...]`` or ``dict[str, X]``."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    if get_origin(kind) in (tuple, dict, Annotated, Union, types.UnionType):
        for argument in get_args(kind):
            if (found := _model(argument)) is not None:
                return found
    return None


def _show(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
