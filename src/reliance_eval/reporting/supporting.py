"""The people behind a number, by arm, and whether they are enough for it to be printed.

A difference of two rates, with its standard error, gives both rates back; the level of those whom
the offer moves gives back the rate among those who take part. A number is therefore cleared only
when every count behind it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reliance_eval.estimation.estimates import Promise
from reliance_eval.panel import Panel
from reliance_eval.reporting.disclosure import Gate, Reason

if TYPE_CHECKING:
    import pandas as pd

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Backing:
    """The units of one arm behind a number.

    Attributes
    ----------
    n : int
        Units with a value.
    contributors : int
        Those whose value is not zero: the numerator of a yes-or-no outcome.
    largest_share : float
        Share of the arm's total (in absolute value) held by its largest unit.
    participants : int or None
        Units that took the offer up; None without take-up data.
    contributors_taking_part : int
        Contributors among them.
    """

    n: int
    contributors: int
    largest_share: float
    participants: int | None
    contributors_taking_part: int = 0


@dataclass(frozen=True, eq=False)
class Samples:
    """Finds the units behind each promise of a panel."""

    panel: Panel

    @cached_property
    def _rows(self) -> dict[tuple[str, int], pd.DataFrame]:
        outcomes = self.panel.outcomes
        observed = outcomes.loc[outcomes["status"] == "observed"]
        rows = observed.merge(self.panel.units, on="unit", validate="many_to_one")
        groups = rows.groupby(["outcome", "horizon_months"], sort=False)
        keyed: dict[tuple[str, int], pd.DataFrame] = dict(iter(groups))  # type: ignore[arg-type]
        return keyed

    def backing(self, promise: Promise, arm: str) -> Backing:
        """Give the counts of one arm behind a promise."""
        rows = self._rows.get((promise.outcome, promise.horizon_months))
        if rows is None:
            return Backing(0, 0, 0.0, None)
        inside = rows["arm"].to_numpy(object) == arm
        if promise.subgroup:
            inside &= self._belong(rows, promise.subgroup)
        return _backing(rows, inside)

    def rest(self, told: Iterable[Promise], arm: str) -> Backing:
        """Give the counts that subtracting subgroups from the whole of an arm leaves.

        Parameters
        ----------
        told : iterable of Promise
            One outcome and horizon in some subgroups of one variable.
        arm : str
        """
        promises = list(told)
        first = promises[0]
        rows = self._rows.get((first.outcome, first.horizon_months))
        if rows is None:
            return Backing(0, 0, 0.0, None)
        left = rows["arm"].to_numpy(object) == arm
        for promise in promises:
            left &= ~self._belong(rows, promise.subgroup)
        return _backing(rows, left)

    def _belong(self, rows: pd.DataFrame, subgroup: str) -> Mask:
        variable, _, level = subgroup.partition("=")
        column = f"{variable}_band" if f"{variable}_band" in rows else variable
        belongs: Mask = rows[column].to_numpy(object) == level
        return belongs


def _backing(rows: pd.DataFrame, inside: Mask) -> Backing:
    values = np.abs(rows["value"].to_numpy(float)[inside])
    total = float(values.sum())
    participants, both = None, 0
    if "take_up" in rows:
        # A missing take-up compares as false.
        took = rows["take_up"].to_numpy(float)[inside] > 0
        participants, both = int(took.sum()), int((took & (values > 0)).sum())
    return Backing(
        n=int(inside.sum()),
        contributors=int((values > 0).sum()),
        largest_share=float(values.max()) / total if total > 0 else 0.0,
        participants=participants,
        contributors_taking_part=both,
    )


def refusal(pair: list[Backing], gate: Gate, *, is_binary: bool, is_late: bool) -> Reason | None:
    """Say why the numbers that rest on two arms stay inside; None where they may be printed.

    Parameters
    ----------
    pair : list of Backing
        The arm, then the reference.
    gate : Gate
    is_binary : bool
        Whether the outcome is yes or no: its numerators are then counts of people.
    is_late : bool
        Whether take-up enters it.
    """
    if gate.is_public:
        return None
    least = gate.rules.threshold
    is_take_up_closed = is_late and not _is_take_up_clear(pair, gate)
    faults: dict[Reason, bool] = {
        "threshold": any(b.n < least for b in pair),
        "numerator": is_take_up_closed
        or (is_binary and any(min(b.contributors, b.n - b.contributors) < least for b in pair)),
        # Nobody contributes: the mean would say of each one that it is zero.
        "contributors": any(b.contributors < least for b in pair),
        "dominance": any(b.largest_share > gate.rules.dominance for b in pair),
    }
    return next((reason for reason, is_found in faults.items() if is_found), None)


def refusal_of_compliers(pair: list[Backing], gate: Gate, *, is_binary: bool) -> Reason | None:
    """Say why the level of those moved by the offer stays inside.

    With the level of the reference arm and the first stage, it gives the outcome among those who
    take part and among those who do not: each group of an arm is examined.
    """
    if gate.is_public:
        return None
    least = gate.rules.threshold
    for b in pair:
        participants = b.participants or 0
        groups = (
            (participants, b.contributors_taking_part),
            (b.n - participants, b.contributors - b.contributors_taking_part),
        )
        for n, contributors in groups:
            # Where everybody of an arm takes part, or nobody, there is one group.
            if n and (contributors < least or (is_binary and n - contributors < least)):
                return "numerator" if is_binary else "contributors"
    return None


def _is_take_up_clear(pair: list[Backing], gate: Gate) -> bool:
    """Say whether participants can be printed; none in the reference arm is the design's doing."""
    offered, control = pair
    if offered.participants is None or control.participants is None:
        return False
    parts = [offered.participants, offered.n - offered.participants]
    least = gate.rules.threshold
    control_small = gate.is_small(control.participants)
    return min(parts) >= least and not control_small
