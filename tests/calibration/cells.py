"""What a calibration cell is: a world drawn many times, claims that hold, mistakes that do not.

A cell's claims are made by the package's own estimators on arrays that its own reader prepared;
only the mistakes are written out, since the package does not make them. Each claim has a band that
its rate must be in; each mistake has one that its rate must leave, or the cell shows nothing.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from reliance_eval.estimation import ESTIMATORS, Estimate, NotEstimable
from reliance_eval.estimation.arrays import Floats, Ints
from reliance_eval.estimation.estimator import answer
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.framing import Columns, read_frame
from reliance_eval.estimation.sample import Sample

SEED = 20_250_601
REPLICATIONS = 10_000
FEWER = 2_000

Band: TypeAlias = Callable[[int], tuple[float, float]]
"""From the number of replications to the lowest and the highest rate that pass."""


def around(rate: float, replications: int) -> tuple[float, float]:
    """Give a rate and three Monte Carlo standard errors on either side."""
    reach = 3.0 * math.sqrt(rate * (1.0 - rate) / replications)
    return max(0.0, rate - reach), min(1.0, rate + reach)


def at_least(rate: float, replications: int) -> tuple[float, float]:
    """Give the band of a method that may be cautious."""
    return around(rate, replications)[0], 1.0


def at_most(rate: float, replications: int) -> tuple[float, float]:
    """Give the band of an error rate that may be smaller than it says."""
    return 0.0, around(rate, replications)[1]


NOMINAL: Band = partial(around, 0.95)
CAUTIOUS: Band = partial(at_least, 0.95)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One replication.

    Attributes
    ----------
    held : mapping of str to bool
        By claim and by mistake, whether its interval held the truth (or its p was small). A
        claim is absent where the package refused, with a reason, to give a number.
    error, std_error : float or None
        Of the package's estimate, where the cell checks them.
    """

    held: dict[str, bool]
    error: float | None = None
    std_error: float | None = None


Draw: TypeAlias = Callable[[np.random.Generator], Drawn]
"""Draws one replication."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """An experiment.

    Attributes
    ----------
    name : str
        As the reliability page of the design names it.
    world : str
        What is simulated.
    rate : str
        What is counted: coverage of 95% intervals, or how often something false was found.
    claims, mistakes : mapping of str to Band
        By label. A claim stays in its band; a mistake leaves its.
    prepare : function
        Gives the function that draws one replication.
    is_unbiased, has_right_error : bool
        Whether the mean error is zero, and the mean standard error the estimates' own spread.
    most : int
        Replications that one core can afford.
    """

    name: str
    world: str
    rate: str = "coverage"
    claims: Mapping[str, Band]
    mistakes: Mapping[str, Band] = field(default_factory=dict)
    prepare: Callable[[], Draw]
    is_unbiased: bool = False
    has_right_error: bool = False
    most: int = REPLICATIONS


@dataclass(frozen=True, slots=True)
class Result:
    """What a cell showed.

    Attributes
    ----------
    rates : mapping of str to float
        By claim and by mistake, among the replications that had an answer.
    unanswered : int
        Replications where the package refused to give a number.
    bias : float or None
        Mean error, in its own Monte Carlo standard errors.
    error_ratio : float or None
        Mean standard error over the standard deviation of the estimates.
    """

    cell: Cell
    replications: int
    rates: dict[str, float]
    unanswered: int
    bias: float | None
    error_ratio: float | None

    def faults(self) -> list[str]:
        """Say in words what a right program would not show."""
        found = []
        for label, band in self.cell.claims.items():
            low, high = band(self.replications)
            if not low <= self.rates[label] <= high:
                found.append(f"{label}: {self.rates[label]:.4f} outside [{low:.4f}, {high:.4f}]")
        if self.bias is not None and abs(self.bias) >= 3.0:
            found.append(f"bias of {self.bias:.2f} standard errors")
        # Three in a hundred, or what the spread of so few estimates can show if that is more.
        reach = max(0.03, 3.0 / math.sqrt(2.0 * self.replications))
        if self.error_ratio is not None and abs(self.error_ratio - 1.0) > reach:
            found.append(f"standard errors are {self.error_ratio:.3f} times the truth")
        return found

    def overlooked(self) -> set[str]:
        """Give the mistakes that this cell does not tell from a right method."""
        bands = {label: band(self.replications) for label, band in self.cell.mistakes.items()}
        return {label for label, (low, high) in bands.items() if low <= self.rates[label] <= high}

    def record(self) -> dict[str, Any]:
        """Give what the page of the documentation prints, the same on every machine."""

        def lines(bands: Mapping[str, Band]) -> list[dict[str, Any]]:
            ends = {label: band(self.replications) for label, band in bands.items()}
            return [
                {
                    "method": label,
                    "rate": round(self.rates[label], 4),
                    "band": [round(end, 4) for end in ends[label]],
                }
                for label in bands
            ]

        return {
            "cell": self.cell.name,
            "world": self.cell.world,
            "rate": self.cell.rate,
            "replications": self.replications,
            "unanswered": self.unanswered,
            "claims": lines(self.cell.claims),
            "mistakes": lines(self.cell.mistakes),
            "bias": None if self.bias is None else round(self.bias, 1),
            "error_ratio": None if self.error_ratio is None else round(self.error_ratio, 3),
        }


def run(cell: Cell, replications: int) -> Result:
    """Draw a cell's world again and again, always the same worlds for the same cell."""
    rng = np.random.default_rng([SEED, zlib.crc32(cell.name.encode())])
    draw = cell.prepare()
    replications = min(replications, cell.most)
    drawn = [draw(rng) for _ in range(replications)]
    rates = {
        label: float(np.mean([one.held[label] for one in drawn if label in one.held]))
        for label in (*cell.claims, *cell.mistakes)
    }
    answered = [one for one in drawn if set(cell.claims) <= set(one.held)]
    errors = np.array([one.error for one in answered], dtype=float)
    std_errors = np.array([one.std_error for one in answered], dtype=float)
    spread = float(np.std(errors, ddof=1))
    return Result(
        cell,
        replications,
        rates,
        replications - len(answered),
        float(errors.mean() / spread * math.sqrt(len(errors))) if cell.is_unbiased else None,
        float(std_errors.mean() / spread) if cell.has_right_error else None,
    )


