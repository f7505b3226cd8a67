"""The balance table: one row a line and arm, and one more for a variable with levels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats
from reliance_eval.estimation.redraws.replaying import Codes
from reliance_eval.robustness.baseline.lines import Line
from reliance_eval.robustness.baseline.redrawing import Redrawn
from reliance_eval.robustness.baseline.standardising import (
    gaps,
    pooled_deviation,
    whole_difference,
)

Measure: TypeAlias = Literal["mean", "share", "missing", "whole"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceRow:
    """How far apart an arm and the reference were on one line before the offer.

    Attributes
    ----------
    variable, level : str
    measure : {"mean", "share", "missing", "whole"}
        ``whole`` is a variable with levels, all of them at once.
    arm : str
    mean_arm, mean_reference : float or None
        Of the units with a value; weighted, where units are.
    difference : float or None
        Block-weighted.
    standardised_difference : float or None
        In standard deviations; of a whole variable a distance, never negative.
    p_value : float or None
        By re-draws, where it was asked for.
    arm_n, reference_n : int
        Units with a value; of a share, those of the level.
    """

    variable: str
    level: str
    measure: Measure
    arm: str
    mean_arm: float | None
    mean_reference: float | None
    difference: float | None
    standardised_difference: float | None
    p_value: float | None = None
    arm_n: int
    reference_n: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Arms:
    """The units compared: their arms, and how they were drawn.

    Attributes
    ----------
    codes, blocks : array of int (n,)
    names : tuple of str
    reference : int
        Code of the arm that others are compared with.
    weights : array (n,) or None
    """

    codes: Codes
    blocks: Codes
    names: tuple[str, ...]
    reference: int
    weights: Floats | None = None

    def among(self, rows: Bools) -> Arms:
        """Give some of the units."""
        return Arms(
            codes=self.codes[rows],
            blocks=np.unique(self.blocks[rows], return_inverse=True)[1],
            names=self.names,
            reference=self.reference,
            weights=None if self.weights is None else self.weights[rows],
        )

    @property
    def others(self) -> tuple[int, ...]:
        """Codes of the arms that are compared with the reference."""
        return tuple(code for code in range(len(self.names)) if code != self.reference)


def balance_rows(
    lines: tuple[Line, ...], arms: Arms, *, redrawn: Redrawn | None = None
) -> tuple[BalanceRow, ...]:
    """Compare every arm with the reference on every line.

    Parameters
    ----------
    lines : tuple of Line
    arms : Arms
    redrawn : Redrawn, optional
        Gives each row a p-value; without it there is none.
    """
    rows: list[BalanceRow] = []
    columns = np.column_stack([line.values for line in lines])
    for place, arm in enumerate(arms.others):
        found = gaps(
            columns,
            arms.codes,
            pair=(arm, arms.reference),
            blocks=arms.blocks,
            weights=arms.weights,
        )
        for number, line in enumerate(lines):
            p = None if redrawn is None else redrawn.p_of_line(place, number)
            rows.append(_row(line, float(found[number]), arms, arm=arm, p_value=p))
        rows += _wholes(lines, found, arms, arm=arm, redrawn=redrawn)
    return tuple(rows)


def _row(line: Line, gap: float, arms: Arms, *, arm: int, p_value: float | None) -> BalanceRow:
    insides = [(arms.codes == side) & ~np.isnan(line.values) for side in (arm, arms.reference)]
    parts = [line.values[inside] for inside in insides]
    deviation = pooled_deviation(*parts)
    counts = [len(part) if line.measure == "mean" else int(np.sum(part)) for part in parts]
    means = [_mean(line.values, inside, arms.weights) for inside in insides]
    return BalanceRow(
        variable=line.variable,
        level=line.level,
        measure=line.measure,
        arm=arms.names[arm],
        mean_arm=means[0],
        mean_reference=means[1],
        difference=None if np.isnan(gap) else gap,
        standardised_difference=None if np.isnan(gap) or deviation == 0 else gap / deviation,
        p_value=p_value,
        arm_n=counts[0],
        reference_n=counts[1],
    )


def _mean(values: Floats, inside: Bools, weights: Floats | None) -> float | None:
    if not inside.any():
        return None
    return float(np.average(values[inside], weights=None if weights is None else weights[inside]))


def _wholes(
    lines: tuple[Line, ...], found: Floats, arms: Arms, *, arm: int, redrawn: Redrawn | None
) -> Iterator[BalanceRow]:
    """Give one row for each variable with three levels or more, and arms that are known on it."""
    place = arms.others.index(arm)
    for variable in dict.fromkeys(line.variable for line in lines if line.level):
        own = np.array(
            [
                number
                for number, line in enumerate(lines)
                if line.variable == variable and line.measure == "share"
            ]
        )
        sides = [
            [_mean(lines[n].values, _known(lines[n], arms, side), arms.weights) for n in own]
            for side in (arm, arms.reference)
        ]
        if len(own) < 3 or any(share is None for side in sides for share in side):
            continue
        shares = [np.array(side, dtype=np.float64) for side in sides]
        counts = [int(_known(lines[own[0]], arms, side).sum()) for side in (arm, arms.reference)]
        test = None if redrawn is None else redrawn.test(own, arm=place)
        gap = found[own]
        yield BalanceRow(
            variable=variable,
            level="",
            measure="whole",
            arm=arms.names[arm],
            mean_arm=None,
            mean_reference=None,
            difference=None,
            standardised_difference=(
                None if np.isnan(gap).any() else whole_difference(gap, *shares)
            ),
            p_value=None if test is None else test.p_value,
            arm_n=counts[0],
            reference_n=counts[1],
        )


def _known(line: Line, arms: Arms, side: int) -> Bools:
    known: Bools = (arms.codes == side) & ~np.isnan(line.values)
    return known
