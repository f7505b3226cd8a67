"""What is measured after the draw: who took the offer up, and the outcomes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict

from reliance_eval.protocol.admission import Scalar
from reliance_eval.protocol.clause import Clause, Name, Names, Text


class TakeUp(Clause):
    """Where it is read that a unit took the offer up; a unit absent from there did not."""

    extract: Name
    column: Name
    on: Name | None = None
    group: Name | None = None
    """The column that names the counsellor, group or site that served a unit after the draw. Only
    the offered have one: it is for sensitivity checks, and enters no promised number."""
    label: Text = {}


class Absence(Clause):
    """Where it is read why an outcome is missing: a text column, and what its codes stand for.

    The last row of a unit, up to the horizon, tells; a reason never makes nor unmakes a value.
    """

    extract: Name
    column: Name
    codes: dict[str, Literal["moved", "died", "refused"]]
    """Values of the column, as its own ``codes`` leave them. ``moved``: out of what the extract
    covers; ``died``; ``refused`` to answer. Any other value tells nothing: she is lost."""
    outcomes: Names = ()
    """Those it is about; all of them where none is named."""


class Origin(Clause):
    """Which column an outcome is read from, and the condition that makes it yes or no."""

    extract: Name
    column: Name
    is_: Scalar = Field(default=None, alias="is")
    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None


class Index(Clause):
    """Several outcomes summed up in one; each says which direction is ``better``."""

    of: Annotated[Names, Field(min_length=2)]
    method: Literal["anderson", "klk"] = "anderson"
    """Weights from the inverse covariance (Anderson 2008), or the mean of z-scores (Kling, Liebman
    and Katz 2007); the unit is a standard deviation of the reference arm."""


class Outcome(Clause):
    """One promised outcome, at its horizons in months after the draw's month."""

    name: Name
    label: Text
    kind: Literal["binary", "amount", "count", "score", "event"]
    from_: Origin | None = Field(default=None, alias="from")
    """Where it is read; only an index is read nowhere."""
    index: Index | None = None
    """A ``score`` made of other outcomes, at horizons that all of them have."""
    measure: str = "value_at"
    transform: Literal["log1p"] | None = None
    """Another scale, log(1 + y): the effect is then not in the outcome's unit."""
    transform_label: Text = {}
    """What that scale is called; asked for with it, and shown in the place of ``label``."""
    within_months: Annotated[int, Field(ge=1)] | None = None
    """For dated events read by ``value_at``: only events of the last months before the horizon
    count, so that an old answer never stands in for a missing one."""
    role: Literal["primary", "secondary", "exploratory", "placebo"] = "secondary"
    """A ``placebo`` is an outcome that the offer cannot move: no analysis is promised of it, and
    the placebo check asks whether the arms differ on it."""
    placebo_months: Annotated[tuple[int, ...], Strict(False)] = ()
    """Months before the draw (-1 or less) at which the arms are compared on the same column: no
    offer can have moved it then."""
    family: Name = "main"
    horizons_months: Annotated[tuple[int, ...], Strict(False), Field(min_length=1)]
    better: Literal["higher", "lower"] | None = None
    unit: Text = {}

    @property
    def is_share(self) -> bool:
        """Whether its mean is a share: it is yes or no, and not the time until it is."""
        return self.kind in ("binary", "event") and self.measure != "time_to"

    @property
    def origin(self) -> Origin:
        """Where it is read; asked of what is read alone (``Clauses.read_outcomes``)."""
        assert self.from_ is not None
        return self.from_
