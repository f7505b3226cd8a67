"""The items that CONSORT 2025, SPIRIT 2025 and the AEA registry ask a trial to tell.

Numbers and fields are theirs; labels are this project's own, in each language. Where ``verified``
is false, the number was read in public transcriptions and not in the statement itself.

References
----------
CONSORT 2025: https://doi.org/10.1371/journal.pmed.1004587. SPIRIT 2025:
https://doi.org/10.1136/bmj-2024-081477. AEA registry: https://www.socialscienceregistry.org.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, TypeAlias

Standard: TypeAlias = Literal["consort", "spirit", "registry"]

FILES: dict[Standard, str] = {
    "consort": "consort-2025.csv",
    "spirit": "spirit-2025.csv",
    "registry": "aea-registry-fields.csv",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a standard, or one field of a registry.

    Attributes
    ----------
    number : str
        ``"5b"``; for a field of the registry, the key a protocol names it by.
    section : str
        The part of the standard it is in.
    labels : mapping of language to str
    is_verified : bool
        Whether it was read in the standard itself.
    source : str
        Where it was read, if that is public.
    is_required : bool
        Whether a form cannot be sent without it; False where that is not known.
    """

    number: str
    section: str
    labels: dict[str, str]
    is_verified: bool
    source: str = ""
    is_required: bool = False

    def label(self, language: str) -> str:
        """Give its label in a language, else in English."""
        return self.labels.get(language, self.labels["en"])


@cache
def items(standard: Standard) -> tuple[Item, ...]:
    """Give the items of a standard, in its order."""
    file = resources.files(__package__) / FILES[standard]
    rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    return tuple(
        Item(
            number=row["item"],
            section=row["section"],
            labels={"en": row["en"], "fr": row["fr"]},
            is_verified=row["verified"] == "yes",
            source=row["source"],
            is_required=row.get("required") == "yes",
        )
        for row in rows
    )
