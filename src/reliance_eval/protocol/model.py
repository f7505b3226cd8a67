"""The protocol: everything decided before the draw, as frozen clauses.

Clauses hold names and parameters only; each stage resolves the names it owns (designs, measures,
checks), so that this layer knows nothing of those above it.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict
from pydantic.functional_validators import BeforeValidator

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Text = dict[str, str]
"""The same words by language: ``{ fr = "...", en = "..." }``."""


def _as_list(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _scalars_as_text(value: Any) -> Any:
    """Let missing codes be written as the producer writes them (``99999`` or ``"n.c."``)."""
    if not isinstance(value, list):
        return value
    return tuple(str(item) if isinstance(item, (int, float)) else item for item in value)


Names = Annotated[tuple[Name, ...], Strict(False)]
Texts = Annotated[tuple[str, ...], Strict(False)]
MissingCodes = Annotated[
    tuple[str, ...],
    Strict(False),
    BeforeValidator(_scalars_as_text, json_schema_input_type=list[str | int | float]),
]
Months = Annotated[tuple[int, ...], Strict(False)]
Band = Annotated[tuple[int, ...], Strict(False), Field(min_length=1, max_length=2)]


class Clause(BaseModel):
    """A table of the protocol: unknown keys are refused, values are never coerced."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class Registration(Clause):
    """Where and when the trial was registered."""

    registry: str
    id: str
    on: date


class Trial(Clause):
    """What the trial is called and what it wants to know."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    title: Text
    registration: Registration | None = None
    languages: Annotated[tuple[str, ...], Strict(False), Field(min_length=1)] = ("fr", "en")
    sources: Text = {}
    population: Text = {}
    programme: Text = {}
    unit_label: Text = {"fr": "ménages", "en": "households"}
    smallest_effect_that_matters: dict[str, float] = {}


class Delivery(Clause):
    """One file (or pattern of files) as delivered, and the day it was cut."""

    path: str
    extracted_on: date
    rows: Annotated[int, Field(ge=0)] | None = None
    """Control total of the delivery slip, checked against the rows read."""


class Column(Clause):
    """What the producer calls a column, its codes, its missing codes, its admissible values."""

    source: str | None = None
    type: Literal["text", "integer", "number", "boolean", "date"] = "text"
    codes: dict[str, str] = {}
    missing: MissingCodes = ()
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False


class ExtractClause(Clause):
    """A delivered table: one row a unit, a unit and month, or a dated event.

    ``month`` names the source's month column (a monthly extract), ``date`` its date column (an
    extract of dated events); with neither, there is one row a unit.
    """

    id: str
    month: str | None = None
    date: str | None = None
    hindsight_months: Annotated[int, Field(ge=0)] = 0
    encoding: Literal["utf-8", "cp1252", "latin-1"] = "utf-8"
    separator: Literal[",", ";", "\t", "|"] = ","
    decimal: Literal[".", ","] = "."
    date_format: str | None = None
    normalise_ids: Literal["none", "nir"] = "none"
    deliveries: Annotated[tuple[Delivery, ...], Strict(False)] = ()
    columns: dict[Name, Column] = {}

    @property
    def kind(self) -> Literal["units", "monthly", "events"]:
        """What one row of this extract is."""
        if self.month is not None:
            return "monthly"
        return "events" if self.date is not None else "units"


class Variable(Clause):
    """A quantity derived once, on the reference day: blocks, covariates, subgroups use its name.

    ``bands`` cut a number into named intervals [from, to); ``categories`` name the values of a
    text or boolean column. From a monthly extract, ``month`` (at most -1) is counted from the
    draw's month.
    """

    name: Name
    column: Name
    extract: Name | None = None
    label: Text = {}
    age: bool = False
    months_since: bool = False
    month: int | None = None
    bands: dict[Name, Band] = {}
    categories: dict[str, Name] = {}
    labels: dict[Name, Text] = {}

    @property
    def is_banded(self) -> bool:
        """Whether the variable has named levels, and so a ``<name>_band`` column."""
        return bool(self.bands or self.categories)

    @property
    def levels(self) -> tuple[str, ...]:
        """The named levels, in the protocol's order."""
        return tuple(self.bands) or tuple(dict.fromkeys(self.categories.values()))


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
    cases: Annotated[tuple[Case, ...], Strict(False)] = ()


