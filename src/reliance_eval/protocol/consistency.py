"""What the clauses say of each other: every name declared, every sum right, every path inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TypeAlias

from reliance_eval.language.catalogue import Value, languages
from reliance_eval.protocol.admission import OPINIONS
from reliance_eval.protocol.explaining import absence_findings
from reliance_eval.protocol.finding import (
    Finding,
    KeyPath,
    name_twice,
    unknown_column,
    unknown_name,
    unknown_variable,
)
from reliance_eval.protocol.following import dynamics_findings
from reliance_eval.protocol.model import Clauses, Test
from reliance_eval.protocol.placebos import placebo_findings
from reliance_eval.protocol.promising import promise_findings

Names: TypeAlias = Mapping[str, tuple[str, ...]]
ELSEWHERE = (promise_findings, dynamics_findings, absence_findings, placebo_findings)
"""What is looked at in modules of its own."""

RECORDED = "recorded"
SIMPLE = "simple"


def inconsistencies(clauses: Clauses, folder: Path, names: Names) -> list[Finding]:
    """Give every contradiction between clauses, in no particular order."""
    found: list[Finding] = []
    for look in (_trial, _extracts, _variables, _eligibility, _lottery, _disclosure, *ELSEWHERE):
        found += look(clauses)
    found += _paths(clauses, folder)
    found += _registered(clauses, names)
    return found


def is_inside(folder: Path, path: str) -> bool:
    """Say whether a path of the protocol stays inside the study folder, links followed."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or PureWindowsPath(path).is_absolute() or ".." in pure.parts:
        return False
    plain: list[str] = []
    for part in pure.parts:
        if any(mark in part for mark in "*?["):
            break
        plain.append(part)
    return folder.joinpath(*plain).resolve().is_relative_to(folder.resolve())


def _trial(clauses: Clauses) -> Iterator[Finding]:
    for index, language in enumerate(clauses.trial.languages):
        if language not in languages():
            yield unknown_name(
                ("trial", "languages", index), "language", language, list(languages())
            )
    outcomes = [o.name for o in clauses.outcomes]
    for name in clauses.trial.smallest_effect_that_matters:
        if name not in outcomes:
            path = ("trial", "smallest_effect_that_matters", name)
            yield unknown_name(path, "outcome", name, outcomes)
    for table in ("base_rate", "standard_deviation"):
        for name in getattr(clauses.power, table):
            if name not in outcomes:
                yield unknown_name(("power", table, name), "outcome", name, outcomes)


def _extracts(clauses: Clauses) -> Iterator[Finding]:
    for name, extract in clauses.extracts.items():
        if extract.month is not None and extract.date is not None:
            yield Finding(("extracts", name), "E-PROTOCOL-MONTH-AND-DATE", {"name": name})


def _variables(clauses: Clauses) -> Iterator[Finding]:
    yield from name_twice([v.name for v in clauses.variables], ("variables",))
    for index, variable in enumerate(clauses.variables):
        path: KeyPath = ("variables", index)
        extract = variable.extract or clauses.eligibility.extract
        yield from unknown_column(clauses, extract, variable.column, (*path, "column"))
        if variable.month is not None and variable.month >= 0:
            values: dict[str, Value] = {"name": variable.name, "month": variable.month}
            yield Finding((*path, "month"), "E-PROTOCOL-LATE-COVARIATE", values)
        is_monthly = extract in clauses.extracts and clauses.extracts[extract].month is not None
        if is_monthly != (variable.month is not None):
            yield Finding(path, "E-PROTOCOL-MONTH-OF-VARIABLE", {"name": variable.name})
        if variable.bands and variable.categories:
            yield Finding(path, "E-PROTOCOL-BANDS-AND-CATEGORIES", {"name": variable.name})
        edges = [(band[0], band[1] if len(band) == 2 else None) for band in variable.bands.values()]
        for (low, high), after in zip_longest(edges, edges[1:]):
            is_last_open = high is None and after is None
            in_order = high is not None and low < high and (after is None or high <= after[0])
            if not (is_last_open or in_order):
                yield Finding((*path, "bands"), "E-PROTOCOL-BANDS", {"name": variable.name})
                break


def _eligibility(clauses: Clauses) -> Iterator[Finding]:
    eligibility = clauses.eligibility
    if eligibility.extract not in clauses.extracts:
        yield unknown_name(
            ("eligibility", "extract"), "extract", eligibility.extract, list(clauses.extracts)
        )
        return
    if clauses.extracts[eligibility.extract].kind != "units":
        yield Finding(
            ("eligibility", "extract"), "E-PROTOCOL-NOT-UNITS", {"name": eligibility.extract}
        )
    yield from name_twice([c.name for c in eligibility.steps], ("eligibility", "criteria"))
    yield from _caseworker(clauses)
    for index, criterion in enumerate(eligibility.criteria):
        path: KeyPath = ("eligibility", "criteria", index)
        for test in criterion.tests:
            yield from _test(clauses, test, path)
    columns = list(clauses.extracts[eligibility.extract].columns)
    for index, case in enumerate(eligibility.cases):
        for key in case.given:
            if key not in columns:
                yield unknown_name(
                    ("eligibility", "cases", index, "given", key), "column", key, columns
                )
        criteria = [c.name for c in eligibility.steps]
        for name in (*case.expect.refused_by, *case.expect.unknown_for):
            if name not in criteria:
                yield unknown_name(("eligibility", "cases", index), "criterion", name, criteria)


