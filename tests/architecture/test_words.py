"""The catalogues of words: every language says the same things with the same values."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from source import PACKAGE, WORDS, trees

from reliance_eval.language.catalogue import DEFAULT, languages, placeholders, words

CODE = re.compile(r"[EW]-[A-Z0-9]+(?:-[A-Z0-9]+)+")
# What separates a French word from the mark after it, and what stands inside French quotes.
FRENCH_SPACES = "\u202f\u00a0"
BARE_MARK = re.compile(
    rf"(?<=[^\W\d_])(?<![{FRENCH_SPACES}])[;:!?](?=\s|$)|[^{FRENCH_SPACES}\d]%(?![A-Za-z])"
)
BARE_QUOTE = re.compile(rf"«[^{FRENCH_SPACES}]|[^{FRENCH_SPACES}]»")
# A person's identifier or value must never reach a message.
PERSONAL = {"unit", "identifier", "person", "unit_id", "household"}


def forms(language: str, key: str) -> list[str]:
    sentence = words(language).sentences[key]
    return list(sentence.values()) if isinstance(sentence, dict) else [sentence]


def sentences(language: str) -> Iterator[tuple[str, str]]:
    for key in words(language).sentences:
        for form in forms(language, key):
            yield key, form


def fault_codes(language: str) -> set[str]:
    tables = [tomllib.loads(p.read_text("utf-8")) for p in (WORDS / language).glob("faults*.toml")]
    return {key for table in tables for key in table if CODE.fullmatch(key)}


def codes_in_source() -> dict[str, Path]:
    """Every whole string of the source that reads as a code, and where it stands."""
    return {
        node.value: path
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CODE.fullmatch(node.value)
    }


def literal_faults() -> Iterator[tuple[str, set[str], str]]:
    """Every call that names a code and writes its values out: code, keys, place."""
    for path, tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            arguments = [*node.args, *(k.value for k in node.keywords)]
            codes = [
                a.value
                for a in arguments
                if isinstance(a, ast.Constant)
                and isinstance(a.value, str)
                and CODE.fullmatch(a.value)
            ]
            tables = [a for a in arguments if isinstance(a, ast.Dict)]
            if len(codes) != 1 or len(tables) != 1 or None in tables[0].keys:
                continue
            keys = {k.value for k in tables[0].keys if isinstance(k, ast.Constant)}
            yield codes[0], {str(k) for k in keys}, f"{path.relative_to(PACKAGE)}:{node.lineno}"


@pytest.mark.parametrize("language", languages())
def test_every_language_has_the_same_keys(language: str) -> None:
    assert set(words(language).sentences) == set(words(DEFAULT).sentences)


@pytest.mark.parametrize("language", languages())
def test_every_language_waits_for_the_same_values(language: str) -> None:
    differing = []
    for key in sorted(set(words(language).sentences) & set(words(DEFAULT).sentences)):
        ours = frozenset[str]().union(*map(placeholders, forms(language, key)))
        theirs = frozenset[str]().union(*map(placeholders, forms(DEFAULT, key)))
        # A plural chosen by n may spell the count out in one form and not in the other.
        if ours - {"n"} != theirs - {"n"}:
            differing.append(f"{key}: {sorted(ours ^ theirs)}")
    assert differing == []


@pytest.mark.parametrize("language", languages())
def test_no_sentence_is_empty_or_ragged(language: str) -> None:
    ragged = [
        key
        for key, text in sentences(language)
        if not text or (text != text.rstrip() and not key.endswith("_separator"))
    ]
    assert ragged == []


def test_french_marks_keep_their_space() -> None:
    bare = [
        f"{key}: {text}"
        for key, text in sentences("fr")
        if BARE_MARK.search(without_code(text)) or BARE_QUOTE.search(text)
    ]
    assert bare == []


def without_code(text: str) -> str:
    """Give a sentence without what is quoted, marked up or stands for a value."""
    return re.sub(r"`[^`]*`|«[^»]*»|\{[^}]*\}|<[^>]*>|https?://\S+", "x", text)


@pytest.mark.parametrize("language", languages())
def test_every_code_of_the_source_has_its_words(language: str) -> None:
    known = fault_codes(language)
    missing = {code: path.name for code, path in codes_in_source().items() if code not in known}
    assert missing == {}


def test_every_code_with_words_is_raised_somewhere() -> None:
    assert sorted(fault_codes(DEFAULT) - set(codes_in_source())) == []


def test_every_key_is_asked_for_somewhere() -> None:
    # A key stands whole in the source, or is put together there ("act.{act}"); a part of the
    # program may add its own name in front of it ("cli.").
    whole: set[str] = set()
    made: set[str] = set()
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                made.add("".join(map(pattern, node.values)))
    made_up = re.compile("|".join(sorted(f"(?:{text})" for text in made if text[:2].isalpha())))
    templates = " ".join(p.read_text("utf-8") for p in PACKAGE.rglob("*.j2"))
    unasked = [
        key
        for key in words(DEFAULT).sentences
        if not CODE.match(key)
        and key not in templates
        and not any(k in whole or made_up.fullmatch(k) for k in (key, key.partition(".")[2]))
    ]
    assert unasked == []


def pattern(part: ast.expr) -> str:
    """Give what a piece of an f-string may stand for, as a regular expression."""
    return re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+"


@pytest.mark.parametrize("code", sorted(fault_codes(DEFAULT)))
def test_a_fault_says_what_was_found_and_how_to_repair(code: str) -> None:
    for language in languages():
        assert f"{code}.what" in words(language)
        assert f"{code}.repair" in words(language)


def test_a_fault_is_given_the_values_its_words_wait_for() -> None:
    lacking = []
    for code, keys, place in literal_faults():
        for key in (f"{code}.what", f"{code}.repair"):
            if key in words(DEFAULT):
                awaited = frozenset[str]().union(*map(placeholders, forms(DEFAULT, key)))
                lacking += [f"{place} {code}: {name}" for name in sorted(awaited - keys)]
    assert lacking == []


def test_no_fault_waits_for_a_persons_value() -> None:
    asked = {
        f"{code}: {name}"
        for code in fault_codes(DEFAULT)
        for part in ("what", "repair")
        for text in forms(DEFAULT, f"{code}.{part}")
        for name in placeholders(text) & PERSONAL
    }
    # ``unit`` of the protocol is the name of a column, not of a person.
    assert asked - {"E-PROTOCOL-UNIT: unit"} == set()
