"""The flow: who may enter the lottery, and what each criterion cost on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from reliance_eval.artefact import Artefact
from reliance_eval.extract import DeliveryRecord, Extract


@dataclass(frozen=True, slots=True)
class Step:
    """What one criterion did; entering = refused + unknown + remaining.

    Attributes
    ----------
    criterion : str
        The criterion's name in the protocol.
    entering, refused, unknown, remaining : int
        Units that reached the criterion, and its three answers (sequential).
    alone : int
        Units of the whole extract that answer no here, whatever the others answer.
    only : int
        Units that answer no here and yes to every other criterion.
    """

    criterion: str
    entering: int
    refused: int
    unknown: int
    remaining: int
    alone: int
    only: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Flow(Artefact):
    """Who is in, and the counts of the CONSORT diagram's first boxes.

    Attributes
    ----------
    steps : tuple of Step
        One a criterion, in the protocol's order.
    assessed : int
        Units in the extract.
    deliveries : tuple of DeliveryRecord
        The files that were read, with their digests.
    synthetic : bool
        Whether the people were made up (``SYNTH-`` identifiers).
    eligible : DataFrame
        One row an eligible unit, sorted by ``unit``: ``unit``, the protocol's variables
        (a banded one has a ``<name>_band`` column too), ``block`` (band codes joined by ``_``,
        ``-`` without blocks) and, for a recorded draw, the columns it names (``arm``,
        ``cluster``, ``probability``).
    """

    act: ClassVar[str] = "flow"
    tables: ClassVar[tuple[str, ...]] = ("eligible",)
    personal: ClassVar[tuple[str, ...]] = ("eligible",)

    parent: Extract
    steps: tuple[Step, ...]
    assessed: int
    deliveries: tuple[DeliveryRecord, ...]
    synthetic: bool
    eligible: pd.DataFrame

    def to_pandas(self) -> pd.DataFrame:
        """Give one row a criterion: counts only, never people."""
        names = list(Step.__dataclass_fields__)
        return pd.DataFrame([[getattr(s, n) for n in names] for s in self.steps], columns=names)

    def summaries(self) -> dict[str, pd.DataFrame]:
        """Give the table of steps."""
        return {"flow": self.to_pandas()}

    def _repr_html_(self) -> str:
        return self.to_pandas().to_html(index=False, border=0)
