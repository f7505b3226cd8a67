"""What is true of made-up people: the effects that the real line must recover."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reliance_eval.panel.measure import MEASURES, Events, FloatArray
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Origin, Outcome
from reliance_eval.simulation.society import Potential
from reliance_eval.simulation.world import WATERMARK, BoolArray, Setting
from reliance_eval.simulation.writing import MARK

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Effect:
    """The true effects on one outcome at one horizon.

    Attributes
    ----------
    outcome : str
        Name in the protocol.
    horizon_months : int
        Months after the draw's month.
    subgroup : str
        ``variable=level``, or ``""`` for everyone.
    n, n_drawn : int
        Eligible households, and those of them that were drawn.
    mean_without : float
        Mean outcome of the eligible if nobody were offered anything.
    itt, late : float
        Mean effect of the offer on the eligible, and of taking it up on those who would; the
        latter None where nobody would.
    sample_itt, sample_late : float or None
        The same among those drawn; None where there is nobody.
    """

    outcome: str
    horizon_months: int
    subgroup: str
    n: int
    n_drawn: int
    mean_without: float
    itt: float
    late: float | None
    sample_itt: float | None
    sample_late: float | None


@dataclass(frozen=True, slots=True)
class Truth:
    """True effects and take-up, known because both lives of each household are.

    Attributes
    ----------
    effects : tuple of Effect
        One an outcome, horizon and subgroup of the protocol.
    take_up, sample_take_up : float
        Share of the eligible (of the drawn) who sign if offered.
    seed, households : int
        What was simulated.
    untold : tuple of str
        Outcomes of the protocol whose truth this world cannot tell.
    """

    effects: tuple[Effect, ...]
    take_up: float
    sample_take_up: float
    seed: int
    households: int
    untold: tuple[str, ...] = ()

    def to_pandas(self) -> pd.DataFrame:
        """Give one row an effect."""
        import pandas as pd

        return pd.DataFrame([asdict(effect) for effect in self.effects])

    def effect(self, outcome: str, horizon_months: int, subgroup: str = "") -> Effect:
        """Give the truth of one outcome at one horizon."""
        wanted = (outcome, horizon_months, subgroup)
        found = (e for e in self.effects if (e.outcome, e.horizon_months, e.subgroup) == wanted)
        return next(found)

    def _repr_html_(self) -> str:
        return self.to_pandas().to_html(index=False, border=0)

    def to_json(self) -> bytes:
        """Give the watermarked JSON that is kept beside the extracts."""
        record: dict[str, Any] = {MARK: WATERMARK, **asdict(self)}
        return (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode()


@dataclass(frozen=True, slots=True)
class Pair:
    """Both lives of n eligible households.

    Attributes
    ----------
    without, with_ : Potential
        What they would live if nobody, and if everybody, were offered a place.
    takes_up, drawn : array of bool, shape (n,)
        Who signs if offered, and who was drawn.
    """

    without: Potential
    with_: Potential
    takes_up: BoolArray
    drawn: BoolArray


@dataclass(frozen=True, slots=True)
class Told:
    """The two lives of one intake's households, and the subgroups they are in.

    Attributes
    ----------
    setting : Setting
    pair : Pair
        Of n households.
    groups : mapping of str to array of bool, shape (n,)
        Subgroups by ``variable=level``; the key ``""`` is everyone.
    """

    setting: Setting
    pair: Pair
    groups: dict[str, BoolArray]


def effects_of(protocol: Protocol, intakes: Sequence[Told]) -> tuple[Effect, ...]:
    """Compare the two lives of each eligible household, outcome by outcome.

    Parameters
    ----------
    protocol : Protocol
        What is asked.
    intakes : sequence of Told
        One, or one a wave: each household's months are counted from its own draw.
    """
    groups = {name: np.concatenate([i.groups[name] for i in intakes]) for name in intakes[0].groups}
    drawn = np.concatenate([intake.pair.drawn for intake in intakes])
    takes_up = np.concatenate([intake.pair.takes_up for intake in intakes])
    found: list[Effect] = []
    for outcome in protocol.clauses.read_outcomes:
        readings = [reader(outcome, intake.setting) for intake in intakes]
        for horizon in outcome.horizons_months:
            told = [
                (reading(intake.pair.without, horizon), reading(intake.pair.with_, horizon))
                for reading, intake in zip(readings, intakes, strict=True)
                if reading is not None
            ]
            if not told:
                continue
            y0, y1 = (np.concatenate(lives) for lives in zip(*told, strict=True))
            for name, members in groups.items():
                if members.any():
                    means = _means(y0, y1 - y0, members, drawn=drawn, takes_up=takes_up)
                    found.append(Effect(outcome.name, horizon, name, **means))
    return tuple(found)


def _means(
    y0: FloatArray, gain: FloatArray, members: BoolArray, *, drawn: BoolArray, takes_up: BoolArray
) -> dict[str, Any]:
    sample = members & drawn
    return {
        "n": int(members.sum()),
        "n_drawn": int(sample.sum()),
        "mean_without": _mean(y0[members]),
        "itt": _mean(gain[members]),
        "late": _mean(gain[members & takes_up]),
        "sample_itt": _mean(gain[sample]),
        "sample_late": _mean(gain[sample & takes_up]),
    }


def untold(protocol: Protocol, setting: Setting) -> tuple[str, ...]:
    """Give the outcomes that this world has no truth for."""
    outcomes = protocol.clauses.outcomes
    return tuple(o.name for o in outcomes if o.index or reader(o, setting) is None)


def _mean(values: FloatArray) -> float | None:
    return float(values.mean()) if values.size else None


def reader(outcome: Outcome, setting: Setting) -> Callable[[Potential, int], FloatArray] | None:
    """Give the function that reads an outcome off a life, or None if this world cannot."""
    origin, measure = outcome.origin, MEASURES[outcome.measure]
    over_months, months = measure.over_months, measure.months
    over_events = measure.over_events

    if origin.extract == "monthly" and over_months is not None and months is not None:
        start = int(setting.relative[0])

        def from_months(life: Potential, horizon: int) -> FloatArray:
            columns = [month - start for month in months(horizon)]
            values = getattr(life.lives, origin.column)[:, columns].astype(float)
            return over_months(_answered(values, origin))

        return from_months

    if origin.extract == "survey" and over_events is not None and outcome.measure == "value_at":

        def from_waves(life: Potential, horizon: int) -> FloatArray:
            value = life.answers[:, setting.waves.index(horizon)].astype(float)
            n = len(value)
            moment = np.zeros(n, dtype=np.int64)
            events = Events(n, np.arange(n), moment, _answered(value, origin))
            return over_events(events)

        return from_waves
    return None


def _answered(values: FloatArray, origin: Origin) -> FloatArray:
    """Turn values into the answers of the outcome's condition, if it has one."""
    conditions = [
        (origin.above, np.greater),
        (origin.at_least, np.greater_equal),
        (origin.below, np.less),
        (origin.at_most, np.less_equal),
        (origin.is_, np.equal),
    ]
    given = [(limit, compare) for limit, compare in conditions if limit is not None]
    if not given:
        return values
    answers = [compare(values, limit) for limit, compare in given]
    return np.asarray(np.all(answers, axis=0), dtype=np.float64)
