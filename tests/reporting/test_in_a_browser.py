"""The pages in Debian's headless browser: accessible on every medium, and asking for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from reliance_eval.planning import plan
from reliance_eval.protocol import read_protocol
from reliance_eval.reporting import Report
from reliance_eval.reporting.sections.accessibility import TOOLS

NANCY = Path(__file__).parents[2] / "src" / "reliance_eval" / "protocol" / "programmes" / "nancy"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
PAPER = {"width": 794, "height": 1123}
"""A4 at 96 pixels an inch."""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]

STRUCTURE = """() => {
  const all = (css) => [...document.querySelectorAll(css)];
  return {
    titles: all('h1').length,
    levels: all('h1, h2, h3, h4').map(h => +h.tagName[1]),
    landmarks: all('body > header, body > nav, body > main, body > footer')
      .map(e => e.localName),
    unnamed: all('table').filter(t => !t.caption || !t.caption.textContent.trim()).length,
    unscoped: all('th:not([scope])').length,
    unreached: all('.wide:not([tabindex="0"])').length,
    silent: all('svg').filter(s => s.getAttribute('role') !== 'img').length,
    broken: all('a[href^="#"]').filter(
      a => !document.getElementById(decodeURIComponent(a.hash.slice(1)))).length,
  };
}"""

SEEN = """() => {
  const box = document.activeElement.getBoundingClientRect();
  const style = getComputedStyle(document.activeElement);
  return [document.activeElement.getAttribute('href') ?? document.activeElement.localName,
          box.left >= 0 && box.width > 0 && style.outlineStyle !== 'none'];
}"""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def folder(whole: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the imaginary trial and the plan of the demonstration, as pages."""
    made: Path = tmp_path_factory.mktemp("pages")
    pages = {f"report.{name}": page for name, page in whole.html.items()}
    planned = plan(read_protocol(NANCY), on=date(2018, 1, 10), formats=("html",))
    pages |= {f"plan.{name}": page for name, page in planned.html.items()}
    for name, page in pages.items():
        (made / f"{name}.html").write_bytes(page)
    return made


MEDIA = {"phone": (PHONE, "screen"), "desk": (DESKTOP, "screen"), "paper": (PAPER, "print")}
AT_ONCE = {"report.fr.phone", "report.fr.paper", "report.en.phone", "plan.fr.phone"}
"""What every run of the tests examines; axe is slow, and a page differs little on a desk."""
PLACES = [
    pytest.param(kind, language, medium, marks=() if name in AT_ONCE else pytest.mark.slow, id=name)
    for kind in ("report", "plan")
    for language in ("fr", "en")
    for medium in MEDIA
    for name in [f"{kind}.{language}.{medium}"]
]
# Rules are all run; of those that pass, a count is enough.
OPTIONS = {"resultTypes": ["violations"], "preload": False}


@pytest.mark.browser
@pytest.mark.parametrize(("kind", "language", "medium"), PLACES)
def test_axe_finds_nothing_on_a_phone_on_a_desk_or_on_paper(
    browser: Any, folder: Path, kind: str, language: str, medium: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    size, kept = MEDIA[medium]
    page = browser.new_page(viewport=size)
    page.emulate_media(media=kept)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    address = (folder / f"{kind}.{language}.html").as_uri()
    page.goto(address)
    assert requests == [address]
    assert page.evaluate("document.documentElement.lang") == language
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = Axe().run(page, options=OPTIONS).response
    assert [(r["id"], [node["html"] for node in r["nodes"]]) for r in found["violations"]] == []
    # The statement at the end of each document names the tool and its version.
    assert ("axe-core", found["testEngine"]["version"]) == TOOLS["axe"]
    assert len(found["passes"]) > 20
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["report", "plan"])
def test_a_page_can_be_followed_by_its_headings_and_by_the_keyboard(
    browser: Any, folder: Path, kind: str
) -> None:
    page = browser.new_page(viewport=DESKTOP)
    page.goto((folder / f"{kind}.fr.html").as_uri())
    found = page.evaluate(STRUCTURE)
    levels = found.pop("levels")
    assert found == {
        "titles": 1, "landmarks": ["header", "nav", "main", "footer"], "unnamed": 0,
        "unscoped": 0, "unreached": 0, "silent": 0, "broken": 0,
    }  # fmt: skip
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    page.keyboard.press("Tab")
    assert page.evaluate(SEEN) == ["#content", True]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("Tab")
    assert page.evaluate(SEEN)[1]
    # What is folded opens without a mouse.
    page.evaluate("document.querySelector('nav summary').focus()")
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector('nav details').open")
    page.close()


@pytest.mark.browser
def test_axe_is_able_to_find_a_fault(browser: Any, folder: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page(viewport=PHONE)
    page.goto((folder / "plan.en.html").as_uri())
    page.evaluate("document.documentElement.removeAttribute('lang')")
    found = Axe().run(page, options=OPTIONS).response["violations"]
    assert [rule["id"] for rule in found] == ["html-has-lang"]
    page.close()
