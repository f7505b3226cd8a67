"""Months of an evolution in waves: each counted from its own wave's draw."""

from __future__ import annotations

from pathlib import Path

from small_waves import arms_of, followed, hold_waves, listed, small_study

from reliance_eval.estimation import estimate
from reliance_eval.panel import Panel
from reliance_eval.study import open_study

CLAUSE = """[[dynamics]]
outcome = "x"
from = -2
to = 7
[[analyses]]
"""


def panel_of(folder: Path, *units: str) -> tuple[Panel, dict[str, list[str]]]:
    study = small_study(folder, "allowed", ("[[analyses]]\n", CLAUSE))
    hold_waves(study)
    listed(folder, "second", units or tuple(arms_of(study, "w1")["control"]))
    panel = followed(open_study(folder))
    return panel, arms_of(open_study(folder), "w2")


def told(panel: Panel, unit: str) -> list[float | str]:
    rows = panel.months[panel.months["unit"] == unit].sort_values("month")
    return [
        value if status == "observed" else str(status)
        for value, status in zip(rows["value"], rows["status"], strict=True)
    ]


def test_months_are_counted_from_the_wave_and_end_with_a_later_offer(tmp_path: Path) -> None:
    panel, again = panel_of(tmp_path)
    # The first wave is of January 2018, the second of July; x is the calendar month, and the
    # extract holds 2018 alone.
    for unit in again["offered"]:
        first = told(panel, unit)
        assert first[:2] == ["not_delivered"] * 2
        assert first[2:8] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
        assert first[8:] == ["redrawn"] * 2
        second = told(panel, f"{unit}@w2")
        assert second[:8] == [5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0]
        assert second[8:] == ["not_yet_observed"] * 2
    for unit in again["control"]:
        assert told(panel, unit)[2:] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]


def test_the_months_of_a_panel_of_waves_are_the_same_when_read_again(tmp_path: Path) -> None:
    panel, _ = panel_of(tmp_path)
    folder = panel.save(tmp_path / "again")
    loaded = Panel.load(folder, parent=panel.parent)
    assert loaded.digest == panel.digest


def test_a_period_says_which_waves_it_rests_on(tmp_path: Path) -> None:
    panel, _ = panel_of(tmp_path)
    (found,) = estimate(panel).dynamics
    waves = {period.period.first: set(period.waves) for period in found.periods}
    # Nothing was delivered on November and December 2017, months -2 and -1 of the first wave.
    assert waves[-2] == waves[-1] == {"w2"}
    assert waves[0] == waves[5] == {"w1", "w2"}
    assert waves[6] == waves[7] == {"w1"}
    assert found.persons_recur
