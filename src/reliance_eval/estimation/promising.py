"""What the protocol promised: every cell, named, in the protocol's order."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reliance_eval import fingerprint
from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.estimation.estimates import Promise
from reliance_eval.estimation.estimator import ESTIMATORS, variance_faults
from reliance_eval.estimation.periods import periods_of
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Analysis, Outcome
from reliance_eval.registry import nearest

DEFAULTS = {
    ("itt", "none"): "blocked",
    ("itt", "lin"): "lin",
    ("late", "none"): "wald",
    ("late", "lin"): "wald_lin",
}
"""The estimator of an analysis that names none, by estimand and adjustment."""

FORMAT = 1
"""Version of the description that ``Promise.specification`` digests."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A promise with the clauses it comes from.

    Attributes
    ----------
    promise : Promise
    analysis : Analysis
    subgroup : tuple of str
        Variable and level; empty for everyone.
    covariates : tuple of str
    """

    promise: Promise
    analysis: Analysis
    subgroup: tuple[str, ...]
    covariates: tuple[str, ...]


class Offers(typing.Protocol):
    """Which arms are offered what: a draw, or a protocol before its draw."""

    @property
    def protocol(self) -> Protocol:
        """What was promised."""

    @property
    def arms(self) -> tuple[str, ...]:
        """Every arm, in the protocol's order."""

    @property
    def reference(self) -> str:
        """The arm that others are compared with."""


def estimator_of(analysis: Analysis) -> str:
    """Give the registered estimator of an analysis."""
    return analysis.estimator or DEFAULTS[analysis.estimand, analysis.adjust]


def promises(draw: Offers) -> tuple[Cell, ...]:
    """List every promise: analyses x outcomes x horizons x (everyone + subgroups) x arms."""
    cells: dict[str, Cell] = {}
    for analysis in draw.protocol.clauses.analyses:
        for outcome in draw.protocol.clauses.outcomes:
            if outcome.role == "placebo" or not _is_asked(analysis, outcome):
                continue
            for horizon in outcome.horizons_months:
                for group in _groups(draw.protocol, outcome):
                    for arm in draw.arms:
                        if arm != draw.reference:
                            place = _Place(outcome, horizon, group, arm)
                            cell = _cell(draw, analysis, place)
                            cells.setdefault(cell.promise.id, cell)
    return tuple(cells.values())


def _is_asked(analysis: Analysis, outcome: Outcome) -> bool:
    return not analysis.outcomes or outcome.name in analysis.outcomes


def compared(draw: Offers, outcome: Outcome, months: Sequence[int]) -> tuple[Cell, ...]:
    """Give what the offer's promised estimators say of everyone at any months.

    For comparisons that are no promise: months before the draw, outcomes that cannot move. These
    last are named by no analysis, so that every analysis of the offer's effect is asked.
    """
    analyses = [
        analysis
        for analysis in draw.protocol.clauses.analyses
        if analysis.estimand == "itt"
        and (outcome.role == "placebo" or _is_asked(analysis, outcome))
    ]
    arms = [arm for arm in draw.arms if arm != draw.reference]
    cells = (
        _cell(draw, analysis, _Place(outcome, month, _Group(), arm))
        for analysis in analyses
        for month in months
        for arm in arms
    )
    return tuple({cell.promise.id: cell for cell in cells}.values())


def check_analyses(protocol: Protocol) -> tuple[Fault, ...]:
    """Find what the promised analyses ask for that no estimator does."""
    faults: list[Fault] = []
    lottery = protocol.clauses.lottery
    for number, analysis in enumerate(protocol.clauses.analyses, start=1):
        where = protocol.place("analyses", number - 1)
        name = estimator_of(analysis)
        if name not in ESTIMATORS:
            known = ESTIMATORS.names()
            values = {"name": name, "nearest": nearest(name, known) or known[0]}
            faults.append(
                Fault("E-ESTIMATION-ESTIMATOR", where, values | {"known": ", ".join(known)})
            )
            continue
        if ESTIMATORS[name].estimand != analysis.estimand:
            values = {"name": name, "estimand": analysis.estimand}
            faults.append(Fault("E-ESTIMATION-ESTIMAND", where, values))
            continue
        faults += _kind_faults(protocol, analysis, name, where)
        faults += variance_faults(
            analysis.variance,
            estimator=name,
            is_clustered=lottery.clusters is not None,
            is_blocked=bool(lottery.blocks or lottery.waves),
            convention=analysis.convention,
            where=where,
        )
    return (*faults, *_period_faults(protocol))


