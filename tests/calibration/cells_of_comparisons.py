"""Cells of two arms without blocks: E1 to E2b, E4 to E5, and E14."""

from __future__ import annotations

import numpy as np
from cells import (
    CAUTIOUS,
    NOMINAL,
    Cell,
    Draw,
    Drawn,
    critical,
    design,
    estimated,
    holds,
    within,
)

from reliance_eval.estimation.arrays import Floats, Ints

Rng = np.random.Generator

EFFECT = 0.2
WELCH = "difference in means, Welch"


def two_arms(treated: int, others: int) -> Ints:
    return np.repeat(np.array([1, 0]), [treated, others])


def variances(y: Floats, arms: Ints) -> tuple[float, float, int, int]:
    """Give the variance of each arm (treated first) and its size."""
    treated, others = y[arms == 1], y[arms == 0]
    return float(treated.var(ddof=1)), float(others.var(ddof=1)), len(treated), len(others)


def large() -> Draw:
    arms = two_arms(300, 300)
    base = design(arms)
    z = critical()

    def draw(rng: Rng) -> Drawn:
        y = EFFECT * arms + rng.normal(size=600)
        found = estimated("blocked", base, outcome=y)
        hc2 = estimated("ancova", base, outcome=y)
        error = found.estimate - EFFECT
        s1, _, n1, n0 = variances(y, arms)
        held = {
            WELCH: holds(found, EFFECT),
            "regression, HC2, t(n - k)": holds(hc2, EFFECT),
            "1.645 in a 95% interval": within(error, found.std_error, 1.645),
            "variance over n, both arms together": within(error, (y.var() / (n1 + n0)) ** 0.5, z),
            "one arm's variance only": within(error, (s1 / n1) ** 0.5, z),
        }
        return Drawn(held, error, found.std_error)

    return draw


def unequal() -> Draw:
    arms = two_arms(15, 45)
    base = design(arms)
    deviations = np.where(arms == 1, 3.0, 1.0)
    z, t58 = critical(), critical(58)

    def draw(rng: Rng) -> Drawn:
        y = EFFECT * arms + deviations * rng.normal(size=60)
        found = estimated("blocked", base, outcome=y)
        error = found.estimate - EFFECT
        s1, s0, n1, n0 = variances(y, arms)
        pooled = ((n1 - 1) * s1 + (n0 - 1) * s0) / (n1 + n0 - 2) * (1 / n1 + 1 / n0)
        hc0 = s1 * (n1 - 1) / n1**2 + s0 * (n0 - 1) / n0**2
        held = {
            WELCH: holds(found, EFFECT),
            "pooled variance": within(error, pooled**0.5, t58),
            "HC0 with z": within(error, hc0**0.5, z),
            "HC1 with t(n - 2)": within(error, (hc0 * 60 / 58) ** 0.5, t58),
            "HC2 with z": within(error, found.std_error, z),
        }
        return Drawn(held, error, found.std_error)

    return draw


def small() -> Draw:
    arms = two_arms(10, 10)
    base = design(arms)
    z = critical()

    def draw(rng: Rng) -> Drawn:
        y = EFFECT * arms + rng.normal(size=20)
        found = estimated("blocked", base, outcome=y)
        error = found.estimate - EFFECT
        spread = (y[arms == 1].var() / 10 + y[arms == 0].var() / 10) ** 0.5
        held = {
            WELCH: holds(found, EFFECT),
            "variances over n, not n - 1, and z": within(error, spread, z),
        }
        return Drawn(held, error, found.std_error)

    return draw


def earnings() -> Draw:
    """Seven in ten earn nothing; the offer moves six in a hundred into work at the same pay."""
    arms = two_arms(300, 300)
    base = design(arms)
    chances = np.where(arms == 1, 0.36, 0.30)
    mean_pay = float(np.exp(6.8 + 0.5**2 / 2))
    truth = 0.06 * mean_pay

    def draw(rng: Rng) -> Drawn:
        works = rng.random(600) < chances
        y = np.where(works, np.exp(6.8 + 0.5 * rng.normal(size=600)), 0.0)
        found = estimated("blocked", base, outcome=y)
        logged = estimated("blocked", base, outcome=np.log1p(y))
        # The share that the log points are taken for, times the mean that they are taken of.
        assert logged.conf_low is not None
        assert logged.conf_high is not None
        share = np.expm1([logged.conf_low, logged.conf_high]) * found.mean_reference
        held = {
            "difference in means in euros, Welch": holds(found, truth),
            "log(1 + y), read as a share and turned back into euros": bool(
                share[0] <= truth <= share[1]
            ),
        }
        return Drawn(held, found.estimate - truth, found.std_error)

    return draw


