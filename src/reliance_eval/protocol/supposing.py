"""What is supposed before the draw, to say which effects the trial can detect."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from reliance_eval.protocol.clause import Clause, Name

Share = Annotated[float, Field(ge=0, lt=1)]


class Power(Clause):
    """What `diagnose` supposes; nothing in it changes an estimate."""

    take_up: Annotated[float, Field(gt=0, le=1)] | None = None
    """Take-up among the offered minus take-up in the reference arm."""
    attrition: Share | None = None
    """Share of those drawn whose outcome will be missing, in both arms alike."""
    base_rate: dict[Name, Annotated[float, Field(gt=0, lt=1)]] = {}
    """Share of yes in the reference arm, by yes-or-no outcome."""
    standard_deviation: dict[Name, Annotated[float, Field(gt=0)]] = {}
    """In the outcome's unit, by outcome; it comes before the one of a base rate."""
    block_r2: Share = 0.0
    """Share of an outcome's variance that lies between blocks."""
    covariate_r2: Share = 0.0
    """Share that blocks and covariates explain together, for adjusted analyses."""
    icc: Share = 0.0
    """Share of an outcome's variance that lies between the clusters drawn."""
    cluster_size: Annotated[float, Field(ge=1)] = 1.0
    """Mean number of units in a cluster drawn."""
    correlation: Share = 0.0
    """Between any two estimates of a family that is corrected together by max-|t|."""
    power: Annotated[float, Field(gt=0.05, lt=1)] = 0.80
