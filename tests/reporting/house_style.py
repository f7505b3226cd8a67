"""What French and English typography, and the language of a sentence, are held to by tests."""

from __future__ import annotations

import re
from collections.abc import Iterable

MONTHS = "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
THINGS = (
    "point|unité|ménage|tirage|vérification|estimation|semaine|personne|analyse|critère|groupe"
    "|strate|ligne|tableau|promesse|résultat"
)

FRENCH = {
    "a wide space before a sign": r"[ \u00a0][%;:!?€»]",
    "a guillemet without its space": r"«[^\u202f]",
    "a sign glued to its word": r"[\w)\]»](?:[;!?»%€]|:(?=\s|$))",
    "a decimal point": r"(?<![\d.])\d+\.\d+(?![\d.])",
    "a hyphen for a minus": r"(?<![\w\d-])-\d",
    "a straight quote": r"['\"]",
    "thousands without their space": r"(?<![\w.,/\u202f-])(?!(?:19|20)\d\d\b)\d{4,}\b",
    "a comma in thousands": r"\d{1,3},\d{3},\d{3}",
    "the first of a month": rf"(?<![\d\u202f,])1 (?:{MONTHS})",
    "a plural below two": rf"(?<![\d\u202f,.])[01](?:,\d+)?[ \u00a0\u202f](?:{THINGS})[sx]\b",
    "a singular from two": (
        rf"(?<![\d\u202f,.])(?:[2-9]|\d\d+)(?:,\d+)?[ \u00a0\u202f](?:{THINGS})(?![\w-])"
    ),
}
"""Faults of French typography, each with the pattern that finds it."""

ENGLISH = {
    "a space before a sign": r"\w[ \u00a0\u202f][%;:!?](?:\s|$)",
    "a hyphen for a minus": r"(?<![\w\d-])-\d",
    "a decimal comma": r"(?<![\d,])\d+,\d{1,2}(?!\d)(?!, \d)",
    "a French thousands space": r"\d\u202f\d{3}",
    "a straight quote": r"['\"]",
}

FAULTS = {"fr": FRENCH, "en": ENGLISH}

FOREIGN = {
    "fr": "the|of|and|is|are|with|from|by|for|which|this|that|each|their|was|were|between|not",
    "en": "le|la|les|des|du|une|dans|pour|est|sont|avec|sur|qui|que|aux|ces|cette|sans|leur|ou",
}
"""Little words that a sentence of each language never holds: those of the other."""

ALIKE = (
    "attrition|bias|code|date|distributions|extraction|figure|flow|horizons|item|note|participation"
    "|points?|provenance|questions|registration|sha-256|source|table|test|total|variable|verdict"
)
"""Words written alike in both languages."""


def faults(texts: Iterable[tuple[str, str]], language: str) -> list[tuple[str, str, str]]:
    """Where a text offends against its language's typography: place, fault, and the words."""
    return [
        (place, name, text[max(0, found.start() - 25) : found.end() + 15])
        for place, text in texts
        for name, pattern in FAULTS[language].items()
        if (found := re.search(pattern, text))
    ]


def foreign_words(
    texts: Iterable[tuple[str, str]], language: str, *, given: Iterable[str] = ()
) -> list[tuple[str, str]]:
    """Where a text holds little words of the other language.

    ``given`` are names that the protocol gives in one language for both.
    """
    found = []
    for place, text in texts:
        own = text
        for name in given:
            own = own.replace(name, "")
        if re.search(rf"\b(?:{FOREIGN[language]})\b", own):
            found.append((place, text[:120]))
    return found


def untranslated(
    french: Iterable[tuple[str, str]],
    english: Iterable[tuple[str, str]],
    *,
    given: Iterable[str] = (),
) -> list[tuple[str, str]]:
    """Where both languages hold the same words, names and words alike left aside."""
    names = set(given)
    return [
        (place, text)
        for (place, text), (_, other) in zip(french, english, strict=True)
        if text == other and text not in names and _words(text)
    ]


def _words(text: str) -> bool:
    rest = re.sub(rf"\b(?:{ALIKE})\b|reliance-eval", "", text, flags=re.IGNORECASE)
    return re.search(r"[^\W\d_]{3,}", rest) is not None
