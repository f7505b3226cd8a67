"""Diagnose: which effects a protocol can detect, before anybody is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Unpack

import numpy as np

from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.estimation import Promise, check_analyses
from reliance_eval.estimation.promising import promises
from reliance_eval.power.assuming import Assumptions, Supposed, assumptions_of, sign_of, told
from reliance_eval.power.calculating import comparisons_of, detectable_of
from reliance_eval.power.detecting import Spread, spread_of_share
from reliance_eval.power.diagnosis import (
    Curve,
    Detectable,
    Diagnosis,
    Point,
    Simulated,
)
from reliance_eval.power.foreseeing import why_not
from reliance_eval.power.operating import Operating, operating_of, shifts_of
from reliance_eval.power.repeating import Asked, Found, Progress, Trial, repeat
from reliance_eval.protocol import Protocol

TRIALS = 500
"""Simulated by default: a coverage of 95 % is then known to one point."""
FEWEST = 20
"""Below it, no share means anything."""
POINTS = 13
"""Effects at which a curve is read."""
REACH = 1.5
"""A curve goes this far past the effect that the family detects."""
PLAIN = ("block_r2", "covariate_r2", "icc", "cluster_size", "correlation")


def diagnose(  # noqa: PLR0913 (one a question)
    protocol: Protocol,
    *,
    simulate: int | None = None,
    seed: int | None = None,
    effects: float = 1.0,
    workers: int = 1,
    progress: Progress | None = None,
    **supposed: Unpack[Supposed],
) -> Diagnosis:
    """Say which effects a protocol detects: by formula, and by trials of made-up people.

    Parameters
    ----------
    protocol : Protocol
    simulate : int, optional
        Trials to simulate through the whole line; 0 for formulas alone. By default 500 where a
        world can fill the protocol's extracts, else none.
    seed : int, optional
        Of the first trial; by default that of ``[simulation]``. The same seed gives the same
        numbers, whatever the number of workers.
    effects : float
        Multiplies every true effect of the world; 0 is a programme that does nothing.
    workers : int
        Processes that share the trials. In a script, more than one asks for
        ``if __name__ == "__main__":``.
    progress : callable, optional
        Told how many trials are done, of how many.
    **supposed
        Instead of the keys of ``[power]``: ``take_up, attrition, base_rate, standard_deviation,
        block_r2, covariate_r2, icc, cluster_size, correlation, power``.

    Raises
    ------
    ProtocolError
        A promised analysis does not exist, an option is out of its bounds, or simulated trials
        are asked for and no world can make them.
    """
    if faults := check_analyses(protocol):
        raise ProtocolError(faults)
    told(protocol, supposed)
    refused = why_not(protocol)
    if simulate and refused:
        raise ProtocolError(refused)
    if simulate is not None and 0 < simulate < FEWEST:
        raise ProtocolError(Fault("E-POWER-FEW", "", {"n": simulate, "least": FEWEST}))
    count = (0 if refused else TRIALS) if simulate is None else simulate
    first = protocol.clauses.simulation.seed if seed is None else seed
    asked = Asked(protocol=protocol, seed=first, effects=effects)
    trials = tuple(repeat(asked, count, workers=workers, progress=progress))
    assumptions = assumptions_of(protocol, supposed, trials)
    promised = [cell.promise for cell in promises(_Planned(protocol))]
    detectable = detectable_of(assumptions, promised)
    summaries = (_operating(assumptions, promise) for promise in promised)
    return Diagnosis(
        parent=protocol,
        power=assumptions.clause.power,
        assumed={name: assumptions.plain(name) for name in PLAIN},
        detectable=detectable,
        simulated=_simulated(asked, trials),
        operating=tuple(summary for summary in summaries if summary is not None),
        curves=tuple(_curve(assumptions, item) for item in _pictured(detectable)),
        not_simulated=tuple(fault.code for fault in refused),
    )


@dataclass(frozen=True, slots=True)
class _Planned:
    """A protocol's arms before its draw."""

    protocol: Protocol

    @property
    def arms(self) -> tuple[str, ...]:
        """Every arm, in the protocol's order."""
        return tuple(self.protocol.clauses.lottery.arms)

    @property
    def reference(self) -> str:
        """The arm that others are compared with."""
        return self.protocol.clauses.lottery.control


def _simulated(asked: Asked, trials: Sequence[Trial]) -> Simulated | None:
    if not trials:
        return None
    shown = [trial.take_up for trial in trials if trial.take_up is not None]
    return Simulated(
        trials=len(trials),
        seed=asked.seed,
        effects=asked.effects,
        world=asked.protocol.clauses.simulation.world,
        take_up=float(np.mean(shown)) if shown else None,
    )


def _pictured(detectable: Sequence[Detectable]) -> list[Detectable]:
    """Choose the effect of the offer on each primary outcome at its last horizon.

    The analysis is the first promised; where no outcome is primary, each is pictured.
    """
    itt = [item for item in detectable if item.promise.estimand == "itt"]
    main = [item for item in itt if item.promise.role == "primary"] or itt
    chosen: dict[tuple[str, str], Detectable] = {}
    for item in main:
        place = (item.promise.outcome, item.promise.arm)
        before = chosen.get(place)
        if before is None or item.promise.horizon_months > before.promise.horizon_months:
            chosen[place] = item
    return [item for item in chosen.values() if item.smallest]


def _found(assumptions: Assumptions, promise: Promise) -> list[Found]:
    return [trial.found[promise.id] for trial in assumptions.trials if promise.id in trial.found]


def _spread(assumptions: Assumptions, promise: Promise) -> Spread | None:
    """Give the spread of a yes-or-no outcome in the simulated world."""
    outcome = assumptions.protocol.outcome(promise.outcome)
    rate = assumptions.simulated_rate(outcome, promise.horizon_months)
    return None if rate is None else spread_of_share(rate, sign_of(outcome, rate))


def _operating(assumptions: Assumptions, promise: Promise) -> Operating | None:
    return operating_of(
        promise,
        _found(assumptions, promise),
        power=assumptions.clause.power,
        spread=_spread(assumptions, promise),
    )


def _curve(assumptions: Assumptions, item: Detectable) -> Curve:
    comparisons = comparisons_of(assumptions, item.promise, item.family_size)
    found, spread = _found(assumptions, item.promise), _spread(assumptions, item.promise)
    shifts = [shifts_of(found, spread=spread, in_family=is_one) for is_one in (False, True)]
    reached = item.smallest_family or item.smallest or 0.0
    furthest = max(REACH * reached, REACH * abs(item.matters or 0.0))
    points = []
    for effect in np.linspace(0.0, furthest, POINTS).tolist():
        alone, family = (comparison.power_at(effect) for comparison in comparisons)
        of_alone, of_family = (s.power_at(effect) if s is not None else None for s in shifts)
        points.append(Point(effect, alone, family, of_alone, of_family))
    return Curve(item.promise, tuple(points))
