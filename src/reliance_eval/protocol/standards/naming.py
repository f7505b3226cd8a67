"""Statements of a protocol that name an item no standard has."""

from __future__ import annotations

from collections.abc import Iterator

from reliance_eval.protocol.finding import Finding, unknown_name
from reliance_eval.protocol.standards.items import FILES, items
from reliance_eval.protocol.stating import Statements


def statement_findings(statements: Statements) -> Iterator[Finding]:
    """Name the statements about items that a standard does not have."""
    for standard in FILES:
        known = [item.number for item in items(standard)]
        for name in getattr(statements, standard):
            if name not in known:
                yield unknown_name(("statements", standard, name), "item", name, known)