def _period_faults(protocol: Protocol) -> Iterator[Fault]:
    """Find the evolutions whose months hold no whole period."""
    for index, clause in enumerate(protocol.clauses.dynamics):
        try:
            periods_of(clause.from_, clause.to, bins=clause.bin_months)
        except ProtocolError as error:
            where = protocol.place("dynamics", index)
            yield from (replace(fault, where=where) for fault in error.faults)


def _kind_faults(protocol: Protocol, analysis: Analysis, name: str, where: str) -> Iterator[Fault]:
    """Find outcomes that an estimator of yes-or-no outcomes is promised for in vain.

    A model that may have no answer needs a plain one promised beside it.
    """
    rule = ESTIMATORS[name]
    promised = [outcome for outcome in protocol.clauses.outcomes if outcome.role != "placebo"]
    asked = [outcome for outcome in promised if _is_asked(analysis, outcome)]
    if rule.is_binary_only and not all(outcome.is_share for outcome in asked):
        names = ", ".join(outcome.name for outcome in asked if not outcome.is_share)
        yield Fault("E-ESTIMATION-BINARY-ONLY", where, {"estimator": name, "names": names})
    covered = {
        outcome.name
        for other in protocol.clauses.analyses
        for outcome in promised
        if estimator_of(other) == rule.instead and _is_asked(other, outcome)
    }
    alone = [outcome.name for outcome in asked if outcome.name not in covered]
    if rule.instead and alone:
        values = {"estimator": name, "names": ", ".join(alone), "instead": rule.instead}
        yield Fault("E-ESTIMATION-ALONE", where, values)


@dataclass(frozen=True, slots=True)
class _Group:
    """Everyone (no variable), or one level of a subgroup."""

    path: tuple[str, ...] = ()
    is_exploratory: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """Which cell of an analysis."""

    outcome: Outcome
    horizon_months: int
    group: _Group
    arm: str


def _groups(protocol: Protocol, outcome: Outcome) -> Iterator[_Group]:
    """Give everyone, then each level of each subgroup promised for an outcome."""
    yield _Group()
    for clause in protocol.clauses.subgroups:
        if not clause.outcomes or outcome.name in clause.outcomes:
            for level in protocol.variable(clause.variable).levels:
                yield _Group((clause.variable, level), clause.status == "exploratory")


def _described(outcome: Outcome) -> dict[str, object]:
    """Give an outcome's clause as plain values; a scale only where it is not the outcome's own."""
    described: dict[str, object] = outcome.model_dump(mode="json", by_alias=True)
    if outcome.transform is None:
        del described["transform"], described["transform_label"]
    if outcome.index is None:
        del described["index"]
    # What is asked of months before the draw is no part of what is promised after it.
    del described["placebo_months"]
    return described


def _cell(draw: Offers, analysis: Analysis, place: _Place) -> Cell:
    clauses = draw.protocol.clauses
    outcome, group = place.outcome, place.group
    name = estimator_of(analysis)
    parts = [outcome.name, str(place.horizon_months), analysis.estimand, name]
    parts += [name for name in (analysis.variance, analysis.convention) if name]
    parts += ["-".join(group.path)] if group.path else []
    parts += [place.arm] if len(draw.arms) > 2 else []
    covariates: tuple[str, ...] = ()
    if ESTIMATORS[name].uses_covariates:
        covariates = analysis.covariates or tuple(item.variable for item in clauses.covariates)
    promise = Promise(
        id=".".join(parts),
        outcome=outcome.name,
        horizon_months=place.horizon_months,
        estimand=analysis.estimand,
        estimator=name,
        subgroup="=".join(group.path),
        arm=place.arm,
        reference=draw.reference,
        role="exploratory" if group.is_exploratory or outcome.role == "placebo" else outcome.role,
        family=outcome.family,
        level=clauses.inference.level,
    )
    specification = fingerprint.of_plain(
        {
            "format": FORMAT,
            "estimand": analysis.estimand,
            "estimator": name,
            "variance": analysis.variance,
            "outcome": _described(outcome),
            "horizon_months": place.horizon_months,
            "subgroup": list(group.path),
            "arm": place.arm,
            "reference": draw.reference,
            "blocks": list(clauses.lottery.blocks),
            "clusters": clauses.lottery.clusters,
            "covariates": list(covariates),
            "level": clauses.inference.level,
            "adjust": clauses.inference.adjust,
        }
        # Only where one is named: what was promised without it keeps its digest.
        | ({"convention": analysis.convention} if analysis.convention else {})
    )
    return Cell(replace(promise, specification=specification), analysis, group.path, covariates)
