"""Rows under the outcome they are about: a long table is read outcome by outcome."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reliance_eval.estimation.estimates import Promise
from reliance_eval.reporting.document import Cell
from reliance_eval.reporting.effects import row_label
from reliance_eval.reporting.section import Context


@dataclass(frozen=True, slots=True)
class Line:
    """A row on its way to a table.

    Attributes
    ----------
    group : str
        The head it stands under.
    head : str
        Its own head, under the group's.
    alone : str
        Its head where rows are not grouped.
    cells : tuple of Cell
        What comes after the head.
    """

    group: str
    head: str
    alone: str
    cells: tuple[Cell, ...]


def line_of(context: Context, promise: Promise, cells: tuple[Cell, ...]) -> Line:
    """Give the row of a promise: the horizon under its outcome, or both in one head."""
    voice = context.voice
    head, alone = voice.numbers.months(promise.horizon_months), row_label(context, promise)
    if len(context.protocol.clauses.lottery.arms) > 2:
        head = voice.say("report.row_arm", row=head, arm=voice.arm(promise.arm))
    if promise.subgroup:
        # The variable stands in the title.
        level = voice.subgroup_level(promise.subgroup)
        head = voice.say("report.row_subgroup", row=head, subgroup=level)
        alone = voice.say("report.row_subgroup", row=alone, subgroup=level)
    return Line(voice.outcome(promise.outcome), head, alone, cells)


def under_groups(lines: Iterable[Line]) -> tuple[tuple[Cell, ...], ...]:
    """Set rows under the heads of their groups, or each on its own where no group has two."""
    found = list(lines)
    names = list(dict.fromkeys(line.group for line in found))
    if len(names) == len(found):
        return tuple((line.alone, *line.cells) for line in found)
    rows: list[tuple[Cell, ...]] = []
    for name in names:
        inside = [line for line in found if line.group == name]
        rows.append((name, *([""] * len(inside[0].cells))))
        rows += [(line.head, *line.cells) for line in inside]
    return tuple(rows)
