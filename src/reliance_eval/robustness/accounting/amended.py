"""Amendments: each dated change to the protocol, what it touches and why it was made."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from reliance_eval.artefact import Artefact
from reliance_eval.protocol.amending import FOLDER
from reliance_eval.robustness.deviation import Deviation

GROWTH = ("deliveries",)
"""What an extract was always going to gain: files come as months pass."""

WORDS = ("trial", "statements")
"""Labels and what the authors state: no number rests on them."""


def amended(artefact: Artefact) -> Iterator[Deviation]:
    """Give one line an amendment, or one that says there is none."""
    amendments = artefact.protocol.amendments
    if not amendments:
        yield Deviation(item="protocol", status="none", planned="protocol", done="as_committed")
    for name, content in amendments.items():
        change = tomllib.loads(content.decode("utf-8"))
        touched = _touched(change)
        yield Deviation(
            item="amendment",
            subject=f"{FOLDER}/{name}",
            status="amended",
            severity="foreseen" if all(_is_foreseen(key) for key in touched) else "minor",
            planned="protocol",
            done="amended",
            reason="amended",
            values={
                "keys": ", ".join(touched),
                "day_amended": str(change.get("on", "")),
                "because": _one_text(change.get("reason", ""), artefact.protocol.languages),
            },
        )


def _touched(change: dict[str, Any]) -> tuple[str, ...]:
    """Give the keys that an amendment touches, an extract's in full."""
    found: list[str] = []
    for key in sorted(set(change) - {"on", "reason"}):
        if key == "extracts":
            for name, own in change[key].items():
                found += [f"extracts.{name}.{part}" for part in own]
        else:
            found.append(key)
    return tuple(found)


def _is_foreseen(key: str) -> bool:
    """Say whether a change moves no number that could be had before it."""
    return key in WORDS or key.rpartition(".")[2] in GROWTH


def _one_text(reason: object, languages: tuple[str, ...]) -> str:
    """Give an amendment's reason as written; of several languages, the report's first."""
    if isinstance(reason, dict):
        return str(next((reason[code] for code in languages if code in reason), ""))
    return str(reason)
