"""Balance: whether the arms were alike before the offer, as a fair lottery leaves them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from reliance_eval.eligibility import Flow
from reliance_eval.estimation.arrays import Bools, Floats
from reliance_eval.estimation.redraws.blockwise import moments
from reliance_eval.estimation.redraws.replaying import Replay, replay_of
from reliance_eval.lottery import Draw
from reliance_eval.panel import Panel, in_draw_order
from reliance_eval.robustness.balancing import Line, joint_test, lines_of, pooled_deviation
from reliance_eval.robustness.check import CHECKS, Cell, Check, CheckRule

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
    """Compare the arms on the covariates, blocks and subgroup variables of the protocol."""
    draw: Draw = artefact.nearest(Draw)
    lines = _lines(artefact, draw)
    if not lines:
        return (Check(name="balance", verdict="not_run", sentence="check.balance.no_variable"),)
    replay = replay_of(draw, stream="balance")
    reference = draw.arms.index(draw.reference)
    rows = tuple(
        _row(line, replay, draw=draw, arm=arm, reference=reference)
        for arm in range(len(draw.arms))
        if arm != reference
        for line in lines
    )
    test = joint_test(lines, replay, arms=len(draw.arms), reference=reference)
    largest = max((abs(gap) for row in rows if isinstance(gap := row[7], float)), default=0.0)
    if test.rank == 0:
        return (
            Check(
                name="balance",
                verdict="passed",
                sentence="check.balance.held_by_design",
                columns=COLUMNS,
                rows=rows,
            ),
        )
    p = test.tail.p_value()
    is_alike = p >= 1 - draw.protocol.clauses.inference.level
    return (
        Check(
            name="balance",
            verdict="passed" if is_alike else "attention",
            statistic=float(test.tail.statistics[0]),
            p_value=p,
            monte_carlo_error=test.tail.monte_carlo_error(),
            redraws=test.tail.size,
            sentence="check.balance.alike" if is_alike else "check.balance.unlike",
            values={"p": p, "largest": largest, "redraws": test.tail.size},
            columns=COLUMNS,
            rows=rows,
        ),
    )


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


def _row(line: Line, replay: Replay, *, draw: Draw, arm: int, reference: int) -> tuple[Cell, ...]:
    insides = [replay.observed == side for side in (arm, reference)]
    parts = [line.values[inside & ~np.isnan(line.values)] for inside in insides]
    means = [float(part.mean()) if part.size else None for part in parts]
    gap = float(
        moments(
            line.values[:, np.newaxis],
            replay.observed[np.newaxis],
            pair=(arm, reference),
            blocks=replay.lots.blocks,
        ).estimate[0, 0]
    )
    deviation = pooled_deviation(*parts)
    counts = [len(part) if line.measure == "mean" else int(np.sum(part)) for part in parts]
    return (
        line.variable,
        line.level,
        line.measure,
        draw.arms[arm],
        *means,
        None if np.isnan(gap) else gap,
        None if np.isnan(gap) or deviation == 0 else gap / deviation,
        *counts,
    )


CHECKS.register("balance")(CheckRule(reads=(Panel, Draw), run=balance))
