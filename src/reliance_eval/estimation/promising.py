"""What the protocol promised: every cell, named, in the protocol's order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reliance_eval import fingerprint
from reliance_eval.errors import Fault
from reliance_eval.estimation.estimates import Promise
from reliance_eval.estimation.estimator import ESTIMATORS, variance_faults
from reliance_eval.lottery import Draw
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


def estimator_of(analysis: Analysis) -> str:
    """Give the registered estimator of an analysis."""
    return analysis.estimator or DEFAULTS[analysis.estimand, analysis.adjust]


def promises(draw: Draw) -> tuple[Cell, ...]:
    """List every promise: analyses x outcomes x horizons x (everyone + subgroups) x arms."""
    cells: dict[str, Cell] = {}
    for analysis in draw.protocol.clauses.analyses:
        for outcome in draw.protocol.clauses.outcomes:
            if analysis.outcomes and outcome.name not in analysis.outcomes:
                continue
            for horizon in outcome.horizons_months:
                for group in _groups(draw.protocol, outcome):
                    for arm in draw.arms:
                        if arm != draw.reference:
                            place = _Place(outcome, horizon, group, arm)
                            cell = _cell(draw, analysis, place)
                            cells.setdefault(cell.promise.id, cell)
    return tuple(cells.values())


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
        faults += variance_faults(
            analysis.variance,
            estimator=name,
            is_clustered=lottery.clusters is not None,
            is_blocked=bool(lottery.blocks or lottery.waves),
            where=where,
        )
    return tuple(faults)


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


def _cell(draw: Draw, analysis: Analysis, place: _Place) -> Cell:
    clauses = draw.protocol.clauses
    outcome, group = place.outcome, place.group
    name = estimator_of(analysis)
    parts = [outcome.name, str(place.horizon_months), analysis.estimand, name]
    parts += [analysis.variance] if analysis.variance else []
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
        role="exploratory" if group.is_exploratory else outcome.role,
        family=outcome.family,
        level=clauses.inference.level,
    )
    specification = fingerprint.of_plain(
        {
            "format": FORMAT,
            "estimand": analysis.estimand,
            "estimator": name,
            "variance": analysis.variance,
            "outcome": outcome.model_dump(mode="json", by_alias=True),
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
    )
    return Cell(replace(promise, specification=specification), analysis, group.path, covariates)