def design(
    offer: Ints,
    *,
    blocks: Ints | None = None,
    clusters: Ints | None = None,
    covariates: int = 0,
    take_up: bool = False,
) -> Sample:
    """Give a sample of a design as the package reads it from a frame, without outcomes yet."""
    columns = {"offer": offer, "outcome": np.zeros(len(offer))}
    named = {"blocks": blocks, "clusters": clusters, "take_up": offer if take_up else None}
    columns |= {name: values for name, values in named.items() if values is not None}
    known = tuple(f"x{place}" for place in range(covariates))
    rng = np.random.default_rng(0)
    columns |= {name: rng.normal(size=len(offer)) for name in known}
    what = Columns(
        outcome="outcome",
        offer="offer",
        take_up="take_up" if take_up else None,
        blocks=("blocks",) if blocks is not None else (),
        clusters="clusters" if clusters is not None else None,
        covariates=known,
    )
    frame = pd.DataFrame(columns)
    return read_frame(frame, what, reference=None, variance=None, level=0.95).sample


def asked(estimator: str, base: Sample, **changes: Floats | Ints | str) -> Finding | NotEstimable:
    """Ask a registered estimator about a design with these arrays."""
    sample = replace(base, **changes)  # type: ignore[arg-type]
    if not ESTIMATORS[estimator].uses_covariates:
        sample = sample.without_covariates()
    return answer(estimator, sample)


def estimated(estimator: str, base: Sample, **changes: Floats | Ints | str) -> Estimate:
    """Give the estimate of a registered estimator that always has one here."""
    found = asked(estimator, base, **changes)
    assert isinstance(found, Finding), found
    return found.estimate


def holds(found: Estimate, truth: float) -> bool:
    """Say whether the interval (for a LATE, the Anderson-Rubin set) holds a value."""
    intervals = found.anderson_rubin or ((found.conf_low, found.conf_high),)
    return any(
        (low is None or low <= truth) and (high is None or truth <= high) for low, high in intervals
    )


def within(error: float, std_error: float, critical: float) -> bool:
    """Say whether an interval of so many standard errors holds the truth."""
    return abs(error) <= critical * std_error


def critical(df: float = math.inf) -> float:
    """Give the t of a 95% interval."""
    from scipy.stats import t

    return float(t.ppf(0.975, df))
