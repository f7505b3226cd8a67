"""Unequal odds: weights, probabilities, blocks and what a draw records all give one answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_panels import panel

from reliance_eval.errors import DataError, ProtocolError
from reliance_eval.estimation import Estimate, estimate, itt


def unequal(seed: int, *, n: int = 600, gap: float = 0.0) -> pd.DataFrame:
    """Two strata with odds of .8 and .2; the effect is 1, plus ``gap`` in the second (E6, E6c)."""
    rng = np.random.default_rng(seed)
    block = np.repeat([0, 1], [n // 3, n - n // 3])
    p = np.where(block == 0, 0.8, 0.2)
    z = np.zeros(n, dtype=int)
    for code, share in ((0, 0.8), (1, 0.2)):
        rows = np.flatnonzero(block == code)
        z[rng.permutation(rows)[: round(share * len(rows))]] = 1
    y = (1 + gap * block) * z + 2 * block + rng.normal(size=n)
    own = np.where(z == 1, p, 1 - p)
    return pd.DataFrame({"y": y, "z": z, "block": block, "p": own, "w": 1 / own, "offered": p})


def of(frame: pd.DataFrame, **asked: Any) -> Estimate:
    found = itt(frame, outcome="y", offer="z", **asked)
    assert isinstance(found, Estimate)
    return found


def test_weights_and_probabilities_are_the_same_question() -> None:
    frame = unequal(1, gap=2)
    weighted, likely = of(frame, weights="w"), of(frame, probability="p")
    assert likely == weighted
    assert weighted.estimate == pytest.approx(of(frame, blocks="block").estimate, rel=1e-10)


def test_neither_pooling_nor_fixed_effects_answer_it() -> None:
    # E6c: the average effect over everyone drawn is 1 + 2 x 2/3; strata of unequal odds and sizes
    # weigh by precision in fixed effects (200 x .16 to 400 x .16: here alike), not when pooled.
    frame = unequal(2, n=6000, gap=2)
    assert of(frame, probability="p").estimate == pytest.approx(1 + 4 / 3, abs=0.15)
    assert abs(of(frame).estimate - (1 + 4 / 3)) > 0.5


def test_chances_of_the_offer_are_not_taken_for_those_of_ones_arm() -> None:
    with pytest.raises(DataError) as refusal:
        of(unequal(3), probability="offered")
    assert [fault.code for fault in refusal.value.faults] == ["E-ESTIMATION-OWN-ARM"]


@pytest.mark.parametrize("chance", [0.0, -0.1, 1.2])
def test_a_chance_is_above_zero_and_at_most_one(chance: float) -> None:
    frame = unequal(4)
    frame.loc[3, "p"] = chance
    with pytest.raises(DataError) as refusal:
        of(frame, probability="p")
    assert [fault.code for fault in refusal.value.faults] == ["E-ESTIMATION-CHANCE"]


def test_both_at_once_are_refused() -> None:
    with pytest.raises(ProtocolError) as refusal:
        of(unequal(5), probability="p", weights="w")
    assert [fault.code for fault in refusal.value.faults] == ["E-ESTIMATION-WEIGHTS-TWICE"]


def test_a_row_without_a_chance_is_outside() -> None:
    frame = unequal(6)
    frame.loc[:4, "p"] = np.nan
    assert of(frame, probability="p").note_values["outside"] == "5"


class TestARecordedDraw:
    """What the draw says of odds is what estimation uses, without being asked."""

    def test_blocks_of_unequal_odds_need_no_weights(self) -> None:
        given = panel()
        is_large = given.units["block"] == "ch_2plus"
        rng = np.random.default_rng(1)
        offered = rng.random(len(given.units)) < np.where(is_large, 0.7, 0.3)
        arm = np.where(offered, "offered", "control")
        chance = np.where(is_large, 0.7, 0.3)
        own = np.where(offered, chance, 1 - chance)
        given = replace(given, units=given.units.assign(arm=arm, probability=own))
        found = estimate(given).estimated[0]
        values = given.outcomes[
            (given.outcomes["outcome"] == "employed") & (given.outcomes["horizon_months"] == 3)
        ]
        frame = given.units.merge(values, on="unit").rename(columns={"value": "y", "arm": "z"})
        assert found.estimate == pytest.approx(of(frame, blocks="block").estimate, rel=1e-12)
        assert found.variance == "blocked"

    def test_odds_that_differ_within_a_block_become_weights(self) -> None:
        given = panel()
        chances = np.where(given.units["age"] > 35, 0.4, 0.6)
        own = np.where(given.units["arm"] == "offered", chances, 1 - chances)
        given = replace(given, units=given.units.assign(probability=own))
        found = estimate(given).estimated[0]
        values = given.outcomes[
            (given.outcomes["outcome"] == "employed") & (given.outcomes["horizon_months"] == 3)
        ]
        frame = given.units.merge(values, on="unit").rename(columns={"value": "y", "arm": "z"})
        counts = frame.groupby("block").size() / len(frame)
        gaps = {}
        for block, rows in frame.groupby("block"):
            means = [
                np.average(
                    rows["y"][rows["z"] == z], weights=1 / rows["probability"][rows["z"] == z]
                )
                for z in ("offered", "control")
            ]
            gaps[block] = means[0] - means[1]
        expected = sum(counts[block] * gap for block, gap in gaps.items())
        assert found.estimate == pytest.approx(expected, rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("gap", [0.0, 2.0])
def test_intervals_cover_the_average_over_those_drawn(gap: float) -> None:
    # E6 and E6c by weights and by blocks: 2,000 trials, band of reliability.md [0.9354, 0.9646]
    # by blocks; with weights alone the strata's differences stay in the variance: never narrower.
    hits = np.zeros(2)
    truth = 1 + gap * 2 / 3
    for seed in range(2000):
        frame = unequal(seed + 50, gap=gap)
        for place, asked in enumerate(({"blocks": "block"}, {"probability": "p"})):
            found = of(frame, **asked)
            assert found.conf_low is not None
            assert found.conf_high is not None
            hits[place] += found.conf_low <= truth <= found.conf_high
    assert 0.9354 <= hits[0] / 2000 <= 0.9646
    assert hits[1] / 2000 >= 0.9354
