"""The accessibility statement: in every report and plan, true of its tools, never a boast."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from imaginary_trial import flow_of, protocol_of

from reliance_eval.reporting import Report
from reliance_eval.reporting.composing import compose
from reliance_eval.reporting.document import Document, Heading, List, Paragraph
from reliance_eval.reporting.sections.accessibility import TOOLS

ROOT = Path(__file__).parents[2]
LANGUAGES = ("fr", "en")


def said(document: Document) -> str:
    (chapter,) = [c for c in document.chapters if c.id == "section-accessibility"]
    texts = []
    for block in chapter.blocks:
        texts += [block.text] if isinstance(block, (Heading, Paragraph)) else []
        texts += block.items if isinstance(block, List) else []
    return "\n".join(texts).replace("\u202f", " ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_follows_the_french_model(documents: dict[str, Document], language: str) -> None:
    # The parts that the RGAA's model of a statement has, in its order.
    parts = {
        "fr": [
            "État de conformité", "Résultats des tests", "Contenus", "Établissement",
            "Retour d’information et contact", "Voies de recours",
        ],
        "en": [
            "State of compliance", "Results of the tests", "Content", "How this statement",
            "Feedback and contact", "Redress",
        ],
    }[language]  # fmt: skip
    places = [said(documents[language]).find(f"\n{part}") for part in parts]
    assert -1 not in places
    assert places == sorted(places)
    # The last chapter, which the foot of the page leads to.
    assert documents[language].chapters[-1].id == "section-accessibility"


def test_it_never_says_that_the_document_complies(documents: dict[str, Document]) -> None:
    french, english = (said(documents[language]) for language in LANGUAGES)
    assert re.findall(r"(?<!non )conforme\b", french) == []
    assert re.findall(r"(?<!not )compliant|certified", english) == []
    assert "ce qui n’est pas une certification" in french


def test_the_foot_of_the_page_leads_to_it(whole: Report) -> None:
    for page in whole.html.values():
        foot = page.decode("utf-8").partition("<footer>")[2]
        assert 'href="#section-accessibility"' in foot


def test_its_tools_are_those_that_the_tests_run() -> None:
    # axe-core is held to its version in the browser, where it is run.
    pins = "".join((ROOT / f"requirements-{name}.txt").read_text() for name in ("dev", "pdf-check"))
    for name, version in (TOOLS["pdfua"], TOOLS["outloud"]):
        assert f"\n{name}=={version} " in f"\n{pins}"


def test_the_publishing_body_may_say_whom_to_write_to(tmp_path: Path) -> None:
    before = compose(flow_of(protocol_of(tmp_path)), "en")[0]
    assert "To be completed by the body that publishes" in said(before)
    words = '[statements]\naccessibility = { fr = "Écrire à X.", en = "Write to X." }\n'
    head = "[extracts.households]"
    changed = protocol_of(tmp_path, changes={head: f"{words}{head}"})
    after = compose(flow_of(changed), "en")[0]
    assert "Write to X." in said(after)
    assert "To be completed" not in said(after)
