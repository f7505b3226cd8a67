"""Power as the formula says it, and as the real estimators have it, at 600 units.

Run with ``pytest -m slow tests/calibration``. The band of a point and a half is that of the design;
what trials were drawn adds three of its own Monte-Carlo errors.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "power"))

from short_trials import short

from reliance_eval.estimation import Estimate, itt, late
from reliance_eval.power import Sizes, diagnose
from reliance_eval.power.detecting import Spread, critical_value, power_at, spread_of_share

pytestmark = pytest.mark.slow

TRIALS = 3_000
BAND = 0.015
N, BLOCKS = 600, 6


@dataclass(frozen=True)
class World:
    """Six blocks of a hundred, half of each offered."""

    rate: float | None = None
    between: float = 0.0
    """Variance between blocks, of a total of one."""
    take_up: float = 1.0

    def frame(self, rng: np.random.Generator, effect: float) -> pd.DataFrame:
        block = np.repeat(np.arange(BLOCKS), N // BLOCKS)
        offer = np.concatenate([rng.permutation(np.arange(N // BLOCKS) % 2) for _ in range(BLOCKS)])
        takes = offer * (rng.random(N) < self.take_up)
        if self.rate is not None:
            y = (rng.random(N) < self.rate + effect * offer).astype(float)
        else:
            levels = np.linspace(-1, 1, BLOCKS)
            levels *= math.sqrt(self.between) / levels.std()
            y = levels[block] + rng.normal(0, math.sqrt(1 - self.between), N)
            y += effect / self.take_up * takes
        return pd.DataFrame({"y": y, "z": offer, "d": takes, "b": block})


def share_found(world: World, effect: float, *, seed: int, is_late: bool = False) -> float:
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(TRIALS):
        data = world.frame(rng, effect)
        if is_late:
            found = late(data, outcome="y", offer="z", take_up="d", blocks="b")
        else:
            found = itt(data, outcome="y", offer="z", blocks="b")
        assert isinstance(found, Estimate)
        hits += found.p_value < 0.05
    return hits / TRIALS


def formula(spread: Spread, effect: float, *, r2: float = 0.0) -> float:
    sizes = Sizes(arm=N / 2, reference=N / 2)
    error = sizes.std_error(spread, effect, r2=r2)
    return power_at(effect, error, critical=critical_value(0.95, sizes.df), df=sizes.df)


def agrees(drawn: float, expected: float) -> bool:
    error = math.sqrt(expected * (1 - expected) / TRIALS)
    return abs(drawn - expected) < BAND + 3 * error


@pytest.mark.parametrize("effect", [0.05, 0.10])
@pytest.mark.parametrize("rate", [0.10, 0.26])
def test_the_effect_of_the_offer_on_a_share(rate: float, effect: float) -> None:
    drawn = share_found(World(rate=rate), effect, seed=int(1000 * (rate + effect)))
    assert agrees(drawn, formula(spread_of_share(rate, 1.0), effect))


@pytest.mark.parametrize("between", [0.0, 0.4])
def test_blocks_take_their_share_of_the_variance(between: float) -> None:
    drawn = share_found(World(between=between), 0.2, seed=int(100 * between))
    assert agrees(drawn, formula(Spread(1.0), 0.2, r2=between))


def test_the_effect_on_participants_is_found_as_often_as_that_of_the_offer() -> None:
    # The take-up of the few adds a little to the spread of the offered: within the band.
    drawn = share_found(World(take_up=0.4), 0.2, seed=40, is_late=True)
    assert agrees(drawn, formula(Spread(1.0), 0.2))


def test_the_promised_analyses_of_made_up_trials(tmp_path: Path) -> None:
    """Formula with the world's own moments, against trials through the whole line."""
    protocol = short(tmp_path / "study", adjust="bonferroni")
    found = diagnose(protocol, simulate=400, seed=11)
    plain = [c for c in found.curves if c.promise.estimator == "blocked"]
    assert len(plain) == 2
    for curve in plain:
        for point in curve.points:
            for expected, drawn in (
                (point.formula, point.simulated),
                (point.formula_family, point.simulated_family),
            ):
                assert drawn is not None
                # Blocks explain up to a twentieth of these outcomes; the formula is not told.
                low, high = expected - BAND - 3 * drawn.error, expected + BAND + 3 * drawn.error
                assert low < drawn.value < high + 0.03
