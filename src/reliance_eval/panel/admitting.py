"""Admitting: what a protocol may ask of a panel, before anything is read."""

from __future__ import annotations

from collections.abc import Iterator

from reliance_eval.eligibility.criterion import ADMISSIBLE, unsuited
from reliance_eval.eligibility.deriving import extract_of
from reliance_eval.errors import Fault
from reliance_eval.language.catalogue import Value
from reliance_eval.panel.measure import MEASURES
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Outcome

NUMERIC = ("boolean", "integer", "number")


def check_panel(protocol: Protocol) -> tuple[Fault, ...]:
    """Give a fault for each outcome, take-up or variable that its extract cannot give."""
    faults = [*_take_up(protocol), *_variables(protocol)]
    for index, outcome in enumerate(protocol.clauses.outcomes):
        faults += _outcome(outcome, protocol, protocol.place("outcomes", index))
    for index, clause in enumerate(protocol.clauses.dynamics):
        outcome = protocol.outcome(clause.outcome)
        origin = outcome.from_ if outcome.transform is None else None
        if origin is None or protocol.extract(origin.extract).kind != "monthly":
            where = protocol.place("dynamics", index)
            faults.append(Fault("E-PANEL-DYNAMICS", where, {"outcome": clause.outcome}))
    return (*faults, *_placebos(protocol))


def _placebos(protocol: Protocol) -> Iterator[Fault]:
    """Find the outcomes compared before the draw that have no value by month."""
    for index, outcome in enumerate(protocol.clauses.outcomes):
        origin = outcome.from_ if outcome.transform is None else None
        is_monthly = origin is not None and protocol.extract(origin.extract).kind == "monthly"
        if outcome.placebo_months and not is_monthly:
            where = protocol.place("outcomes", index)
            yield Fault("E-PANEL-PLACEBO-MONTHS", where, {"outcome": outcome.name})


def _outcome(outcome: Outcome, protocol: Protocol, where: str) -> Iterator[Fault]:
    if outcome.from_ is None:
        return
    origin = outcome.from_
    clause = protocol.extract(origin.extract)
    suited = [name for name in MEASURES if clause.kind in MEASURES[name].kinds]
    if outcome.measure not in suited:
        values: dict[str, Value] = {"measure": outcome.measure, "extract": origin.extract}
        yield Fault("E-PANEL-MEASURE", where, {**values, "admissible": ", ".join(suited)})
    if outcome.within_months is not None and clause.kind != "events":
        yield Fault("E-PANEL-WITHIN", where, {"extract": origin.extract})
    if outcome.measure == "time_to" and (outcome.kind != "event" or outcome.within_months):
        yield Fault("E-PANEL-TIME-TO", where, {"outcome": outcome.name})
    kind = clause.columns[origin.column].type
    for test in unsuited(origin, kind):
        values = {"test": test, "column": origin.column, "type": kind}
        admissible = ", ".join(ADMISSIBLE[kind])
        yield Fault("E-PANEL-CONDITION", where, {**values, "admissible": admissible})
    has_condition = len(origin.model_dump(exclude_none=True)) > len(("extract", "column"))
    if kind not in NUMERIC and not has_condition:
        yield Fault("E-PANEL-NOT-A-NUMBER", where, {"column": origin.column, "type": kind})


def _take_up(protocol: Protocol) -> Iterator[Fault]:
    clause = protocol.clauses.take_up
    if clause is None:
        return
    where = protocol.place("take_up")
    extract = protocol.extract(clause.extract)
    if extract.kind != "units":
        yield Fault("E-PANEL-TAKE-UP-ROWS", where, {"extract": clause.extract})
    kind = extract.columns[clause.column].type
    if kind not in NUMERIC:
        yield Fault("E-PANEL-NOT-A-NUMBER", where, {"column": clause.column, "type": kind})
    if clause.on is not None and (kind := extract.columns[clause.on].type) != "date":
        yield Fault("E-PANEL-NOT-A-DATE", where, {"column": clause.on, "type": kind})


def _variables(protocol: Protocol) -> Iterator[Fault]:
    for index, variable in enumerate(protocol.clauses.variables):
        where = protocol.place("variables", index)
        extract = extract_of(variable, protocol)
        kind = protocol.extract(extract).kind
        values: dict[str, Value] = {"variable": variable.name, "extract": extract}
        if kind == "events":
            yield Fault("E-PANEL-VARIABLE-EVENTS", where, values)
        elif kind == "monthly" and (variable.month is None or variable.month > -1):
            yield Fault("E-PANEL-LATE-COVARIATE", where, values)
