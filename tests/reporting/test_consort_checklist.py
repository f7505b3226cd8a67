"""The CONSORT 2025 checklist: every item once, filled from the run or left to the authors."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from imaginary_trial import PROTOCOL, flow_of, protocol_of

from reliance_eval.eligibility import Flow
from reliance_eval.errors import ProtocolError
from reliance_eval.language.catalogue import words
from reliance_eval.protocol import read_protocol
from reliance_eval.protocol.standards.items import items
from reliance_eval.reporting.checklist import HEAD, RULES, Filled, checklist
from reliance_eval.reporting.composing import composed
from reliance_eval.reporting.document import Document, Table
from reliance_eval.reporting.section import Context
from reliance_eval.robustness import Checks

# The numbering of the 30 items of CONSORT 2025, written out by hand.
NUMBERS = [
    *("1a", "1b", "2", "3", "4", "5a", "5b", "6", "7", "8", "9", "10", "11", "12a", "12b", "13"),
    *("14", "15", "16a", "16b", "17a", "17b", "18", "19", "20a", "20b", "21a", "21b", "21c"),
    *("21d", "22a", "22b", "23a", "23b", "24a", "24b", "25", "26", "27", "28", "29", "30"),
]
BY_A_RUN = [
    *("2", "3", "9", "10", "12a", "14", "16a", "17a", "17b", "18", "19", "21a", "21b", "21c"),
    *("21d", "22a", "22b", "23a", "24a", "25", "26", "28"),
]
"""Items that a run can tell."""

STATED = """
[statements.consort]
"5b" = { fr = "Aucun <i>lien</i> ; $x$", en = "None <i>at all</i>" }
"3" = { fr = "Déposé sur le site.", en = "Kept on the site." }
"""


@pytest.fixture(scope="module")
def whole_checklist(checks: Checks) -> tuple[Context, Document]:
    return composed(checks, "en")


def table_of(document: Document) -> Table:
    return next(table for table in document.tables() if table.id == "consort-items")


def by_number(artefact: Flow, language: str = "en") -> dict[str, Filled]:
    context, _ = composed(artefact, language)
    return {row.item.number: row for row in checklist(context)}


def flow_with(folder: Path, more: str) -> Flow:
    """Screen the imaginary trial under a protocol with some lines added."""
    return flow_of(protocol_of(folder, changes={"[inference]": f"{more}\n[inference]"}))


def test_every_item_is_there_once_in_its_order(whole_checklist: tuple[Context, Document]) -> None:
    assert [item.number for item in items("consort")] == NUMBERS
    rows = table_of(whole_checklist[1]).rows
    assert [str(row[0]).partition("\u00a0")[0] for row in rows] == NUMBERS


def test_a_whole_run_fills_what_a_run_can_tell(whole_checklist: tuple[Context, Document]) -> None:
    filled = {row.item.number: row.status for row in checklist(whole_checklist[0])}
    assert {number for number in BY_A_RUN if filled[number] != "run"} == set()
    assert set(RULES) <= set(NUMBERS)


def test_a_filled_item_stands_in_a_chapter_of_the_report(
    whole_checklist: tuple[Context, Document],
) -> None:
    context, document = whole_checklist
    titles = {chapter.title for chapter in document.chapters}
    for row in checklist(context):
        if row.status != "run":
            assert row.section == ""
        elif row.section != HEAD:
            title = context.voice.say(f"report.section.{row.section}")
            assert title in titles, row.item.number


def test_an_item_read_in_transcriptions_only_says_so(
    whole_checklist: tuple[Context, Document],
) -> None:
    table = table_of(whole_checklist[1])
    marked = {str(row[0]).partition("\u00a0")[0] for row in table.rows if "†" in str(row[0])}
    assert marked == {item.number for item in items("consort") if not item.is_verified}
    assert len(marked) == 19
    assert any(note.startswith("†") for note in table.caption.notes)


def test_the_checklist_counts_nobody(whole_checklist: tuple[Context, Document]) -> None:
    # Whatever number an answer holds is the protocol's, a digest's, or counts criteria and files.
    said = " ".join(row.answer for row in checklist(whole_checklist[0]))
    said = re.sub(r"begins with [0-9a-f]{12}|SHA-256|RL1", "", said)
    days = {"31", "2018", "15", "1", "2021", "2005", "95"}
    found = {n for n in re.findall(r"\d+", said) if int(n) > 9} - days
    assert found <= set(re.findall(r"\d+", PROTOCOL))


def test_the_sentence_above_counts_the_items(whole_checklist: tuple[Context, Document]) -> None:
    context, document = whole_checklist
    count = Counter(row.status for row in checklist(context))
    chapter = next(c for c in document.chapters if c.id == "section-consort")
    text = " ".join(getattr(block, "text", "") for block in chapter.blocks)
    assert f"Of 42 items, {count['run']} are filled" in text
    assert f"{count['missing']} are left to the authors" in text


def test_an_interim_report_says_what_it_does_not_hold_yet(tmp_path: Path) -> None:
    filled = by_number(flow_of(protocol_of(tmp_path)))
    assert filled["12a"].status == "run"
    assert {filled[n].status for n in ("17a", "22a", "22b", "25", "26")} == {"absent"}


def test_a_trial_without_take_up_says_that_it_does_not_apply(tmp_path: Path) -> None:
    take_up = PROTOCOL[PROTOCOL.index("[take_up]") : PROTOCOL.index("[[outcomes]]")]
    late = '[[analyses]]\nestimand = "late"\n'
    both = 'estimands = ["itt", "late"]\n'
    protocol = protocol_of(tmp_path, changes={take_up: "", late: "", both: ""})
    filled = by_number(flow_of(protocol))
    assert filled["24a"].status == "none"
    assert filled["24a"].answer.startswith("Not applicable")


def test_what_the_authors_state_is_printed_as_text(tmp_path: Path) -> None:
    flow = flow_with(tmp_path, STATED)
    filled = by_number(flow)
    assert filled["5b"].status == "authors"
    assert filled["5b"].answer == "None <i>at all</i>"
    # Beside what the run tells, not in its place.
    assert filled["3"].status == "run"
    assert filled["3"].answer.endswith("Kept on the site.")
    assert filled["5a"].answer == words("en").text("report.consort.missing")
    assert by_number(flow, "fr")["5b"].answer.startswith("Aucun")


def test_an_item_that_no_standard_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError) as refusal:
        flow_with(tmp_path, '[statements.consort]\n"5c" = { en = "None" }\n')
    assert refusal.value.code == "E-PROTOCOL-UNKNOWN-NAME"
    assert refusal.value.exit_code == 78


def test_an_amendment_may_state_what_the_protocol_left_out(tmp_path: Path) -> None:
    flow_with(tmp_path, STATED)
    folder = tmp_path / "amendments"
    folder.mkdir()
    (folder / "001.toml").write_text(
        'on = 2019-01-01\nreason = "Funding"\n[statements.consort]\n'
        '"5a" = { en = "Public funds" }\n',
        encoding="utf-8",
    )
    filled = by_number(flow_of(read_protocol(tmp_path)))
    assert filled["5a"].answer == "Public funds"
    assert filled["5b"].status == "authors"
    assert filled["10"].answer.startswith("1 amendment")
