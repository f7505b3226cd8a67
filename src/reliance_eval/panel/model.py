"""The panel: one row a unit and horizon, each value with the reason it is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias, get_args

import pandas as pd

from reliance_eval.artefact import Artefact
from reliance_eval.extract import DeliveryRecord
from reliance_eval.lottery import Draw

Status: TypeAlias = Literal["observed", "not_yet_observed", "not_delivered", "missing"]
"""``not_yet_observed``: the horizon's months are not complete in any delivery. ``not_delivered``:
they are, but the unit is in no row of them. ``missing``: the row is there, its value is not."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel(Artefact):
    """Lives followed from the draw's day.

    Attributes
    ----------
    deliveries : tuple of DeliveryRecord
        Every file read, with its digest.
    units : DataFrame
        One row a drawn unit, sorted by ``unit``: ``unit, arm, block, cluster, probability``,
        ``take_up`` (0.0, 1.0 or NaN; absent without a take-up clause) and the protocol's variables
        (numeric, or text; ``<name>_band`` where banded).
    outcomes : DataFrame
        One row a unit, outcome and horizon: ``unit, outcome, horizon_months, value, status``;
        ``value`` is NaN unless ``status`` is ``observed``.
    """

    act: ClassVar[str] = "panel"
    tables: ClassVar[tuple[str, ...]] = ("units", "outcomes")
    personal: ClassVar[tuple[str, ...]] = ("units", "outcomes")

    parent: Draw
    deliveries: tuple[DeliveryRecord, ...]
    units: pd.DataFrame
    outcomes: pd.DataFrame

    def to_pandas(self) -> pd.DataFrame:
        """Give one row a unit and horizon: the unit's columns, then one column an outcome."""
        names = list(dict.fromkeys(self.outcomes["outcome"]))
        wide = self.outcomes.pivot(
            index=["unit", "horizon_months"], columns="outcome", values="value"
        )
        wide = wide[names].reset_index().rename_axis(columns=None)
        return wide.merge(self.units, on="unit", how="left", validate="many_to_one")

    def counts(self) -> pd.DataFrame:
        """Give, by outcome, horizon and arm, how many units have each status."""
        arms = self.units[["unit", "arm"]]
        rows = self.outcomes.merge(arms, on="unit", validate="many_to_one")
        levels = {
            "outcome": list(dict.fromkeys(rows["outcome"])),
            "horizon_months": sorted(set(rows["horizon_months"])),
            "arm": list(self.parent.arms),
            "status": list(get_args(Status)),
        }
        ordered = {key: pd.Categorical(rows[key], order) for key, order in levels.items()}
        found = pd.DataFrame(ordered).groupby(list(levels), observed=True).size()
        counted = found.rename("n").reset_index()
        return counted.astype({"outcome": str, "horizon_months": int, "arm": str, "status": str})

    def _repr_html_(self) -> str:
        return self.counts().to_html(index=False, border=0)
