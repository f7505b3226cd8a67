"""Settling: what each intake of a simulation is asked for, the same for every file it fills."""

from __future__ import annotations

from reliance_eval.lottery.seeds import is_plain
from reliance_eval.months import MONTHS_A_YEAR, month_number
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.waving import at_wave
from reliance_eval.simulation.world import Setting

# Two calendar years before the draw's: enough for covariates, and for seeing no effect before it.
YEARS_BEFORE = 2


def protocols(protocol: Protocol) -> list[Protocol]:
    """Give the protocol of each wave, or the protocol itself where there are none."""
    waves = protocol.clauses.lottery.waves
    return [at_wave(protocol, wave.name) for wave in waves] or [protocol]


def is_drawable_here(protocol: Protocol) -> bool:
    """Say whether every draw has a plain seed, and so can be held by the simulator."""
    seeds = [own.clauses.lottery.seed for own in protocols(protocol)]
    return all(is_plain(seed or "") for seed in seeds)


def settings_of(
    protocol: Protocol,
    *,
    seed: int,
    households: int,
    effects: float,
    eligible_share: float | None,
) -> list[Setting]:
    """Give the setting of each intake: other people, drawn on another day, in the same months."""
    months = _months(protocol)
    return [
        Setting(
            seed=seed + number,
            households=households,
            on=own.clauses.eligibility.on,
            day=own.clauses.lottery.day,
            months=months,
            waves=_waves(protocol),
            eligible_share=eligible_share,
            effects=effects,
            first=1 + number * households,
        )
        for number, own in enumerate(protocols(protocol))
    ]


def _months(protocol: Protocol) -> range:
    """Give whole years: two before the first draw's, to the one of the last draw's last horizon."""
    clauses = protocol.clauses
    drawn = month_number(clauses.lottery.day)
    last_drawn = max([drawn, *(month_number(wave.day) for wave in clauses.lottery.waves)])
    hindsight = max(clause.hindsight_months for clause in clauses.extracts.values())
    furthest = max(max(outcome.horizons_months) for outcome in clauses.outcomes)
    first = (drawn // MONTHS_A_YEAR - YEARS_BEFORE) * MONTHS_A_YEAR
    last = ((last_drawn + furthest + hindsight) // MONTHS_A_YEAR + 1) * MONTHS_A_YEAR
    return range(first, last)


def _waves(protocol: Protocol) -> tuple[int, ...]:
    extracts = protocol.clauses.extracts
    read = protocol.clauses.read_outcomes
    asked = (o for o in read if extracts[o.origin.extract].kind == "events")
    return tuple(sorted({month for outcome in asked for month in outcome.horizons_months}))
