"""Worked cases: the criteria are held to what their authors wrote beforehand."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from households import protocol_of

from reliance_eval.eligibility import check_cases

CRITERIA = [
    {"name": "nancy", "column": "commune", "in": ["54395"]},
    {"name": "two_years", "variable": "seniority", "at_least": 24},
    {"name": "under_50", "variable": "age", "below": 50},
]
IN = {"commune": "54395", "registered_on": date(2016, 1, 31), "born_on": date(1968, 2, 1)}


def faults(folder: Path, *cases: dict[str, Any]) -> list[tuple[str, str]]:
    protocol = protocol_of(folder, criteria=CRITERIA, eligibility={"cases": list(cases)})
    found = check_cases(protocol)
    for language in ("en", "fr"):
        assert all(fault.text(language) for fault in found)
    return [(fault.code.removeprefix("E-ELIGIBILITY-CASE-"), fault.where) for fault in found]


def case(given: dict[str, Any], **expect: Any) -> dict[str, Any]:
    return {"given": given, "expect": expect}


def test_cases_that_answer_as_expected_leave_no_fault(tmp_path: Path) -> None:
    assert not faults(
        tmp_path,
        case(IN, eligible=True),
        case(IN | {"commune": "75056"}, eligible=False, refused_by=["nancy"]),
        case({"commune": "54395"}, eligible=False, unknown_for=["under_50", "two_years"]),
        case(IN | {"born_on": date(1968, 1, 31)}, eligible=False),
    )


def test_a_protocol_without_cases_has_no_fault(tmp_path: Path) -> None:
    assert not faults(tmp_path)


@pytest.mark.parametrize(
    ("given", "expect", "code"),
    [
        (IN | {"commune": "75056"}, {"eligible": True}, "OUT"),
        ({}, {"eligible": True}, "OUT"),
        (IN, {"eligible": False}, "IN"),
        ({"commune": "75056"}, {"eligible": False, "refused_by": ["under_50"]}, "REFUSED"),
        ({}, {"eligible": False, "unknown_for": ["nancy"]}, "UNKNOWN"),
        (IN | {"commune": 54395}, {"eligible": True}, "TYPE"),
        (IN | {"born_on": "1968-02-01"}, {"eligible": True}, "TYPE"),
        (IN | {"born_on": datetime(1968, 2, 1)}, {"eligible": True}, "TYPE"),
        (IN | {"children": True}, {"eligible": True}, "TYPE"),
        (IN | {"student": 1}, {"eligible": True}, "TYPE"),
    ],
)
def test_a_case_that_answers_otherwise_is_named_by_its_number(
    tmp_path: Path, given: dict[str, Any], expect: dict[str, Any], code: str
) -> None:
    good = case(IN, eligible=True)
    assert faults(tmp_path, good, case(given, **expect)) == [(code, "eligibility.cases[2]")]


def test_a_fault_says_what_was_expected_and_found(tmp_path: Path) -> None:
    wrong = case(IN | {"commune": "75056"}, eligible=False, refused_by=["under_50"])
    protocol = protocol_of(tmp_path, criteria=CRITERIA, eligibility={"cases": [wrong]})
    (fault,) = check_cases(protocol)
    assert fault.values == {"expected": "under_50", "found": "nancy"}
