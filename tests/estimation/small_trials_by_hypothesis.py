"""Small trials in whole numbers, as Hypothesis draws them, and how their answers compare."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st
from made_up_trials import sample

from reliance_eval.estimation import ESTIMATORS, Estimate, NotEstimable
from reliance_eval.estimation.estimator import answer
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.sample import Sample

Answer = Estimate | NotEstimable

# Two orders of the same sums, or the same sums of numbers a hundred times as large: what least
# squares on a few dozen whole numbers leaves of sixteen digits.
ORDER = 1e-8


@st.composite
def trials(draw: st.DrawFn, *, is_binary: bool = False) -> pd.DataFrame:
    """Give a trial of one to three blocks; in each, two to four pairs of people an arm.

    Whole numbers: what is degenerate is exactly so, and everything else well away from it. Even
    ones, unless they are 0 and 1: no change of unit or origin then makes a yes-or-no outcome of
    them, which has an interval of its own.
    """
    cells = 2 * draw(st.integers(1, 3))
    pairs = np.array(draw(st.lists(st.integers(2, 4), min_size=cells, max_size=cells)))
    cell = np.repeat(np.arange(cells), 2 * pairs)
    n = len(cell)
    # Numbers from a seed, ranges from Hypothesis: trials that differ, and degenerate ones too.
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    largest = draw(st.sampled_from([1, 4, 30]))
    shares = np.array([draw(st.sampled_from(SHARES[arm])) for arm in (0, 1)])
    arm = cell % 2
    y = rng.integers(0, 2, n) if is_binary else 2 * rng.integers(-largest, largest + 1, n)
    return pd.DataFrame(
        {
            "block": cell // 2,
            "z": arm,
            "pair": np.arange(n) // 2,
            "y": y,
            "d": (rng.random(n) < shares[arm]).astype(np.int64),
            "x": rng.integers(-9, 10, n),
            "w": rng.integers(0, 4, n),
        }
    )


SHARES = {0: (0.3, 0.0, 1.0), 1: (0.8, 0.5, 0.0, 1.0)}
"""Chances of taking up by arm, from nobody's to everybody's."""


def given_as(frame: pd.DataFrame, *, clustered: bool = False, **changes: Any) -> Sample:
    """Give a trial to an estimator, drawn one by one or in pairs."""
    if clustered:
        pair = frame["pair"].to_numpy()
        drawn = {"clusters": pair, "groups": int(pair.max()) + 1, "is_clustered": True}
        changes = drawn | changes
    return sample(frame, **changes)


def ask(name: str, given: Sample) -> Answer:
    """Give the estimate of a registered estimator, or its reason for having none."""
    if not ESTIMATORS[name].uses_covariates:
        given = given.without_covariates()
    found = answer(name, given)
    return found.estimate if isinstance(found, Finding) else found


def both(here: Answer, there: Answer) -> tuple[Estimate, Estimate] | None:
    """Give two estimates; two refusals must give one reason, and nothing is left to compare."""
    if isinstance(here, NotEstimable) or isinstance(there, NotEstimable):
        assert isinstance(here, NotEstimable), here
        assert isinstance(there, NotEstimable), there
        assert here.reason == there.reason
        return None
    return here, there


def same(here: Answer, there: Answer, *, times: float = 1.0, size: float = 100.0) -> None:
    """Demand that the second answer is the first, times a factor, in every number.

    Parameters
    ----------
    size : float
        Of the numbers the first answer was made of: what "zero" is measured against.
    """
    compared = both(here, there)
    if compared is None:
        return
    first, second = compared
    near = nearness(size * abs(times))
    assert second.estimate == near(times * first.estimate)
    assert second.std_error == near(abs(times) * first.std_error)
    assert second.df == pytest.approx(first.df, rel=1e-6)
    assert second.p_value == pytest.approx(first.p_value, rel=1e-5, abs=1e-9)
    assert sets(second) == [(near(low), near(high)) for low, high in scaled(first, times)]


def nearness(size: float) -> Callable[[float], Any]:
    """Give the comparison of numbers made of numbers of a size; infinite ends stay so."""
    return lambda value: pytest.approx(value, rel=1e-6, abs=ORDER * size)


def sets(found: Estimate) -> list[tuple[float, float]]:
    """Give the confidence set as intervals with infinite ends."""
    intervals = found.anderson_rubin or ((found.conf_low, found.conf_high),)
    return [
        (-np.inf if low is None else low, np.inf if high is None else high)
        for low, high in intervals
    ]


def scaled(found: Estimate, times: float) -> list[tuple[float, float]]:
    """Give the confidence set after a change of unit; a negative one turns it round."""
    ends = [(times * low, times * high) for low, high in sets(found)]
    return ends if times > 0 else [(high, low) for low, high in reversed(ends)]


def holds(found: Estimate, value: float, slack: float = 0.0) -> bool:
    """Say whether the confidence set holds a value."""
    return any(low - slack <= value <= high + slack for low, high in sets(found))
