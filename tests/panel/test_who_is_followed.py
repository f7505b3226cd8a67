"""Who is followed: those drawn, and nobody who waits in reserve or is called from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from small_studies import DAY, LATE, UNITS, drawn, found, month, outcome, study

from reliance_eval.extract import read_extracts
from reliance_eval.lottery import Entry, Ledger
from reliance_eval.panel import Panel, follow_up


def panel_of(folder: Path, ledger: Ledger) -> Panel:
    """Four were drawn, two wait in reserve; all six earn."""
    people = [{"id": f"u{k}", "children": k} for k in range(1, 7)]
    rows = [{"id": f"u{k}", "month": month(m), "x": 10.0 * k} for k in range(1, 7) for m in (0, 3)]
    protocol = study(
        folder,
        [outcome("value_at")],
        deliveries={"households": [(DAY, people)], "monthly": [(LATE, rows)]},
    )
    draw = replace(drawn(protocol), reference="control")
    return follow_up(draw, read_extracts(protocol), ledger=ledger)


def test_the_reserve_is_in_no_arm_and_is_not_followed(tmp_path: Path) -> None:
    panel = panel_of(tmp_path, Ledger())
    assert panel.units["unit"].tolist() == list(UNITS)
    assert panel.units["arm"].tolist() == ["offered", "offered", "control", "control"]
    assert found(panel, "value_at") == [10.0, 20.0, 30.0, 40.0]
    assert len(panel.parent.drawn) == 4


def test_who_is_called_to_a_vacant_place_joins_no_arm(tmp_path: Path) -> None:
    entries = (Entry("refusal", "u1", LATE, "moved"), Entry("replacement", "u5", LATE, "next"))
    called, before = panel_of(tmp_path, Ledger(entries)), panel_of(tmp_path, Ledger())
    # The one who refused stays where she was drawn, with her outcome; who came instead is outside.
    assert called.units.equals(before.units)
    assert called.outcomes.equals(before.outcomes)
    assert called.ledger is not None
    assert [(c.kind, c.arm, c.n) for c in called.ledger.counts] == [
        ("refusal", "offered", 1),
        ("replacement", "reserve", 1),
    ]
