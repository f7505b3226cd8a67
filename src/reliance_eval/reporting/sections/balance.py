"""Balance: the groups before the offer, with standardised differences and one joint test."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np

from reliance_eval.reporting.baseline_exhibits import joint_tests, love_plot, waves_table
from reliance_eval.reporting.disclosure import Shown
from reliance_eval.reporting.document import NONE, Block, Cell, Figure, Paragraph, Table
from reliance_eval.reporting.findings import finding_said, of_check
from reliance_eval.reporting.section import SECTIONS, Context, Section
from reliance_eval.robustness import Checks
from reliance_eval.robustness.baseline.love_plot import LovePoint
from reliance_eval.robustness.check import Check

Row = dict[str, Any]


def balance(context: Context) -> tuple[Block, ...]:
    """Give the table by arm and the joint test's sentence."""
    voice = context.voice
    found = of_check(context, "balance")
    if not found:
        return ()
    blocks: list[Block] = [Paragraph(voice.say("report.balance.intro"))]
    everybody, waves = found[0], found[1:]
    rows = [
        _as_share(context, dict(zip(everybody.columns, row, strict=True))) for row in everybody.rows
    ]
    hidden = _hidden(context, rows)
    shown = [row for place, row in enumerate(rows) if place not in hidden]
    if rows:
        blocks.append(_table(context, rows, hidden))
        if (figure := _love(context, shown)) is not None:
            blocks.append(figure)
    blocks.append(Paragraph(_said(context, everybody, shown)))
    if everybody.p_value is not None:
        blocks.append(joint_tests(context, everybody))
    if waves:
        blocks.append(waves_table(context, waves))
    return tuple(blocks)


def _said(context: Context, check: Check, shown: list[Row]) -> str:
    """Say what was found; the largest difference named is one that the table shows."""
    gaps = [row["standardised_difference"] for row in shown if row["measure"] != "whole"]
    largest = max((abs(gap) for gap in gaps if gap is not None), default=0.0)
    values = check.values | ({"largest": largest} if "largest" in check.values else {})
    return finding_said(context, replace(check, values=values))


def _love(context: Context, rows: list[Row]) -> Figure | None:
    """Draw the standardised differences that are printed; a whole variable has no side."""
    several = len({row["arm"] for row in rows}) > 1
    drawn = [
        row
        for row in rows
        if row["measure"] != "whole" and row["standardised_difference"] is not None
    ]
    points = tuple(
        LovePoint(
            _head(context, row, several=False),
            context.voice.arm(row["arm"]) if several else "",
            row["standardised_difference"],
        )
        for row in drawn
    )
    places = tuple(_place(row).replace("balance.", "balance_love.", 1) for row in drawn)
    return love_plot(context, points, places) if points else None


def _place(row: Row) -> str:
    return f"balance.{row['variable']}.{row['level']}.{row['measure']}.{row['arm']}"


def _as_share(context: Context, row: Row) -> Row:
    """Read the mean of a number that is always 0 or 1 as the share, and the count, it is."""
    if row["measure"] != "mean":
        return row
    arms = {"arm_n": row["arm"], "reference_n": context.protocol.clauses.lottery.control}
    values = {side: context.values_before(row["variable"], arm) for side, arm in arms.items()}
    if not all(np.isin(found, (0.0, 1.0)).all() for found in values.values()):
        return row
    counts = {side: int(found.sum()) for side, found in values.items()}
    return {**row, **counts, "measure": "share"}


def _table(context: Context, rows: list[Row], hidden: set[int]) -> Table:
    voice = context.voice
    several = len({row["arm"] for row in rows}) > 1
    first = next((row for place, row in enumerate(rows) if place not in hidden), None)
    assert first is None or first["measure"] != "whole", "a variable's levels come first"
    is_blocked = bool(context.protocol.clauses.lottery.blocks)
    notes = [voice.say(f"report.balance.note{'_blocked' if is_blocked else ''}")]
    if any(row["measure"] == "whole" for row in rows):
        notes.append(voice.say("report.balance.note_whole"))
    has_p = "p_value" in rows[0]
    if has_p:
        notes.append(voice.say("report.balance.note_p"))
    if not context.gate.is_public:
        notes.append(voice.say("report.note.shares"))
    return Table(
        id="balance-table",
        title=voice.say("report.balance.table"),
        columns=(
            voice.say("report.column.variable"),
            voice.say("report.column.reference_mean"),
            voice.say("report.column.arm_mean"),
            voice.say("report.column.standardised"),
            *([voice.say("report.column.p")] if has_p else []),
        ),
        rows=tuple(
            _row(context, row, is_hidden=place in hidden, several=several)
            for place, row in enumerate(rows)
        ),
        caption=context.caption(
            _reading(context, first, several=several) if first else "", notes=tuple(notes)
        ),
    )


