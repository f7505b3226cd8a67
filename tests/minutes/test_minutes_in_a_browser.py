"""The procès-verbal's page in Debian's headless browser: accessible, at phone width, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from held_draws import public

from reliance_eval.reporting.minutes import facts_of, write_minutes

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
PHONE = {"width": 390, "height": 844}


@pytest.mark.browser
def test_a_phone_finds_the_pages_accessible_and_self_contained(
    chromium: str, tmp_path: Path
) -> None:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    held = public()
    minutes = write_minutes(facts_of(held.draw, held.log))
    with sync_playwright() as playwright:
        browser: Any = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for name, content in minutes.restricted.items():
            if not name.endswith(".html"):
                continue
            path = tmp_path / name
            path.write_bytes(content)
            page = browser.new_page(viewport=PHONE)
            requests: list[str] = []
            page.on("request", lambda request, seen=requests: seen.append(request.url))
            page.goto(path.as_uri())
            assert requests == [path.as_uri()]
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
            found = Axe().run(page).response["violations"]
            assert [(r["id"], [node["html"] for node in r["nodes"]]) for r in found] == []
        browser.close()