def sample_effect() -> Draw:
    """A fixed list of people whose effects differ: only the lottery is drawn again."""
    people = np.random.default_rng(4)
    without, with_offer = people.normal(size=600), EFFECT + 0.8 * people.normal(size=600)
    truth = float(np.mean(with_offer - without))
    arms = two_arms(300, 300)
    base = design(arms)

    def draw(rng: Rng) -> Drawn:
        z = rng.permutation(arms)
        found = estimated("blocked", base, arms=z, outcome=np.where(z == 1, with_offer, without))
        held = dict.fromkeys((WELCH, "the same interval, held to 95% exactly"), holds(found, truth))
        return Drawn(held, found.estimate - truth)

    return draw


def adjusted() -> Draw:
    """Thirty in a hundred are offered; the effect grows with the covariate, whose mean is two."""
    arms = two_arms(30, 70)
    base = design(arms, covariates=1)
    t96 = critical(96)

    def draw(rng: Rng) -> Drawn:
        x = 2.0 + rng.normal(size=100)
        z = rng.permutation(arms)
        y = x + z * (1.0 + (x - 2.0)) + rng.normal(size=100)
        in_sample = 1.0 + float(np.mean(x - 2.0))
        found = estimated("lin", base, arms=z, outcome=y, covariates=x[:, None])
        columns = np.column_stack([np.ones(100), z, x, z * x])
        inverse = np.linalg.inv(columns.T @ columns)
        beta = inverse @ (columns.T @ y)
        room = 1.0 - np.einsum("ij,jk,ik->i", columns, inverse, columns)
        pull = columns @ inverse[:, 1]
        spread = float(np.sum(pull**2 * (y - columns @ beta) ** 2 / room)) ** 0.5
        held = {
            "Lin, HC2, for the people drawn": holds(found, in_sample),
            "the same interval, said of the population": holds(found, 1.0),
            "uncentred interaction": within(beta[1] - in_sample, spread, t96),
        }
        return Drawn(held, found.estimate - in_sample, found.std_error)

    return draw


def after_the_draw() -> Draw:
    """All of the effect goes through something measured after the draw."""
    arms = two_arms(300, 300)
    base = design(arms, covariates=1)

    def draw(rng: Rng) -> Drawn:
        through = arms + rng.normal(size=600)
        y = through + rng.normal(size=600)
        found = estimated("blocked", base, outcome=y)
        controlled = estimated("ancova", base, outcome=y, covariates=through[:, None])
        held = {
            WELCH: holds(found, 1.0),
            "control for a variable of after the draw": holds(controlled, 1.0),
        }
        return Drawn(held, found.estimate - 1.0, found.std_error)

    return draw


CELLS = (
    Cell(
        name="E1",
        world="300 against 300, normal outcomes",
        claims={WELCH: NOMINAL, "regression, HC2, t(n - k)": NOMINAL},
        mistakes={
            "1.645 in a 95% interval": NOMINAL,
            "variance over n, both arms together": NOMINAL,
            "one arm's variance only": NOMINAL,
        },
        prepare=large,
        is_unbiased=True,
        has_right_error=True,
    ),
    Cell(
        name="E2",
        world="15 against 45, standard deviations 3 and 1",
        claims={WELCH: NOMINAL},
        mistakes={
            "pooled variance": NOMINAL,
            "HC0 with z": NOMINAL,
            "HC1 with t(n - 2)": NOMINAL,
            "HC2 with z": NOMINAL,
        },
        prepare=unequal,
        is_unbiased=True,
        has_right_error=True,
    ),
    Cell(
        name="E2b",
        world="10 against 10",
        claims={WELCH: NOMINAL},
        mistakes={"variances over n, not n - 1, and z": NOMINAL},
        prepare=small,
        is_unbiased=True,
        has_right_error=True,
    ),
    Cell(
        name="E4",
        world="earnings, 70% of them zero, lognormal pay",
        claims={"difference in means in euros, Welch": NOMINAL},
        mistakes={"log(1 + y), read as a share and turned back into euros": NOMINAL},
        prepare=earnings,
        is_unbiased=True,
        has_right_error=True,
    ),
    Cell(
        name="E4b",
        world="one fixed list of 600 people whose effects differ, drawn again and again",
        claims={WELCH: CAUTIOUS},
        mistakes={"the same interval, held to 95% exactly": NOMINAL},
        prepare=sample_effect,
        is_unbiased=True,
    ),
    Cell(
        name="E5",
        world="30 against 70, effects that grow with a covariate",
        claims={"Lin, HC2, for the people drawn": NOMINAL},
        mistakes={
            "the same interval, said of the population": NOMINAL,
            "uncentred interaction": NOMINAL,
        },
        prepare=adjusted,
        is_unbiased=True,
    ),
    Cell(
        name="E14",
        world="300 against 300, the whole effect through a later variable",
        claims={WELCH: NOMINAL},
        mistakes={"control for a variable of after the draw": NOMINAL},
        prepare=after_the_draw,
        is_unbiased=True,
        has_right_error=True,
    ),
)
