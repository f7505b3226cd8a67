"""The protocol: everything decided before the draw, as frozen clauses.

Clauses hold names and parameters only; each stage resolves the names it owns (designs, measures,
checks), so that this layer knows nothing of those above it.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, Strict

from reliance_eval.protocol.admission import (
    Case,
    Caseworker,
    CodeList,
    Criterion,
    Eligibility,
    Expectation,
    Test,
)
from reliance_eval.protocol.clause import Clause, Name, Names, Text
from reliance_eval.protocol.delivered import Column, Delivery, ExtractClause, Variable
from reliance_eval.protocol.event import PublicEvent, SeedEvent
from reliance_eval.protocol.evolution import Dynamics
from reliance_eval.protocol.measured import Absence, Index, Origin, Outcome, TakeUp
from reliance_eval.protocol.stating import Statements
from reliance_eval.protocol.supposing import Power

__all__ = [
    "Absence",
    "Analysis",
    "Balance",
    "Bounded",
    "Case",
    "Caseworker",
    "Clause",
    "Clauses",
    "CodeList",
    "Column",
    "Covariate",
    "Criterion",
    "Delivery",
    "Disclosure",
    "Dynamics",
    "Eligibility",
    "Expectation",
    "ExtractClause",
    "Format",
    "Index",
    "Inference",
    "Lottery",
    "Origin",
    "Outcome",
    "Pairs",
    "Power",
    "PublicEvent",
    "Registration",
    "ReportClause",
    "Scaled",
    "SeedEvent",
    "Simulation",
    "Statements",
    "Subgroup",
    "TakeUp",
    "Test",
    "Text",
    "Trial",
    "Variable",
    "Wave",
]


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
    question: Text = {}
    """The trial's question in one plain sentence, for the first page of the report."""
    background: Text = {}
    """What was known before, and why a trial; for the report's context."""
    context: Text = {}
    """Where and when the programme ran, with whom; for the report's context."""
    unit_label: Text = {"fr": "ménages", "en": "households"}
    smallest_effect_that_matters: dict[str, float] = {}


class Scaled(Clause):
    """A number known before the draw, made whole: its value times ``scale``, rounded."""

    variable: Name
    scale: Annotated[int, Field(ge=1)] = 1


class Bounded(Scaled):
    """A scaled covariate, and how far apart the arms may be on it in an accepted draw."""

    bound: Annotated[int, Field(ge=0)]
    """Largest |n_2 x (sum over arm 1) - n_1 x (sum over arm 2)|: the difference in means times
    both arms' numbers of units."""


class Pairs(Clause):
    """What units of a pair are alike on, in a draw by pairs."""

    covariates: Annotated[tuple[Scaled, ...], Strict(False), Field(min_length=1)]


class Balance(Clause):
    """What the arms must be alike on, in a re-randomised draw."""

    covariates: Annotated[tuple[Bounded, ...], Strict(False), Field(min_length=1)]


class Wave(Clause):
    """A yearly intake: screened on its own day, drawn by its own lottery among its own units."""

    name: Name
    day: date
    """The wave's draw, and t0 of its units; the first wave's is ``lottery.day``."""
    on: date
    """The day on which its ages and durations are counted."""
    size: Annotated[int, Field(gt=0)] | None = None
    arms: dict[Name, int]
    seed: str | None = None
    event: SeedEvent | None = None


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
    event: SeedEvent | None = None
    """The public event that the seed comes from; without it the owner names a plain seed."""
    arm: Name | None = None
    clusters: Name | None = None
    """The column that names the groups of units drawn together; places are then counted in them."""
    probability: Name | None = None
    odds: Annotated[tuple[int, int], Strict(False)] | None = None
    """``[a, b]`` in a simple draw: each unit has a chance of a in b of the first arm."""
    pairs: Pairs | None = None
    balance: Balance | None = None
    waves: Annotated[tuple[Wave, ...], Strict(False)] = ()
    """Yearly intakes; ``size`` and ``arms`` above are then their totals."""
    redrawn: Literal["refused", "left_out", "allowed"] = "refused"
    """What becomes of a unit that an earlier wave drew: the wave is refused, the unit leaves at a
    step of the flow, or it may be drawn again if it was a control."""

    @property
    def control(self) -> str:
        """The arm others are compared with: ``reference``, else the last."""
        return self.reference or tuple(self.arms)[-1]


class Covariate(Clause):
    """A variable known before the draw, used to adjust and to check balance."""

    variable: Name


class Analysis(Clause):
    """One promise, made for every outcome and horizon (or for those it names)."""

    estimand: Literal["itt", "late"]
    adjust: Literal["none", "lin"] = "none"
    estimator: str | None = None
    variance: str | None = None
    convention: str | None = None
    outcomes: Names = ()
    covariates: Names = ()


class Subgroup(Clause):
    """A variable whose levels get their own rows."""

    variable: Name
    status: Literal["pre-specified", "exploratory"] = "pre-specified"
    outcomes: Names = ()


Correction: TypeAlias = Literal[
    "max-t",
    "max-t-redraws",
    "bonferroni",
    "holm",
    "hochberg",
    "bh",
    "bky",
    "romano-wolf",
    "westfall-young",
    "none",
]
"""How a family of promises is corrected for their number."""


class Inference(Clause):
    """Level of the intervals, correction within a family, number of re-draws."""

    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    adjust: Correction = "max-t"
    """``max-t`` (by the joint covariance, or by joint re-draws) and ``bonferroni`` fill p and
    interval together; the others fill p, or q (``bh``, ``bky``), and no interval."""
    redraws: Annotated[int, Field(ge=99)] = 10_000
    balance_p_values: bool = False
    """Whether the table of balance has a column of p-values by re-draws; by default it has none."""
    seed: Annotated[int, Field(ge=0)] = 20180215


class Disclosure(Clause):
    """How small is too small to publish; other than ``strict``, the authority is named."""

    profile: Literal["strict", "declared", "public"] = "strict"
    min_units: Annotated[int, Field(ge=1)] = 11
    dominance: Annotated[float, Field(gt=0, le=1)] = 0.85
    rounding: Annotated[int, Field(ge=1)] = 5
    authority: str | None = None


Format: TypeAlias = Literal["html", "pdf", "docx", "latex"]
"""A form of the report: a page, a PDF to print and keep, a document to work on, tables alone."""


class ReportClause(Clause):
    """In which forms the report is written."""

    formats: Annotated[tuple[Format, ...], Strict(False), Field(min_length=1)] = ("html", "pdf")


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
    absences: Annotated[tuple[Absence, ...], Strict(False)] = ()
    covariates: Annotated[tuple[Covariate, ...], Strict(False)] = ()
    analyses: Annotated[tuple[Analysis, ...], Strict(False), Field(min_length=1)]
    subgroups: Annotated[tuple[Subgroup, ...], Strict(False)] = ()
    dynamics: Annotated[tuple[Dynamics, ...], Strict(False)] = ()
    inference: Inference = Inference()
    disclosure: Disclosure = Disclosure()
    report: ReportClause = ReportClause()
    simulation: Simulation = Simulation()
    power: Power = Power()
    statements: Statements = Statements()

    @property
    def read_outcomes(self) -> tuple[Outcome, ...]:
        """The outcomes that an extract holds: all but the indices made of them."""
        return tuple(outcome for outcome in self.outcomes if outcome.from_ is not None)
