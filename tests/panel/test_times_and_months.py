"""Times to an event, months in a state, and the months that an evolution follows."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_studies import DAY, LATE, UNITS, drawn, followed, found, month, outcome, study

from reliance_eval.errors import ProtocolError
from reliance_eval.extract import read_extracts
from reliance_eval.lottery import Entry, Ledger
from reliance_eval.panel import Panel, follow_up
from reliance_eval.panel.model import OBJECTED

NOT_YET, NOT_DELIVERED, MISSING = "not_yet_observed", "not_delivered", "missing"


def states(unit: str, text: str, first: int = 1) -> list[dict[str, Any]]:
    """One letter a month: w in work, o out of it, . unknown, a space for no row."""
    names = {"w": "work", "o": "out", ".": None}
    return [
        {"id": unit, "month": month(first + k), "situation": names[letter]}
        for k, letter in enumerate(text)
        if letter != " "
    ]


def in_work(measure: str, horizons: tuple[int, ...] = (3, 12, 36)) -> dict[str, Any]:
    made = outcome(measure, horizons=horizons)
    made["from"] = {"extract": "monthly", "column": "situation", "is": "work"}
    return made


def values(panel: Panel, name: str, horizon: int) -> list[Any]:
    rows = panel.outcomes
    rows = rows[(rows["outcome"] == name) & (rows["horizon_months"] == horizon)]
    told = rows.sort_values("unit")
    return [
        value if status == "observed" else status
        for value, status in zip(told["value"], told["status"], strict=True)
    ]


def test_months_in_a_state_at_three_horizons(tmp_path: Path) -> None:
    lives = {
        "u1": "oow" + "w" * 9 + "o" * 24,  # by hand: 1, 10 and 10 months of work
        "u2": "w" * 36,
        "u3": "o" * 12 + "." + "w" * 23,
        "u4": "o" * 20,
    }
    rows = [row for unit, text in lives.items() for row in states(unit, text)]
    protocol = study(tmp_path, [in_work("months_in")], deliveries={"monthly": [(LATE, rows)]})
    panel = followed(protocol)
    assert values(panel, "months_in", 3) == [1, 3, 0, 0]
    assert values(panel, "months_in", 12) == [10, 12, 0, 0]
    # An unknown month, and months without a row, leave the count unknown: never zero.
    assert values(panel, "months_in", 36) == [10, 36, MISSING, MISSING]


def test_months_before_work_at_three_horizons(tmp_path: Path) -> None:
    lives = {
        "u1": "oow" + "o" * 33,  # two months before it, whatever came after
        "u2": "o" * 36,
        "u3": "o.w" + "o" * 33,  # it may have come in the unknown month
        "u4": "o" * 12 + "w",
    }
    rows = [row for unit, text in lives.items() for row in states(unit, text)]
    protocol = study(tmp_path, [in_work("time_to")], deliveries={"monthly": [(LATE, rows)]})
    panel = followed(protocol)
    assert values(panel, "time_to", 3) == [2, 3, MISSING, 3]
    assert values(panel, "time_to", 12) == [2, 12, MISSING, 12]
    assert values(panel, "time_to", 36) == [2, 36, MISSING, 12]


def test_days_to_a_dated_event_are_told_in_months(tmp_path: Path) -> None:
    # By hand: from 15 February to 15 May 2018 are 89 days, three months.
    rows = [
        {"id": "u1", "day": DAY + timedelta(days=40), "x": 1.0},
        {"id": "u1", "day": DAY + timedelta(days=20), "x": 0.0},  # dated, but not the event
        {"id": "u2", "day": date(2018, 5, 14), "x": 1.0},
        {"id": "u3", "day": date(2018, 5, 15), "x": 1.0},  # the first day after the window
        {"id": "u4", "day": DAY + timedelta(days=5), "x": None},
        {"id": "u4", "day": DAY + timedelta(days=9), "x": 1.0},
    ]
    protocol = study(
        tmp_path, [outcome("time_to", "events")], deliveries={"events": [(LATE, rows)]}
    )
    told = found(followed(protocol), "time_to")
    assert told[:3] == [pytest.approx(3 * 40 / 89), pytest.approx(3 * 88 / 89), 3.0]
    assert told[3] == MISSING


@pytest.mark.parametrize("changes", [{"kind": "amount"}, {"within_months": 2}])
def test_a_time_is_asked_of_an_event_since_the_draw(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    protocol = study(
        tmp_path, [outcome("time_to", "events") | changes], deliveries={"events": [(LATE, [])]}
    )
    with pytest.raises(ProtocolError) as refused:
        follow_up(drawn(protocol), [])
    assert refused.value.faults[0].code == "E-PANEL-TIME-TO"


# -------------------------------------------------------------------------- months of evolutions


def evolving(folder: Path, *, day: date = LATE, **clause: Any) -> Panel:
    rows = [
        {"id": unit, "month": month(m), "x": 100.0 * int(unit[1:]) + m}
        for unit in UNITS
        for m in range(-4, 7)
        if (unit, m) != ("u2", 1) and month(m) < f"{day:%Y-%m}"
    ]
    rows += [{"id": "u2", "month": month(1), "x": None}]
    rows = [row for row in rows if (row["id"], row["month"]) != ("u3", month(2))]
    promised: dict[str, Any] = {"outcome": "value_at", "from": -2, "to": 4} | clause
    protocol = study(
        folder,
        [outcome("value_at")],
        deliveries={"monthly": [(day, rows)]},
        clauses={"dynamics": [promised]},
        hindsight_months=1,
    )
    return followed(protocol)


def laid_out(panel: Panel) -> pd.DataFrame:
    told = panel.months.assign(
        told=panel.months["value"].where(panel.months["status"] == "observed")
    )
    return told.pivot(index="unit", columns="month", values="told")


def test_each_month_of_an_evolution_is_there_for_everybody(tmp_path: Path) -> None:
    panel = evolving(tmp_path)
    table = laid_out(panel)
    assert table.columns.to_numpy().tolist() == [-2, -1, 0, 1, 2, 3, 4]
    assert table.loc["u1"].to_numpy().tolist() == [98, 99, 100, 101, 102, 103, 104]
    status = panel.months.set_index(["unit", "month"])["status"]
    assert status["u2", 1] == MISSING
    assert status["u3", 2] == NOT_DELIVERED
    assert list(panel.months.columns) == ["unit", "outcome", "month", "value", "status"]


def test_a_month_that_is_not_complete_is_not_observed_yet(tmp_path: Path) -> None:
    # Cut on 1 June 2018 with a month of hindsight: April (month 2) is the last complete one.
    panel = evolving(tmp_path, day=date(2018, 6, 1))
    status = panel.months.set_index(["unit", "month"])["status"]
    assert [status["u1", m] for m in (1, 2, 3, 4)] == ["observed", "observed", NOT_YET, NOT_YET]


def test_two_evolutions_of_one_outcome_share_their_months(tmp_path: Path) -> None:
    first: dict[str, Any] = {"outcome": "value_at", "from": -1, "to": 1}
    (tmp_path / "two").mkdir()
    protocol = study(
        tmp_path / "two",
        [outcome("value_at")],
        deliveries={"monthly": [(LATE, states("u1", "ow"))]},
        clauses={"dynamics": [first, first | {"from": -3, "bin_months": 2}]},
    )
    panel = followed(protocol)
    assert sorted(set(panel.months["month"])) == [-3, -2, -1, 0, 1]
    assert len(panel.months) == 5 * len(UNITS)


def test_who_objects_has_no_month_left(tmp_path: Path) -> None:
    panel = evolving(tmp_path)
    ledger = Ledger((Entry("objection", "u2", LATE, "why"),))
    again = follow_up(panel.parent, read_extracts(panel.protocol), ledger=ledger)
    assert "u2" not in set(again.months["unit"])
    assert len(again.months) == len(panel.months)
    hers = again.months[again.months["unit"].str.startswith(OBJECTED)]
    assert set(hers["status"]) == {"objected"}
    assert hers["value"].isna().all()


def test_a_panel_without_evolutions_is_kept_as_before(tmp_path: Path) -> None:
    plain = study(
        tmp_path, [outcome("value_at")], deliveries={"monthly": [(LATE, states("u1", "ow"))]}
    )
    panel = followed(plain)
    assert panel.kept_tables == ("units", "outcomes")
    assert len(panel.months) == 0
    folder = panel.save(tmp_path / "out")
    assert not (folder / "months.parquet").exists()
    loaded = Panel.load(folder, parent=panel.parent)
    assert loaded.digest == panel.digest
    assert len(loaded.months) == 0


def test_months_are_kept_with_the_panel_and_never_shared(tmp_path: Path) -> None:
    panel = evolving(tmp_path)
    folder = panel.save(tmp_path / "out")
    loaded = Panel.load(folder, parent=panel.parent)
    pd.testing.assert_frame_equal(loaded.months, panel.months, check_dtype=False)
    assert loaded.digest == panel.digest
    shared = panel.save(tmp_path / "shared", shareable=True)
    assert not (shared / "months.parquet").exists()


def test_an_outcome_without_months_has_no_evolution(tmp_path: Path) -> None:
    protocol = study(
        tmp_path,
        [outcome("value_at", "events")],
        deliveries={"events": [(LATE, [])]},
        clauses={"dynamics": [{"outcome": "value_at"}]},
    )
    with pytest.raises(ProtocolError) as refused:
        follow_up(drawn(protocol), [])
    assert refused.value.faults[0].code == "E-PANEL-DYNAMICS"


def test_nothing_outside_the_months_asked_for_is_read(tmp_path: Path) -> None:
    panel = evolving(tmp_path, to=2)
    assert np.nanmax(laid_out(panel).to_numpy()) == 402.0
