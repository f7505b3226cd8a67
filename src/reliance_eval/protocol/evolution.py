"""The clause on an outcome that is followed month by month."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict

from reliance_eval.protocol.clause import Clause, Name, Names


class Dynamics(Clause):
    """An outcome of a monthly extract, followed from before the draw to some month after it."""

    outcome: Name
    from_: int = Field(default=-13, alias="from")
    """The first month, counted from the draw's month."""
    to: int = 36
    """The last month."""
    bin_months: Annotated[int, Field(ge=1)] | None = None
    """Months a period: bins start at month 0 and end at month -2; without it, each month."""
    estimands: Annotated[tuple[Literal["itt", "late"], ...], Strict(False), Field(min_length=1)] = (
        "itt",
    )
    """The effect of the offer is always given: it is also what tests a LATE."""
    covariates: Names = ()
    convention: Literal["default", "published"] = "default"
    """``published`` is the stacked regression of the Nancy trial."""
    status: Literal["pre-specified", "exploratory"] = "pre-specified"
