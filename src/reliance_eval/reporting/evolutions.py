"""Effects by period on their way to the page: which may be printed, and on what scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from reliance_eval.estimation import Dynamics
from reliance_eval.estimation.estimates import Estimate
from reliance_eval.estimation.periods import Period
from reliance_eval.panel import Panel
from reliance_eval.reporting.document import Number
from reliance_eval.reporting.section import Context
from reliance_eval.reporting.supporting import Backing, refusal
from reliance_eval.reporting.wording import Scale


@dataclass(frozen=True, eq=False)
class Evolution:
    """One estimand of an outcome followed through periods.

    Attributes
    ----------
    context : Context
    found : Dynamics
    estimand : str
    number : int
        Its place among the protocol's evolutions: part of its identifiers.
    """

    context: Context
    found: Dynamics
    estimand: str
    number: int

    @property
    def id(self) -> str:
        """Its anchor."""
        return f"dynamics-{self.number}-{self.estimand}"

    @cached_property
    def scale(self) -> Scale:
        """How its effects are written: in points where a month is yes or no."""
        if self._is_binary:
            return Scale(True, "", 1)
        errors = [estimate.std_error for _, estimate in self._estimates()]
        return self.context.voice.scale(self.found.outcome, errors)

    @cached_property
    def shown(self) -> dict[Period, Estimate]:
        """The estimates that may be printed, by period."""
        return {p: e for p, e in self._estimates() if self._is_clear(p)}

    @property
    def is_before_clear(self) -> bool:
        """Whether every period before the draw may be printed, and with them their joint test."""
        return all(p in self.shown for p, _ in self._estimates() if p.is_before)

    def label(self, period: Period) -> str:
        """Name a period."""
        if period.first == period.last:
            return self.context.voice.say("report.dynamics.month", first=self._month(period.first))
        return self.context.voice.say(
            "report.dynamics.months",
            first=self._month(period.first),
            last=self._month(period.last),
        )

    def difference(self, period: Period) -> Number:
        """Give the effect of a period."""
        value = self.shown[period].estimate
        return self.context.voice.difference(self._of(period, "estimate"), value, self.scale)

    def ends(self, period: Period, field: str, low: float | None, high: float | None) -> Number:
        """Give an interval of a period."""
        return self.context.voice.interval(self._of(period, field), low, high, self.scale)

    def p(self, period: Period, value: float) -> Number:
        """Give the p of a period, corrected for all of them."""
        return self.context.voice.p(self._of(period, "p_adjusted"), value)

    def _of(self, period: Period, field: str) -> str:
        return f"{self.id}.{period.first}#{field}"

    def _month(self, month: int) -> str:
        return self.context.voice.numbers.decimal(month, 0)

    def _estimates(self) -> Iterator[tuple[Period, Estimate]]:
        for period in self.found.periods:
            answer = period.answers.get(self.estimand)
            if isinstance(answer, Estimate):
                yield period.period, answer

    @cached_property
    def _rows(self) -> pd.DataFrame:
        panel: Panel = self.context.latest.nearest(Panel)
        months = panel.months[panel.months["outcome"] == self.found.outcome]
        seen = months[months["status"] == "observed"]
        return seen.merge(panel.units, on="unit", validate="many_to_one")

    @cached_property
    def _is_binary(self) -> bool:
        return bool(self._rows["value"].isin((0.0, 1.0)).all())

    def _is_clear(self, period: Period) -> bool:
        gate = self.context.gate
        inside = self._rows[self._rows["month"].between(period.first, period.last)]
        pair = [_backing(inside, arm) for arm in (self.found.arm, self.found.reference)]
        reason = refusal(pair, gate, is_binary=self._is_binary, is_late=self.estimand == "late")
        gate.record(
            f"{self.id}.{period.first}",
            "withheld" if reason else "cleared",
            reason or ("public" if gate.is_public else "large_enough"),
            min(backing.n for backing in pair),
        )
        return reason is None


def evolutions(context: Context) -> tuple[Evolution, ...]:
    """Give each promised evolution, one an estimand."""
    estimates = context.estimates
    if estimates is None:
        return ()
    return tuple(
        Evolution(context, found, estimand, number)
        for number, found in enumerate(estimates.dynamics, start=1)
        for estimand in ("itt", "late")
        if any(estimand in period.answers for period in found.periods)
    )


def _backing(rows: pd.DataFrame, arm: str) -> Backing:
    """Give the units of one arm behind a period: each one's months are its own."""
    own = rows[rows["arm"] == arm]
    totals = own.assign(value=own["value"].abs()).groupby("unit")["value"].sum().to_numpy(float)
    whole = float(totals.sum())
    participants = None
    if "take_up" in own:
        participants = int((own.groupby("unit")["take_up"].first() > 0).sum())
    return Backing(
        n=len(totals),
        contributors=int(np.sum(totals > 0)),
        largest_share=float(totals.max()) / whole if whole > 0 else 0.0,
        participants=participants,
    )
