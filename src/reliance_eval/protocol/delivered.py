"""Clauses on what is delivered: extracts, their columns, and variables derived from them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, Strict

from reliance_eval.protocol.clause import Band, Clause, MissingCodes, Name, Text


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
    history: bool = False
    """Whether dated events from before the draw belong here; without it, one is a fault."""
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
