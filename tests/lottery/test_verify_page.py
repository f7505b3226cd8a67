"""The offline page, in Debian's headless browser: no network, keyboard only, in two languages."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from designed_trials import LOTTERIES, people
from designed_trials import flow_of as designed_flow
from sealed_lotteries import ASSIGNMENTS, VERIFIERS, give_another_arm, sealed, vector
from small_lotteries import NANCY, flow_of, nancy_like

from reliance_eval.lottery import draw
from reliance_eval.lottery.package import read_package
from reliance_eval.lottery.sealing import letters_file

PAGE = VERIFIERS / "verify.html"
TEXT = PAGE.read_text(encoding="utf-8")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
PHONE = {"width": 390, "height": 844}
WORDS = {
    "fr": {
        "agrees": "Ce qui a été publié s’accorde",
        "group": "Votre groupe\u202f: groupe à qui une place est offerte",
        "control": "Votre groupe\u202f: groupe témoin",
        "reserve": "Vous êtes en réserve",
        "verified": "Le tirage est vérifié",
        "refused": "Le tirage n’est pas vérifié",
        "plain": "La graine a été choisie par le porteur de l’essai",
    },
    "en": {
        "agrees": "What was published agrees",
        "group": "Your group: group offered a place",
        "control": "Your group: control group",
        "reserve": "You are in reserve",
        "verified": "The draw is verified",
        "refused": "The draw is not verified",
        "plain": "The seed was chosen by the owner of the trial",
    },
}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return sealed(tmp_path_factory.mktemp("lottery"))


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def opened(browser: Any) -> Iterator[Any]:
    """Open the page in a language; whatever it would ask of a network is refused and told."""
    contexts: list[Any] = []
    asked: list[str] = []
    faults: list[str] = []

    def open_in(language: str, **options: Any) -> Any:
        context = browser.new_context(locale=language, offline=True, **options)
        context.route(
            "**/*", lambda route: route.abort() if is_foreign(route) else route.continue_()
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text))
        page.goto(PAGE.as_uri())
        return page

    yield open_in
    for context in contexts:
        context.close()
    assert {url for url in asked if not url.startswith("data:")} == {PAGE.as_uri()}
    assert faults == []


def is_foreign(route: Any) -> bool:
    return not route.request.url.startswith(("file:", "data:"))


def payload_of(public: Path) -> list[Path]:
    return [*sorted((public / "data").iterdir()), public / "manifest-sha256.txt"]


def press_until(page: Any, target: str) -> None:
    """Move the focus with the Tab key alone, as far as a person would."""
    for _ in range(40):
        if page.evaluate("document.activeElement.id") == target:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the Tab key never reaches {target}")


def choose(page: Any, target: str, files: list[Path]) -> None:
    """Open the file chooser of an input from the keyboard.

    On a busy machine a browser may let a key press pass without opening it: a person would press
    again, and so does this, five times at most.
    """
    from playwright.sync_api import TimeoutError as NotOpened

    press_until(page, target)
    for _ in range(5):
        try:
            with page.expect_file_chooser(timeout=5_000) as chooser:
                page.keyboard.press("Space")
        except NotOpened:
            continue
        chooser.value.set_files([str(path) for path in files])
        return
    pytest.fail(f"no key opens {target}")


def shown(page: Any, part: str) -> str:
    page.wait_for_selector(f"#{part}-result .callout")
    return str(page.inner_text(f"#{part}-result"))


def read(page: Any, files: list[Path]) -> str:
    page.set_input_files("#public-files", [str(path) for path in files])
    page.click("#read-public")
    return shown(page, "public")


def audit(page: Any, package: Path) -> str:
    page.set_input_files("#audit-files", [str(path) for path in sorted(package.iterdir())])
    page.click("#check-audit")
    return shown(page, "audit")


def person(page: Any, unit: str, block: str) -> str:
    page.fill("#pseudonym", unit)
    page.fill("#block", block)
    page.click("#check-person")
    return shown(page, "person")


def letters_of(package: Path) -> dict[str, tuple[str, str]]:
    """One unit of each arm, with its block, as the letters say."""
    lines = letters_file(read_package(package)).decode().splitlines()[1:]
    return {arm: (unit, block) for unit, block, arm in (line.split("\t") for line in lines)}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_everything_is_done_from_the_keyboard(
    opened: Any, packages: tuple[Path, Path], language: str
) -> None:
    package, public = packages
    words = WORDS[language]
    page = opened("de-DE")
    press_until(page, language)
    page.keyboard.press("Enter")
    assert page.get_attribute("html", "lang") == language
    choose(page, "public-files", payload_of(public))
    press_until(page, "read-public")
    page.keyboard.press("Enter")
    told = shown(page, "public")
    assert words["agrees"] in told
    assert words["plain"] in told
    unit, block = letters_of(package)["T"]
    press_until(page, "pseudonym")
    page.keyboard.type(unit)
    page.keyboard.press("Tab")
    page.keyboard.type(block)
    page.keyboard.press("Enter")
    assert words["group"] in shown(page, "person")
    choose(page, "audit-files", sorted(package.iterdir()))
    press_until(page, "check-audit")
    page.keyboard.press(" ")
    assert words["verified"] in shown(page, "audit")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("viewport", [PHONE, {"width": 1280, "height": 900}])
def test_the_page_is_accessible_before_and_after_and_fits_its_screen(
    opened: Any, packages: tuple[Path, Path], language: str, viewport: dict[str, int]
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    package, public = packages
    page = opened(language, viewport=viewport)
    for step in ("empty", "full"):
        if step == "full":
            read(page, payload_of(public))
            person(page, *letters_of(package)["C"])
            audit(page, package)
        found = Axe().run(page).response["violations"]
        assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_the_language_can_change_after_the_results(
    opened: Any, packages: tuple[Path, Path]
) -> None:
    page = opened("fr-FR")
    read(page, payload_of(packages[1]))
    audit(page, packages[0])
    page.click("#en")
    assert WORDS["en"]["agrees"] in shown(page, "public")
    assert WORDS["en"]["verified"] in shown(page, "audit")
    assert page.title() == "Verify a lottery"


def test_each_side_of_the_cutoffs_is_told_and_nobody_elses_ticket(
    opened: Any, packages: tuple[Path, Path]
) -> None:
    package, public = packages
    rows = [line.split("\t") for line in (package / "assignment.tsv").read_text().splitlines()]
    tickets = {row[0]: row[4] for row in rows}
    page = opened("en")
    read(page, payload_of(public))
    for arm, word in {"T": "group", "C": "control", "R": "reserve"}.items():
        unit, block = letters_of(package)[arm]
        told = person(page, unit, block)
        assert WORDS["en"][word] in told
        assert tickets[unit] in told
        others = [ticket for other, ticket in tickets.items() if other != unit and ticket in told]
        assert len(others) <= 2  # the two published cut-offs
        assert not [other for other in tickets if other != unit and other in told]


def test_text_pasted_from_a_mail_is_read_as_files_are(
    opened: Any, packages: tuple[Path, Path]
) -> None:
    package, public = packages
    pasted = "\r\n".join(
        (public / "data" / name).read_text().replace("\t", "  ").replace("\n", "\r\n")
        for name in ("cutoffs.tsv", "digests.txt")
    )
    page = opened("en")
    page.fill("#public-text", pasted)
    page.click("#read-public")
    assert WORDS["en"]["agrees"] in shown(page, "public")
    assert WORDS["en"]["group"] in person(page, *letters_of(package)["T"])


def test_a_person_is_told_nothing_from_what_does_not_agree(
    opened: Any, packages: tuple[Path, Path], tmp_path: Path
) -> None:
    public = Path(shutil.copytree(packages[1], tmp_path / "public"))
    page = opened("en")
    assert "First read" in person(page, "SYNTH-00003", "b01")
    cutoffs = public / "data" / "cutoffs.tsv"
    cutoffs.write_bytes(cutoffs.read_bytes().replace(b"b01\t6", b"b01\t5"))
    assert "does not agree" in read(page, payload_of(public))
    assert "First read" in person(page, "SYNTH-00003", "b01")


def test_what_is_asked_wrongly_is_explained(opened: Any, packages: tuple[Path, Path]) -> None:
    page = opened("en")
    page.click("#read-public")
    assert "Something is missing" in shown(page, "public")
    read(page, payload_of(packages[1]))
    assert "not in the expected form" in person(page, "été", "b01")
    assert "b01, b02" in person(page, "SYNTH-00003", "b99")
    assert "protocol.txt is missing" in audit(page, packages[1] / "data")


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_every_vector_is_held_again_and_a_changed_one_refused(
    opened: Any, name: str, tmp_path: Path
) -> None:
    package = vector(name, tmp_path)
    page = opened("en")
    told = audit(page, package)
    assert WORDS["en"]["verified"] in told
    assert ASSIGNMENTS[name] in told
    give_another_arm(package)
    told = audit(page, package)
    assert WORDS["en"]["refused"] in told
    assert "assignment.tsv, line" in told


@pytest.mark.parametrize("name", LOTTERIES)
def test_every_design_is_held_again_and_a_person_of_each_arm_found(
    opened: Any, name: str, tmp_path: Path
) -> None:
    made = draw(designed_flow(people(), **LOTTERIES[name]))
    package, public = sealed(tmp_path, made)
    page = opened("en")
    read(page, payload_of(public))
    assert "same digests, same cut-offs" in audit(page, package)
    names = dict(zip(("T", "C") if len(made.arms) == 2 else "123", made.arms, strict=True))
    for arm, (unit, block) in letters_of(package).items():
        told = person(page, unit, block)
        if arm == "R":
            assert WORDS["en"]["reserve"] in told
        elif names[arm] == made.reference:
            assert WORDS["en"]["control"] in told
        else:
            assert (
                f"Your group: group {names[arm] if len(names) > 2 else 'offered a place'}" in told
            )


def test_the_auditor_sees_which_digest_is_not_the_published_one(
    opened: Any, packages: tuple[Path, Path], tmp_path: Path
) -> None:
    other, _ = sealed(tmp_path, draw(flow_of(nancy_like(), **NANCY), seed="text:another"))
    page = opened("en")
    read(page, payload_of(packages[1]))
    told = audit(page, other)
    assert WORDS["en"]["refused"] in told
    for item in ("Seed", "K, draw key", "A, assignment", "Cut-offs"):
        assert f"{item}: not what was published" in told
    for item in ("P, protocol", "F, list of units", "Q, places"):
        assert f"{item}: not what was published" not in told


def test_the_auditor_sees_which_file_changed_and_no_identifier(
    opened: Any, packages: tuple[Path, Path], tmp_path: Path
) -> None:
    package = Path(shutil.copytree(packages[0], tmp_path / "package"))
    protocol = package / "protocol.txt"
    protocol.write_bytes(protocol.read_bytes() + b"\n")
    told = audit(opened("en"), package)
    assert "protocol.txt: its digest is not the listed one" in told
    assert "SYNTH-" not in told


def test_the_digest_is_that_of_the_standard_at_every_length_of_padding(opened: Any) -> None:
    page = opened("en")
    for length in (0, 1, 55, 56, 63, 64, 65, 1000):
        text = "a" * length
        assert page.evaluate(f"digest('{text}')") == hashlib.sha256(text.encode()).hexdigest()


def test_the_page_forbids_itself_the_network_and_any_foreign_script() -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', TEXT)
    assert policy is not None
    directives = dict(part.strip().split(" ", 1) for part in policy.group(1).split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["form-action"] == "'none'"
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        [content] = re.findall(f"<{tag}>(.*?)</{tag}>", TEXT, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert directives[directive] == f"'sha256-{digest}'", f"the {tag} changed: write its digest"
    assert "https://" not in TEXT
    assert "http://" not in TEXT


def words_of(language: str) -> dict[str, str]:
    block = re.search(rf"^  {language}: {{\n(.*?)^  }},", TEXT, re.DOTALL | re.MULTILINE)
    assert block is not None
    return dict(re.findall(r'(\w+): "([^"]*)"', block.group(1)))


def test_both_languages_say_the_same_things_with_the_same_values() -> None:
    french, english = words_of("fr"), words_of("en")
    assert french.keys() == english.keys()
    used = set(re.findall(r'data-t="(\w+)"', TEXT)) | set(re.findall(r'say\("(\w+)"', TEXT))
    assert used <= french.keys()
    for key, text in french.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[key])), key
        assert not re.search(r" [;:!?»]|« ", text), key
