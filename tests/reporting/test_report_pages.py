"""The report as a page: the same numbers in each language, set well, safe, and reproducible."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from imaginary_trial import flow_of, line_of, panel_of, protocol_of

from reliance_eval.artefact import Artefact
from reliance_eval.eligibility import Flow
from reliance_eval.estimation import Estimates
from reliance_eval.language.catalogue import words
from reliance_eval.lottery import Draw, draw
from reliance_eval.panel import Panel
from reliance_eval.reporting import Report, report
from reliance_eval.reporting.composing import compose
from reliance_eval.reporting.document import Figure, Listing, Number, Table, is_group
from reliance_eval.reporting.section import SECTIONS
from reliance_eval.robustness import Checks

LANGUAGES = ("fr", "en")


class _Text(HTMLParser):
    """Collects what a reader sees, code left out."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "path", "use", "img"}:
            self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.tags:
            while self.tags.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not {"style", "code", "pre"} & set(self.tags):
            self.pieces.append(data)


def text_of(page: bytes) -> str:
    parser = _Text()
    parser.feed(page.decode("utf-8"))
    return " ".join(parser.pieces)


def numbers_in(text: str, language: str) -> list[str]:
    """Every number a reader meets, written one way whatever the language."""
    if language == "fr":
        text = re.sub(r"(?<=\d)\u202f(?=\d{3})", "", text).replace(",", ".")
        text = text.replace("1er", "1")
    else:
        text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    return sorted(re.findall(r"\d+(?:\.\d+)?", text))


# ---------------------------------------------------------------- two languages, one report


def test_both_languages_hold_the_same_numbers(checks: Checks) -> None:
    french, english = (compose(checks, language)[0] for language in LANGUAGES)
    assert [(n.id, n.value) for n in french.numbers()] == [
        (n.id, n.value) for n in english.numbers()
    ]
    assert [c.id for c in french.chapters] == [c.id for c in english.chapters]


def test_both_pages_print_the_same_numbers(tmp_path: Path) -> None:
    # Digits of labels are the protocol's; these hold none that differ.
    pages = report(line_of(tmp_path), formats=["html"]).html
    french, english = (numbers_in(text_of(pages[name]), name) for name in LANGUAGES)
    assert french == english


def test_both_languages_take_the_same_decisions(checks: Checks) -> None:
    french, english = (
        [replace(decision, printed="") for decision in compose(checks, language)[1]]
        for language in LANGUAGES
    )
    assert french == english


def test_french_and_english_say_the_same_keys() -> None:
    keys = [
        {key for key in words(name).sentences if key.startswith(("report.", "number."))}
        for name in LANGUAGES
    ]
    assert keys[0] == keys[1]


def test_one_language_may_be_asked_for(checks: Checks) -> None:
    assert list(report(checks, language="en", formats=["html"]).html) == ["en"]


# ---------------------------------------------------------------- typography


def test_french_is_set_as_french(whole: Report) -> None:
    text = text_of(whole.html["fr"])
    assert re.findall(r".{12}[ \u00a0][%;:!?€»].{3}", text) == []
    assert re.findall(r".{12}« .{3}", text) == []
    assert re.findall(r"(?<![\w\d-])-\d", text) == []
    assert "'" not in text
    assert re.findall(r"\d\.\d", text.replace("0.1.0", "")) == []


def test_english_negatives_bear_a_true_minus(whole: Report) -> None:
    assert re.findall(r"(?<![\w\d-])-\d", text_of(whole.html["en"])) == []


# ---------------------------------------------------------------- exhibits


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_exhibit_stands_alone(checks: Checks, language: str) -> None:
    document = compose(checks, language)[0]
    exhibits = [block for block in document.blocks() if isinstance(block, (Table, Figure))]
    assert len(exhibits) > 12
    for exhibit in exhibits:
        assert exhibit.title
        assert exhibit.label
        table = exhibit.data if isinstance(exhibit, Figure) else exhibit
        numbers = [cell for row in table.rows for cell in row if isinstance(cell, Number)]
        # There is nothing to read where every number is withheld.
        is_closed = bool(numbers) and all(number.is_withheld for number in numbers)
        assert exhibit.caption.reading or is_closed
        assert exhibit.caption.scope
        assert exhibit.caption.source
    for figure in exhibits:
        if isinstance(figure, Figure):
            assert figure.alternative
            assert figure.data.rows
    anchors = [exhibit.id for exhibit in exhibits]
    assert len(set(anchors)) == len(anchors)
    assert all(len(row) == len(t.columns) for t in document.tables() for row in t.rows)


