"""The page of a rehearsal: named as none, without a unit, the same numbers in both languages."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "lottery"))

from small_lotteries import NANCY, flow_of, nancy_like

from reliance_eval.eligibility import Flow
from reliance_eval.lottery.examining import Largest
from reliance_eval.lottery.rehearsing import Rehearsal, rehearse
from reliance_eval.reporting.document import Callout
from reliance_eval.reporting.rehearsal_page import rehearsal_document, rehearsal_page


@pytest.fixture(scope="module")
def flow() -> Flow:
    return flow_of(nancy_like(1003), **NANCY)


@pytest.fixture(scope="module")
def rehearsal(flow: Flow) -> Rehearsal:
    return rehearse(flow, count=400)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_says_that_it_is_no_draw_and_names_nobody(
    rehearsal: Rehearsal, flow: Flow, language: str
) -> None:
    page = rehearsal_page(rehearsal, flow, language)
    text = page.decode("utf-8")
    assert {"fr": "ceci n’est pas un tirage", "en": "this is not a draw"}[language] in text
    assert "SYNTH-0" not in text
    assert "job_" not in text
    assert not re.search(r"<script|<link|<img", text)
    assert text.count("<svg") == 3
    # The exact size of the list is no more public here than in the report.
    assert "1003" not in re.sub(r"[\s\u202f,]", "", re.sub(r"<svg.*?</svg>", "", text, flags=re.S))
    assert rehearsal_page(rehearsal, flow, language) == page


def test_both_languages_print_the_same_numbers(rehearsal: Rehearsal, flow: Flow) -> None:
    values = [
        [(n.id, n.value) for n in rehearsal_document(rehearsal, flow, code).numbers()]
        for code in ("fr", "en")
    ]
    assert values[0] == values[1]


def test_an_unfair_rehearsal_is_said_first(rehearsal: Rehearsal, flow: Flow) -> None:
    numpy = replace(rehearsal.examinations["numpy"], inclusion=Largest(9.0, 5.0))
    bad = replace(rehearsal, examinations=rehearsal.examinations | {"numpy": numpy})
    first = rehearsal_document(bad, flow, "fr").chapters[0].blocks[0]
    assert isinstance(first, Callout)
    assert first.kind == "warning"


@pytest.mark.browser
def test_a_phone_finds_the_page_accessible(
    chromium: str, rehearsal: Rehearsal, flow: Flow, tmp_path: Path
) -> None:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    path = tmp_path / "rehearsal.fr.html"
    path.write_bytes(rehearsal_page(rehearsal, flow, "fr"))
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        browser: Any = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        found = Axe().run(page).response["violations"]
        assert [(rule["id"], [n["html"] for n in rule["nodes"]]) for rule in found] == []
        browser.close()
