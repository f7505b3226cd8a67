"""An index promised in a protocol is followed up with its components."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_studies import LATE, UNITS, drawn, found, month, outcome, study

from reliance_eval.extract import read_extracts
from reliance_eval.panel import Panel, check_panel, follow_up
from reliance_eval.protocol import Protocol

Rows = list[dict[str, Any]]


def followed(protocol: Protocol) -> Panel:
    draw = replace(drawn(protocol), reference="control")
    return follow_up(draw, read_extracts(protocol))


def rows(units: tuple[str, ...] = UNITS) -> Rows:
    """Each unit's x is its number, squared, in every month."""
    return [
        {"id": unit, "month": month(m), "x": float(unit[1:]) ** 2}
        for unit in units
        for m in range(1, 4)
    ]


def promised() -> list[dict[str, Any]]:
    index = {
        "name": "both",
        "label": {},
        "kind": "score",
        "index": {"of": ["cumulated", "months_in"], "method": "klk"},
        "horizons_months": [3],
    }
    good, bad = outcome("cumulated"), outcome("months_in", above=4)
    return [index, good | {"better": "higher"}, bad | {"better": "lower", "kind": "count"}]


def test_an_index_is_followed_up_with_its_components(tmp_path: Path) -> None:
    given = study(tmp_path, promised(), deliveries={"monthly": [(LATE, rows())]})
    # u3 and u4, the controls, both spend three months above 4: no standard deviation, no index.
    assert check_panel(given) == ()
    assert found(followed(given), "both") == ["missing"] * 4


def test_its_unit_is_a_standard_deviation_of_the_controls(tmp_path: Path) -> None:
    clauses = promised()
    clauses[2]["from"]["above"] = 9
    panel = followed(study(tmp_path, clauses, deliveries={"monthly": [(LATE, rows())]}))
    # By hand: sums 3, 12, 27, 48 (controls: mean 37.5, sd 21/√2); months 0, 0, 0, 3 (1.5, 3/√2).
    sd = [21 / 2**0.5, 3 / 2**0.5]
    by_hand = [
        ((total - 37.5) / sd[0] - (months - 1.5) / sd[1]) / 2
        for total, months in [(3, 0), (12, 0), (27, 0), (48, 3)]
    ]
    assert found(panel, "both") == pytest.approx(by_hand)
    assert list(dict.fromkeys(panel.outcomes["outcome"])) == ["both", "cumulated", "months_in"]