def test_the_reading_quotes_the_first_row(checks: Checks) -> None:
    document = compose(checks, "fr")[0]
    table = next(t for t in document.tables() if t.id == "key-results")
    first = next(row for row in table.rows if not is_group(row))
    level, gap, interval = (cell.text for cell in first[1:4])  # type: ignore[union-attr]
    assert level in table.caption.reading
    assert interval in table.caption.reading
    assert gap.lstrip("−+") in table.caption.reading


def test_page_one_is_solidity_then_the_table_of_primary_outcomes(checks: Checks) -> None:
    solidity, summary, *_ = compose(checks, "en")[0].chapters
    assert (solidity.id, summary.id) == ("section-solidity", "section-summary")
    (table,) = [block for block in summary.blocks if isinstance(block, Table)]
    rows = [row for row in table.rows if not is_group(row)]
    assert len(rows) == 4
    assert [row[-1] for row in rows][2:] == ["This horizon is not reached yet.", "Withheld"]


def test_the_title_names_the_design_and_never_the_verdict(checks: Checks) -> None:
    assert compose(checks, "fr")[0].title.endswith("\u202f: essai contrôlé randomisé")


def test_a_seed_chosen_by_the_owner_is_said_in_words(whole: Report) -> None:
    assert "choisie par le porteur de l’essai" in text_of(whole.html["fr"])
    assert "chosen by the owner of the trial" in text_of(whole.html["en"])


def test_not_significant_never_reads_as_no_effect(whole: Report) -> None:
    french, english = (text_of(whole.html[name]).lower() for name in LANGUAGES)
    assert "aucun effet n’" not in french.replace("aucun effet n’est exclu", "")
    assert "no effect" not in english.replace("no effect is excluded", "")


# ---------------------------------------------------------------- sections


def acts(folder: Path) -> dict[type[Artefact], Artefact]:
    checks = line_of(folder)
    return {kind: checks.nearest(kind) for kind in (Flow, Draw, Panel, Estimates, Checks)}


def test_an_interim_report_has_the_sections_it_can_have(tmp_path: Path) -> None:
    counts = []
    for artefact in acts(tmp_path).values():
        document = compose(artefact, "fr")[0]
        counts.append(len(document.chapters))
        # Checked or not: thirty-six months are not reached yet.
        assert document.subtitle == "Rapport d’étape"
        if isinstance(artefact, Flow):
            screened = [chapter.id.removeprefix("section-") for chapter in document.chapters]
    assert counts == sorted(counts)
    assert screened == [
        "questions", "flow", "deviations", "limits", "definitions", "confidentiality",
        "consort", "provenance", "accessibility",
    ]  # fmt: skip


