"""Balance: whether the arms were alike before the offer, as a fair lottery leaves them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from reliance_eval.eligibility import Flow
from reliance_eval.estimation.arrays import Bools, Floats
from reliance_eval.estimation.redraws.replaying import replay_of
from reliance_eval.language.catalogue import Value
from reliance_eval.lottery import Draw
from reliance_eval.lottery.pooling import WAVE
from reliance_eval.panel import Panel, in_draw_order
from reliance_eval.robustness.baseline.comparing import Arms, BalanceRow, balance_rows
from reliance_eval.robustness.baseline.lines import Line, columns_of, lines_of
from reliance_eval.robustness.baseline.redrawing import DrawTest, redrawn
from reliance_eval.robustness.baseline.regressing_offer import OfferTest, offer_test
from reliance_eval.robustness.check import CHECKS, Check, CheckRule

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "variable",
    "level",
    "measure",
    "arm",
    "mean_arm",
    "mean_reference",
    "difference",
    "standardised_difference",
    "arm_n",
    "reference_n",
)


def balance(artefact: Draw | Panel) -> tuple[Check, ...]:
    """Compare the arms on the covariates, blocks and subgroup variables of the protocol.

    One finding for everybody, then one a wave where there are waves: each was a lottery.
    """
    draw: Draw = artefact.nearest(Draw)
    lines = _lines(artefact, draw)
    if not lines:
        return (Check(name="balance", verdict="not_run", sentence="check.balance.no_variable"),)
    replay = replay_of(draw, stream="balance")
    arms = Arms(
        codes=replay.observed,
        blocks=replay.lots.blocks,
        names=draw.arms,
        reference=draw.arms.index(draw.reference),
    )
    waves = _waves(artefact, draw)
    scopes = (np.ones(len(arms.codes), dtype=np.bool_), *waves.values())
    columns = columns_of(lines)
    found = redrawn(columns, replay, reference=arms.reference, scopes=scopes)
    clusters = replay.lots.clusters if draw.drawn_in == "clusters" else None
    has_p_values = draw.protocol.clauses.inference.balance_p_values
    checks = []
    for name, rows, drawn in zip(("", *waves), scopes, found, strict=True):
        compared = _Compared(
            wave=name,
            waves=len(waves),
            rows=balance_rows(
                tuple(line.among(rows) for line in lines),
                arms.among(rows),
                redrawn=drawn if has_p_values else None,
            ),
            has_p_values=has_p_values,
            test=drawn.test(),
            fitted=offer_test(
                columns[rows],
                arms.codes[rows],
                reference=arms.reference,
                blocks=arms.blocks[rows],
                clusters=None if clusters is None else clusters[rows],
            ),
        )
        checks.append(_check(compared, level=draw.protocol.clauses.inference.level))
    return tuple(checks)


def _lines(artefact: Draw | Panel, draw: Draw) -> tuple[Line, ...]:
    """Give the lines of the table; a row that was erased has no value and is not called missing."""
    units = _units(artefact, draw)
    if not isinstance(artefact, Panel) or not artefact.is_erased.any():
        return lines_of(units, draw.protocol)
    erased = artefact.units.loc[artefact.is_erased, "unit"]
    is_known = ~units["unit"].isin(erased).to_numpy(bool)
    return tuple(
        replace(line, values=_among(line.values, is_known))
        for line in lines_of(units[is_known], draw.protocol)
    )


def _among(values: Floats, is_known: Bools) -> Floats:
    spread = np.full(len(is_known), np.nan)
    spread[is_known] = values
    return spread


def _units(artefact: Draw | Panel, draw: Draw) -> pd.DataFrame:
    """Give the drawn units with their variables, in the canonical order of the re-draws."""
    if isinstance(artefact, Panel):
        return in_draw_order(artefact)
    drawn = draw.drawn[["unit"]].sort_values("unit", kind="stable", ignore_index=True)
    return drawn.merge(draw.nearest(Flow).eligible, on="unit", how="left", validate="one_to_one")


def _waves(artefact: Draw | Panel, draw: Draw) -> dict[str, Bools]:
    """Mark the units of each wave, in the order of the re-draws; nothing without waves."""
    drawn = draw.drawn.sort_values("unit", kind="stable", ignore_index=True)
    if WAVE not in drawn:
        return {}
    names = drawn[WAVE].to_numpy(object)
    return {
        wave.name: np.asarray(names == wave.name)
        for wave in draw.protocol.clauses.lottery.waves
        if (names == wave.name).any()
    }


@dataclass(frozen=True, slots=True)
class _Compared:
    """What one scope shows: everybody (no wave), or the units of one wave."""

    wave: str
    waves: int
    rows: tuple[BalanceRow, ...]
    has_p_values: bool
    test: DrawTest | None
    fitted: OfferTest | None

    @property
    def p_wave(self) -> float:
        """P of the joint test; Bonferroni's among waves, one of which is soon unlike by luck."""
        assert self.test is not None
        return min(1.0, self.test.p_value * self.waves) if self.wave else self.test.p_value

    def values(self) -> dict[str, Value]:
        """Give what the sentence may say."""
        assert self.test is not None
        gaps = [row.standardised_difference for row in self.rows if row.measure != "whole"]
        values: dict[str, Value] = {
            "p": self.test.p_value,
            "largest": max((abs(gap) for gap in gaps if gap is not None), default=0.0),
            "redraws": self.test.redraws,
            "distance": self.test.statistic,
            "df": self.test.df,
        }
        if self.fitted is not None:
            values |= {
                "f_regression": self.fitted.statistic,
                "df_regression": self.fitted.df,
                "df_residual": self.fitted.df_residual,
                "p_regression": self.fitted.p_value,
            }
        return values | ({"wave": self.wave, "p_wave": self.p_wave} if self.wave else {})


def _check(found: _Compared, *, level: float) -> Check:
    columns = (*COLUMNS, "p_value") if found.has_p_values else COLUMNS
    counted = Check(
        name="balance",
        subject=found.wave,
        verdict="passed",
        sentence="check.balance.held_by_design",
        columns=columns,
        rows=tuple(tuple(getattr(row, column) for column in columns) for row in found.rows),
    )
    if found.test is None:
        return counted
    is_alike = found.p_wave >= 1 - level
    key = f"{'alike' if is_alike else 'unlike'}{'_wave' if found.wave else ''}"
    return replace(
        counted,
        verdict="passed" if is_alike else "attention",
        statistic=found.test.statistic,
        p_value=found.test.p_value,
        monte_carlo_error=found.test.monte_carlo_error,
        redraws=found.test.redraws,
        sentence=f"check.balance.{key}",
        values=found.values(),
    )


CHECKS.register("balance")(CheckRule(reads=(Panel, Draw), run=balance))