def _hidden(context: Context, rows: list[Row]) -> set[int]:
    """Give the places of rows that stay inside: small shares, and one sister of a lone one."""
    gate = context.gate
    if gate.is_public:
        return set()
    hidden: set[int] = set()
    families: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        if row["measure"] == "whole":
            continue
        if row["measure"] == "mean":
            if not _is_mean_clear(context, row):
                hidden.add(place)
            continue
        families[row["variable"], row["arm"]].append(place)
        sides = (("arm_n", "mean_arm", row["arm"]), ("reference_n", "mean_reference", ""))
        if any(_is_small(context, row[n], row[mean], arm) for n, mean, arm in sides):
            hidden.add(place)
    for places in families.values():
        shares = [place for place in places if rows[place]["measure"] == "share"]
        if len([p for p in shares if p in hidden]) == 1 and len(shares) > 1:
            still = [place for place in shares if place not in hidden]
            hidden.add(min(still, key=lambda place: (rows[place]["reference_n"], place)))
    # One number for all levels would say something of those that are not shown.
    blurred = {(rows[place]["variable"], rows[place]["arm"]) for place in hidden}
    return hidden | {
        place
        for place, row in enumerate(rows)
        if row["measure"] == "whole" and (row["variable"], row["arm"]) in blurred
    }


def _is_mean_clear(context: Context, row: Row) -> bool:
    """Say whether a mean may be printed: units, contributors, and the largest one's share."""
    gate = context.gate
    for arm in (row["arm"], context.protocol.clauses.lottery.control):
        values = context.values_before(row["variable"], arm)
        total = float(values.sum())
        if len(values) < gate.rules.threshold or gate.is_small(int((values > 0).sum())):
            return False
        if total > 0 and float(values.max()) > gate.rules.dominance * total:
            return False
    return True


def _is_small(context: Context, numerator: int, mean: float | None, arm: str) -> bool:
    arm = arm or context.protocol.clauses.lottery.control
    n = context.places[arm] if not mean else round(numerator / mean)
    return min(numerator, n - numerator) < context.gate.rules.threshold


def _row(context: Context, row: Row, *, is_hidden: bool, several: bool) -> tuple[Cell, ...]:
    voice = context.voice
    place = _place(row)
    head = _head(context, row, several=several)
    if is_hidden:
        context.gate.withhold(place, "numerator", min(row["arm_n"], row["reference_n"]))
        fields = ("c", "t", "d", "p") if "p_value" in row else ("c", "t", "d")
        return (head, *(voice.withheld(f"{place}#{field}") for field in fields))
    context.gate.row(place)
    gap, is_whole = row["standardised_difference"], row["measure"] == "whole"
    cells: tuple[Cell, ...] = (
        head,
        _mean(context, row, "reference"),
        _mean(context, row, "arm"),
        NONE if gap is None else voice.plain(f"{place}#d", gap, 2, is_signed=not is_whole),
    )
    if "p_value" not in row:
        return cells
    p = row["p_value"]
    return (*cells, NONE if p is None else voice.p(f"{place}#p", p))


def _mean(context: Context, row: Row, side: str) -> Cell:
    voice, gate = context.voice, context.gate
    place = f"{_place(row)}.{side}"
    value, n = row[f"mean_{side}"], row[f"{side}_n"]
    if value is None:
        return NONE
    if row["measure"] == "mean":
        gate.record(place, "cleared", "large_enough", n)
        return voice.plain(place, value, 2 if abs(value) < 10 else 1 if abs(value) < 1000 else 0)
    whole = round(n / value) if value else context.places[row["arm"]]
    shown = gate.share(value, numerator=n, n=whole, place=place)
    if gate.is_public:
        shown = Shown(value, "exact")
    return voice.share(place, shown, digits=gate.share_digits([whole]))


def _head(context: Context, row: Row, *, several: bool) -> str:
    voice = context.voice
    head = voice.variable(row["variable"], row["level"])
    if row["measure"] == "missing":
        head = voice.without_value(row["variable"])
    if row["measure"] == "whole":
        variable = voice.stratifier(row["variable"])
        head = voice.say("report.balance.whole", variable=variable)
    return voice.say("report.row_arm", row=head, arm=voice.arm(row["arm"])) if several else head


def _reading(context: Context, row: Row, *, several: bool) -> str:
    voice = context.voice
    cells = _row(context, row, is_hidden=False, several=several)
    texts = [cell if isinstance(cell, str) else cell.text for cell in cells]
    return voice.say(
        f"report.balance.reading_{row['measure']}",
        variable=texts[0],
        arm_name=voice.arm(row["arm"]),
        reference=texts[1],
        arm=texts[2],
        gap=texts[3],
    )


SECTIONS.register("balance")(Section(needs=Checks, order=40, compose=balance))
