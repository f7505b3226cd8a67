"""What every clause of a protocol is: frozen, closed, never coerced; and the types they share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, Strict
from pydantic.functional_validators import BeforeValidator

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Text = dict[str, str]
"""The same words by language: ``{ fr = "...", en = "..." }``."""


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
