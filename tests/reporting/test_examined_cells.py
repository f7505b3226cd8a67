"""Refuse by default: a number without a decision is not printed, and each cell has its reason."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

import reliance_eval.reporting as reporting
from reliance_eval.language.catalogue import words
from reliance_eval.reporting import Report
from reliance_eval.reporting.composing import compose
from reliance_eval.reporting.disclosure import Decision, Gate, Rules
from reliance_eval.reporting.document import (
    Caption,
    Chapter,
    Document,
    Figure,
    Number,
    Paragraph,
    Table,
)
from reliance_eval.reporting.examining import examined
from reliance_eval.reporting.section import SECTIONS, Context
from reliance_eval.reporting.wording import Voice
from reliance_eval.robustness import Checks

Composed = dict[str, tuple[Document, tuple[Decision, ...]]]
STRICT = Rules("strict", 11, 5, 0.85, frozenset(), None)
FOLDER = Path(reporting.__file__).parent


def table_of(*numbers: Number) -> Table:
    rows = tuple(("row", number) for number in numbers)
    caption = Caption(scope="nobody", source="none")
    return Table(id="made", title="Made", columns=("", "n"), rows=rows, caption=caption)


def look(gate: Gate, table: Table, checks: Checks) -> Table:
    voice = Voice(checks.protocol, "en")
    (chapter,) = examined([Chapter("section-made", "Made", (table,))], gate, voice)
    (found,) = chapter.blocks
    assert isinstance(found, Table)
    return found


def test_a_number_that_asked_nobody_is_withheld_and_logged(checks: Checks) -> None:
    gate = Gate(STRICT)
    found = look(gate, table_of(Number("made#n", 7, "7")), checks)
    assert found.rows == (("row", Number("made#n", None, "s")),)
    assert [(d.place, d.outcome, d.reason) for d in gate.log if d.table == "made"] == [
        ("made#n", "withheld", "unexamined")
    ]


def test_a_number_stands_on_its_own_decision_or_on_that_of_its_row(checks: Checks) -> None:
    gate = Gate(STRICT)
    gate.count(298, place="made.n")
    gate.row("made", count=298)
    numbers = Number("made#n", 300, "300"), Number("made#p", 0.04, "0.040")
    assert look(gate, table_of(*numbers), checks).rows == (("row", numbers[0]), ("row", numbers[1]))


def test_a_row_withheld_is_withheld_in_every_cell(checks: Checks) -> None:
    gate = Gate(STRICT)
    gate.row("made", "numerator", 4)
    gate.count(298, place="made#n")
    found = look(gate, table_of(Number("made#n", 300, "300"), Number("made#p", 0.1, "0.1")), checks)
    assert [row[1] for row in found.rows] == [
        Number("made#n", None, "s"),
        Number("made#p", None, "s"),
    ]


def test_a_picture_of_an_unexamined_number_gives_way_to_its_table(checks: Checks) -> None:
    table = table_of(Number("made#n", 7, "7"))
    picture = Figure(
        id="f", title="F", svg="<svg>7</svg>", alternative="7", data=table, caption=table.caption
    )
    voice = Voice(checks.protocol, "en")
    (chapter,) = examined([Chapter("section-made", "Made", (picture,))], Gate(STRICT), voice)
    assert [type(block) for block in chapter.blocks] == [Table]


def test_a_section_that_prints_a_raw_count_prints_a_sign(
    checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raw(context: Context) -> tuple[Paragraph | Table, ...]:
        n = len(context.latest.nearest(Checks).protocol.clauses.outcomes)
        return (table_of(Number("raw#n", n, str(n))),)

    every = [(name, SECTIONS[name]) for name in ("provenance", "confidentiality")]
    every.append(("flow", replace(SECTIONS["flow"], compose=raw)))
    monkeypatch.setattr("reliance_eval.reporting.composing._in_order", lambda: every)
    document, log = compose(checks, "en")
    assert [n.text for n in document.numbers() if n.id == "raw#n"] == ["s"]
    assert [d.reason for d in log if d.place == "raw#n"] == ["unexamined"]


def test_every_cell_of_the_report_has_one_line_and_a_reason(composed: Composed) -> None:
    document, log = composed["fr"]
    lines = {(line.table, line.place): line for line in log if line.table}
    cells = {
        (table.id, cell.id): cell
        for table in document.tables()
        for row in table.rows
        for cell in row
        if isinstance(cell, Number)
    }
    assert set(lines) == set(cells)
    assert [line.place for line in lines.values() if line.reason == "unexamined"] == []
    for place, line in lines.items():
        assert line.printed == cells[place].text
        assert (line.outcome == "withheld") == cells[place].is_withheld
        # What is in the log has words in each language.
        assert f"disclosure.reason.{line.reason}" in words("fr")


def test_both_languages_take_the_same_decisions(composed: Composed) -> None:
    decisions = [
        {(d.table, d.place): (d.outcome, d.reason, d.count) for d in composed[language][1]}
        for language in ("fr", "en")
    ]
    assert decisions[0] == decisions[1]


def test_the_log_is_one_line_a_cell_and_stays_outside_the_report(
    whole: Report, tmp_path: Path
) -> None:
    whole.save(tmp_path / "report")
    lines = [json.loads(line) for line in whole.save_log(tmp_path / "log").read_text().splitlines()]
    assert {*lines[0]} == {"place", "outcome", "reason", "count", "table", "printed"}
    assert sum(bool(line["table"]) for line in lines) > 100
    assert not list((tmp_path / "report").rglob("*.jsonl"))


def test_the_report_counts_its_cells_by_treatment(composed: Composed) -> None:
    document, log = composed["en"]
    (table,) = [table for table in document.tables() if table.id == "confidentiality-cells"]
    numbers = [row[1] for row in table.rows if isinstance(row[1], Number)]
    told = {number.id.partition("#")[2]: number.value for number in numbers}
    cells = [line for line in log if line.table and line.table != "confidentiality-cells"]
    assert told["withheld"] == sum(line.outcome == "withheld" for line in cells)
    assert told["rounded"] == sum(line.outcome == "rounded" for line in cells)
    assert sum(n for n in told.values() if n is not None) == len(cells)
    # Withheld for itself or with another: the report does not tell which.
    assert "secondary" not in told


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_exact_count_of_the_log_stands_anywhere_in_the_page(
    whole: Report, language: str
) -> None:
    counts = {
        int(line.count)
        for line in whole.disclosure_log
        if line.outcome in ("rounded", "at_least", "withheld") and line.count
    }
    # Of three digits and more, and no round number: what could stand there for another reason.
    telling = {n for n in counts if n >= 100 and n % 5}
    assert len(telling) > 5
    page = whole.html[language].decode()
    page = re.sub(r"<svg.*?</svg>|<style.*?</style>", "", page, flags=re.S)
    # Cells are counted in that section; ends of intervals in euros bear a sign.
    page = re.sub(r'<section id="section-confidentiality".*?</section>', "", page, flags=re.S)
    texts = re.sub(r"<[^>]*>", " ", page)
    apart = {"fr": "\u202f", "en": ","}[language]
    pattern = rf"(?<![\w.,+\u2212])\d[\d{apart}]*(?![\w.,]?\d)"
    numbers = re.findall(pattern, texts)
    found = {int(re.sub(r"\D", "", number)) for number in numbers}
    assert telling & found == set()


# Only the gate, and the flow that adds its rounded counts up, make a number that may be printed.
MAKERS = {"disclosure.py", "waterfall.py"}


def test_only_the_gate_makes_a_number_that_may_be_printed() -> None:
    found = set()
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if is_call and node.func.id == "Shown" and not _is_nothing(node):  # type: ignore[attr-defined]
                found.add(path.name)
    assert found <= MAKERS | {"effects.py", "balance.py", "responding.py"}


def _is_nothing(node: ast.AST) -> bool:
    """Whether a call makes a withheld number, or zero."""
    assert isinstance(node, ast.Call)
    first = node.args[0] if node.args else None
    return isinstance(first, ast.Constant) and first.value in (None, 0)
