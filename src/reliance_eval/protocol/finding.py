"""A fault found in a protocol, and those that every clause may have: a name nobody declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from reliance_eval.language.catalogue import Value
from reliance_eval.protocol.model import Clauses
from reliance_eval.registry import nearest

KeyPath: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault of the protocol, at a path of keys."""

    path: KeyPath
    code: str
    values: Mapping[str, Value] = field(default_factory=dict)


def unknown_name(path: KeyPath, kind: str, name: str, known: Iterable[str]) -> Finding:
    """Say that nothing of this kind has this name, with the nearest that has."""
    choices = sorted(known)
    values: dict[str, Value] = {"kind": kind, "name": name, "known": ", ".join(choices)}
    if close := nearest(name, choices):
        return Finding(path, "E-PROTOCOL-UNKNOWN-NAME-NEAR", {**values, "nearest": close})
    return Finding(path, "E-PROTOCOL-UNKNOWN-NAME", values)


def unknown_column(clauses: Clauses, extract: str, column: str, path: KeyPath) -> Iterator[Finding]:
    """Say that an extract, or its column, is not declared."""
    if extract not in clauses.extracts:
        yield unknown_name(path, "extract", extract, list(clauses.extracts))
    elif column not in clauses.extracts[extract].columns:
        known = list(clauses.extracts[extract].columns)
        yield unknown_name(path, f"extracts.{extract}.columns", column, known)


def unknown_variable(clauses: Clauses, name: str, path: KeyPath) -> Iterator[Finding]:
    """Say that a variable is not declared."""
    known = [v.name for v in clauses.variables]
    if name not in known:
        yield unknown_name(path, "variable", name, known)


def name_twice(names: list[str], path: KeyPath) -> Iterator[Finding]:
    """Say which names of a list of clauses are used twice."""
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Finding((*path, index, "name"), "E-PROTOCOL-NAME-TWICE", {"name": name})
