"""The last look at a report: every number it prints has a decision of the gate, or is not printed.

A section asks the gate for its counts, and the clearance for its estimates. Here each cell of each
table, those behind figures included, is matched with the decision it stands on: its own, or that
of its row. A cell without one is withheld, and so is a cell whose row is withheld. What results is
the log of the output checker: one line a printed cell, with its reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from reliance_eval.reporting.disclosure import Decision, Gate, Outcome
from reliance_eval.reporting.document import (
    WITHHELD,
    Block,
    Caption,
    Cell,
    Chapter,
    Figure,
    Number,
    Paragraph,
    Table,
)
from reliance_eval.reporting.wording import Voice

WAYS: tuple[Outcome, ...] = ("cleared", "exact", "rounded", "at_least", "withheld")
"""How a cell may be printed, in the order they are told."""

CHAPTER = "section-confidentiality"
TABLE = "confidentiality-cells"


class Decisions:
    """The decisions of a gate, by the cell or the row they are about."""

    def __init__(self, log: Iterable[Decision], *, is_public: bool) -> None:
        self._otherwise = Decision("", "cleared", "public", None) if is_public else None
        self.by_place = {decision.place: decision for decision in log}
        self._first_below: dict[str, Decision] = {}
        for place, decision in self.by_place.items():
            for above in _above(place):
                self._first_below.setdefault(above, decision)

    def of(self, cell: str) -> Decision | None:
        """Give the decision that a cell stands on: that of its row first if it withholds."""
        row = cell.partition("#")[0]
        of_row = self.by_place.get(row)
        if of_row is not None and of_row.outcome == "withheld":
            return of_row
        own = self.by_place.get(cell) or self.by_place.get(cell.replace("#", "."))
        found = own or of_row or self._of_subject(row) or self._first_below.get(row)
        return found or self._otherwise

    def _of_subject(self, row: str) -> Decision | None:
        """Give the decision of the promise that a row is about: ``redraws.employed.3.itt``."""
        rest = row
        while "." in rest:
            rest = rest.partition(".")[2]
            if rest in self.by_place:
                return self.by_place[rest]
        return None


def examined(chapters: Iterable[Chapter], gate: Gate, voice: Voice) -> tuple[Chapter, ...]:
    """Give the chapters with nothing but decided cells, and with the totals of the decisions.

    The gate's log becomes that of the report: one line a printed cell, then the decisions that no
    cell stands on, of sentences and pictures.
    """
    decisions = Decisions(gate.log, is_public=gate.is_public)
    lines: dict[tuple[str, str], Decision] = {}
    seen = tuple(
        replace(chapter, blocks=tuple(_block(block, decisions, lines) for block in chapter.blocks))
        for chapter in chapters
    )
    printed = {cell for _, cell in lines} | {cell.replace("#", ".") for _, cell in lines}
    others = [d for d in dict.fromkeys(gate.log) if d.place not in printed]
    gate.log[:] = [*lines.values(), *others]
    return _with_totals(seen, gate, voice)


def _block(block: Block, decisions: Decisions, lines: dict[tuple[str, str], Decision]) -> Block:
    if isinstance(block, Table):
        return _table(block, decisions, lines)
    if isinstance(block, Figure):
        data = _table(block.data, decisions, lines)
        # A picture drawn from a number that may not be printed gives way to its table.
        return block if data is block.data else replace(data, caption=block.caption)
    return block


def _table(table: Table, decisions: Decisions, lines: dict[tuple[str, str], Decision]) -> Table:
    rows = []
    for row in table.rows:
        cells: list[Cell] = []
        for cell in row:
            if isinstance(cell, Number):
                line = _line(cell, table.id, decisions)
                lines[table.id, cell.id] = line
                refused = line.outcome == "withheld" and not cell.is_withheld
                cells.append(Number(cell.id, None, WITHHELD) if refused else cell)
            else:
                cells.append(cell)
        rows.append(tuple(cells))
    return table if tuple(rows) == table.rows else replace(table, rows=tuple(rows))


def _line(cell: Number, table: str, decisions: Decisions) -> Decision:
    found = decisions.of(cell.id)
    if found is None:
        return Decision(cell.id, "withheld", "unexamined", None, table, WITHHELD)
    is_own = found.place in (cell.id, cell.id.replace("#", "."))
    outcome = found.outcome if is_own or found.outcome == "withheld" else "cleared"
    outcome = "withheld" if cell.is_withheld else outcome
    printed = WITHHELD if outcome == "withheld" else cell.text
    return replace(found, place=cell.id, outcome=outcome, table=table, printed=printed)


def _above(place: str) -> Iterator[str]:
    """Give the rows a place may belong to: what stands before each of its dots and hashes."""
    for position, letter in enumerate(place):
        if letter in ".#":
            yield place[:position]


def totals(log: Iterable[Decision]) -> Counter[Outcome]:
    """Count the printed cells by the way they are printed."""
    return Counter(line.outcome for line in log if line.table)


def _with_totals(chapters: tuple[Chapter, ...], gate: Gate, voice: Voice) -> tuple[Chapter, ...]:
    """Add the totals to the section on confidentiality.

    Cells withheld for themselves and with others are counted together: told apart, they would say
    of a sign which of the two it is.
    """
    counts = totals(gate.log)
    if not counts or gate.is_public:
        return chapters
    rows: list[tuple[Cell, ...]] = []
    for way in WAYS:
        if n := counts[way]:
            cell = Number(f"{TABLE}#{way}", n, voice.numbers.integer(n))
            rows.append((voice.say(f"disclosure.way.{way}"), cell))
            gate.log.append(Decision(cell.id, "cleared", "of_nobody", None, TABLE, cell.text))
    first = rows[0][1]
    assert isinstance(first, Number)
    table = Table(
        id=TABLE,
        title=voice.say("disclosure.table"),
        columns=(voice.say("disclosure.column_way"), voice.say("disclosure.column_cells")),
        rows=tuple(rows),
        caption=Caption(
            reading=voice.say("disclosure.reading", n=first.text, way=str(rows[0][0])),
            scope=voice.say("disclosure.scope"),
            source=voice.say("report.source.computed"),
        ),
    )
    said = Paragraph(voice.say("disclosure.totals", n=voice.numbers.integer(sum(counts.values()))))
    return tuple(
        replace(chapter, blocks=(*chapter.blocks, said, table))
        if chapter.id == CHAPTER
        else chapter
        for chapter in chapters
    )
