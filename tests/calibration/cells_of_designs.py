"""Cells of blocks, households, agencies and waves: E6 to E7b, and E13."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from cells import NOMINAL, Cell, Draw, Drawn, critical, design, estimated, holds, within

from reliance_eval.estimation.arrays import Floats, Ints
from reliance_eval.estimation.evolutions.by_period import itt_in
from reliance_eval.estimation.evolutions.stacking import Stacked, read_stack
from reliance_eval.estimation.framing import Columns
from reliance_eval.estimation.periods import Period

Rng = np.random.Generator

EFFECT = 0.2
BLOCKED = "block-weighted difference, blocked Neyman"
MONTHLY = "month by month, then their mean"
CLUSTERED = "difference in means, CR2, Satterthwaite"


def in_blocks(treated: list[int], others: list[int]) -> tuple[Ints, Ints]:
    """Give arms and blocks, from the number of units of each arm in each block."""
    arms = [np.repeat(np.array([1, 0]), pair) for pair in zip(treated, others, strict=True)]
    return np.concatenate(arms), np.repeat(np.arange(len(arms)), [len(one) for one in arms])


def pooled(y: Floats, arms: Ints) -> tuple[float, float]:
    """Give the difference in means and its standard error, blocks and clusters ignored."""
    treated, others = y[arms == 1], y[arms == 0]
    spread = treated.var(ddof=1) / len(treated) + others.var(ddof=1) / len(others)
    return float(treated.mean() - others.mean()), float(spread) ** 0.5


def unequal_chances() -> Draw:
    """Four in five are offered in one block and one in five in the other, which fares better."""
    arms, blocks = in_blocks([240, 60], [60, 240])
    base = design(arms, blocks=blocks)
    z = critical()

    def draw(rng: Rng) -> Drawn:
        y = EFFECT * arms + 1.2 * blocks + rng.normal(size=600)
        found = estimated("blocked", base, outcome=y)
        difference, spread = pooled(y, arms)
        held = {
            BLOCKED: holds(found, EFFECT),
            "pooled difference": within(difference - EFFECT, spread, z),
        }
        return Drawn(held, found.estimate - EFFECT, found.std_error)

    return draw


def equal_chances() -> Draw:
    """Half are offered in each of six blocks that differ much."""
    arms, blocks = in_blocks([50] * 6, [50] * 6)
    base = design(arms, blocks=blocks)
    z = critical()

    def draw(rng: Rng) -> Drawn:
        y = EFFECT * arms + 0.5 * blocks + rng.normal(size=600)
        found = estimated("blocked", base, outcome=y)
        _, spread = pooled(y, arms)
        error = found.estimate - EFFECT
        held = {BLOCKED: holds(found, EFFECT), "blocks ignored": within(error, spread, z)}
        return Drawn(held, error, found.std_error)

    return draw


def unequal_effects() -> Draw:
    """Chances and effects both differ between two blocks of unequal size."""
    arms, blocks = in_blocks([100, 40], [100, 360])
    base = design(arms, blocks=blocks)
    effects = np.where(blocks == 0, 0.6, 0.0)
    truth = float(effects.mean())

    def draw(rng: Rng) -> Drawn:
        y = effects * arms + rng.normal(size=600)
        found = estimated("blocked", base, outcome=y)
        fixed = estimated("ancova", base, outcome=y)
        held = {
            BLOCKED: holds(found, truth),
            "regression with block effects, said of everyone": holds(fixed, truth),
        }
        return Drawn(held, found.estimate - truth, found.std_error)

    return draw


def households() -> Draw:
    household = np.repeat(np.arange(300), 2)
    arms = (household % 2 == 0).astype(np.int64)
    base = design(arms, clusters=household)
    z = critical()

    def draw(rng: Rng) -> Drawn:
        shared = rng.normal(size=300)[household]
        y = EFFECT * arms + np.sqrt(0.5) * (shared + rng.normal(size=600))
        found = estimated("blocked", base, outcome=y)
        _, spread = pooled(y, arms)
        error = found.estimate - EFFECT
        held = {CLUSTERED: holds(found, EFFECT), "households ignored": within(error, spread, z)}
        return Drawn(held, error, found.std_error)

    return draw


def agencies() -> Draw:
    """Ten agencies, five offered, of 20 to 40 people each."""
    sizes = np.array([20, 25, 30, 35, 40] * 2)
    agency = np.repeat(np.arange(10), sizes)
    arms = (agency < 5).astype(np.int64)
    base = design(arms, clusters=agency)
    n, z, t9, t_many = len(arms), critical(), critical(9), critical(len(arms) - 2)

    def draw(rng: Rng) -> Drawn:
        shared = rng.normal(size=10)[agency]
        y = EFFECT * arms + np.sqrt(0.1) * shared + np.sqrt(0.9) * rng.normal(size=n)
        found = estimated("blocked", base, outcome=y)
        cr0, cr1 = (estimated("blocked", base, outcome=y, variance=v) for v in ("CR0", "CR1"))
        error = found.estimate - EFFECT
        held = {
            CLUSTERED: holds(found, EFFECT),
            "CR0 with z": within(error, cr0.std_error, z),
            "CR1 with z": within(error, cr1.std_error, z),
            "CR1 with t(n - k)": within(error, cr1.std_error, t_many),
            "CR1 with t(G - 1)": within(error, cr1.std_error, t9),
        }
        return Drawn(held, error, found.std_error)

    return draw


def waves() -> Draw:
    """The same 300 people at three waves, stacked."""
    person = np.tile(np.arange(300), 3)
    arms = (person % 2 == 0).astype(np.int64)
    base = design(arms, clusters=person)
    frame = pd.DataFrame({"person": person, "month": np.repeat(np.arange(3), 300), "offer": arms})
    columns = Columns(outcome="y", offer="offer")
    stacked = Stacked(unit="person", month="month", wave=None, columns=columns)
    stack = read_stack(frame.assign(y=0.0), stacked, reference=None, level=0.95)
    z = critical()

    def draw(rng: Rng) -> Drawn:
        lasting = rng.normal(size=300)[person]
        y = EFFECT * arms + np.sqrt(0.6) * lasting + np.sqrt(0.4) * rng.normal(size=900)
        found = estimated("blocked", base, outcome=y)
        followed = replace(stack, values=y.reshape(3, 300).T)
        monthly = itt_in(followed, Period(0, 2), 1).estimate
        _, spread = pooled(y, arms)
        error = found.estimate - EFFECT
        held = {
            CLUSTERED: holds(found, EFFECT),
            MONTHLY: holds(monthly, EFFECT),
            "waves as other people": within(error, spread, z),
        }
        return Drawn(held, error, found.std_error)

    return draw


def few_clusters(_: int) -> tuple[float, float]:
    """Give the band of E7b: CR2 with few clusters is a little cautious (the reliability page)."""
    return 0.945, 0.970


CELLS = (
    Cell(
        name="E6",
        world="two blocks, chances of 80% and 20%",
        claims={BLOCKED: NOMINAL},
        mistakes={"pooled difference": NOMINAL},
        prepare=unequal_chances,
        is_unbiased=True,
        has_right_error=True,
    ),
    Cell(
        name="E6b",
        world="six blocks that differ much, equal chances",
        claims={BLOCKED: NOMINAL},
        mistakes={"blocks ignored": NOMINAL},
        prepare=equal_chances,
        is_unbiased=True,
        has_right_error=True,
    ),
    Cell(
        name="E6c",
        world="two blocks, unequal chances and unequal effects",
        claims={BLOCKED: NOMINAL},
        mistakes={"regression with block effects, said of everyone": NOMINAL},
        prepare=unequal_effects,
        is_unbiased=True,
        has_right_error=True,
    ),
    Cell(
        name="E7",
        world="300 households of two, intraclass correlation .5",
        claims={CLUSTERED: NOMINAL},
        mistakes={"households ignored": NOMINAL},
        prepare=households,
        is_unbiased=True,
        has_right_error=True,
    ),
    Cell(
        name="E7b",
        world="ten agencies of 20 to 40 people, five offered",
        claims={CLUSTERED: few_clusters},
        mistakes={
            "CR0 with z": few_clusters,
            "CR1 with z": few_clusters,
            "CR1 with t(n - k)": few_clusters,
            "CR1 with t(G - 1)": few_clusters,
        },
        prepare=agencies,
        is_unbiased=True,
    ),
    Cell(
        name="E13",
        world="300 people at three waves, correlation .6",
        claims={CLUSTERED: NOMINAL, MONTHLY: NOMINAL},
        mistakes={"waves as other people": NOMINAL},
        prepare=waves,
        is_unbiased=True,
        has_right_error=True,
    ),
)
