"""``write_minutes``: the procès-verbal in each language, as a page and as a tagged PDF."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from reliance_eval import fingerprint
from reliance_eval.reporting.disclosure import Decision, Gate, rules_of
from reliance_eval.reporting.minutes.composing import compose
from reliance_eval.reporting.minutes.facts import Facts
from reliance_eval.reporting.minutes.printing import page, printed

PUBLISH = "publish"


@dataclass(frozen=True)
class Minutes:
    """A procès-verbal, in both copies.

    Attributes
    ----------
    is_valid : bool
        Whether it concludes that the draw stands.
    restricted, publishable : mapping of str to bytes
        Files by name: ``minutes.<language>.html`` and ``.pdf``.
    disclosure_log : tuple of Decision
        What the gate decided for the publishable copy: restricted.
    """

    is_valid: bool
    restricted: dict[str, bytes] = field(repr=False)
    publishable: dict[str, bytes] = field(repr=False)
    disclosure_log: tuple[Decision, ...] = field(repr=False)

    @property
    def files(self) -> dict[str, bytes]:
        """Every file by its path: the publishable copy is in ``publish/``."""
        published = {f"{PUBLISH}/{name}": content for name, content in self.publishable.items()}
        return self.restricted | published

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of every file."""
        return {name: fingerprint.of_bytes(content) for name, content in self.files.items()}

    def save(self, folder: Path) -> None:
        """Write every file into an existing folder."""
        for name, content in self.files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)


def write_minutes(facts: Facts) -> Minutes:
    """Write the procès-verbal of a draw in each language of its protocol.

    Nothing in it is of the moment of writing: the same draw and log give the same bytes.
    """
    gate = Gate(rules_of(facts.draw.protocol))
    copies: dict[bool, dict[str, bytes]] = {False: {}, True: {}}
    for is_public, found in copies.items():
        for language in facts.draw.protocol.languages:
            paper = compose(facts, language, gate, is_public=is_public)
            found[f"minutes.{language}.html"] = page(paper)
            found[f"minutes.{language}.pdf"] = printed(paper, at=facts.held_at)
    return Minutes(
        is_valid=facts.is_valid,
        restricted=copies[False],
        publishable=copies[True],
        disclosure_log=tuple(dict.fromkeys(gate.log)),
    )
