"""The flow of participants: drawn from counts that add up, or not drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reliance_eval.errors import InternalError
from reliance_eval.estimation import Estimates
from reliance_eval.lottery import Draw
from reliance_eval.panel import Panel
from reliance_eval.reporting.diagram import Box, Level, flow_diagram
from reliance_eval.reporting.document import Document, Figure, Number
from reliance_eval.reporting.participants import participants
from reliance_eval.robustness import Checks


def parts_of(checks: Checks) -> tuple[Draw, Panel, Estimates]:
    return checks.nearest(Draw), checks.nearest(Panel), checks.nearest(Estimates)


def test_every_unit_is_counted_once_at_each_step(checks: Checks) -> None:
    found = participants(*parts_of(checks))
    assert [each.drawn for each in found] == [200, 200]
    for each in found:
        assert all(sum(counts.values()) == 200 for counts in each.statuses.values())
    offered, control = found
    # Four of the control group and thirty of the offered one were not delivered at 12 months.
    assert offered.statuses["employed", 12]["not_delivered"] == 30
    assert control.analysed["employed", 12] == 196
    assert control.took_up == 0


def lost(panel: Panel) -> Panel:
    """Forget a unit's row at one horizon."""
    return replace(panel, outcomes=panel.outcomes.iloc[1:])


def twice(panel: Panel) -> Panel:
    """Hold a unit twice."""
    return replace(panel, units=panel.units.iloc[[0, *range(len(panel.units))]])


@pytest.mark.parametrize("broken", [lost, twice])
def test_counts_that_do_not_add_up_are_not_drawn(checks: Checks, broken: Any) -> None:
    lottery, panel, estimates = parts_of(checks)
    with pytest.raises(InternalError, match="E-REPORT-FLOW"):
        participants(lottery, broken(panel), estimates)


def test_a_unit_the_draw_placed_nowhere_is_missed(checks: Checks) -> None:
    lottery, panel, estimates = parts_of(checks)
    moved = lottery.assignment.copy()
    moved.loc[moved.index[moved["arm"] == "reserve"][0], "arm"] = "elsewhere"
    with pytest.raises(InternalError, match="draw"):
        participants(replace(lottery, assignment=moved), panel, estimates)


def test_more_analysed_than_known_is_refused(checks: Checks) -> None:
    lottery, panel, estimates = parts_of(checks)
    outcomes = panel.outcomes.copy()
    cell = (outcomes["outcome"] == "employed") & (outcomes["horizon_months"] == 3)
    hidden = outcomes.index[cell][0]
    outcomes.loc[hidden, "status"], outcomes.loc[hidden, "value"] = "missing", np.nan
    with pytest.raises(InternalError, match=r"analysed\.employed\.3"):
        participants(lottery, replace(panel, outcomes=outcomes), estimates)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_picture_and_its_table_say_the_same(
    documents: dict[str, Document], language: str
) -> None:
    document = documents[language]
    (figure,) = [b for b in document.blocks() if isinstance(b, Figure) and b.id == "flow-diagram"]
    # The boxes of CONSORT 2025: enrolment, allocation, follow-up, analysis.
    stages = {
        "fr": ("Inclusion", "Attribution", "Suivi", "Analyse"),
        "en": ("Enrolment", "Allocation", "Follow-up", "Analysis"),
    }
    assert all(f">{name}<" in figure.svg for name in stages[language])
    numbers = {
        cell.id: cell for row in figure.data.rows for cell in row if isinstance(cell, Number)
    }
    assert numbers["participants.received#offered"].value is not None
    took, left = (
        numbers[f"participants.{key}#offered"].value for key in ("received", "not_received")
    )
    assert took is not None
    assert left is not None
    assert abs(took + left - 200) <= 5
    # Outcomes of a horizon share a line: its least and greatest counts are those of the table.
    for arm in ("offered", "control"):
        for horizon in (3, 12):
            end = f".{horizon}.observed#{arm}"
            known = [cell for name, cell in numbers.items() if name.endswith(end)]
            known = sorted(
                (cell for cell in known if cell.value is not None), key=lambda c: c.value or 0.0
            )
            assert known
            for cell in (known[0], known[-1]):
                assert cell.text in figure.svg
                assert cell.text in figure.alternative
    # Four people without a value: their number stays inside, in picture and table.
    assert numbers["participants.employed.12.not_delivered#control"].text == "s"


def test_several_arms_get_columns_of_their_own() -> None:
    box = Box("group", ("line",))
    svg = flow_diagram(
        (Level(Box("drawn")),),
        tuple((box, box) for _ in range(5)),
        bands=("one", "two", "three"),
        identifier="x",
        title="title",
        alternative="words",
    )
    assert svg.count(">group<") == 10
    assert 'viewBox="0 0 880 ' in svg  # five columns of 176
    assert svg.count("#e9e9e6") == 3
