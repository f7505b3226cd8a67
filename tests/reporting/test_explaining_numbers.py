"""Where a printed number comes from: every one of them, and nothing of those withheld."""

from __future__ import annotations

import importlib
import re
from html import unescape

import pytest

from reliance_eval import explain as explain_of_the_face
from reliance_eval.errors import DataError
from reliance_eval.estimation import ESTIMATORS, Estimates
from reliance_eval.language.catalogue import languages, words
from reliance_eval.reporting import Report, explain
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.explaining import Explained
from reliance_eval.reporting.rendering.html import anchor_of, html
from reliance_eval.robustness import Checks

MAIN = "employed.3.itt.blocked"
RARE = "rare.3.itt.blocked"
"""An outcome that two in sixty-seven have: its numbers are withheld."""


@pytest.fixture(scope="module")
def explained(checks: Checks) -> Explained:
    return Explained.of(checks, "en")


@pytest.fixture(scope="module")
def page(explained: Explained) -> str:
    return html(explained.document).decode("utf-8")


def test_every_printed_number_is_explained(explained: Explained) -> None:
    names = dict.fromkeys(n for ids in explained.identifiers().values() for n in ids)
    assert len(names) > 100
    for name in names:
        found = explained.explain(name)
        assert found.id == name
        assert {"printed", "exhibit", "chapter", "data", "files", "code", "software"} <= set(
            found.facts
        )
        module, _, function = found.facts["code"].rpartition(".")
        assert callable(getattr(importlib.import_module(module), function))


def test_an_estimate_says_what_was_promised_and_how_it_was_estimated(
    checks: Checks, explained: Explained
) -> None:
    estimates: Estimates = checks.nearest(Estimates)
    row = next(r for r in estimates.estimated if promise_of(r).id == MAIN)
    facts = explained.explain(f"{MAIN}#estimate").facts
    printed = {n.id: n.text for n in explained.document.numbers()}
    assert facts["printed"] == printed[f"{MAIN}#estimate"]
    assert facts["specification"] == promise_of(row).specification
    assert facts["data"] == estimates.parent.digest
    assert estimates.digest in facts["artefact"]
    assert facts["protocol"] == checks.protocol.full_digest
    assert facts["estimator"] == words("en").text("estimation.estimator.blocked")
    assert facts["formula"] == words("en").text("explained.formula.blocked")
    assert facts["variance"] == words("en").text(f"estimation.variance.{row.variance}")
    assert facts["correction"] == words("en").text(f"estimation.adjustment.{row.adjustment}")
    assert facts["level"] == "95%"
    assert facts["code"] == "reliance_eval.estimation.estimators.blocked.run"
    # The sample is given as the report prints it: 200 places in each arm, all known at 3 months.
    assert "offered group: 200; control group: 200" in facts["sample"]
    assert "data/households.csv abababababab" in facts["files"]


def test_an_identifier_without_its_field_is_the_estimate(explained: Explained) -> None:
    assert explained.explain(MAIN) == explained.explain(f"{MAIN}#estimate")


def test_a_withheld_number_is_explained_without_what_it_hides(explained: Explained) -> None:
    facts = explained.explain(f"{RARE}#estimate").facts
    assert facts["printed"] == words("en").text("explained.withheld")
    # Which variance it has would say that the outcome is rare.
    assert "variance" not in facts
    assert re.findall(r"\d", facts["sample"]) == []


def test_an_unknown_identifier_is_refused_with_the_nearest(explained: Explained) -> None:
    with pytest.raises(DataError) as refusal:
        explained.explain("employed.3.itt.bloked#estimate")
    assert refusal.value.exit_code == 65
    assert f"`{MAIN}#estimate`" in refusal.value.text("en")


def test_a_report_is_explained_by_what_it_reports_on(checks: Checks, explained: Explained) -> None:
    assert explain_of_the_face is explain
    report = Report(checks.digest, {}, (), checks)
    assert explain(report, MAIN, language="en") == explained.explain(MAIN)


def test_both_languages_explain_the_same_number(checks: Checks, explained: Explained) -> None:
    french, english = explain(checks, MAIN), explained.explain(MAIN)
    assert french.language == "fr"
    assert list(french.facts) == list(english.facts)
    for key in ("specification", "data", "files", "protocol", "code", "software"):
        assert french.facts[key].replace("\u202f", "") == english.facts[key]


def test_a_report_without_its_artefact_says_so() -> None:
    with pytest.raises(DataError) as refusal:
        explain(Report("digest", {}, ()), MAIN)
    assert refusal.value.code == "E-EXPLAIN-ALONE"


def test_an_explanation_shows_labels_as_text(explained: Explained) -> None:
    found = explained.explain(MAIN)
    shown = found._repr_html_()
    assert "&lt;img src=x" in shown
    assert "<img" not in shown
    assert list(found.tidy().columns) == ["id", "fact", "value"]
    assert "Specification (SHA-256)" in found.text()


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", ESTIMATORS.names())
def test_every_estimator_has_its_formula_in_words(name: str, language: str) -> None:
    assert f"explained.formula.{name}" in words(language)


# ---------------------------------------------------------------- the page


def test_every_table_of_estimates_says_where_its_numbers_come_from(
    checks: Checks, explained: Explained
) -> None:
    estimates: Estimates = checks.nearest(Estimates)
    promised = {promise_of(row).id: promise_of(row) for row in estimates.estimated}
    with_panel = 0
    for table in explained.document.tables():
        answered = {
            cell.id.partition("#")[0]
            for row in table.rows
            for cell in row
            if hasattr(cell, "id") and cell.id.partition("#")[0] in promised
        }
        assert {origin.id for origin in table.origins} == answered
        for origin in table.origins:
            assert origin.specification == promised[origin.id].specification
        with_panel += bool(answered)
    assert with_panel >= 5


def test_the_panel_folds_without_a_script(page: str, checks: Checks) -> None:
    panels = re.findall(r'<details class="origins">.*?</details>', page, re.DOTALL)
    assert len(panels) >= 5
    assert "<script" not in page
    for panel in panels:
        assert panel.index("<summary>Where these numbers come from</summary>") > 0
        assert checks.parent.parent.digest[:12] in panel
    assert f"<code>{MAIN}</code>" in panels[0]


def test_a_number_can_be_linked_to(page: str, explained: Explained) -> None:
    anchors = re.findall(r'\sid="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    names = {number.id for number in explained.document.numbers() if number.id}
    assert {anchor_of(name) for name in names} <= {unescape(anchor) for anchor in anchors}
    assert {unescape(name) for name in re.findall(r'data-id="([^"]+)"', page)} == names


def test_the_page_stays_light(page: str) -> None:
    # Three megabytes at most for a report; panels and anchors are a small part of it.
    assert len(page.encode("utf-8")) < 3_000_000
    panels = re.findall(r'<details class="origins">.*?</details>', page, re.DOTALL)
    assert sum(map(len, panels)) < 0.2 * len(page)
