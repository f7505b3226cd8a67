"""Cells of yes-or-no outcomes: E3 and its logit, E3c where the outcome is rare."""

from __future__ import annotations

import numpy as np
from cells import (
    CAUTIOUS,
    NOMINAL,
    Cell,
    Draw,
    Drawn,
    asked,
    critical,
    design,
    estimated,
    holds,
    within,
)

from reliance_eval.estimation.arrays import Floats, Ints
from reliance_eval.estimation.estimates import NotEstimable

Rng = np.random.Generator

WELCH = "difference in means, Welch"
LOGIT = "logit's average marginal effect, unconditional HC2"
GUARDED = "difference in means by default, which sees that the outcome is rare"
RISK = "risk difference, Agresti and Caffo"
WALD = "difference and its own standard error"


def two_arms() -> Ints:
    return np.repeat(np.array([1, 0]), 300)


def common() -> Draw:
    arms = two_arms()
    base = design(arms)
    chances = np.where(arms == 1, 0.36, 0.30)

    def draw(rng: Rng) -> Drawn:
        y = (rng.random(600) < chances).astype(float)
        found = estimated("blocked", base, outcome=y)
        held = {
            WELCH: holds(found, 0.06),
            "one-sided: 1.645": within(found.estimate - 0.06, found.std_error, 1.645),
        }
        return Drawn(held, found.estimate - 0.06, found.std_error)

    return draw


def risks(x: Floats, offered: float) -> Floats:
    """Give chances that a strong covariate and the offer move, by a logit."""
    chances: Floats = 1.0 / (1.0 + np.exp(1.0 - 1.5 * x - 0.5 * offered))
    return chances


def modelled() -> Draw:
    """A logit with a strong covariate, in a trial of a hundred."""
    arms = np.repeat(np.array([1, 0]), 75)
    base = design(arms, covariates=1)
    points, weights = np.polynomial.hermite_e.hermegauss(60)
    gaps = risks(points, 1.0) - risks(points, 0.0)
    truth = float(weights @ gaps / weights.sum())
    log_odds = 0.5

    def draw(rng: Rng) -> Drawn:
        x = rng.normal(size=150)
        y = (rng.random(150) < np.where(arms == 1, risks(x, 1.0), risks(x, 0.0))).astype(float)
        found = asked("logit", base, outcome=y, covariates=x[:, None])
        if isinstance(found, NotEstimable):
            assert found.reason == "separation"
            return Drawn({})
        held = {
            LOGIT: holds(found.estimate, truth),
            "the coefficient, read as points of probability": holds(found.estimate, log_odds),
        }
        return Drawn(held, found.estimate.estimate - truth, found.estimate.std_error)

    return draw


def rare() -> Draw:
    """Two in a thousand, and six in a thousand of those offered."""
    arms = two_arms()
    base = design(arms)
    chances = np.where(arms == 1, 0.006, 0.002)
    z = critical()

    def draw(rng: Rng) -> Drawn:
        y = (rng.random(600) < chances).astype(float)
        answers = [asked(name, base, outcome=y) for name in ("blocked", "risk_difference")]
        shares = [float(y[arms == arm].mean()) for arm in (1, 0)]
        spread = sum(share * (1.0 - share) / 300 for share in shares) ** 0.5
        error = shares[0] - shares[1] - 0.004
        held = {WALD: within(error, spread, z)}
        for label, answer in zip((GUARDED, RISK), answers, strict=True):
            if isinstance(answer, NotEstimable):
                assert answer.reason == "no_variation"
                continue
            held[label] = holds(answer.estimate, 0.004)
        return Drawn(held, error)

    return draw


CELLS = (
    Cell(
        name="E3",
        world="300 against 300, 36% against 30%",
        claims={WELCH: NOMINAL},
        mistakes={"one-sided: 1.645": NOMINAL},
        prepare=common,
        is_unbiased=True,
        has_right_error=True,
    ),
    Cell(
        name="E3 (logit)",
        world="75 against 75, chances that a strong covariate moves",
        claims={LOGIT: NOMINAL},
        mistakes={"the coefficient, read as points of probability": NOMINAL},
        prepare=modelled,
        has_right_error=True,
    ),
    Cell(
        name="E3c",
        world="300 against 300, 0.6% against 0.2%",
        claims={GUARDED: CAUTIOUS, RISK: CAUTIOUS},
        mistakes={WALD: CAUTIOUS},
        prepare=rare,
    ),
)
