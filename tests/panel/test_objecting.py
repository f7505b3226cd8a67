"""Who objects keeps a place in the counts, and nothing else of her is in the panel."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from small_studies import DAY, LATE, drawn, found, month, outcome, study

from reliance_eval.estimation import estimate
from reliance_eval.extract import read_extracts
from reliance_eval.lottery import Entry, Kind, Ledger
from reliance_eval.panel import Panel, follow_up, in_draw_order

FOUR = ("u1", "u2", "u3", "u4")


def panel_of(folder: Path, *entries: tuple[Kind, str], horizons: tuple[int, ...] = (3,)) -> Panel:
    rows = [{"id": unit, "month": month(m), "x": 10.0} for unit in FOUR for m in range(-1, 6)]
    protocol = study(
        folder,
        [outcome("value_at", horizons=horizons)],
        deliveries={
            "households": [(DAY, [{"id": f"u{k}", "children": k} for k in range(1, 6)])],
            "monthly": [(date(2018, 9, 1), rows)],
            "participation": [(LATE, [{"id": "u1", "signed": True}])],
        },
        clauses={
            "take_up": {"extract": "participation", "column": "signed"},
            "covariates": [{"variable": "kids"}],
            "analyses": [{"estimand": "itt", "adjust": "lin"}],
        },
    )
    ledger = Ledger(tuple(Entry(kind, unit, LATE, "why") for kind, unit in entries))
    return follow_up(drawn(protocol), read_extracts(protocol), ledger=ledger)


def test_without_an_entry_the_panel_is_what_it_was(tmp_path: Path) -> None:
    panel = panel_of(tmp_path)
    again = follow_up(panel.parent, read_extracts(panel.protocol))
    assert "ledger" not in panel.plain
    assert again.digest == panel.digest


@pytest.mark.parametrize("kind", ["withdrawal", "late_ineligibility", "refusal"])
def test_who_leaves_is_followed_like_any_other(tmp_path: Path, kind: Kind) -> None:
    before, after = panel_of(tmp_path), panel_of(tmp_path, (kind, "u1"))
    pd.testing.assert_frame_equal(before.units, after.units)
    pd.testing.assert_frame_equal(before.outcomes, after.outcomes)
    assert after.ledger is not None
    assert [(c.kind, c.arm, c.n) for c in after.ledger.counts] == [(kind, "offered", 1)]


def test_nothing_is_left_of_who_objects_but_a_place(tmp_path: Path) -> None:
    panel = panel_of(tmp_path, ("objection", "u1"))
    assert panel.units["unit"].tolist() == ["objected:0001", "u2", "u3", "u4"]
    hers = panel.units.iloc[0]
    assert (hers["arm"], hers["block"], hers["probability"]) == ("offered", "-", 0.5)
    assert hers["cluster"] == "objected:0001"
    known = {"unit", "arm", "block", "probability", "cluster"}
    assert hers.drop(list(known)).isna().all()
    assert found(panel, "value_at") == ["objected", 10.0, 10.0, 10.0]
    panel.save(tmp_path / "out")
    for name in ("units", "outcomes"):
        content = pd.read_parquet(tmp_path / "out" / "panel" / f"{name}.parquet").to_csv()
        assert "u1" not in content


def test_her_place_stays_in_the_counts(tmp_path: Path) -> None:
    panel = panel_of(tmp_path, ("objection", "u1"))
    assert panel.units["arm"].value_counts().to_dict() == {"offered": 2, "control": 2}
    counts = panel.counts().set_index(["arm", "status"])["n"].to_dict()
    assert counts == {
        ("offered", "observed"): 1,
        ("offered", "objected"): 1,
        ("control", "observed"): 2,
    }


def test_a_horizon_nobody_reached_is_not_objected_to(tmp_path: Path) -> None:
    panel = panel_of(tmp_path, ("objection", "u1"), horizons=(3, 36))
    assert set(found(panel, "value_at", 36)) == {"not_yet_observed"}


def test_who_objects_in_the_reserve_changes_no_row(tmp_path: Path) -> None:
    panel = panel_of(tmp_path, ("objection", "u5"))
    pd.testing.assert_frame_equal(panel.units, panel_of(tmp_path).units)


def test_the_populations_are_named_and_counted(tmp_path: Path) -> None:
    # By hand: u1 took part and objects, so nobody known took part and one offered is analysed.
    panel = panel_of(tmp_path, ("objection", "u1"), ("withdrawal", "u3"))
    table = panel.populations().set_index(["population", "arm"])["n"].to_dict()
    assert table == {
        ("randomised", "offered"): 2,
        ("randomised", "control"): 2,
        ("received_offer", "offered"): 0,
        ("received_offer", "control"): 0,
        ("analysed", "offered"): 1,
        ("analysed", "control"): 2,
    }


def test_rows_stand_again_in_the_order_of_the_draw(tmp_path: Path) -> None:
    panel = panel_of(tmp_path, ("objection", "u3"))
    # By name, "objected:0001" comes first; in the draw she stands third.
    assert panel.units["unit"].tolist()[0] == "objected:0001"
    assert in_draw_order(panel)["unit"].tolist() == ["u1", "u2", "objected:0001", "u4"]
    assert in_draw_order(panel)["arm"].tolist() == panel.parent.drawn["arm"].tolist()


def test_an_erased_row_is_nobodys_missing_covariate(tmp_path: Path) -> None:
    estimates = estimate(panel_of(tmp_path, ("objection", "u1")))
    for row in (*estimates.estimated, *estimates.not_estimable):
        assert "missing_covariates" not in getattr(row, "notes", ())
