"""The report of the Nancy demonstration: its words, and the forms that a study keeps."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from line_study import contents, said

from reliance_eval.reporting.composing import compose
from reliance_eval.reporting.document import Document
from reliance_eval.study import open_study
from reliance_eval.study.acts import inputs_of

sys.path.insert(0, str(Path(__file__).parents[1] / "reporting"))
from house_style import faults, foreign_words, untranslated
from reading_back import texts

PROPER = ("Meurthe-et-Moselle", "Banque des territoires")
"""Names that stay French in an English sentence."""

NAMES = ("households", "monthly", "participation", "survey")
"""What the protocol calls its extracts: one name for both languages."""

CODE = "99999"
"""The code of a missing value in a file of the demonstration, quoted as it stands there."""


@pytest.fixture(scope="session")
def told(finished: Path) -> dict[str, Document]:
    checks = open_study(finished).load("checks")
    return {language: compose(checks, language)[0] for language in ("fr", "en")}


def made(finished: Path) -> set[str]:
    folder = finished / "out" / "report"
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


# ---------------------------------------------------------------- words


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_text_of_the_demo_is_set_by_its_languages_rules(
    told: dict[str, Document], language: str
) -> None:
    own = [(place, text.replace(CODE, "")) for place, text in texts(told[language])]
    assert len(own) > 2000
    assert faults(own, language) == []
    assert foreign_words(own, language, given=PROPER) == []


def test_both_languages_of_the_demo_say_the_same(told: dict[str, Document]) -> None:
    french, english = (list(texts(told[language])) for language in ("fr", "en"))
    assert [place for place, _ in french] == [place for place, _ in english]
    assert untranslated(french, english, given=NAMES) == []
    numbers = [[(n.id, n.value) for n in told[language].numbers()] for language in ("fr", "en")]
    assert numbers[0] == numbers[1]


# ---------------------------------------------------------------- forms


def test_a_study_keeps_the_forms_that_were_asked_for(fresh: Path) -> None:
    assert said("screen", "--study", fresh).code == 0
    before = contents(fresh / "out" / "flow")
    done = said("report", "--study", fresh, "--format", "latex,pdf", "--lang", "en", "--json")
    assert done.code == 0, done.messages
    pages = {"report.fr.pdf", "report.en.pdf"}
    tables = {name for name in made(fresh) if name.endswith(".tex")}
    assert made(fresh) == pages | tables | {"inputs.json"}
    assert {name.split("/")[1] for name in tables} == {"fr", "en"}
    assert len(json.loads(done.results)["report"]) == len(pages | tables)
    # Up to date as it stands, though these are not the protocol's forms; and no number moved.
    assert report_is_due(fresh) is False
    assert contents(fresh / "out" / "flow") == before
    # Other forms make it due, and a digest of what it was made from says so.
    assert said("report", "--study", fresh, "--format", "docx").code == 0
    assert made(fresh) == {"report.fr.docx", "report.en.docx", "inputs.json"}
    # A change of the protocol's forms, by amendment, is a change like another.
    (fresh / "amendments").mkdir()
    (fresh / "amendments" / "001-forms.toml").write_text(
        'on = 2021-06-01\nreason = { fr = "pour un article", en = "for a paper" }\n'
        '[report]\nformats = ["latex"]\n',
        encoding="utf-8",
    )
    assert report_is_due(fresh)
    assert said("report", "--study", fresh, "--lang", "en").code == 0
    assert all(name.endswith(".tex") for name in made(fresh) - {"inputs.json"})


def report_is_due(folder: Path) -> bool:
    """Whether the report is due for its own sake, the acts before it aside."""
    study = open_study(folder)
    return study.recorded_inputs("report") != inputs_of(study, "report")


@pytest.mark.parametrize("asked", ["odt", "html,", "HTML"])
def test_an_unknown_form_is_refused_with_the_known_ones(finished: Path, asked: str) -> None:
    done = said("report", "--study", finished, "--format", asked)
    assert done.code == 2
    assert "html, pdf, docx, latex" in done.messages
