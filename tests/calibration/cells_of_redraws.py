"""Cells of randomisation inference: E11a to E11d, E17, and p-values without an effect.

The p-values are those of the package: its designs hold the lotteries, its re-draws count. The
mistakes are written out: ``>`` for ``>=``, no one added, and another lottery than the one held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from cells import FEWER, Band, Cell, Draw, Drawn, around, design
from cells_of_families import SIZES, small_p

from reliance_eval.estimation.arrays import Floats, Ints
from reliance_eval.estimation.redraws.asking import of_the_offer
from reliance_eval.estimation.redraws.reassigning import Question, many_of
from reliance_eval.estimation.redraws.replaying import Replay, is_extreme, p_value
from reliance_eval.estimation.redraws.stepping import JointRedraws
from reliance_eval.estimation.sample import Sample
from reliance_eval.lottery import DESIGNS, Lots, redraw

Rng = np.random.Generator

ALPHA = 0.05
REDRAWS = 199
"""With one more for the draw itself, 0.01, 0.05 and 0.1 are multiples of what p can be."""
WITHOUT_ONE = 100
"""Re-draws of which p without the one that is added reaches under 0.05 more often than 5%."""


def lots_of(
    arms: Ints, *, blocks: Ints | None = None, clusters: Ints | None = None, **more: Any
) -> Lots:
    """Give lots whose places are the counts found, by block, of units or of clusters."""
    strata = np.zeros(len(arms), dtype=np.int64) if blocks is None else blocks
    groups = np.arange(len(arms)) if clusters is None else clusters
    first = np.unique(groups, return_index=True)[1]
    places = np.zeros((int(strata.max()) + 1, int(arms.max()) + 1), dtype=np.int64)
    np.add.at(places, (strata[first], arms[first]), 1)
    return Lots(strata, places, groups, **more)


def held(name: str, lots: Lots, rng: Rng) -> Ints:
    """Hold a lottery, and give the arm of each unit."""
    arms: Ints = redraw(DESIGNS[name], lots, redraws=1, rng=rng)[0].astype(np.int64)
    return arms


def replay(name: str, lots: Lots, arms: Ints, rng: Rng, *, redraws: int = REDRAWS) -> Replay:
    """Prepare re-draws of a lottery that came out as given."""
    return Replay(
        design=DESIGNS[name],
        lots=lots,
        observed=arms,
        free=np.ones(len(arms), dtype=np.bool_),
        redraws=redraws,
        seed=int(rng.integers(2**31)),
        stream="calibration",
    )


def replayed(
    samples: Sequence[Sample], how: Replay, *, estimator: str, coefficient: bool = False
) -> JointRedraws:
    """Give the statistics of samples that differ by outcome alone, drawn and re-drawn."""
    rows = np.ones(len(samples[0].arms), dtype=np.bool_)
    asked = of_the_offer(Question(estimator, tuple(samples), rows))
    codes = range(int(samples[0].arms.max()) + 1)
    many = many_of(asked, arms=codes, replay=how)

    def of(assigned: Any) -> Floats:
        found = many.moments(assigned)
        return found.estimate if coefficient else found.studentised

    chunks = [of(chunk) for chunk in how.drawn_chunks()]
    return JointRedraws(of(how.drawn[None])[0], np.concatenate(chunks), how.is_exact)


def p_of(found: JointRedraws, column: int = 0) -> float:
    """Give the p-value of one statistic, as the package does."""
    extreme = is_extreme(found.redrawn[:, column], found.statistics[column]).sum()
    return p_value(int(extreme), redraws=len(found.redrawn), is_exact=found.is_exact)


def strictly_more(found: JointRedraws) -> float:
    """Give p by ``>``, which leaves out the ties."""
    size = np.abs(found.statistics[0]) * (1 + 1e-9)
    more = int((np.abs(found.redrawn[:, 0]) > size).sum())
    return (1 + more) / (1 + len(found.redrawn))


def shares_at_least(found: JointRedraws) -> float:
    """Give p as the plain share of re-draws, which can be zero."""
    return float((np.abs(found.redrawn[:, 0]) >= np.abs(found.statistics[0]) * (1 - 1e-9)).mean())


def rare() -> Draw:
    """Six events among 600: the difference takes seven values, and ties are most of its law."""
    start = np.repeat(np.array([1, 0]), 300)
    lots, base = lots_of(start), design(start)
    outcome = (np.arange(600) % 100 == 0).astype(float)

    def draw(rng: Rng) -> Drawn:
        arms = held("complete", lots, rng)
        sample = replace(base, arms=arms, outcome=outcome)
        how = replay("complete", lots, arms, rng)
        found = replayed([sample], how, estimator="blocked", coefficient=True)
        return Drawn({"re-draws": p_of(found) <= ALPHA, "> for >=": strictly_more(found) <= ALPHA})

    return draw


def skewed() -> Draw:
    start = np.repeat(np.array([1, 0]), 20)
    lots, base = lots_of(start), design(start)

    def draw(rng: Rng) -> Drawn:
        arms = held("complete", lots, rng)
        sample = replace(base, arms=arms, outcome=np.exp(1.5 * rng.normal(size=40)))
        found = replayed([sample], replay("complete", lots, arms, rng), estimator="blocked")
        few = replay("complete", lots, arms, rng, redraws=WITHOUT_ONE)
        plain = shares_at_least(replayed([sample], few, estimator="blocked"))
        return Drawn({"re-draws": p_of(found) <= ALPHA, "nothing added": plain <= ALPHA})

    return draw


def households() -> Draw:
    """Fifty households of eight, much alike within."""
    household = np.repeat(np.arange(50), 8)
    start = household % 2
    lots, alone = lots_of(start, clusters=household), lots_of(start)
    base, naive = design(start, clusters=household), design(start)

    def draw(rng: Rng) -> Drawn:
        arms = held("clustered", lots, rng)
        y = rng.normal(size=50)[household] + np.sqrt(2.0) * rng.normal(size=400)
        of_households = replayed(
            [replace(base, arms=arms, outcome=y)],
            replay("clustered", lots, arms, rng),
            estimator="blocked",
        )
        of_people = replayed(
            [replace(naive, arms=arms, outcome=y)],
            replay("complete", alone, arms, rng),
            estimator="blocked",
        )
        return Drawn(
            {
                "households re-drawn": p_of(of_households) <= ALPHA,
                "people re-drawn": p_of(of_people) <= ALPHA,
            }
        )

    return draw


def strata() -> Draw:
    """Four in five offered in one block, one in five in the other, which fares better."""
    blocks = np.repeat(np.arange(2), 50)
    start = np.concatenate([np.repeat([1, 0], [40, 10]), np.repeat([1, 0], [10, 40])])
    lots, pooled = lots_of(start, blocks=blocks), lots_of(start)
    base, naive = design(start, blocks=blocks), design(start)

    def draw(rng: Rng) -> Drawn:
        arms = held("stratified", lots, rng)
        y = 0.7 * blocks + rng.normal(size=100)
        within = replayed(
            [replace(base, arms=arms, outcome=y)],
            replay("stratified", lots, arms, rng),
            estimator="blocked",
        )
        across = replayed(
            [replace(naive, arms=arms, outcome=y)],
            replay("complete", pooled, arms, rng),
            estimator="blocked",
        )
        return Drawn(
            {
                "re-drawn within blocks": p_of(within) <= ALPHA,
                "re-drawn over all blocks": p_of(across) <= ALPHA,
            }
        )

    return draw


def redrawn_until_balanced() -> Draw:
    """Drawn again until the arms are alike on what decides most of the outcome."""
    start = np.repeat(np.array([0, 1]), 30)
    values = np.random.default_rng(3).permutation(np.arange(60))
    # |30 x difference of sums|: about one draw in five is accepted.
    bound = np.array([30 * 35])
    lots = lots_of(start, covariates=values[:, None], bounds=bound)
    simple, base = lots_of(start), design(start)

    def draw(rng: Rng) -> Drawn:
        arms = held("rerandomised", lots, rng)
        y = (values - values.mean()) / 10.0 + 0.5 * rng.normal(size=60)
        sample = replace(base, arms=arms, outcome=y)
        same = replayed([sample], replay("rerandomised", lots, arms, rng), estimator="blocked")
        other = replayed([sample], replay("complete", simple, arms, rng), estimator="blocked")
        return Drawn(
            {
                "re-drawn by the same rule": p_of(same) <= ALPHA,
                "re-drawn as if at once": p_of(other) <= ALPHA,
            }
        )

    return draw


def no_effect(test: str) -> Callable[[], Draw]:
    """Skewed outcomes that no arm moves, 60 people in three blocks or 24 clusters."""

    def prepare() -> Draw:
        blocks = np.repeat(np.arange(3), 20)
        clusters = np.repeat(np.arange(24), 3)[:60] if test == "clusters" else None
        arms = {"arms": np.arange(60) % 3, "clusters": np.repeat(np.arange(24), 3)[:60] % 2}
        start = arms.get(test, np.arange(60) % 2)
        name = "clustered" if clusters is not None else "stratified"
        within = None if clusters is not None else blocks
        lots = lots_of(start, blocks=within, clusters=clusters)
        is_adjusted = test == "covariates"
        base = design(
            start,
            blocks=within,
            clusters=clusters,
            covariates=2 if is_adjusted else 0,
            take_up=test == "LATE",
        )
        estimator = {"covariates": "lin", "LATE": "wald"}.get(test, "blocked")

        def draw(rng: Rng) -> Drawn:
            drawn = held(name, lots, rng)
            y = np.exp(rng.normal(size=(60, 4))) + 0.5 * blocks[:, None]
            sample = replace(base, arms=drawn)
            if is_adjusted:
                y += 0.5 * sample.covariates.sum(axis=1, keepdims=True)
            if test == "LATE":
                take_up = ((rng.random(60) < 0.5) & (drawn == 1)).astype(float)
                sample = replace(sample, take_up=take_up)
            how = replay(name, lots, drawn, rng)
            if test == "arms":
                how = how.among((1, 0))
            wanted = y.T if test == "family" else y.T[:1]
            found = replayed(
                [replace(sample, outcome=one) for one in wanted], how, estimator=estimator
            )
            p = float(found.single_step().min()) if test == "family" else p_of(found)
            return Drawn(small_p(p))

        return draw

    return prepare


RIGHT: Band = partial(around, ALPHA)
CAUTIOUS: Band = partial(around, 0.0305)
"""Six events fall on one side alone once in 32: the largest size under 5% that ties allow, and
REDRAWS + 1 draws keep it there."""

FALSE = "false alarms at 5%"

CELLS = (
    Cell(
        name="E11a",
        world="six events among 600, no effect",
        rate=FALSE,
        claims={"re-draws": CAUTIOUS},
        mistakes={"> for >=": RIGHT},
        prepare=rare,
        most=FEWER,
    ),
    Cell(
        name="E11b",
        world="20 against 20, very skewed, no effect",
        rate=FALSE,
        claims={"re-draws": RIGHT},
        mistakes={"nothing added": RIGHT},
        prepare=skewed,
    ),
    Cell(
        name="E11c",
        world="50 households of eight, no effect",
        rate=FALSE,
        claims={"households re-drawn": RIGHT},
        mistakes={"people re-drawn": RIGHT},
        prepare=households,
        most=FEWER,
    ),
    Cell(
        name="E11d",
        world="two blocks, chances of 80% and 20%, no effect",
        rate=FALSE,
        claims={"re-drawn within blocks": RIGHT},
        mistakes={"re-drawn over all blocks": RIGHT},
        prepare=strata,
        most=FEWER,
    ),
    Cell(
        name="E17",
        world="drawn again until balanced, no effect",
        rate=FALSE,
        claims={"re-drawn by the same rule": RIGHT},
        mistakes={"re-drawn as if at once": RIGHT},
        prepare=redrawn_until_balanced,
        most=FEWER,
    ),
    *(
        Cell(
            name=f"H0 re-draws, {name}",
            world=world,
            rate="p-values this small",
            claims=SIZES,
            prepare=no_effect(test),
            most=FEWER,
        )
        for name, world, test in (
            ("ITT", "60 people in three blocks, skewed", "ITT"),
            ("Lin", "the same, two covariates", "covariates"),
            ("clusters", "20 clusters of three, skewed", "clusters"),
            ("arms", "three arms of 20, one compared", "arms"),
            ("LATE", "half of the offered take up", "LATE"),
            ("max-|t|", "the smallest p of four outcomes", "family"),
        )
    ),
)