class Lottery(Clause):
    """How places are drawn, or how they were drawn elsewhere (``design = "recorded"``)."""

    day: date
    unit: str
    design: str
    size: Annotated[int, Field(gt=0)] | None = None
    arms: dict[Name, int]
    """Places by arm, in order: the first arm is RL1's T."""
    reference: Name | None = None
    blocks: Names = ()
    merge: Name | None = None
    """The banded variable along which a block with fewer than four places joins its neighbour."""
    seed: str | None = None
    arm: Name | None = None
    clusters: Name | None = None
    probability: Name | None = None

    @property
    def control(self) -> str:
        """The arm others are compared with: ``reference``, else the last."""
        return self.reference or tuple(self.arms)[-1]


class TakeUp(Clause):
    """Where it is read that a unit took the offer up; a unit absent from there did not."""

    extract: Name
    column: Name
    on: Name | None = None
    label: Text = {}


class Origin(Clause):
    """Which column an outcome is read from, and the condition that makes it yes or no."""

    extract: Name
    column: Name
    is_: Scalar = Field(default=None, alias="is")
    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None


class Outcome(Clause):
    """One promised outcome, at its horizons in months after the draw's month."""

    name: Name
    label: Text
    kind: Literal["binary", "amount", "count", "score", "event"]
    from_: Origin = Field(alias="from")
    measure: str = "value_at"
    within_months: Annotated[int, Field(ge=1)] | None = None
    """For dated events read by ``value_at``: only events of the last months before the horizon
    count, so that an old answer never stands in for a missing one."""
    role: Literal["primary", "secondary", "exploratory"] = "secondary"
    family: Name = "main"
    horizons_months: Annotated[tuple[int, ...], Strict(False), Field(min_length=1)]
    better: Literal["higher", "lower"] | None = None
    unit: Text = {}


class Covariate(Clause):
    """A variable known before the draw, used to adjust and to check balance."""

    variable: Name


class Analysis(Clause):
    """One promise, made for every outcome and horizon (or for those it names)."""

    estimand: Literal["itt", "late"]
    adjust: Literal["none", "lin"] = "none"
    estimator: str | None = None
    variance: str | None = None
    outcomes: Names = ()
    covariates: Names = ()


class Subgroup(Clause):
    """A variable whose levels get their own rows."""

    variable: Name
    status: Literal["pre-specified", "exploratory"] = "pre-specified"
    outcomes: Names = ()


class Inference(Clause):
    """Level of the intervals, correction within a family, number of re-draws."""

    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    adjust: Literal["max-t", "bonferroni", "none"] = "max-t"
    redraws: Annotated[int, Field(ge=99)] = 10_000
    seed: Annotated[int, Field(ge=0)] = 20180215


class Disclosure(Clause):
    """How small is too small to publish; other than ``strict``, the authority is named."""

    profile: Literal["strict", "declared", "public"] = "strict"
    min_units: Annotated[int, Field(ge=1)] = 11
    dominance: Annotated[float, Field(gt=0, le=1)] = 0.85
    rounding: Annotated[int, Field(ge=1)] = 5
    authority: str | None = None


class Simulation(Clause):
    """Which world of made-up people the simulator uses, and how many of them."""

    world: str = "nancy"
    households: Annotated[int, Field(gt=0)] = 60_000
    seed: Annotated[int, Field(ge=0)] = 2018


class Clauses(Clause):
    """The protocol file, as written: one attribute a table."""

    format: Literal[1]
    trial: Trial
    extracts: dict[Name, ExtractClause]
    variables: Annotated[tuple[Variable, ...], Strict(False)] = ()
    eligibility: Eligibility
    lottery: Lottery
    take_up: TakeUp | None = None
    outcomes: Annotated[tuple[Outcome, ...], Strict(False), Field(min_length=1)]
    covariates: Annotated[tuple[Covariate, ...], Strict(False)] = ()
    analyses: Annotated[tuple[Analysis, ...], Strict(False), Field(min_length=1)]
    subgroups: Annotated[tuple[Subgroup, ...], Strict(False)] = ()
    inference: Inference = Inference()
    disclosure: Disclosure = Disclosure()
    simulation: Simulation = Simulation()
