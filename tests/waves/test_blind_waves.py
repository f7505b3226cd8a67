"""Waves read as one are rehearsed blind, each by the rule of its own draw."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from reliance_eval import blinded, estimate
from reliance_eval.panel import Panel
from reliance_eval.study import open_study


def test_each_wave_keeps_its_numbers_and_its_participants(finished: Path) -> None:
    panel: Panel = open_study(finished).load("panel")
    blind = blinded(panel)
    for columns in (["wave", "block", "arm"], ["wave", "block", "take_up"]):
        pd.testing.assert_series_equal(
            blind.units.groupby(columns).size(), panel.units.groupby(columns).size()
        )
    assert (blind.units["arm"] != panel.units["arm"]).any()
    # Drawn again is what a control alone can be.
    assert "redrawn" not in set(blind.outcomes["status"])
    assert estimate(blind).is_blind
