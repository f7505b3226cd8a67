"""From a panel to what an estimator is given: the design is the draw's, never an option."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats
from reliance_eval.estimation.columns import Categories, Covariates, categories, covariates
from reliance_eval.estimation.promising import Cell
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.transforming import transformed
from reliance_eval.estimation.unestimable import Unestimable
from reliance_eval.lottery.pooling import WAVE
from reliance_eval.panel import Panel, in_draw_order

if TYPE_CHECKING:
    import pandas as pd

SAME = 1e-9
"""Probabilities closer than this are one probability, written with fewer digits."""


class Panelled:
    """A panel's units and design as arrays, in the order of the draw.

    Parameters
    ----------
    panel : Panel
    """

    def __init__(self, panel: Panel) -> None:
        self._draw = panel.parent
        self.units: pd.DataFrame = in_draw_order(panel)
        self._is_erased: Bools = (
            self.units["unit"].isin(panel.units.loc[panel.is_erased, "unit"]).to_numpy(bool)
        )
        keys = ["outcome", "horizon_months"]
        self._outcomes = {
            key: rows.set_index("unit").reindex(self.units["unit"])
            for key, rows in panel.outcomes.groupby(keys, sort=False)
        }
        self._arms = (self._draw.reference, *(a for a in self._draw.arms if a != self.reference))

    @property
    def reference(self) -> str:
        """The arm others are compared with."""
        return self._draw.reference

    @cached_property
    def is_clustered(self) -> bool:
        """Whether groups of units were drawn."""
        return bool((self.units["cluster"].astype(str) != self.units["unit"].astype(str)).any())

    @property
    def groups(self) -> int:
        """How many clusters were drawn, or units where these were."""
        return len(self._clusters.names)

    @cached_property
    def is_blocked(self) -> bool:
        """Whether the draw had several blocks."""
        return self.units["block"].nunique() > 1

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms, the reference first."""
        return self._arms

    def everyone(self, names: tuple[str, ...], *, level: float) -> Sample:
        """Give every drawn unit with its design and covariates, and no outcome yet."""
        found = self._covariates(names)
        counts = np.bincount(self._blocks.codes, minlength=len(self._blocks.names)).astype(float)
        notes = {}
        if found.incomplete:
            notes["missing_covariates"] = ", ".join(found.incomplete)
        return Sample(
            outcome=np.full(len(self.units), np.nan),
            arms=self.units["arm"].map(self._arms.index).to_numpy(dtype=np.int64),
            blocks=self._blocks.codes,
            block_names=self._blocks.names,
            shares=counts / counts.sum(),
            clusters=self._clusters.codes,
            groups=self.groups,
            is_clustered=self.is_clustered,
            weights=self._weights,
            covariates=found.values,
            covariate_names=found.names,
            level=level,
            notes=tuple(notes),
            note_values=notes,
        )

    def sample(self, cell: Cell) -> Sample:
        """Give the drawn units (of the subgroup) with the outcome of a promise at its horizon.

        Raises
        ------
        Unestimable
            ``not_yet_observed``, ``not_delivered``, ``no_outcome``, ``no_index``,
            ``take_up_unknown``, ``empty_subgroup`` or ``negative_values``.
        """
        promise = cell.promise
        rows = self.rows(cell)
        values = self._values(promise.outcome, promise.horizon_months, rows)
        blocks, clusters = self._blocks, self._clusters
        found = self._covariates(cell.covariates)
        counts = np.bincount(blocks.codes[rows], minlength=len(blocks.names)).astype(float)
        notes = {}
        if found.incomplete:
            notes["missing_covariates"] = ", ".join(found.incomplete)
        if waves := self._waves(promise.outcome, promise.horizon_months):
            notes["waves"] = f"{promise.horizon_months}={'+'.join(waves)}"
        weights = self._weights
        sample = Sample(
            outcome=values[rows],
            arms=self.units["arm"].map(self._arms.index).to_numpy(dtype=np.int64)[rows],
            target=self._arms.index(promise.arm),
            take_up=self._take_up()[rows] if promise.estimand == "late" else None,
            blocks=blocks.codes[rows],
            block_names=blocks.names,
            shares=counts / counts.sum(),
            clusters=clusters.codes[rows],
            groups=len(clusters.names),
            is_clustered=self.is_clustered,
            weights=None if weights is None else weights[rows],
            covariates=found.values[rows],
            covariate_names=found.names,
            level=promise.level,
            variance=cell.analysis.variance,
            convention=cell.analysis.convention or "",
            notes=tuple(notes),
            note_values=notes,
        )
        # Take-up may be asked for as an outcome (``designed``); no clause of outcomes describes it.
        clauses = {clause.name: clause for clause in self._draw.protocol.clauses.outcomes}
        clause = clauses.get(promise.outcome)
        if clause is None or clause.transform is None:
            return sample
        # The outcome's name stands for the label, which has as many forms as there are languages.
        return transformed(sample, clause.transform, clause.name)

    def rows(self, cell: Cell) -> Bools:
        """Say which drawn units a promise is about: its subgroup, in the waves that reached it.

        Raises
        ------
        Unestimable
            ``empty_subgroup``.
        """
        rows = self._rows(cell.subgroup)
        waves = self._waves(cell.promise.outcome, cell.promise.horizon_months)
        return rows & self.units[WAVE].isin(waves).to_numpy(bool) if waves else rows

    def _waves(self, outcome: str, horizon_months: int) -> tuple[str, ...]:
        """Give the waves that reached a horizon, where some did and some did not."""
        table = self._outcomes.get((outcome, horizon_months))
        if table is None or WAVE not in self.units:
            return ()
        is_reached = (table["status"] != "not_yet_observed").to_numpy(bool)
        waves = self.units[WAVE].to_numpy(object)
        reached = set(waves[is_reached])
        if reached == set(waves):
            return ()
        return tuple(w.name for w in self._draw.protocol.clauses.lottery.waves if w.name in reached)

    @cached_property
    def _blocks(self) -> Categories:
        return categories(self._column("block"))

    @cached_property
    def _clusters(self) -> Categories:
        return categories(self._column("cluster"))

    def _covariates(self, names: tuple[str, ...]) -> Covariates:
        """Give covariates; an erased row, whose outcome is missing too, has those of nobody."""
        known = ~self._is_erased
        named = [(name, self._column(name).filter(known.tolist())) for name in names]
        found = covariates(named, rows=int(known.sum()))
        if known.all():
            return found
        values = np.tile(found.values.mean(axis=0), (len(known), 1))
        values[known] = found.values
        return replace(found, values=values)

    def _column(self, name: str) -> nw.Series[Any]:
        return nw.from_native(self.units[name], series_only=True)

    def _rows(self, subgroup: tuple[str, ...]) -> Bools:
        if not subgroup:
            return np.ones(len(self.units), dtype=np.bool_)
        variable, level = subgroup
        rows: Bools = self.units[f"{variable}_band"].eq(level).fillna(value=False).to_numpy(bool)
        if not np.any(rows):
            raise Unestimable("empty_subgroup")
        return rows

    def _values(self, outcome: str, horizon_months: int, rows: Bools) -> Floats:
        table = self._outcomes.get((outcome, horizon_months))
        if table is None:
            raise Unestimable("not_yet_observed")
        values: Floats = table["value"].to_numpy(dtype=np.float64, na_value=np.nan)
        if np.any(np.isfinite(values[rows])):
            return values
        seen = set(table["status"].to_numpy(dtype=object)[rows])
        for reason in ("not_yet_observed", "not_delivered"):
            if reason in seen:
                raise Unestimable(reason)
        is_index = self._draw.protocol.outcome(outcome).index is not None
        raise Unestimable("no_index" if is_index and "missing" in seen else "no_outcome")

    def _take_up(self) -> Floats:
        if "take_up" not in self.units:
            raise Unestimable("take_up_unknown")
        taken: Floats = self.units["take_up"].to_numpy(dtype=np.float64, na_value=np.nan)
        return taken

    @cached_property
    def _weights(self) -> Floats | None:
        """Inverse probabilities of the arm where they differ within a block; else none."""
        chances = self.units["probability"].to_numpy(dtype=np.float64, na_value=np.nan)
        if not np.all(np.isfinite(chances)):
            return None
        spread = self.units.assign(chance=chances).groupby(["block", "arm"])["chance"]
        if float((spread.max() - spread.min()).max()) <= SAME:
            return None
        return 1.0 / chances
