"""The pre-analysis plan: from the protocol alone, whole in each language, never made up."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from reliance_eval.language.catalogue import words
from reliance_eval.planning import Plan, plan
from reliance_eval.planning.planning import CHAPTERS
from reliance_eval.planning.standards_filled import REGISTRY, SPIRIT
from reliance_eval.power import diagnose
from reliance_eval.protocol import Protocol, read_protocol
from reliance_eval.protocol.standards.items import Standard, items
from reliance_eval.reporting.document import Figure, Table

NANCY = Path(__file__).parents[2] / "src" / "reliance_eval" / "protocol" / "programmes" / "nancy"
BEFORE = date(2018, 1, 10)
"""The Nancy protocol draws on 15 February 2018."""

STATED = """
[statements.spirit]
"30" = { fr = "Avis n° 12 <b>favorable</b>", en = "Opinion no. 12 <b>favourable</b>" }
[statements.registry]
country = { fr = "France", en = "France" }
"""


def protocol_with(folder: Path, more: str = "") -> Protocol:
    """Read the Nancy protocol with some lines added."""
    (folder / "codes").mkdir()
    for path in (NANCY / "codes").iterdir():
        (folder / "codes" / path.name).write_bytes(path.read_bytes())
    source = (NANCY / "protocol.toml").read_text(encoding="utf-8")
    (folder / "protocol.toml").write_text(source + more, encoding="utf-8")
    return read_protocol(folder)


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return read_protocol(NANCY / "protocol.toml")


@pytest.fixture(scope="module")
def made(protocol: Protocol) -> Plan:
    return plan(protocol, on=BEFORE, formats=("html",))


def table_of(made: Plan, name: str, language: str = "en") -> Table:
    return next(t for t in made.documents[language].tables() if t.id == name)


def test_a_plan_has_every_chapter_in_every_language(made: Plan) -> None:
    english, french = (made.documents[name].chapters for name in ("en", "fr"))
    assert [c.id for c in english] == [c.id for c in french]
    assert [c.id for c in english] == [f"section-{name}" for name in CHAPTERS]
    for one, other in zip(english, french, strict=True):
        assert one.title != other.title
        assert len(one.blocks) == len(other.blocks)


def test_both_languages_hold_the_same_numbers(made: Plan) -> None:
    english, french = (made.documents[name].numbers() for name in ("en", "fr"))
    assert [(n.id, n.value) for n in english] == [(n.id, n.value) for n in french]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_promises_of_the_protocol_are_in_the_plan(made: Plan, language: str) -> None:
    page = made.html[language].decode("utf-8").replace("\u202f", " ")
    clauses = made.protocol.clauses
    for outcome in clauses.outcomes:
        label = made.protocol.outcome_label(outcome.name, language)
        assert label.replace("\u202f", " ") in page
    for step in clauses.eligibility.steps:
        assert step.label[language] in page
    assert made.protocol.digest in page
    # The seed that the protocol names, and the number of places of each arm.
    assert "text:Reliance-2018" in page
    assert [n.value for n in made.documents[language].numbers() if n.id == "plan#offered"] == [300]


@pytest.mark.parametrize(("standard", "count"), [("spirit", 53), ("registry", 45)])
def test_every_item_is_there_once(made: Plan, standard: Standard, count: int) -> None:
    # Counted by hand in SPIRIT 2025 (34 items, sub-items apart) and in the registry's form.
    table = table_of(made, f"plan-{standard}")
    known = items(standard)
    assert len(table.rows) == len(known) == count
    assert len({item.number for item in known}) == count
    if standard == "spirit":
        assert [str(row[0]).split("\u00a0")[0] for row in table.rows] == [i.number for i in known]


def test_every_rule_is_about_a_known_item() -> None:
    assert set(SPIRIT) <= {item.number for item in items("spirit")}
    assert set(REGISTRY) <= {item.number for item in items("registry")}


def test_a_filled_item_stands_in_a_chapter_of_the_plan(made: Plan) -> None:
    titles = {chapter.title for chapter in made.documents["en"].chapters}
    titles.add(words("en").text("plan.head"))
    rows = table_of(made, "plan-spirit").rows
    where = [row[3] for row in rows if row[3] != "–"]
    assert len(where) > 15
    assert set(where) <= titles


def test_what_the_protocol_does_not_hold_is_left_to_the_authors(made: Plan) -> None:
    left = words("en").text("report.consort.missing")
    rows = {row[0]: row[1] for row in table_of(made, "plan-registry").rows}
    assert rows["Country\u00a0*"] == left
    assert rows["Primary Investigator Name\u00a0*"] == left
    assert {"country", "irb_approval_obtained"} <= set(made.missing["registry"])
    assert {"7a", "30"} <= set(made.missing["spirit"])


def test_what_the_authors_state_is_there_as_text(tmp_path: Path) -> None:
    made = plan(protocol_with(tmp_path, STATED), on=BEFORE, formats=("html",))
    rows = {row[0]: row[1] for row in table_of(made, "plan-registry").rows}
    assert rows["Country\u00a0*"] == "France"
    assert "country" not in made.missing["registry"]
    assert "30" not in made.missing["spirit"]
    assert b"Opinion no. 12 &lt;b&gt;favourable&lt;/b&gt;" in made.html["en"]
    assert b"<b>favourable" not in made.html["en"]


@pytest.mark.parametrize(
    ("on", "is_drawn", "is_before"),
    [
        (BEFORE, False, True),
        (BEFORE, True, False),
        (date(2018, 2, 15), False, False),
        (date(2020, 6, 8), False, False),
    ],
)
def test_a_plan_says_whether_the_draw_came_first(
    protocol: Protocol, on: date, is_drawn: bool, is_before: bool
) -> None:
    made = plan(protocol, on=on, is_drawn=is_drawn, language="en", formats=("html",))
    assert made.intention.is_before_draw is is_before
    after = words("en").text("plan.after")
    assert made.documents["en"].watermark == ("" if is_before else after)
    state = "before" if is_before else "after"
    assert (
        words("en").text(f"plan.identity.{state}") in dict(made.documents["en"].identity).values()
    )


def test_a_day_that_is_not_the_machines_is_said_to_be_declared(protocol: Protocol) -> None:
    declared = plan(protocol, on=BEFORE, language="en", formats=("html",))
    assert "10 January 2018, as declared" in dict(declared.documents["en"].identity).values()
    today = plan(protocol, language="en", formats=("html",))
    assert any("as the machine had it" in text for _, text in today.documents["en"].identity)


def test_the_same_protocol_and_day_give_the_same_bytes(protocol: Protocol, made: Plan) -> None:
    again = plan(protocol, on=BEFORE, formats=("html",))
    assert again.files == made.files
    assert again.digest == made.digest


def test_a_plan_reads_no_extract(tmp_path: Path) -> None:
    protocol = protocol_with(tmp_path)
    assert not (tmp_path / "data").exists()
    paths = plan(protocol, on=BEFORE, formats=("html",)).save(tmp_path / "plan")
    assert [path.name for path in paths] == ["plan.fr.html", "plan.en.html"]


def test_a_page_needs_neither_script_nor_network(made: Plan) -> None:
    for page in made.html.values():
        text = page.decode("utf-8")
        assert "<script" not in text
        assert re.findall(r'(?:src|href)="(?!#)', text) == []


def test_a_plan_has_the_forms_of_a_report(protocol: Protocol) -> None:
    made = plan(protocol, on=BEFORE, language="en", formats=("html", "latex"))
    page, *tables = made.files
    assert page == "plan.en.html"
    assert "tables/en/plan-analyses.tex" in tables


def test_a_diagnosis_shows_its_sizes_and_its_curves(protocol: Protocol) -> None:
    found = diagnose(protocol, simulate=0)
    whole = plan(protocol, on=BEFORE, diagnosis=found, formats=("html",))
    for language in protocol.languages:
        (power,) = [c for c in whole.documents[language].chapters if c.id.endswith("power")]
        pictures = [block for block in power.blocks if isinstance(block, Figure)]
        assert len(pictures) == len(found.curves) > 0
        assert all(len(picture.data.rows) > 2 for picture in pictures)
