"""What a protocol promises: take-up, outcomes, analyses and subgroups that agree with the rest."""

from __future__ import annotations

from collections.abc import Iterator

from reliance_eval.language.catalogue import Value
from reliance_eval.protocol.finding import (
    Finding,
    KeyPath,
    name_twice,
    unknown_column,
    unknown_name,
    unknown_variable,
)
from reliance_eval.protocol.model import Clauses, Outcome


def promise_findings(clauses: Clauses) -> Iterator[Finding]:
    """Look at take-up, outcomes, analyses and subgroups."""
    names = [o.name for o in clauses.outcomes]
    yield from name_twice(names, ("outcomes",))
    yield from _take_up(clauses)
    for index, outcome in enumerate(clauses.outcomes):
        yield from _outcome(clauses, outcome, ("outcomes", index))
    for index, covariate in enumerate(clauses.covariates):
        yield from unknown_variable(clauses, covariate.variable, ("covariates", index, "variable"))
    for index, analysis in enumerate(clauses.analyses):
        path: KeyPath = ("analyses", index)
        if analysis.estimand == "late" and clauses.take_up is None:
            yield Finding(path, "E-PROTOCOL-LATE-WITHOUT-TAKE-UP")
        for name in analysis.outcomes:
            if name not in names:
                yield unknown_name((*path, "outcomes"), "outcome", name, names)
        for name in analysis.covariates:
            yield from unknown_variable(clauses, name, (*path, "covariates"))
    banded = [v.name for v in clauses.variables if v.is_banded]
    for index, subgroup in enumerate(clauses.subgroups):
        if subgroup.variable not in banded:
            path = ("subgroups", index, "variable")
            yield unknown_name(path, "banded variable", subgroup.variable, banded)


def _take_up(clauses: Clauses) -> Iterator[Finding]:
    take_up = clauses.take_up
    if take_up is None:
        return
    for key in ("column", "on", "group"):
        column = getattr(take_up, key)
        if column is not None:
            yield from unknown_column(clauses, take_up.extract, column, ("take_up", key))


def _outcome(clauses: Clauses, outcome: Outcome, path: KeyPath) -> Iterator[Finding]:
    if (outcome.from_ is None) == (outcome.index is None):
        yield Finding(path, "E-PROTOCOL-FROM-OR-INDEX", {"name": outcome.name})
    if outcome.from_ is not None:
        origin = outcome.from_
        yield from unknown_column(clauses, origin.extract, origin.column, (*path, "from"))
    if outcome.index is not None:
        yield from _index(clauses, outcome, (*path, "index"))
    horizons = outcome.horizons_months
    if min(horizons) < 1 or list(horizons) != sorted(set(horizons)):
        yield Finding((*path, "horizons_months"), "E-PROTOCOL-HORIZONS", {"name": outcome.name})
    values: dict[str, Value] = {"name": outcome.name, "transform": outcome.transform or ""}
    if outcome.transform is not None and outcome.kind not in ("amount", "count"):
        yield Finding((*path, "transform"), "E-PROTOCOL-TRANSFORM-KIND", values)
    if outcome.transform is not None and not outcome.transform_label:
        yield Finding((*path, "transform"), "E-PROTOCOL-TRANSFORM-UNLABELLED", values)
    if outcome.transform is None and outcome.transform_label:
        yield Finding((*path, "transform_label"), "E-PROTOCOL-TRANSFORM-LABEL-ALONE", values)


def _index(clauses: Clauses, outcome: Outcome, path: KeyPath) -> Iterator[Finding]:
    """Ask of an index that it is a score, made of outcomes that are read and say what is better."""
    assert outcome.index is not None
    values: dict[str, Value] = {"name": outcome.name}
    if outcome.kind != "score":
        yield Finding(path, "E-PROTOCOL-INDEX-KIND", values)
    yield from name_twice(list(outcome.index.of), (*path, "of"))
    known = {other.name: other for other in clauses.read_outcomes}
    for name in outcome.index.of:
        if name not in known:
            yield unknown_name((*path, "of"), "outcome read from an extract", name, list(known))
            continue
        if known[name].better is None:
            yield Finding((*path, "of"), "E-PROTOCOL-INDEX-BETTER", {"component": name})
        if not set(outcome.horizons_months) <= set(known[name].horizons_months):
            yield Finding((*path, "of"), "E-PROTOCOL-INDEX-HORIZONS", {**values, "component": name})
