"""The page of a commitment: one side of A4, plain, and the same facts in every language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from committed_lotteries import LOTTERIES, MADE, ROUND, public_flow
from small_lotteries import NANCY, nancy_like

from reliance_eval.fingerprint import of_bytes
from reliance_eval.language.catalogue import languages
from reliance_eval.lottery import Commitment, commit
from reliance_eval.lottery.announcing import lines_of, page_of, text_of

LATER = LOTTERIES | {"at": datetime(2027, 3, 14, 19, 30, tzinfo=UTC)}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@pytest.fixture(scope="module")
def full() -> Commitment:
    """A commitment with all that a page may hold: blocks, a fallback, two lists of codes."""
    flow = public_flow(nancy_like(), **NANCY, event=LOTTERIES | {"fallback": LATER})
    made = commit(flow, at=MADE)
    lists = {f"codes/communes-of-the-metropole-{n}.csv": "0" * 64 for n in (1, 2)}
    return replace(made, code_list_digests=lists)


@pytest.mark.parametrize("language", languages())
def test_a_page_holds_every_digest_and_the_number(full: Commitment, language: str) -> None:
    page = page_of(full, language).decode("utf-8")
    assert full.id in page
    assert of_bytes(text_of(full)) in page
    for key, value in lines_of(full):
        if "sha256" in key:
            assert value in page
    assert "SYNTH-0" not in page
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=", page)


def test_the_french_page_speaks_as_legal_texts_do(full: Commitment) -> None:
    page = page_of(full, "fr").decode("utf-8")
    for words in (
        "Engagement préalable au tirage au sort",
        "graine aléatoire",
        "préavis de dix jours francs",
        "procès-verbal",
        "commissaire de justice",
        "1er mars 2027 à 10:00:00, heure de Paris (2027-03-01T09:00:00Z)",
        "instant déclaré",
    ):
        assert words in page


def test_a_page_of_made_up_people_says_so(full: Commitment) -> None:
    assert full.parent.synthetic
    assert "Données simulées" in page_of(full, "fr").decode("utf-8")
    real = replace(full, parent=replace(full.parent, synthetic=False))
    assert "Données simulées" not in page_of(real, "fr").decode("utf-8")


def test_names_from_a_protocol_are_text_and_never_markup() -> None:
    event = LOTTERIES | {"name": {"en": "<img src=x onerror=alert(1)>"}}
    page = page_of(commit(public_flow(event=event), at=MADE), "en").decode("utf-8")
    assert "<img" not in page
    assert "&lt;img" in page


def test_a_lottery_that_is_repeated_says_which_and_why() -> None:
    why = {"supersedes": "0123456789abcdef", "because": {"fr": "liste erronée", "en": "wrong list"}}
    made = commit(public_flow(event=LOTTERIES | why), at=MADE)
    assert dict(lines_of(made))["supersedes"] == "0123456789abcdef"
    assert dict(lines_of(made))["because_fr"] == "liste erronee"
    page = page_of(made, "fr").decode("utf-8")
    assert "0123456789abcdef" in page
    assert "liste erronée" in page
    assert "Remplace" not in page_of(commit(public_flow(), at=MADE), "fr").decode("utf-8")


def test_a_round_of_drand_is_named_by_its_number() -> None:
    flow = public_flow(event=ROUND, day=date(2023, 9, 15))
    made = commit(flow, at=datetime(2023, 9, 1, tzinfo=UTC))
    assert "657413" in page_of(made, "en").decode("utf-8")
    assert dict(lines_of(made))["event_round"] == "657413"


@pytest.fixture
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.mark.browser
@pytest.mark.parametrize("language", languages())
def test_it_prints_on_one_side_of_a4_and_asks_for_nothing(
    full: Commitment, browser: Any, tmp_path: Path, language: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    path = tmp_path / f"commitment.{language}.html"
    path.write_bytes(page_of(full, language))
    page = browser.new_page(viewport={"width": 390, "height": 844})
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    assert requests == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    paper = page.pdf(prefer_css_page_size=True)
    # A PDF names each of its pages by one object of type Page.
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
