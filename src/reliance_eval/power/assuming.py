"""Assuming: each number that a formula needs, and who says so.

An option comes before the protocol's ``[power]``, the protocol before what simulated trials showed,
and these before a default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Literal, TypeAlias, TypedDict

import numpy as np
from pydantic import ValidationError

from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.power.repeating import Cell, Trial
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Outcome, Power

Source: TypeAlias = Literal["option", "protocol", "simulated", "default"]

WORST = 0.5
"""The base rate that needs most units: what is supposed of a share that nobody says anything of."""
OF_AN_INDEX = 1.0
"""An index is made in standard deviations of the reference arm."""


class Supposed(TypedDict, total=False):
    """What ``diagnose`` may be told, instead of the protocol's ``[power]``."""

    take_up: float
    attrition: float
    base_rate: Mapping[str, float]
    standard_deviation: Mapping[str, float]
    block_r2: float
    covariate_r2: float
    icc: float
    cluster_size: float
    correlation: float
    power: float


@dataclass(frozen=True, slots=True)
class Assumed:
    """A number that a formula took, and where it comes from; None where nobody knows it."""

    value: float | None
    source: Source


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Everything supposed of one protocol.

    Attributes
    ----------
    clause : Power
        The protocol's table with the options in it.
    options : frozenset of str
        Keys that options gave.
    trials : tuple of Trial
        What was simulated, for what nobody says.
    """

    protocol: Protocol
    clause: Power
    options: frozenset[str]
    trials: tuple[Trial, ...]

    def plain(self, name: str) -> Assumed:
        """Give a number that is the protocol's own or its default."""
        return Assumed(float(getattr(self.clause, name)), self._source(name))

    @property
    def take_up(self) -> Assumed:
        """Take-up among the offered, minus that in the reference arm."""
        if self.protocol.clauses.take_up is None:
            return Assumed(1.0, "default")
        if self.clause.take_up is not None:
            return Assumed(self.clause.take_up, self._source("take_up"))
        shown = [trial.take_up for trial in self.trials if trial.take_up is not None]
        if not shown:
            return Assumed(None, "default")
        return Assumed(float(np.mean(shown)), "simulated")

    def attrition(self, cell: Cell) -> Assumed:
        """Give the share drawn without an outcome."""
        if self.clause.attrition is not None:
            return Assumed(self.clause.attrition, self._source("attrition"))
        if shown := self._shown(cell, "missing"):
            return Assumed(float(np.mean(shown)), "simulated")
        return Assumed(0.0, "default")

    def base_rate(self, outcome: Outcome, horizon_months: int) -> Assumed | None:
        """Give the share of yes in the reference arm; None where a spread is stated, or no share.

        Without a word from anybody it is the share that needs most units.
        """
        if not outcome.is_share or outcome.name in self.clause.standard_deviation:
            return None
        if outcome.name in self.clause.base_rate:
            return Assumed(self.clause.base_rate[outcome.name], self._source("base_rate"))
        rate = self.simulated_rate(outcome, horizon_months)
        return Assumed(WORST, "default") if rate is None else Assumed(rate, "simulated")

    def simulated_rate(self, outcome: Outcome, horizon_months: int) -> float | None:
        """Give the share of yes that simulated trials had; None where all said the same."""
        shown = self._shown((outcome.name, horizon_months), "mean") if outcome.is_share else ()
        rate = float(np.mean(shown)) if shown else 0.0
        return rate if 0.0 < rate < 1.0 else None

    def standard_deviation(self, outcome: Outcome, horizon_months: int) -> Assumed:
        """Give the standard deviation in the reference arm, in the outcome's unit."""
        if outcome.name in self.clause.standard_deviation:
            value = self.clause.standard_deviation[outcome.name]
            return Assumed(value, self._source("standard_deviation"))
        rate = self.base_rate(outcome, horizon_months)
        if rate is not None and rate.value is not None:
            return Assumed(sqrt(rate.value * (1.0 - rate.value)), rate.source)
        if shown := self._shown((outcome.name, horizon_months), "standard_deviation"):
            return Assumed(sqrt(float(np.mean(np.square(shown)))), "simulated")
        return Assumed(OF_AN_INDEX if outcome.index is not None else None, "default")

    def _shown(self, cell: Cell, name: str) -> Sequence[float]:
        moments = (trial.moments.get(cell) for trial in self.trials)
        return [getattr(shown, name) for shown in moments if shown is not None]

    def _source(self, name: str) -> Source:
        if name in self.options:
            return "option"
        return "protocol" if name in self.protocol.clauses.power.model_fields_set else "default"


def sign_of(outcome: Outcome, rate: float) -> float:
    """Give the side that an effect is asked about: the better one, else that of more spread."""
    if outcome.better is not None:
        return 1.0 if outcome.better == "higher" else -1.0
    return 1.0 if rate <= WORST else -1.0


def assumptions_of(protocol: Protocol, options: Supposed, trials: tuple[Trial, ...]) -> Assumptions:
    """Put together what the protocol, the options and the simulated trials say.

    Raises
    ------
    ProtocolError
        An option is out of its bounds, or about an outcome that the protocol does not have.
    """
    clause = told(protocol, options)
    return Assumptions(protocol, clause, frozenset(options), trials)


def told(protocol: Protocol, options: Supposed) -> Power:
    """Give the protocol's ``[power]`` with the options in place of its keys."""
    given: dict[str, Any] = dict(options)
    try:
        clause = Power.model_validate({**protocol.clauses.power.model_dump(), **given})
    except ValidationError as error:
        raise ProtocolError(
            Fault("E-POWER-SUPPOSED", "", {"key": ".".join(str(part) for part in item["loc"])})
            for item in error.errors()
        ) from None
    known = [outcome.name for outcome in protocol.clauses.outcomes]
    strange = [n for n in (*clause.base_rate, *clause.standard_deviation) if n not in known]
    if strange:
        values = {"names": ", ".join(strange), "known": ", ".join(known)}
        raise ProtocolError(Fault("E-POWER-OUTCOME", "", dict(values)))
    return clause
