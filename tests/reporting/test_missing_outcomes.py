"""What the report says of missing outcomes: counts by reason, response through time, and bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reliance_eval.estimation import estimate
from reliance_eval.panel import Panel
from reliance_eval.reporting.composing import compose
from reliance_eval.reporting.document import Block, Chapter, Figure, Number, Table, is_group
from reliance_eval.robustness import CHECKS, Checks
from reliance_eval.robustness.challenging import run

LANGUAGES = ("fr", "en")
LOST = {"offered": 20, "control": 60}


@pytest.fixture(scope="module")
def lossy(checks: Checks) -> Checks:
    """The imaginary trial, where employment at 3 months is lost for 20 offered and 60 others."""
    panel: Panel = checks.nearest(Panel)
    outcomes = panel.outcomes.merge(panel.units[["unit", "arm"]], on="unit")
    cell = (outcomes["outcome"] == "employed") & (outcomes["horizon_months"] == 3)
    status = outcomes["status"].to_numpy(object).copy()
    for arm, n in LOST.items():
        rows = np.flatnonzero(cell & (outcomes["arm"] == arm))[:n]
        status[rows] = "missing"
        status[rows[: n // 5 * 3]] = "moved"
    values = outcomes["value"].where(~np.isin(status, ["missing", "moved"]))
    lost = replace(panel, outcomes=outcomes.drop(columns="arm").assign(status=status, value=values))
    estimates = estimate(lost)
    found = (*run(CHECKS["attrition"], estimates), *run(CHECKS["bounds"], estimates))
    return Checks(parent=estimates, checks=found)


@pytest.fixture(scope="module")
def chapters(lossy: Checks) -> dict[str, Chapter]:
    found = {}
    for language in LANGUAGES:
        document, _ = compose(lossy, language)
        found[language] = next(c for c in document.chapters if c.id == "section-follow-up")
    return found


def block(chapter: Chapter, name: str) -> Block:
    return next(b for b in chapter.blocks if getattr(b, "id", "") == name)


def table(chapter: Chapter, name: str) -> Table:
    found = block(chapter, name)
    assert isinstance(found, Table)
    return found


def test_reasons_are_counted_by_arm_and_small_ones_withheld(chapters: dict[str, Chapter]) -> None:
    counted = table(chapters["en"], "follow-up-table")
    assert "Moved away" in counted.columns
    assert "Lost (value missing)" in counted.columns
    numbers = {
        cell.id: cell
        for row in counted.rows
        for cell in row
        if isinstance(cell, Number) and cell.id.startswith("follow_up.employed.3.")
    }
    # 12 moved and 8 lost of 20: with one small kind, the kinds are not told apart.
    assert numbers["follow_up.employed.3.offered#moved"].is_withheld
    assert numbers["follow_up.employed.3.offered#missing"].is_withheld
    # 36 moved and 24 lost, rounded to 5.
    assert numbers["follow_up.employed.3.control#moved"].value == 35
    assert numbers["follow_up.employed.3.control#missing"].value == 25


def test_outcomes_with_the_same_counts_share_a_row(chapters: dict[str, Chapter]) -> None:
    counted = table(chapters["en"], "follow-up-table")
    heads = [str(row[0]) for row in counted.rows if is_group(row)]
    assert len(heads) == len(set(heads)) < 5
    assert any("Rare outcome" in head and "Monthly income" in head for head in heads)


def test_bounds_stand_beside_the_known_with_their_interval(chapters: dict[str, Chapter]) -> None:
    bounds = table(chapters["en"], "bounds-table")
    row = next(row for row in bounds.rows if "at 3\xa0months" in str(row[0]))
    cells = {cell.id.partition("#")[2]: cell for cell in row if isinstance(cell, Number)}
    assert {"complete_cases", "lee", "lee_interval", "worst_case"} <= set(cells)
    assert not any(cell.is_withheld for cell in cells.values())
    widths = {name: cells[name].value for name in ("lee", "lee_interval", "worst_case")}
    assert all(width is not None and width > 0 for width in widths.values())
    # Twelve months: fewer than eleven are unknown in one group, and nothing is told.
    hidden = next(row for row in bounds.rows if "at 12\xa0months" in str(row[0]))
    assert all(cell.is_withheld for cell in hidden if isinstance(cell, Number))


def test_the_path_to_the_worst_cases_is_drawn_with_its_numbers(
    chapters: dict[str, Chapter],
) -> None:
    for language in LANGUAGES:
        figure = block(chapters[language], "bounds-figure")
        assert isinstance(figure, Figure)
        assert "<svg" in figure.svg
        shares = [row[1] for row in figure.data.rows]
        assert len(shares) == 5
        assert all(str(row[0]) in figure.alternative for row in figure.data.rows)


def test_both_languages_hold_the_same_numbers_of_what_is_missing(
    chapters: dict[str, Chapter],
) -> None:
    def numbers(chapter: Chapter) -> list[tuple[str, float | None]]:
        tables = [b.data if isinstance(b, Figure) else b for b in chapter.blocks]
        return [
            (cell.id, cell.value)
            for one in tables
            if isinstance(one, Table)
            for row in one.rows
            for cell in row
            if isinstance(cell, Number)
        ]

    assert numbers(chapters["fr"]) == numbers(chapters["en"])


def test_a_gap_beyond_the_boundary_calls_for_attention_with_bounds(lossy: Checks) -> None:
    found = {(check.name, check.subject): check for check in lossy.checks}
    gap = found["attrition", "employed.3"]
    assert gap.verdict == "attention"
    # 180 of 200 against 140 of 200 known.
    assert gap.values["points"] == pytest.approx(20.0, abs=1.5)
    assert ("bounds", "employed.3") in found
    # Nothing is missing of the rare outcome.
    assert found["bounds", "rare.3"].sentence == "check.bounds.complete"
    assert found["bounds", "employed.36"].sentence == "check.bounds.not_yet"
