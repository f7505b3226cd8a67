"""The page in Debian's headless browser: accessible, at phone width, and asking for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reliance_eval.reporting import Report

PHONE = {"width": 390, "height": 844}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@pytest.fixture
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.mark.browser
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_phone_finds_the_page_accessible_and_self_contained(
    browser: Any, whole: Report, tmp_path: Path, language: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    whole.save(tmp_path)
    page = browser.new_page(viewport=PHONE)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    address = (tmp_path / f"report.{language}.html").as_uri()
    page.goto(address)
    assert requests == [address]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
