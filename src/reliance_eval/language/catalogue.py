"""The catalogue of words: one key, one sentence a language.

A language is a folder of ``words/`` with TOML files; their tables are merged. A sentence is text
with named placeholders (``"{n} households"``); one with a plural is a table with ``one`` and
``other``, chosen by the value of ``n``. A test holds the languages to the same keys and
placeholders, so that a language is added by adding its folder.
"""

from __future__ import annotations

import string
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, TypeAlias

Value: TypeAlias = str | int | float | None

DEFAULT = "en"


def languages() -> tuple[str, ...]:
    """Give the languages that have a folder of words, in alphabetical order."""
    folder = resources.files(__package__) / "words"
    return tuple(sorted(entry.name for entry in folder.iterdir() if entry.is_dir()))


def is_plural(language: str, n: float) -> bool:
    """Say whether a quantity takes the plural: French counts 0 and 1.5 as singular.

    >>> is_plural("fr", 0), is_plural("en", 0)
    (False, True)
    """
    return abs(n) >= 2 if language == "fr" else n != 1


def placeholders(text: str) -> frozenset[str]:
    """Give the names a sentence waits for."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


@dataclass(frozen=True, slots=True)
class Words:
    """All sentences of one language, by key."""

    language: str
    sentences: dict[str, str | dict[str, str]]

    def __contains__(self, key: str) -> bool:
        return key in self.sentences

    def text(self, key: str, /, **values: Value) -> str:
        """Give the sentence of a key with its placeholders filled.

        Raises
        ------
        KeyError
            The key has no sentence in this language: a fault of ours, and a test looks for it.
        """
        sentence = self.sentences[key]
        if isinstance(sentence, dict):
            # The displayed count may be rounded text ("150"); a plural needs the number itself.
            count = values["n"]
            number = count if isinstance(count, (int, float)) else _number(str(count))
            sentence = sentence["other" if is_plural(self.language, number) else "one"]
        return sentence.format(**values)


def _number(text: str) -> float:
    digits = "".join(letter for letter in text if letter.isascii() and letter.isdigit())
    return float(digits or 2)


@cache
def words(language: str) -> Words:
    """Read the catalogue of a language; an unknown language reads as English."""
    known = language if language in languages() else DEFAULT
    folder = resources.files(__package__) / "words" / known
    sentences: dict[str, str | dict[str, str]] = {}
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".toml"):
            sentences.update(_flatten(tomllib.loads(entry.read_text(encoding="utf-8"))))
    return Words(known, sentences)


def _flatten(table: dict[str, Any], prefix: str = "") -> dict[str, str | dict[str, str]]:
    flat: dict[str, str | dict[str, str]] = {}
    for key, value in table.items():
        if isinstance(value, str) or set(value) == {"one", "other"}:
            flat[prefix + key] = value
        else:
            flat.update(_flatten(value, f"{prefix}{key}."))
    return flat
