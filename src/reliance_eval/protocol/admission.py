"""Clauses on who may enter: criteria that answer yes, no or unknown, and worked cases."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, Strict
from pydantic.functional_validators import BeforeValidator

from reliance_eval.protocol.clause import Clause, Name, Names, Text, Texts


def _is_scalar(value: Any) -> Any:
    if not isinstance(value, (str, bool, int, float)):
        raise ValueError("scalar")
    return value


def _code_list(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else {"values": value}


class CodeList(Clause):
    """Admissible codes: a sourced file beside the protocol, or an inline list of texts."""

    path: str | None = None
    values: Texts = ()


Scalar = Annotated[
    Any, BeforeValidator(_is_scalar, json_schema_input_type=str | bool | int | float)
]
Codes = Annotated[CodeList, BeforeValidator(_code_list, json_schema_input_type=str | list[str])]


class Test(Clause):
    """One question put to one column or variable; it answers yes, no or unknown."""

    column: Name | None = None
    variable: Name | None = None
    is_: Scalar = Field(default=None, alias="is")
    in_: Codes | None = Field(default=None, alias="in")
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    known: Literal[True] | None = None

    @property
    def subject(self) -> str:
        """The column or variable the question is put to."""
        return self.column or self.variable or ""


class Criterion(Test):
    """A named rule of eligibility: one test, or ``all`` of several."""

    name: Name
    label: Text = {}
    all: Annotated[tuple[Test, ...], Strict(False)] = ()

    @property
    def tests(self) -> tuple[Test, ...]:
        """The tests that must all answer yes."""
        return self.all or (self,)


OPINIONS = ("favourable", "reserved", "unfavourable")
CASEWORKER = "caseworker"


class Caseworker(Clause):
    """The opinion a professional gave on each file before the lottery; unfavourable is out.

    The column's codes translate to ``favourable``, ``reserved`` and ``unfavourable``. It is the
    last step of the flow, counted like a criterion named ``caseworker``; a variable may be read
    from the column too, for blocks and covariates.
    """

    column: Name
    label: Text


class Expectation(Clause):
    """What a worked case must answer."""

    eligible: bool
    refused_by: Names = ()
    unknown_for: Names = ()


class Case(Clause):
    """A worked case: a made-up person and the answer the criteria must give."""

    given: dict[Name, Any]
    expect: Expectation


class Eligibility(Clause):
    """Who may enter the lottery, on which day, from which extract."""

    extract: Name
    on: date
    unknown: Literal["refused", "stop"] = "refused"
    criteria: Annotated[tuple[Criterion, ...], Strict(False)] = ()
    caseworker: Caseworker | None = None
    cases: Annotated[tuple[Case, ...], Strict(False)] = ()

    @property
    def steps(self) -> tuple[Criterion, ...]:
        """Every step of the flow: the criteria, then the caseworker's opinion if it is asked."""
        if self.caseworker is None:
            return self.criteria
        opinion = {"name": CASEWORKER, **self.caseworker.model_dump(), "in": list(OPINIONS[:2])}
        return (*self.criteria, Criterion.model_validate(opinion))
