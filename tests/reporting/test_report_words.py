"""The words of a report: set by each language's rules, in its own language, and all there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from house_style import faults, foreign_words, untranslated
from imaginary_trial import flow_of, panel_of, protocol_of
from reading_back import text_of, texts

from reliance_eval.estimation import estimate
from reliance_eval.lottery import draw
from reliance_eval.reporting.composing import compose
from reliance_eval.reporting.document import Document, Figure, Number, Table

LANGUAGES = ("fr", "en")
NAMES = ("households", "monthly", "participation")
"""What the protocol calls its extracts: one name for both languages."""


def placed(document: Document) -> list[tuple[str, str]]:
    return list(texts(document))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_document_is_set_by_its_languages_rules(
    documents: dict[str, Document], language: str
) -> None:
    assert faults(_own(documents[language]), language) == []


def _own(document: Document) -> Iterator[tuple[str, str]]:
    """The texts without the label that is markup on purpose, which nothing sets."""
    for place, text in texts(document):
        yield place, text.replace("<img src=x onerror=alert(1)>", "")


def test_each_text_has_its_translation_in_the_same_place(documents: dict[str, Document]) -> None:
    french, english = (placed(documents[language]) for language in LANGUAGES)
    assert [place for place, _ in french] == [place for place, _ in english]
    assert [bool(text) for _, text in french] == [bool(text) for _, text in english]
    assert untranslated(french, english, given=NAMES) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_left_in_the_other_language(
    documents: dict[str, Document], language: str
) -> None:
    assert foreign_words(placed(documents[language]), language) == []


def test_labels_typed_in_haste_are_set_all_the_same(tmp_path: Path) -> None:
    typed = {
        'fr = "Contrat signé"': 'fr = "Contrat d\'accompagnement : signé ; à 100 % ?"',
        'fr = "Résultat rare"': 'fr = "Aide « rare » à 50 €, l\'an 1 ; n=12345 ?"',
        'fr = "Revenu mensuel"': 'fr = "Revenu mensuel: net; brut!"',
        'fr = "un"': 'fr = "1 enfant : l\'aîné"',
    }
    protocol = protocol_of(tmp_path, changes=typed)
    document = compose(estimate(panel_of(draw(flow_of(protocol)))), "fr")[0]
    said = [text for _, text in _own(document)]
    assert any(
        "Contrat d’accompagnement\u202f: signé\u202f; à 100\u202f%\u202f?" in t for t in said
    )
    assert any(
        "Aide «\u202frare\u202f» à 50\u202f€, l’an 1\u202f; n=12345\u202f?" in t for t in said
    )
    # A number that the owner typed is his: ours have their thousands apart.
    mine = [(place, text.replace("12345", "")) for place, text in _own(document)]
    assert faults(mine, "fr") == []


# ---------------------------------------------------------------- what lets an exhibit stand alone


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_exhibit_has_title_reading_scope_and_source(
    documents: dict[str, Document], language: str
) -> None:
    exhibits = [b for b in documents[language].blocks() if isinstance(b, (Table, Figure))]
    assert len(exhibits) > 20
    for exhibit in exhibits:
        words = exhibit.caption
        assert exhibit.title, exhibit.id
        assert all((words.reading, words.scope, words.source)), exhibit.id
        assert [key for key, _ in words.lines()][:3] == ["reading", "scope", "source"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reading_is_made_from_the_table_it_stands_under(
    documents: dict[str, Document], language: str
) -> None:
    for block in documents[language].blocks():
        if not isinstance(block, (Table, Figure)):
            continue
        table = block.data if isinstance(block, Figure) else block
        shown = [
            c for row in table.rows for c in row if isinstance(c, Number) and c.value is not None
        ]
        if not shown:
            continue
        # A number of the table, without its sign, or its row's head where it counts nothing.
        quoted = [cell.text.lstrip("+−≥\u202f") for cell in shown]
        heads = [text_of(row[0]).strip() for row in table.rows]
        reading = block.caption.reading
        assert any(text in reading for text in (*quoted, *heads)), (table.id, reading)
