"""Repeating: one made-up trial after the other, through the very line a real one goes through.

A trial is people, extracts on disk, screen, draw, follow-up and every promised analysis. It depends
on its number and on nothing else, so that any number of workers gives the same answers.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np

from reliance_eval.eligibility import screen
from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.estimation import Estimate, Estimates, estimate
from reliance_eval.extract import open_extract, read_extract, read_extracts
from reliance_eval.lottery import Draw, draw
from reliance_eval.lottery.pooling import pooled_draw, pooled_flow
from reliance_eval.panel import Panel, follow_up
from reliance_eval.power.detecting import critical_value
from reliance_eval.power.foreseeing import foreseen
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.waving import at_wave
from reliance_eval.simulation import Effect, Truth, simulate

if TYPE_CHECKING:
    import pandas as pd

    from reliance_eval.estimation.estimates import Interval

Progress: TypeAlias = Callable[[int, int], None]
Cell: TypeAlias = tuple[str, int]

APART = 1_000
"""Between the seeds of two trials: a trial with waves takes one seed a wave."""
ELIGIBLE_SHARE = 0.6
"""Of the households made up: in an extract, few are eligible, and the others only take time."""
POOL = 1.5
"""Eligible households for one that is drawn."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one trial found for one promise, and what was true.

    Attributes
    ----------
    std_error : float
        Of the effect of the offer: for a LATE too, whose test it is.
    critical, critical_family : float or None
        The |t| that this trial needed, alone and within its family.
    take_up : float
        What an effect on takers is multiplied by to be the offer's; 1 for an ITT.
    truth, sample_truth : float or None
        The true effect on people of this kind, and on those drawn; None where none is known.
    """

    estimate: float
    error: float
    statistic: float
    std_error: float
    p_value: float
    p_adjusted: float | None
    critical: float
    critical_family: float | None
    take_up: float
    intervals: tuple[Interval, ...]
    truth: float | None
    sample_truth: float | None


@dataclass(frozen=True, slots=True)
class Moments:
    """What one trial showed of one outcome at one horizon, in the reference arm."""

    mean: float
    standard_deviation: float
    missing: float


@dataclass(frozen=True, slots=True)
class Trial:
    """One made-up trial: answers by promise, moments by outcome and horizon, and take-up."""

    found: dict[str, Found]
    moments: dict[Cell, Moments]
    take_up: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is repeated.

    Attributes
    ----------
    protocol : Protocol
    seed : int
    effects : float
        Multiplies every true effect of the world.
    """

    protocol: Protocol
    seed: int
    effects: float = 1.0

    @property
    def households(self) -> int:
        """Households made up for one trial, or for one wave of it."""
        lottery = self.protocol.clauses.lottery
        sizes = [sum(wave.arms.values()) for wave in lottery.waves] or [sum(lottery.arms.values())]
        return math.ceil(max(sizes) * POOL / ELIGIBLE_SHARE)


def repeat(
    asked: Asked, count: int, *, workers: int = 1, progress: Progress | None = None
) -> Iterator[Trial]:
    """Give made-up trials in the order of their numbers.

    Parameters
    ----------
    asked : Asked
    count : int
    workers : int
        Processes that share the work. In a script, more than one asks for
        ``if __name__ == "__main__":``.
    progress : callable, optional
        Told how many trials are done, of how many.
    """
    one = partial(hold, asked)
    if workers <= 1:
        for number in range(count):
            yield _told(one(number), number, count, progress)
        return
    # Started afresh: a copy of a process with threads may hang.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            for number, trial in enumerate(pool.map(one, range(count))):
                yield _told(trial, number, count, progress)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _told(trial: Trial, number: int, count: int, progress: Progress | None) -> Trial:
    if progress is not None:
        progress(number + 1, count)
    return trial


