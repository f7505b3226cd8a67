"""Which estimates may be printed: an effect is as sensitive as the counts it was computed from.

A difference of two rates, with its standard error, gives both rates back. An estimate is therefore
cleared only when every count behind it is: units of each arm, numerators and complements of a
yes-or-no outcome, contributors and the largest share of an amount, participants of a LATE.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from reliance_eval.estimation.answered import Estimates
from reliance_eval.estimation.estimates import Estimate, NotEstimable, Promise
from reliance_eval.panel import Panel
from reliance_eval.reporting.disclosure import Gate, Reason

if TYPE_CHECKING:
    import pandas as pd


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
    """

    n: int
    contributors: int
    largest_share: float
    participants: int | None


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
            variable, _, level = promise.subgroup.partition("=")
            column = f"{variable}_band" if f"{variable}_band" in rows else variable
            inside &= rows[column].to_numpy(object) == level
        values = np.abs(rows["value"].to_numpy(float)[inside])
        total = float(values.sum())
        participants = None
        if "take_up" in rows:
            # A missing take-up compares as false.
            participants = int((rows["take_up"].to_numpy(float)[inside] > 0).sum())
        return Backing(
            n=int(inside.sum()),
            contributors=int((values > 0).sum()),
            largest_share=float(values.max()) / total if total > 0 else 0.0,
            participants=participants,
        )


@dataclass(frozen=True, eq=False)
class Clearance:
    """The decision on each promise of the report, taken once, for all its tables together.

    Attributes
    ----------
    withheld : mapping of str to Reason
        Promises whose numbers stay inside, and why.
    backings : mapping of (promise, arm) to Backing
    """

    withheld: dict[str, Reason]
    backings: dict[tuple[str, str], Backing]


def clear(estimates: Estimates, gate: Gate) -> Clearance:
    """Decide, for every estimate, whether its numbers may be printed.

    A subgroup withheld alone could be had by subtracting its sisters from the whole: the smallest
    sister is then withheld with it.
    """
    samples = Samples(estimates.parent)
    protocol = estimates.protocol
    backings: dict[tuple[str, str], Backing] = {}
    withheld: dict[str, Reason] = {}
    for estimate in estimates.estimated:
        promise = promise_of(estimate)
        for arm in (promise.arm, promise.reference):
            backings[promise.id, arm] = samples.backing(promise, arm)
        pair = [backings[promise.id, arm] for arm in (promise.arm, promise.reference)]
        is_binary = protocol.outcome(promise.outcome).is_share
        is_late = promise.estimand == "late"
        if reason := refusal(pair, gate, is_binary=is_binary, is_late=is_late):
            withheld[promise.id] = reason
    withheld |= _sisters(estimates.estimated, withheld, gate)
    for estimate in estimates.estimated:
        promise = promise_of(estimate)
        smallest = min(backings[promise.id, a].n for a in (promise.arm, promise.reference))
        found = withheld.get(promise.id)
        gate.record(
            f"estimate {promise.id}",
            "withheld" if found else "cleared",
            found or ("public" if gate.is_public else "large_enough"),
            smallest,
        )
    return Clearance(withheld, backings)


def promise_of(row: Estimate | NotEstimable) -> Promise:
    """Give the promise a row answers; every row of ``Estimates`` has one."""
    assert row.promise is not None
    return row.promise


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
        "contributors": any(gate.is_small(b.contributors) for b in pair),
        "dominance": any(b.largest_share > gate.rules.dominance for b in pair),
    }
    return next((reason for reason, is_found in faults.items() if is_found), None)


def _is_take_up_clear(pair: list[Backing], gate: Gate) -> bool:
    """Say whether participants can be printed; none in the reference arm is the design's doing."""
    offered, control = pair
    if offered.participants is None or control.participants is None:
        return False
    parts = [offered.participants, offered.n - offered.participants]
    least = gate.rules.threshold
    control_small = gate.is_small(control.participants)
    return min(parts) >= least and not control_small


def _sisters(
    rows: Iterable[Estimate], withheld: dict[str, Reason], gate: Gate
) -> dict[str, Reason]:
    families: dict[tuple[object, ...], list[Estimate]] = defaultdict(list)
    for row in rows:
        promise = promise_of(row)
        if promise.subgroup:
            variable = promise.subgroup.partition("=")[0]
            key = (promise.outcome, promise.horizon_months, promise.estimand, promise.estimator,
                   promise.arm, variable)  # fmt: skip
            families[key].append(row)
    more: dict[str, Reason] = {}
    for family in families.values():
        hidden = [row for row in family if promise_of(row).id in withheld]
        open_rows = [row for row in family if promise_of(row).id not in withheld]
        if len(hidden) == 1 and open_rows and not gate.is_public:
            smallest = min(open_rows, key=lambda row: (row.n, promise_of(row).id))
            more[promise_of(smallest).id] = "secondary"
    return more
