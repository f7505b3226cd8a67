"""The panel: one row a unit and horizon, each value with the reason it is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Literal, TypeAlias, get_args

import pandas as pd

from reliance_eval.artefact import Artefact, added
from reliance_eval.extract import DeliveryRecord
from reliance_eval.lottery import Draw, LedgerRecord

Status: TypeAlias = Literal[
    "observed",
    "not_yet_observed",
    "not_delivered",
    "missing",
    "moved",
    "died",
    "refused",
    "objected",
    "redrawn",
]
"""``not_yet_observed``: the horizon's months are not complete in any delivery. ``not_delivered``:
they are, but the unit is in no row of them. ``missing``: the row is there, its value is not,
and no reason is told: she is lost. ``moved``, ``died``, ``refused``: the protocol's
``[[absences]]`` tell why neither row nor value is there. ``objected``: she objected to the use of
her data, and her rows are erased.
``redrawn``: a later wave drew this control again and offered her a place, from whose day on she
is no control of this one."""


EXPECTED = ("observed", "not_yet_observed", "not_delivered", "missing")
"""Statuses that every follow-up has a place for, in order."""

RARE = ("moved", "died", "refused", "objected", "redrawn")
"""Statuses that are spoken of only where somebody has one."""

MONTHS = ("unit", "outcome", "month", "value", "status")
"""The columns of a panel's table of months."""

OBJECTED = "objected:"
"""How the names begin of units that objected; RL1's alphabet holds no colon."""

RANDOMISED, RECEIVED, ANALYSED = "randomised", "received_offer", "analysed"


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel(Artefact):
    """Lives followed from the draw's day.

    Attributes
    ----------
    deliveries : tuple of DeliveryRecord
        Every file read, with its digest.
    units : DataFrame
        One row a drawn unit, sorted by ``unit``: ``unit, arm, block, cluster, probability``,
        ``take_up`` (0.0, 1.0 or NaN; absent without a take-up clause), ``take_up_group`` (text or
        None; absent unless the clause names a group) and the protocol's variables
        (numeric, or text; ``<name>_band`` where banded); ``wave`` where there are waves.
    outcomes : DataFrame
        One row a unit, outcome and horizon: ``unit, outcome, horizon_months, value, status``;
        ``value`` is NaN unless ``status`` is ``observed``.
    months : DataFrame
        For the outcomes that ``[[dynamics]]`` or placebo months follow, one row a unit, outcome
        and month: ``unit, outcome, month`` (counted from the draw's month), ``value, status``;
        else empty.
    ledger : LedgerRecord or None
        Counts of what was recorded after the draw; None where nothing was. Who objects is in
        ``units`` and ``outcomes`` under an opaque name, with her arm, block and probability only.
    """

    act: ClassVar[str] = "panel"
    tables: ClassVar[tuple[str, ...]] = ("units", "outcomes", "months")
    personal: ClassVar[tuple[str, ...]] = ("units", "outcomes", "months")
    added_tables: ClassVar[tuple[str, ...]] = ("months",)

    parent: Draw
    deliveries: tuple[DeliveryRecord, ...]
    ledger: LedgerRecord | None = added(None)
    units: pd.DataFrame
    outcomes: pd.DataFrame
    months: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(MONTHS)))

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
        return self._counts.copy()

    @cached_property
    def _counts(self) -> pd.DataFrame:
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

    @property
    def is_erased(self) -> pd.Series[bool]:
        """Say which rows of ``units`` have only a place left."""
        names = self.units["unit"].astype(str)
        return names.str.startswith(OBJECTED) & (self.ledger is not None)

    def populations(self) -> pd.DataFrame:
        """Give the populations of the analysis, by arm (CONSORT 2025, items 21b and 22a).

        Columns ``population, outcome, horizon_months, arm, n``: all who were ``randomised``, in
        the arm they were drawn to whatever came after; those who took the offer up
        (``received_offer``, where take-up is known); and, for each outcome and horizon, those
        ``analysed``, whose value is known.
        """
        rows: list[tuple[str, str, int | None, str, int]] = []
        for arm in self.parent.arms:
            inside = self.units["arm"] == arm
            rows.append((RANDOMISED, "", None, arm, int(inside.sum())))
            if "take_up" in self.units:
                took = int((self.units.loc[inside, "take_up"] > 0).sum())
                rows.append((RECEIVED, "", None, arm, took))
        counts = self.counts()
        seen = counts[counts["status"] == "observed"].set_index(
            ["outcome", "horizon_months", "arm"]
        )["n"]
        for outcome, horizon in dict.fromkeys(
            zip(counts["outcome"], counts["horizon_months"], strict=True)
        ):
            for arm in self.parent.arms:
                n = int(seen.get((outcome, horizon, arm), 0))
                rows.append((ANALYSED, outcome, int(horizon), arm, n))
        columns = ["population", "outcome", "horizon_months", "arm", "n"]
        return pd.DataFrame(rows, columns=columns).astype({"horizon_months": "Int64"})

    def _repr_html_(self) -> str:
        return self.counts().to_html(index=False, border=0)
