"""Cells of the effect of taking up: E8, E9 and E9b."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from cells import NOMINAL, Cell, Draw, Drawn, asked, critical, design, estimated, holds, within

from reliance_eval.estimation import Estimate, NotEstimable
from reliance_eval.estimation.arrays import Floats, Ints

Rng = np.random.Generator

SET = "Anderson–Rubin set"
STRONG = "estimate and its standard error, strong offer"
NAIVE_WALD = "estimate and its standard error, t(n - 2)"


def arms_of(n: int) -> Ints:
    return np.repeat(np.array([1, 0]), n // 2)


def compared(y: Floats, taken: Floats, truth: float) -> bool:
    """Say whether a plain difference between two groups of people holds the truth."""
    a, b = y[taken == 1], y[taken == 0]
    spread = a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)
    return within(float(a.mean() - b.mean()) - truth, float(spread) ** 0.5, critical())


def by_hand(y: Floats, taken: Floats, arms: Ints, found: Estimate) -> float:
    """Give the standard error that a second stage run by hand prints (HC2)."""
    assert found.first_stage is not None
    fitted = np.where(arms == 1, found.first_stage.estimate, 0.0)
    left = y - found.estimate * fitted
    treated, others = left[arms == 1], left[arms == 0]
    spread = float(treated.var(ddof=1) / len(treated) + others.var(ddof=1) / len(others))
    return float(np.sqrt(spread)) / found.first_stage.estimate


def strong(effect: float, correlation: float) -> Callable[[], Draw]:
    """Three in five of those offered take up, and only of those; they would fare worse without."""

    def prepare() -> Draw:
        arms = arms_of(600)
        base = design(arms, take_up=True)
        t598 = critical(598)

        def draw(rng: Rng) -> Drawn:
            will = rng.normal(size=600)
            taken = ((arms == 1) & (will > -0.2533471)).astype(float)
            other = np.sqrt(1.0 - correlation**2) * rng.normal(size=600)
            y = effect * taken + correlation * will + other
            found = estimated("wald", base, outcome=y, take_up=taken)
            assert found.itt is not None
            complied = (arms == 0) | (taken == 1)
            error = found.estimate - effect
            held = {
                SET: holds(found, effect),
                STRONG: within(error, found.std_error, t598),
                "second stage run by hand": within(error, by_hand(y, taken, arms, found), t598),
                "as treated": compared(y, taken, effect),
                "per protocol": compared(y[complied], taken[complied], effect),
                "effect of the offer sold as that of taking up": holds(found.itt, effect),
            }
            return Drawn(held)

        return draw

    return prepare


def weak_one_sided() -> Draw:
    """One in a hundred of those offered takes up (an F of about six)."""
    arms = arms_of(1200)
    base = design(arms, take_up=True)
    t = critical(1198)

    def draw(rng: Rng) -> Drawn:
        will = rng.normal(size=1200)
        taken = ((arms == 1) & (will > 2.3263479)).astype(float)
        y = taken + 0.5 * will + np.sqrt(0.75) * rng.normal(size=1200)
        answer = asked("wald", base, outcome=y, take_up=taken)
        if isinstance(answer, NotEstimable):
            assert answer.reason == "no_take_up"
            return Drawn({})
        found = answer.estimate
        near = within(found.estimate - 1.0, found.std_error, t)
        return Drawn({SET: holds(found, 1.0), NAIVE_WALD: near})

    return draw


def weak_two_sided() -> Draw:
    """The offer moves take-up from 30% to 38%; who takes up would fare better without it."""
    arms = arms_of(600)
    base = design(arms, take_up=True)
    chances = np.where(arms == 1, -0.3054808, -0.5244005)
    t598 = critical(598)

    def draw(rng: Rng) -> Drawn:
        will = rng.normal(size=600)
        taken = (will < chances).astype(float)
        y = taken - 0.95 * will + np.sqrt(1.0 - 0.95**2) * rng.normal(size=600)
        answer = asked("wald", base, outcome=y, take_up=taken)
        if isinstance(answer, NotEstimable):
            assert answer.reason == "no_first_stage"
            return Drawn({})
        found = answer.estimate
        near = within(found.estimate - 1.0, found.std_error, t598)
        return Drawn({SET: holds(found, 1.0), NAIVE_WALD: near})

    return draw


MISTAKES = {
    "as treated": NOMINAL,
    "per protocol": NOMINAL,
    "effect of the offer sold as that of taking up": NOMINAL,
}

CELLS = (
    Cell(
        name="E8",
        world="60% of those offered take up, effect .5",
        claims={SET: NOMINAL, STRONG: NOMINAL},
        mistakes=MISTAKES,
        prepare=strong(0.5, -0.5),
    ),
    Cell(
        name="E8 (effect 2)",
        world="the same with an effect of 2, those who take up faring much worse without",
        claims={SET: NOMINAL, STRONG: NOMINAL},
        mistakes={"second stage run by hand": NOMINAL, **MISTAKES},
        prepare=strong(2.0, -0.9),
    ),
    Cell(
        name="E9",
        world="weak offer, F of about 6, one-sided",
        claims={SET: NOMINAL},
        mistakes={NAIVE_WALD: NOMINAL},
        prepare=weak_one_sided,
    ),
    Cell(
        name="E9b",
        world="weak offer, F of about 4, two-sided",
        claims={SET: NOMINAL},
        mistakes={NAIVE_WALD: NOMINAL},
        prepare=weak_two_sided,
    ),
)