def _caseworker(clauses: Clauses) -> Iterator[Finding]:
    """Ask of the opinion's codes that they are the three opinions: another would be refused."""
    opinion = clauses.eligibility.caseworker
    if opinion is None:
        return
    path: KeyPath = ("eligibility", "caseworker", "column")
    extract = clauses.extracts[clauses.eligibility.extract]
    yield from unknown_column(clauses, clauses.eligibility.extract, opinion.column, path)
    column = extract.columns.get(opinion.column)
    if column is not None and set(column.codes.values()) != set(OPINIONS):
        values: dict[str, Value] = {"column": opinion.column, "opinions": ", ".join(OPINIONS)}
        yield Finding(path, "E-PROTOCOL-CASEWORKER", values)


def _test(clauses: Clauses, test: Test, path: KeyPath) -> Iterator[Finding]:
    asked = (test.is_, test.in_, test.at_least, test.above, test.at_most, test.below, test.known)
    is_incomplete = all(answer is None for answer in asked)
    if (test.column is None) == (test.variable is None) or is_incomplete:
        yield Finding(path, "E-PROTOCOL-CRITERION", {"key": str(path[-1])})
    elif test.column is not None:
        yield from unknown_column(
            clauses, clauses.eligibility.extract, test.column, (*path, "column")
        )
    elif test.variable is not None:
        yield from unknown_variable(clauses, test.variable, (*path, "variable"))


def _lottery(clauses: Clauses) -> Iterator[Finding]:
    lottery = clauses.lottery
    places = sum(lottery.arms.values())
    is_recorded = lottery.design == RECORDED
    if len(lottery.arms) < 2 or min(lottery.arms.values()) < 1:
        yield Finding(("lottery", "arms"), "E-PROTOCOL-ARMS")
    is_counted = not is_recorded and lottery.design != SIMPLE
    if lottery.size is None and is_counted:
        yield Finding(("lottery",), "E-PROTOCOL-MISSING-KEY", {"key": "lottery.size"})
    if lottery.size is not None and places != lottery.size:
        sum_of = " + ".join(str(n) for n in lottery.arms.values())
        values: dict[str, Value] = {"sum": sum_of, "places": places, "size": lottery.size}
        yield Finding(("lottery", "arms"), "E-PROTOCOL-ARMS-SUM", values)
    if lottery.reference is not None and lottery.reference not in lottery.arms:
        yield unknown_name(("lottery", "reference"), "arm", lottery.reference, list(lottery.arms))
    frame = clauses.extracts.get(clauses.eligibility.extract)
    if frame is not None and lottery.unit != frame.id:
        values = {"unit": lottery.unit, "id": frame.id}
        yield Finding(("lottery", "unit"), "E-PROTOCOL-UNIT", values)
    if is_recorded and lottery.arm is None:
        yield Finding(("lottery",), "E-PROTOCOL-MISSING-KEY", {"key": "lottery.arm"})
    for key in ("arm", "clusters", "probability"):
        column = getattr(lottery, key)
        if column is not None:
            yield from unknown_column(
                clauses, clauses.eligibility.extract, column, ("lottery", key)
            )
    banded = [v.name for v in clauses.variables if v.is_banded and v.month is None]
    for index, name in enumerate(lottery.blocks):
        if name not in banded:
            yield unknown_name(("lottery", "blocks", index), "banded variable", name, banded)
    if lottery.merge is not None and lottery.merge not in lottery.blocks:
        yield unknown_name(("lottery", "merge"), "block", lottery.merge, list(lottery.blocks))


def _disclosure(clauses: Clauses) -> Iterator[Finding]:
    rules = clauses.disclosure
    default = type(rules)()
    is_looser = (
        rules.min_units < default.min_units
        or rules.dominance > default.dominance
        or rules.rounding < default.rounding
    )
    if rules.profile == "strict" and is_looser:
        yield Finding(("disclosure",), "E-PROTOCOL-STRICT-DISCLOSURE")
    if rules.profile != "strict" and not rules.authority:
        yield Finding(("disclosure",), "E-PROTOCOL-NO-AUTHORITY", {"profile": rules.profile})


def _paths(clauses: Clauses, folder: Path) -> Iterator[Finding]:
    for name, extract in clauses.extracts.items():
        for index, delivery in enumerate(extract.deliveries):
            if not is_inside(folder, delivery.path):
                path: KeyPath = ("extracts", name, "deliveries", index)
                yield Finding(path, "E-PROTOCOL-OUTSIDE", {"path": delivery.path})


def _registered(clauses: Clauses, names: Names) -> Iterator[Finding]:
    """Check the names that stages resolve, when somebody handed the registries' names down."""
    used: list[tuple[KeyPath, str, str]] = [
        (("lottery", "design"), "design", clauses.lottery.design),
        (("simulation", "world"), "world", clauses.simulation.world),
    ]
    for index, outcome in enumerate(clauses.outcomes):
        used.append((("outcomes", index, "measure"), "measure", outcome.measure))
    for index, analysis in enumerate(clauses.analyses):
        path: KeyPath = ("analyses", index)
        if analysis.estimator is not None:
            used.append(((*path, "estimator"), "estimator", analysis.estimator))
        if analysis.variance is not None:
            used.append(((*path, "variance"), "variance", analysis.variance))
        if analysis.convention is not None:
            used.append(((*path, "convention"), "convention", analysis.convention))
    for path, kind, name in used:
        if kind in names and name not in names[kind]:
            yield unknown_name(path, kind, name, list(names[kind]))
