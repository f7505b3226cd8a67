"""Months before the draw, and who served a unit, as the panel reads them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from small_studies import EXTRACTS, LATE, drawn, month, outcome, study

from reliance_eval.extract import read_extracts
from reliance_eval.panel import TAKE_UP_GROUP, check_panel, follow_up
from reliance_eval.protocol.placebos import placebo_findings


def monthly(*units: str) -> list[dict[str, Any]]:
    """Give x = 100 + m in each month m from -4 to 3."""
    return [{"id": u, "month": month(m), "x": 100.0 + m} for u in units for m in range(-4, 4)]


def test_placebo_months_are_read_as_they_were_before_the_draw(tmp_path: Path) -> None:
    protocol = study(
        tmp_path,
        [outcome("value_at") | {"placebo_months": [-4, -2]}],
        deliveries={"monthly": [(LATE, monthly("u1", "u2"))]},
    )
    panel = follow_up(drawn(protocol), read_extracts(protocol))
    values = panel.months.set_index(["unit", "month"])["value"]
    assert [values["u1", m] for m in (-4, -2)] == [96.0, 98.0]
    assert pd.isna(values["u3", -2])


def test_who_served_a_unit_is_read_beside_its_take_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = {"signed": {"type": "boolean"}, "who": {}}
    monkeypatch.setitem(EXTRACTS, "participation", {"id": "id", "columns": columns})
    register = [{"id": "u1", "signed": True, "who": "a"}, {"id": "u2", "signed": False}]
    protocol = study(
        tmp_path,
        [outcome("value_at")],
        deliveries={
            "monthly": [(LATE, monthly("u1"))],
            "participation": [(date(2018, 6, 1), register)],
        },
        clauses={"take_up": {"extract": "participation", "column": "signed", "group": "who"}},
    )
    units = follow_up(drawn(protocol), read_extracts(protocol)).units.set_index("unit")
    assert units.loc["u1", TAKE_UP_GROUP] == "a"
    assert units.loc[["u2", "u3", "u4"], TAKE_UP_GROUP].isna().all()


def test_months_before_the_draw_need_a_monthly_extract(tmp_path: Path) -> None:
    asked = outcome("last", "events") | {"placebo_months": [-2]}
    protocol = study(tmp_path, [asked], deliveries={})
    assert "E-PANEL-PLACEBO-MONTHS" in {fault.code for fault in check_panel(protocol)}


@pytest.mark.parametrize(
    ("changes", "clauses", "code"),
    [
        ({"placebo_months": [-2, 0]}, {}, "E-PROTOCOL-PLACEBO-MONTHS"),
        ({"placebo_months": [-2, -4]}, {}, "E-PROTOCOL-PLACEBO-MONTHS"),
        ({"role": "placebo"}, {}, "E-PROTOCOL-PLACEBO-ONLY"),
        (
            {"role": "placebo"},
            {"analyses": [{"estimand": "itt", "outcomes": ["value_at"]}]},
            "E-PROTOCOL-PLACEBO-PROMISED",
        ),
    ],
)
def test_a_contradiction_about_placebos_is_named(
    tmp_path: Path, changes: dict[str, Any], clauses: dict[str, Any], code: str
) -> None:
    protocol = study(tmp_path, [outcome("value_at") | changes], deliveries={}, clauses=clauses)
    assert code in {found.code for found in placebo_findings(protocol.clauses)}
