"""What the numbers of a row answer: a promise, and the digest of its specification."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the numbers of a row come from.

    Attributes
    ----------
    row : str
        The row's head.
    id : str
        What the identifiers of its numbers begin with.
    specification : str
        SHA-256 of what was promised there.
    """

    row: str
    id: str
    specification: str