# The imaginary trial says nothing of its context; test_report_structure.py does.
@pytest.mark.parametrize("name", [name for name in SECTIONS.names() if name != "context"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_section_is_written_in_every_language(
    checks: Checks, name: str, language: str
) -> None:
    document = compose(checks, language)[0]
    assert f"section-{name.replace('_', '-')}" in [c.id for c in document.chapters]
    assert f"report.section.{name}" in words(language)


def test_a_trial_without_take_up_has_no_section_on_it(tmp_path: Path) -> None:
    cut = {'[[analyses]]\nestimand = "late"\n': ""}
    lottery = draw(flow_of(protocol_of(tmp_path, changes=cut)))
    panel = panel_of(lottery)
    bare = Panel(
        parent=lottery,
        deliveries=panel.deliveries,
        units=panel.units.drop(columns="take_up"),
        outcomes=panel.outcomes,
    )
    assert "section-take-up" not in [c.id for c in compose(bare, "en")[0].chapters]


# ---------------------------------------------------------------- safety


def test_labels_are_text_whatever_they_hold(whole: Report) -> None:
    for page in whole.html.values():
        assert b"<img" not in page
        assert b"<b>" not in page
        assert b"<script" not in page
        assert b"&lt;img src=x onerror=alert(1)&gt;" in page
        # The label's dollars are no formula for the plot.
        assert b"$x_1$" in page


def test_nothing_is_fetched(whole: Report) -> None:
    for page in whole.html.values():
        assert "default-src 'none'" in unescape(page.decode())
        # Names of XML vocabularies are not addresses to fetch.
        text = re.sub(rb'xmlns(:\w+)?="[^"]*"', b"", page)
        assert re.findall(rb"https?://|url\((?!#)|@import|<link|src=\"", text) == []


def test_made_up_people_are_said_so_everywhere(whole: Report, tmp_path: Path) -> None:
    page = whole.html["fr"].decode()
    assert re.search(r"<title>Données simulées", page)
    # The title, the banner, and the head of every printed page.
    assert page.count("Données simulées\u202f: personnes fictives") == 3
    real = (
        report(line_of(tmp_path, synthetic=False), language="fr", formats=["html"])
        .html["fr"]
        .decode()
    )
    assert "personnes fictives" not in real


def test_no_identifier_of_a_unit_is_printed(whole: Report) -> None:
    assert all(b"SYNTH-" not in page for page in whole.html.values())


# ---------------------------------------------------------------- files


def test_two_runs_give_the_same_bytes(checks: Checks, whole: Report) -> None:
    again = report(checks)
    assert again.html == whole.html
    assert again.disclosure_log == whole.disclosure_log


def test_only_pages_are_in_the_folder_that_may_leave(whole: Report, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    paths = whole.save(folder)
    whole.save_log(tmp_path / "restricted" / "disclosure.jsonl")
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {path.relative_to(folder).as_posix() for path in paths} == written
    assert {"report.fr.html", "report.en.html"} <= written
    form = re.compile(r"report\.(fr|en)\.(html|pdf|docx)|tables/(fr|en)/[\w.-]+")
    assert [name for name in written if not form.fullmatch(name)] == []
    lines = (tmp_path / "restricted" / "disclosure.jsonl").read_text("utf-8").splitlines()
    keys = {"place", "outcome", "reason", "count", "table", "printed"}
    assert all(set(json.loads(line)) == keys for line in lines)
    assert len(lines) > 50


def test_a_page_is_light(whole: Report) -> None:
    assert all(len(page) < 3_000_000 for page in whole.html.values())


def test_the_printed_commands_hold_the_lottery_again(tmp_path: Path) -> None:
    lottery = draw(flow_of(protocol_of(tmp_path), eligible=420))
    folder = lottery.save(tmp_path / "out")
    document = compose(lottery, "en")[0]
    (chapter,) = [chapter for chapter in document.chapters if chapter.id == "section-lottery"]
    (listing,) = [block for block in chapter.blocks if isinstance(block, Listing)]
    done = subprocess.run(
        ["bash", "-c", listing.text], cwd=folder, capture_output=True, text=True, check=True
    )
    # The digest is that of the assignment computed again, not of the file it is compared with.
    assert done.stdout.split() == [lottery.draw_key, lottery.assignment_digest]
    again = (folder / "package" / "again.tsv").read_bytes()
    assert again == (folder / "package" / "assignment.tsv").read_bytes()


# ---------------------------------------------------------------- what a reviewer found


def test_a_row_of_rates_adds_up(checks: Checks) -> None:
    document = compose(checks, "en")[0]
    rows = [row for t in document.tables() if t.id.startswith("itt-primary") for row in t.rows]
    assert rows
    for _, reference, offered, difference, *_ in rows:
        numbers = [getattr(cell, "value", None) for cell in (reference, offered, difference)]
        if None not in numbers:
            # Levels read to the percent: each may be half a point off, the difference a twentieth.
            assert abs(numbers[0] + numbers[2] - numbers[1]) <= 1.05


def test_a_first_stage_stands_in_the_middle_of_its_interval(checks: Checks) -> None:
    document = compose(checks, "en")[0]
    (table,) = [t for t in document.tables() if t.id == "first-stage"]
    shown = [row for row in table.rows if getattr(row[1], "value", None) is not None]
    assert shown
    for row in shown:
        low, high = (float(end) for end in re.findall(r"[-+\d.]+", row[3].text))  # type: ignore[union-attr]
        assert abs((low + high) / 2 - row[1].value) <= 1  # type: ignore[operator, union-attr]


def test_readings_name_which_interval_they_quote(checks: Checks) -> None:
    document = compose(checks, "en")[0]
    tables = {table.id: table for table in document.tables()}
    assert "95% simultaneous interval" in tables["key-results"].caption.reading
    assert "95% confidence interval" in tables["itt-primary-blocked"].caption.reading


def test_a_table_without_correction_says_so(checks: Checks) -> None:
    tables = {table.id: table for table in compose(checks, "en")[0].tables()}
    assert "not corrected for multiple tests" in " ".join(
        tables["subgroup-children-blocked"].caption.notes
    )
    assert "not corrected" not in " ".join(tables["itt-primary-blocked"].caption.notes)


def test_take_up_that_nobody_knows_is_no_zero(checks: Checks) -> None:
    panel = checks.nearest(Panel)
    unknown = Panel(
        parent=panel.parent,
        deliveries=panel.deliveries,
        units=panel.units.assign(take_up=float("nan")),
        outcomes=panel.outcomes,
    )
    page = report(unknown, language="en", formats=["html"]).html["en"].decode()
    assert "Take-up is not known yet" in page
    assert "Took part: 0" not in page
    assert "take-up-table" not in page


def test_a_registration_after_the_lottery_says_so(tmp_path: Path) -> None:
    late = {"on = 2018-01-01 }": "on = 2018-03-01 }"}
    flow = flow_of(protocol_of(tmp_path, changes=late))
    lines = dict(compose(flow, "en")[0].identity)
    assert lines["Registration"] == "AEA, AEARCTR-0000000 (1 March 2018, after the lottery)"


def test_a_notebook_shows_the_page_shut_in_a_frame(whole: Report) -> None:
    shown = whole._repr_html_()
    assert shown.startswith('<iframe title="report.fr.html" srcdoc="&lt;!DOCTYPE html&gt;')
    (srcdoc,) = re.findall(r'srcdoc="([^"]*)"', shown)
    assert unescape(srcdoc).encode("utf-8") == whole.html["fr"]
    assert 'sandbox=""' in shown


def test_a_trial_without_blocks_is_not_weighted_by_them(tmp_path: Path) -> None:
    simple = {
        'design = "stratified"': 'design = "complete"',
        'blocks = ["children"]\n': "",
    }
    trial = line_of(tmp_path, changes=simple)
    page = report(trial, language="en", formats=["html"]).html["en"].decode()
    assert "difference in means" in page
    assert "block-weighted" not in page


@pytest.mark.parametrize(
    ("language", "head"), [("en", "Does the effect differ"), ("fr", "L’effet diffère-t-il")]
)
def test_subgroups_are_compared_by_a_test_of_their_difference(
    checks: Checks, language: str, head: str
) -> None:
    tables = {table.id: table for table in compose(checks, language)[0].tables()}
    table = tables["interaction-children-blocked"]
    estimates: Any = checks.parent
    (one,) = [i for i in estimates.interactions if i.estimand == "itt"]
    assert table.title.startswith(head)
    (row,) = table.rows
    assert row[1].value == pytest.approx(one.p_value, abs=5e-4)  # type: ignore[union-attr]
    assert table.caption.reading


def test_a_test_between_withheld_subgroups_is_withheld(tmp_path: Path) -> None:
    # Fewer than sixty households with three children an arm: their effect stays inside.
    rules = '[disclosure]\nprofile = "declared"\nauthority = "nobody"\nmin_units = 60\n[inference]'
    found = line_of(tmp_path, changes={"[inference]": rules})
    tables = {table.id: table for table in compose(found, "en")[0].tables()}
    (row,) = tables["interaction-children-blocked"].rows
    assert row[1].text == "s"  # type: ignore[union-attr]
    reading = tables["interaction-children-blocked"].caption.reading
    assert reading == words("en").text("report.reading.withheld")
