"""Cells of missing outcomes: E10, where the offer makes outcomes known that would not have been."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from cells import CAUTIOUS, FEWER, Cell, Draw, Drawn, critical, design, estimated, holds, within

from reliance_eval.estimation.arrays import Floats, Ints
from reliance_eval.robustness.bounds.bounded import Bounds
from reliance_eval.robustness.bounds.trimmed import lee

Rng = np.random.Generator

EFFECT, LEVEL = 0.2, 4.0
KNOWN = {1: 0.90, 0: 0.76}

LEE = "Lee bounds, interval of Imbens and Manski"
TIGHTENED = "the same, tightened within two cells"
AS_ZERO = "missing coded 0"


def differential() -> Draw:
    """The worst off do not answer, and the offer makes some of them do: response is monotone.

    The effect is the same for everybody, so it is that on those known in either arm; and those who
    answer for the offer alone are the lowest outcomes of all, so that it lies at a bound.
    """
    n = 600
    arms = (np.arange(n) % 2).astype(np.int64)
    base = design(arms)
    least = _thresholds(arms)
    z = critical()

    def draw(rng: Rng) -> Drawn:
        group = (rng.random(n) < 0.5).astype(np.int64)
        shown = np.sqrt(0.5) * (2.0 * group - 1.0) + np.sqrt(0.5) * rng.normal(size=n)
        known = shown > least
        y = np.where(known, LEVEL + EFFECT * arms + shown, np.nan)
        sample = replace(base, outcome=y)
        complete = estimated("blocked", base, outcome=y)
        filled = np.where(known, y, 0.0)
        zero = estimated("blocked", base, outcome=filled)
        held = {
            LEE: _holds(lee(sample)),
            TIGHTENED: _holds(lee(sample, group)),
            "complete cases": holds(complete, EFFECT),
            AS_ZERO: within(zero.estimate - EFFECT, zero.std_error, z),
        }
        return Drawn(held)

    return draw


def _thresholds(arms: Ints) -> Floats:
    """Give the least outcome that is known in each one's arm, were it not for the effect."""
    from scipy.optimize import brentq
    from scipy.stats import norm

    def below(end: float, rate: float) -> float:
        parts = [norm.cdf((end - side) / np.sqrt(0.5)) for side in np.sqrt([0.5, 0.5]) * [1, -1]]
        return float(np.mean(parts)) - (1.0 - rate)

    ends = np.array([brentq(below, -9.0, 9.0, args=(KNOWN[arm],)) for arm in (0, 1)])
    found: Floats = ends[arms]
    return found


def _holds(found: Bounds) -> bool:
    return found.conf_low <= EFFECT <= found.conf_high


CELLS = (
    Cell(
        name="E10",
        world="90% known of the offered and 76% of the others: the worst off are silent",
        claims={LEE: CAUTIOUS, TIGHTENED: CAUTIOUS},
        mistakes={"complete cases": CAUTIOUS, AS_ZERO: CAUTIOUS},
        prepare=differential,
        most=FEWER,
    ),
)
