"""A null told well: verdicts from where the interval lies, and the effects it excludes."""

from __future__ import annotations

from typing import Any

import pytest

from reliance_eval.language.catalogue import words
from reliance_eval.reporting.document import Document, Number, is_group
from reliance_eval.reporting.verdict import Verdict, judge

SHORT = {
    "precise_null": "effet nul précis",
    "inconclusive": "non concluant",
    "favourable": "favorable",
    "unfavourable": "défavorable",
}


@pytest.mark.parametrize(
    ("low", "high", "better", "expected"),
    [
        (-2.0, 3.0, "higher", "precise_null"),
        (-2.0, 12.0, "higher", "inconclusive"),
        (-12.0, 3.0, "higher", "inconclusive"),
        (-12.0, 12.0, "higher", "inconclusive"),
        (1.0, 5.0, "higher", "favourable"),
        # For poverty a fall is favourable.
        (1.0, 5.0, "lower", "unfavourable"),
        (-5.0, -1.0, "lower", "favourable"),
        (-5.0, -1.0, "higher", "unfavourable"),
        # Without a direction, words without judgement.
        (1.0, 5.0, None, "rise"),
        (-5.0, -1.0, None, "fall"),
        # An end that only touches zero does not exclude it.
        (0.0, 5.0, "higher", "precise_null"),
        (None, 5.0, "higher", "inconclusive"),
        (None, None, "higher", "inconclusive"),
    ],
)
def test_the_verdict_is_where_the_interval_lies(
    low: float | None, high: float | None, better: Any, expected: str
) -> None:
    assert judge(low, high, smallest=10.0, better=better).reading == expected


def test_without_a_smallest_effect_nothing_is_called_null() -> None:
    assert judge(-0.001, 0.001, smallest=None, better="higher").reading == "unknown"
    assert judge(0.001, 0.002, smallest=None, better="higher").reading == "favourable"


@pytest.mark.parametrize("reading", SHORT)
def test_the_four_words_are_those_of_the_house(reading: Any) -> None:
    said = words("fr").text(Verdict(reading).short_key)
    assert said.lower() == SHORT[reading]


def test_no_sentence_turns_a_wide_interval_into_an_absence() -> None:
    for language, forbidden in (
        ("fr", ("pas d’effet", "aucun effet", "sans effet", "non significatif")),
        ("en", ("no effect", "without effect", "not significant", "insignificant")),
    ):
        for key, sentence in words(language).sentences.items():
            if key.startswith(("report.verdict", "structure.verdict", "structure.summary")):
                texts = sentence.values() if isinstance(sentence, dict) else [sentence]
                assert not any(word in text.lower() for text in texts for word in forbidden), key


def test_excluded_effects_stand_beside_the_one_that_matters(documents: dict[str, Document]) -> None:
    tables = {found.id: found for found in documents["en"].tables()}
    primary = tables["excluded-primary"]
    first = next(row for row in primary.rows if not is_group(row))
    _, below, above, smallest, *_, verdict = first
    assert isinstance(below, Number)
    assert isinstance(above, Number)
    assert isinstance(smallest, Number)
    # The ends of the interval are those of what is excluded, in points.
    shown = next(row for row in tables["key-results"].rows if not is_group(row))[3]
    assert isinstance(shown, Number)
    assert below.text.split("\u00a0")[0] in shown.text
    assert above.text.split("\u00a0")[0] in shown.text
    assert smallest.text == "12\u00a0points"
    assert verdict == "Inconclusive"
    assert "12\u00a0points or more" in primary.caption.reading


def test_amounts_are_excluded_in_euros(documents: dict[str, Document]) -> None:
    tables = {found.id: found for found in documents["fr"].tables()}
    (row,) = tables["excluded-secondary"].rows
    assert all(isinstance(cell, Number) and cell.text.endswith("\u202f€") for cell in row[1:3])


def test_one_table_and_no_list_repeats_what_is_excluded(documents: dict[str, Document]) -> None:
    chapter = next(c for c in documents["en"].chapters if c.id == "section-key-results")
    assert [type(block).__name__ for block in chapter.blocks] == ["Paragraph", "Table"]
