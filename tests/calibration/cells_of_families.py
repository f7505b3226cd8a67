"""Cells of twelve outcomes at once, E12, and of p-values without an effect."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from cells import (
    FEWER,
    Band,
    Cell,
    Draw,
    Drawn,
    around,
    asked,
    at_most,
    design,
    estimated,
)

from reliance_eval.estimation.adjusting import adjust_p_values
from reliance_eval.estimation.arrays import Floats, Ints
from reliance_eval.estimation.estimates import NotEstimable
from reliance_eval.estimation.finding import difference
from reliance_eval.estimation.multiplicity import MaxT, correlation
from reliance_eval.estimation.unadjusted import unadjusted_effects

Rng = np.random.Generator

OUTCOMES = 12
ALPHAS = (0.01, 0.05, 0.1)


def holm_from_the_largest(p: Floats) -> Floats:
    """Multiply the largest p by the number of tests, as a program that sorts wrongly does."""
    order = np.argsort(-p)
    turned = np.empty(len(p))
    turned[order] = np.minimum(1.0, p[order] * np.arange(len(p), 0, -1))
    return turned


def arms_and_blocks() -> tuple[Ints, Ints]:
    return np.tile(np.array([1, 0]), 300), np.repeat(np.arange(2), 300)


def outcomes(rng: Rng, shared: float) -> Floats:
    own = rng.normal(size=(600, OUTCOMES))
    drawn: Floats = np.sqrt(shared) * rng.normal(size=(600, 1)) + np.sqrt(1.0 - shared) * own
    return drawn


def steps(shared: float) -> Callable[[], Draw]:
    """Twelve outcomes without an effect, correlated as much as they share."""

    def prepare() -> Draw:
        arms, blocks = arms_and_blocks()
        base = design(arms, blocks=blocks)

        def draw(rng: Rng) -> Drawn:
            effects = unadjusted_effects(base, outcomes(rng, shared))
            found = [difference(base, effects, which).estimate for which in range(OUTCOMES)]
            p = np.array([one.p_value for one in found])
            corrected = {
                "Holm": adjust_p_values(p, method="holm"),
                "Hochberg": adjust_p_values(p, method="hochberg"),
                "no correction": p,
                "Holm run from the largest": holm_from_the_largest(p),
            }
            return Drawn({label: bool(np.any(ps < 0.05)) for label, ps in corrected.items()})

        return draw

    return prepare


def largest() -> Draw:
    """The default: p of the largest |t| among the twelve."""
    arms, blocks = arms_and_blocks()
    base = design(arms, blocks=blocks)

    def draw(rng: Rng) -> Drawn:
        effects = unadjusted_effects(base, outcomes(rng, 0.5))
        found = [difference(base, effects, which).estimate for which in range(OUTCOMES)]
        joint = MaxT(correlation(effects.influence), float(effects.df.min()))
        p = joint.p_value(max(abs(one.statistic) for one in found))
        alone = min(one.p_value for one in found)
        return Drawn({"single-step max-|t|": p < 0.05, "no correction": alone < 0.05})

    return draw


def small_p(p: float) -> dict[str, bool]:
    return {f"p ≤ {alpha}": p <= alpha for alpha in ALPHAS}


def no_effect_of_offer(estimator: str, treated: int, others: int) -> Callable[[], Draw]:
    """Outcomes whose spread differs between the arms, and no effect on their mean."""

    def prepare() -> Draw:
        arms = np.repeat(np.array([1, 0]), [treated, others])
        base = design(arms, covariates=1)
        n = treated + others

        def draw(rng: Rng) -> Drawn:
            x = rng.normal(size=n)
            y = x + (1.0 + arms) * rng.normal(size=n)
            found = estimated(estimator, base, outcome=y, covariates=x[:, None])
            return Drawn(small_p(found.p_value))

        return draw

    return prepare


def no_effect_in_clusters() -> Draw:
    cluster = np.repeat(np.arange(20), np.tile([10, 20], 10))
    arms = (cluster % 4 < 2).astype(np.int64)
    base = design(arms, clusters=cluster)

    def draw(rng: Rng) -> Drawn:
        y = 0.5 * rng.normal(size=20)[cluster] + rng.normal(size=len(arms))
        return Drawn(small_p(estimated("blocked", base, outcome=y).p_value))

    return draw


def no_effect_on_a_rare_outcome() -> Draw:
    arms = np.repeat(np.array([1, 0]), 300)
    base = design(arms)

    def draw(rng: Rng) -> Drawn:
        y = (rng.random(600) < 0.01).astype(float)
        found = asked("blocked", base, outcome=y)
        return Drawn({} if isinstance(found, NotEstimable) else small_p(found.estimate.p_value))

    return draw


def no_effect_of_take_up(gain: float) -> Callable[[], Draw]:
    """The offer moves take-up by a given share; taking up changes nothing."""

    def prepare() -> Draw:
        arms = np.repeat(np.array([1, 0]), 150)
        base = design(arms, take_up=True)

        def draw(rng: Rng) -> Drawn:
            place = rng.random(300)
            taken = (place < 0.3 + gain * arms).astype(float)
            y = 2.0 * place + rng.normal(size=300)
            found = asked("wald", base, outcome=y, take_up=taken)
            if isinstance(found, NotEstimable):
                return Drawn({})
            return Drawn(small_p(found.estimate.p_value))

        return draw

    return prepare


FAMILY: Band = partial(at_most, 0.05)
SIZES: dict[str, Band] = {f"p ≤ {alpha}": partial(at_most, alpha) for alpha in ALPHAS}
STEPS: dict[str, Band] = {"Holm": FAMILY, "Hochberg": FAMILY}
MISSTEPS: dict[str, Band] = {"no correction": FAMILY, "Holm run from the largest": FAMILY}
ANY = "at least one false finding at 5%"

CELLS = (
    Cell(
        name="E12",
        world="twelve independent outcomes without an effect",
        rate=ANY,
        claims=STEPS,
        mistakes=MISSTEPS,
        prepare=steps(0.0),
    ),
    Cell(
        name="E12 (correlated)",
        world="the same, correlated by .5",
        rate=ANY,
        claims=STEPS,
        mistakes=MISSTEPS,
        prepare=steps(0.5),
    ),
    Cell(
        name="E12 (joint)",
        world="the same, corrected by their joint distribution",
        rate=ANY,
        claims={"single-step max-|t|": partial(around, 0.05)},
        mistakes={"no correction": FAMILY},
        prepare=largest,
        most=FEWER,
    ),
    *(
        Cell(name=f"H0 {name}", world=world, rate="p-values this small", claims=SIZES, prepare=how)
        for name, world, how in (
            ("ITT", "15 against 25, no effect", no_effect_of_offer("blocked", 15, 25)),
            ("Lin", "60 against 90, no effect", no_effect_of_offer("lin", 60, 90)),
            ("CR2", "20 clusters of 10 or 20, no effect", no_effect_in_clusters),
            ("rare", "1% in both arms", no_effect_on_a_rare_outcome),
            ("LATE", "take-up moved by .3, no effect", no_effect_of_take_up(0.3)),
            ("weak LATE", "take-up moved by .08, no effect", no_effect_of_take_up(0.08)),
        )
    ),
)
