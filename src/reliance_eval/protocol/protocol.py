"""A protocol as read: its clauses, the bytes they came from, and the code lists they name."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from reliance_eval import fingerprint
from reliance_eval.protocol.model import Clauses, ExtractClause, Outcome, Text, Variable
from reliance_eval.protocol.positions import dotted, nearest_place, positions

NAME = "protocol.toml"


@dataclass(frozen=True)
class Protocol:
    """Everything decided before the draw.

    Attributes
    ----------
    clauses : Clauses
        The tables of the protocol with its amendments applied.
    source : bytes
        The protocol file's bytes as they stand: the lottery commits to their digest.
    folder : Path
        The study folder; every path of the protocol is inside it.
    code_lists : mapping of str to tuple of str
        The codes of each list file named by a criterion, read once.
    amendments : mapping of str to bytes
        Amendment files by name, in order.
    """

    clauses: Clauses
    source: bytes
    folder: Path
    code_lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    amendments: dict[str, bytes] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the protocol file's bytes (RL1's P)."""
        return fingerprint.of_bytes(self.source)

    @cached_property
    def full_digest(self) -> str:
        """SHA-256 over the protocol, its amendments and its code lists."""
        parts = [self.digest]
        parts += [f"{n} {fingerprint.of_bytes(b)}" for n, b in self.amendments.items()]
        parts += [f"{n} {' '.join(codes)}" for n, codes in sorted(self.code_lists.items())]
        return fingerprint.of_text("\n".join(parts))

    def place(self, *path: str | int) -> str:
        """Say where a clause stands, as ``protocol.toml:41:1``; else name it by its keys."""
        found = nearest_place(self._positions, path)
        return f"{NAME}:{found[0]}:{found[1]}" if found else dotted(path)

    @cached_property
    def _positions(self) -> dict[tuple[str | int, ...], tuple[int, int]]:
        return positions(self.source)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the report, first one first."""
        return self.clauses.trial.languages

    def text(self, texts: Text, language: str, otherwise: str = "") -> str:
        """Give a label in a language, else in the protocol's first, else ``otherwise``."""
        for wanted in (language, *self.languages):
            if wanted in texts:
                return texts[wanted]
        return otherwise

    def extract(self, name: str) -> ExtractClause:
        """Give the clause of an extract."""
        return self.clauses.extracts[name]

    def variable(self, name: str) -> Variable:
        """Give the clause of a variable."""
        return next(item for item in self.clauses.variables if item.name == name)

    def outcome(self, name: str) -> Outcome:
        """Give the clause of an outcome."""
        return next(item for item in self.clauses.outcomes if item.name == name)

    def level_label(self, variable: str, level: str, language: str) -> str:
        """Give the label of a variable's level, else its code."""
        return self.text(self.variable(variable).labels.get(level, {}), language, level)

    def variable_label(self, name: str, language: str) -> str:
        """Give the label of a variable, else its name."""
        return self.text(self.variable(name).label, language, name)

    def outcome_label(self, name: str, language: str) -> str:
        """Give the label of an outcome."""
        outcome = self.outcome(name)
        return self.text(outcome.transform_label or outcome.label, language, name)
