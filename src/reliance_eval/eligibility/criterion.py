"""Criteria as expressions: put to a column, a test answers yes, no, or null for unknown.

The logic is Kleene's: no and unknown is no, yes and unknown is unknown. Expressions hold names and
values of the protocol only, never text to be evaluated, and answer alike on every engine.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from functools import reduce

import narwhals.stable.v2 as nw

from reliance_eval.eligibility.deriving import is_known_at_screening, quantity, type_of
from reliance_eval.errors import Fault
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import CodeList, Criterion, Origin, Test

ADMISSIBLE = {
    "text": ("is", "in", "known"),
    "boolean": ("is", "known"),
    "integer": ("is", "at_least", "above", "at_most", "below", "known"),
    "number": ("is", "at_least", "above", "at_most", "below", "known"),
    "date": ("known",),
}
"""The tests that suit each type of column; of a date, one asks its age or ``months_since``."""

_VALUES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "boolean": (bool,),
    "integer": (int, float),
    "number": (int, float),
}


def answer(criterion: Criterion, protocol: Protocol) -> nw.Expr:
    """Give a criterion's answer for each unit: true, false, or null where it is unknown."""
    return reduce(operator.and_, [_answer(test, protocol) for test in criterion.tests])


def conditions(question: Test | Origin, subject: nw.Expr) -> list[nw.Expr]:
    """Give the comparisons of a test or of an outcome's origin, each a nullable boolean."""
    found: list[nw.Expr] = []
    if question.is_ is not None:
        found.append(subject == question.is_)
    if question.at_least is not None:
        found.append(subject >= question.at_least)
    if question.above is not None:
        found.append(subject > question.above)
    if question.at_most is not None:
        found.append(subject <= question.at_most)
    if question.below is not None:
        found.append(subject < question.below)
    return found


def check_criteria(protocol: Protocol) -> tuple[Fault, ...]:
    """Give a fault for every test that does not suit what it is put to."""
    faults: list[Fault] = []
    for index, criterion in enumerate(protocol.clauses.eligibility.criteria):
        where = protocol.place("eligibility", "criteria", index)
        for test in criterion.tests:
            faults += _faults_of(test, protocol, where)
    return tuple(faults)


def unsuited(question: Test | Origin, kind: str) -> tuple[str, ...]:
    """Give the tests of a question that do not suit a column of this type."""
    asked = question.model_dump(by_alias=True, exclude_none=True)
    tests = [name for name in ADMISSIBLE["text"] + ADMISSIBLE["number"] if name in asked]
    wrong = [name for name in dict.fromkeys(tests) if name not in ADMISSIBLE[kind]]
    value = question.is_
    if value is not None and kind in _VALUES:
        is_boolean_mistaken = isinstance(value, bool) != (kind == "boolean")
        if is_boolean_mistaken or not isinstance(value, _VALUES[kind]):
            wrong.append("is")
    return tuple(dict.fromkeys(wrong))


def _answer(test: Test, protocol: Protocol) -> nw.Expr:
    subject = _subject(test, protocol)
    answers = conditions(test, subject)
    if test.in_ is not None:
        # Engines disagree on null in a list: here it is always unknown.
        is_listed = subject.is_in(_codes(test.in_, protocol))
        answers.append(nw.when(~subject.is_null()).then(is_listed))
    if test.known:
        answers.append(~subject.is_null())
    return reduce(operator.and_, answers)


def _subject(test: Test, protocol: Protocol) -> nw.Expr:
    if test.variable is None:
        return nw.col(test.subject)
    variable = protocol.variable(test.variable)
    return quantity(variable, on=protocol.clauses.eligibility.on)


def _codes(codes: CodeList, protocol: Protocol) -> list[str]:
    listed = codes.values if codes.path is None else protocol.code_lists[codes.path]
    return sorted(set(listed))


def _faults_of(test: Test, protocol: Protocol, where: str) -> Iterator[Fault]:
    if test.variable is not None:
        variable = protocol.variable(test.variable)
        if not is_known_at_screening(variable, protocol):
            yield Fault("E-ELIGIBILITY-VARIABLE-ELSEWHERE", where, {"variable": variable.name})
            return
        kind = type_of(variable, protocol)
    else:
        extract = protocol.extract(protocol.clauses.eligibility.extract)
        kind = extract.columns[test.subject].type
    for name in unsuited(test, kind):
        values = {"test": name, "subject": test.subject, "type": kind}
        admissible = ", ".join(ADMISSIBLE[kind])
        yield Fault("E-ELIGIBILITY-TEST", where, {**values, "admissible": admissible})
