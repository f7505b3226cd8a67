"""An estimate against its own standard error: the law of a t, and the test tables print."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Annotated, TypeAlias

from pydantic import PlainSerializer

Degrees: TypeAlias = Annotated[
    float, PlainSerializer(lambda df: "inf" if df == inf else df, when_used="json")
]
"""Degrees of freedom of a t; infinite for the normal law (which JSON has no number for)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wald:
    """An estimate against its own standard error, as tables of two-stage least squares print it.

    Where the offer is weak its interval may miss the truth far more often than it says; the
    Anderson-Rubin set does not. It is here to be compared with what others printed.

    Attributes
    ----------
    statistic, p_value : float
    df : float
        Infinite for the normal law.
    conf_low, conf_high : float
        At the level of the estimate.
    """

    statistic: float
    df: Degrees
    p_value: float
    conf_low: float
    conf_high: float
