"""Which estimates may be printed: an effect is as sensitive as the counts it was computed from.

One decision a promise, taken once, for every table, figure and sentence of the report. What may be
had by subtraction is withheld with what it would give away: the subgroups that are printed, taken
from the whole, leave a rest that is examined like any group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from reliance_eval.estimation.answered import Estimates
from reliance_eval.estimation.estimates import Estimate, NotEstimable, Promise
from reliance_eval.reporting.disclosure import Gate, Reason
from reliance_eval.reporting.supporting import Backing, Samples, refusal, refusal_of_compliers

Refusal: TypeAlias = Callable[[Promise, list[Backing]], Reason | None]


@dataclass(frozen=True, eq=False)
class Clearance:
    """The decision on each promise of the report, taken once, for all its tables together.

    Attributes
    ----------
    withheld : mapping of str to Reason
        Promises whose numbers stay inside, and why.
    backings : mapping of (promise, arm) to Backing
    without_complier_mean : mapping of str to Reason
        Promises whose level of those moved by the offer stays inside: the withheld ones, and more.
    """

    withheld: dict[str, Reason]
    backings: dict[tuple[str, str], Backing]
    without_complier_mean: dict[str, Reason] = field(default_factory=dict)


def clear(estimates: Estimates, gate: Gate) -> Clearance:
    """Decide, for every estimate, whether its numbers may be printed."""
    samples = Samples(estimates.parent)
    protocol = estimates.protocol
    promises = [promise_of(estimate) for estimate in estimates.estimated]
    backings = {(p.id, arm): samples.backing(p, arm) for p in promises for arm in _arms(p)}

    def refused(promise: Promise, pair: list[Backing]) -> Reason | None:
        is_binary = protocol.outcome(promise.outcome).is_share
        return refusal(pair, gate, is_binary=is_binary, is_late=promise.estimand == "late")

    def refused_mean(promise: Promise, pair: list[Backing]) -> Reason | None:
        is_binary = protocol.outcome(promise.outcome).is_share
        found = refused(promise, pair)
        return found or refusal_of_compliers(pair, gate, is_binary=is_binary)

    withheld = _withheld(promises, backings, samples, refused)
    lates = [promise for promise in promises if promise.estimand == "late"]
    means = _withheld(lates, backings, samples, refused_mean)
    means |= {p.id: withheld[p.id] for p in lates if p.id in withheld}
    for promise in promises:
        smallest = min(backings[promise.id, arm].n for arm in _arms(promise))
        gate.row(promise.id, withheld.get(promise.id), smallest)
        if promise.estimand == "late":
            place = f"{promise.id}#untreated_complier_mean"
            gate.row(place, means.get(promise.id), smallest)
    return Clearance(withheld, backings, means)


def promise_of(row: Estimate | NotEstimable) -> Promise:
    """Give the promise a row answers; every row of ``Estimates`` has one."""
    assert row.promise is not None
    return row.promise


def _arms(promise: Promise) -> tuple[str, str]:
    return promise.arm, promise.reference


def _withheld(
    promises: Iterable[Promise],
    backings: dict[tuple[str, str], Backing],
    samples: Samples,
    refused: Refusal,
) -> dict[str, Reason]:
    """Give the promises refused for themselves, then those withheld with them."""
    found: dict[str, Reason] = {}
    families: dict[tuple[object, ...], list[Promise]] = defaultdict(list)
    for p in promises:
        if reason := refused(p, [backings[p.id, arm] for arm in _arms(p)]):
            found[p.id] = reason
        if p.subgroup:
            variable = p.subgroup.partition("=")[0]
            key = (p.outcome, p.horizon_months, p.estimand, p.estimator, p.arm, variable)
            families[key].append(p)
    for family in families.values():
        printed = [promise for promise in family if promise.id not in found]
        for promise in _given_away(printed, backings, samples, refused):
            found[promise.id] = "secondary"
    return found


def _given_away(
    printed: list[Promise],
    backings: dict[tuple[str, str], Backing],
    samples: Samples,
    refused: Refusal,
) -> Iterable[Promise]:
    """Give the smallest subgroups, until what is left of the whole could itself be printed.

    What is left holds the subgroups withheld or without a number, and the units of none: each of
    their counts may then be anything from zero to a count that is large enough.
    """

    def size(promise: Promise) -> tuple[int, str]:
        return sum(backings[promise.id, arm].n for arm in _arms(promise)), promise.id

    left = sorted(printed, key=size)
    while left:
        rest = [samples.rest(left, arm) for arm in _arms(left[0])]
        if not any(backing.n for backing in rest) or refused(left[0], rest) is None:
            return
        yield left.pop(0)