def hold(asked: Asked, number: int) -> Trial:
    """Make one trial up, and analyse it as promised.

    Raises
    ------
    ProtocolError
        No world can fill these extracts.
    """
    with tempfile.TemporaryDirectory(prefix="reliance-eval-") as folder:
        protocol = foreseen(asked.protocol, Path(folder), number=number)
        made = simulate(
            protocol,
            seed=asked.seed + APART * number,
            households=asked.households,
            effects=asked.effects,
            eligible_share=ELIGIBLE_SHARE,
        )
        panel = follow_up(_drawn(protocol), read_extracts(protocol))
    if made.truth is None:
        raise ProtocolError(Fault("E-SIMULATION-WAVES", "lottery.waves"))
    found = _answers(estimate(panel), made.truth)
    return Trial(found, _moments(panel), _take_up(panel))


def _drawn(protocol: Protocol) -> Draw:
    """Screen and draw, wave by wave where there are waves; made-up people are in one only."""
    frame = protocol.clauses.eligibility.extract
    waves = protocol.clauses.lottery.waves
    if not waves:
        return draw(screen(read_extract(frame, protocol)))
    flows = {wave.name: screen(read_extract(frame, at_wave(protocol, wave.name))) for wave in waves}
    records = tuple(record for flow in flows.values() for record in flow.deliveries)
    draws = {name: draw(flow) for name, flow in flows.items()}
    return pooled_draw(pooled_flow(open_extract(frame, protocol, records), draws), draws)


def _answers(estimates: Estimates, truth: Truth) -> dict[str, Found]:
    true = {(e.outcome, e.horizon_months, e.subgroup): e for e in truth.effects}
    found: dict[str, Found] = {}
    for answer in estimates.estimated:
        promise = answer.promise
        if promise is not None:
            place = (promise.outcome, promise.horizon_months, promise.subgroup)
            found[promise.id] = _found(answer, true.get(place), promise.estimand)
    return found


def _found(answer: Estimate, true: Effect | None, estimand: str) -> Found:
    is_late = estimand == "late"
    take_up = answer.first_stage.estimate if is_late and answer.first_stage else 1.0
    std_error = answer.std_error
    if is_late and answer.statistic:
        std_error = abs(answer.estimate * take_up / answer.statistic)
    family = None
    if answer.conf_high_adjusted is not None and not is_late and std_error > 0:
        family = (answer.conf_high_adjusted - answer.estimate) / std_error
    known: tuple[float | None, float | None] = (None, None)
    if true is not None:
        known = (true.late, true.sample_late) if is_late else (true.itt, true.sample_itt)
    return Found(
        estimate=answer.estimate,
        error=answer.std_error,
        statistic=answer.statistic,
        std_error=std_error,
        p_value=answer.p_value,
        p_adjusted=answer.p_adjusted,
        critical=critical_value(answer.level, answer.df),
        critical_family=family,
        take_up=take_up,
        intervals=answer.anderson_rubin or ((answer.conf_low, answer.conf_high),),
        truth=known[0],
        sample_truth=known[1],
    )


def _moments(panel: Panel) -> dict[Cell, Moments]:
    arms = panel.units[["unit", "arm", "block"]]
    rows = panel.outcomes.merge(arms, on="unit", validate="many_to_one")
    moments: dict[Cell, Moments] = {}
    for place, cell in rows.groupby(["outcome", "horizon_months"], sort=False):
        of_reference: pd.Series[float] = cell.loc[cell["arm"] == panel.parent.reference, "value"]
        values = of_reference.dropna().to_numpy(dtype=float)
        if values.size > 1:
            outcome, horizon = cast("Cell", place)
            moments[outcome, int(horizon)] = Moments(
                float(values.mean()), float(values.std(ddof=1)), float(cell["value"].isna().mean())
            )
    return moments


def _take_up(panel: Panel) -> float | None:
    """Give the difference in take-up between the offered and the reference arm."""
    if "take_up" not in panel.units:
        return None
    took = panel.units["take_up"].to_numpy(dtype=float)
    is_reference = (panel.units["arm"] == panel.parent.reference).to_numpy()
    difference = np.nanmean(took[~is_reference]) - np.nanmean(took[is_reference])
    return float(difference)
