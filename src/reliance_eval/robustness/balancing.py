"""How alike the arms were before the offer: standardised differences and one joint distance.

The table holds no p-value a row: with many rows some are small by chance, and readers hunt them.
One joint test answers for the whole table.

References
----------
Imbens and Rubin (2015), *Causal Inference*, eq. 14.2 (standardised difference).
Hansen and Bowers (2008), Statistical Science 23(2): one omnibus distance under the design.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.redraws.blockwise import moments
from reliance_eval.estimation.redraws.replaying import Codes, Replay, Tail, is_extreme

if TYPE_CHECKING:
    import pandas as pd

    from reliance_eval.protocol import Protocol

RANK = 1e-9
"""Smallest eigenvalue kept, relative to the largest, of the correlation of the differences."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One line of the balance table.

    Attributes
    ----------
    variable, level : str
        The variable, and its level where the line is a share; ``""`` otherwise.
    measure : {"mean", "share", "missing"}
        Mean of a number, share of a level, or share without a value.
    values : array (n,)
        One value a unit; NaN where the variable is missing.
    """

    variable: str
    level: str
    measure: Literal["mean", "share", "missing"]
    values: Floats


def variables_of(protocol: Protocol) -> tuple[str, ...]:
    """Give the covariates, blocks and subgroup variables of a protocol, each once."""
    clauses = protocol.clauses
    names = [item.variable for item in clauses.covariates]
    names += [*clauses.lottery.blocks, *(item.variable for item in clauses.subgroups)]
    return tuple(dict.fromkeys(names))


def lines_of(units: pd.DataFrame, protocol: Protocol) -> tuple[Line, ...]:
    """Turn the variables known before the offer into lines of numbers.

    A banded variable or a text gives one line a level; a number or a boolean gives one line; a
    variable that is missing for somebody gives one more. Dates, and variables not yet read at
    this act, give none.
    """
    lines: list[Line] = []
    for name in variables_of(protocol):
        column = f"{name}_band" if f"{name}_band" in units.columns else name
        if column in units.columns:
            lines += _lines_of_column(units[column], name, protocol.variable(name).levels)
    return tuple(lines)


def _lines_of_column(column: pd.Series, name: str, levels: tuple[str, ...]) -> list[Line]:
    from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

    missing = column.isna().to_numpy(dtype=bool)
    known = column[~missing]
    lines: list[Line] = []
    if is_bool_dtype(known.infer_objects()) or is_numeric_dtype(known.infer_objects()):
        measure: Literal["mean", "share"] = (
            "share" if is_bool_dtype(known.infer_objects()) else "mean"
        )
        values = np.full(len(column), np.nan)
        values[~missing] = known.to_numpy(dtype=float)
        lines.append(Line(name, "", measure, values))
    elif not is_datetime64_any_dtype(known) and all(isinstance(item, str) for item in known):
        found = sorted(set(known) - set(levels))
        text = column.to_numpy(dtype=object)
        for level in (*levels, *found):
            values = np.where(missing, np.nan, (text == level).astype(float))
            lines.append(Line(name, level, "share", values))
    if missing.any():
        lines.append(Line(name, "", "missing", missing.astype(float)))
    return lines


def pooled_deviation(arm: Floats, reference: Floats) -> float:
    """Give the square root of the two arms' mean variance (Imbens and Rubin, eq. 14.2)."""
    variances = [float(part.var(ddof=1)) if part.size > 1 else 0.0 for part in (arm, reference)]
    return float(np.sqrt(np.mean(variances)))


@dataclass(frozen=True, slots=True, eq=False)
class JointTest:
    """One distance for the whole table.

    Attributes
    ----------
    tail : Tail
        Of the squared Mahalanobis distance of the differences from zero, under the design.
    rank : int
        Directions in which the design lets the differences move.
    """

    tail: Tail
    rank: int


def joint_test(lines: tuple[Line, ...], replay: Replay, *, arms: int, reference: int) -> JointTest:
    """Compare the observed distance between arms with the distance of re-drawn arms.

    The differences in means of all lines (each arm less the reference, block-weighted) form one
    vector; its covariance is its second moment over the re-draws and the draw itself, which
    treats them all alike, so that p is exact whatever the design. Directions the design holds at
    zero (a block's own share) are left out by rank. A missing value takes its line's mean here;
    the share missing is a line of its own.
    """
    columns = np.column_stack([_centred(line.values) for line in lines])
    others = [arm for arm in range(arms) if arm != reference]

    def vector(assigned: Codes) -> Floats:
        parts = [
            moments(columns, assigned, pair=(arm, reference), blocks=replay.lots.blocks).estimate
            for arm in others
        ]
        return np.concatenate(parts, axis=1)

    observed = vector(replay.observed[np.newaxis])
    redrawn = np.concatenate([vector(chunk) for chunk in replay.chunks()])
    whole = redrawn if replay.is_exact else np.concatenate([observed, redrawn])
    distance, rank = _distances(np.concatenate([observed, redrawn]), whole)
    extreme = is_extreme(distance[1:], distance[0]).sum(keepdims=True)
    return JointTest(Tail(distance[:1], extreme, replay.size, replay.is_exact), rank)


def _centred(values: Floats) -> Floats:
    """Centre and scale a line; the missing take the mean, a constant line becomes zero."""
    known = ~np.isnan(values)
    centred = np.where(known, values - np.sum(values[known]) / max(1, known.sum()), 0.0)
    scale = float(np.sqrt(np.mean(centred**2)))
    return centred / scale if scale > 0 else np.zeros_like(centred)


def _distances(vectors: Floats, whole: Floats) -> tuple[Floats, int]:
    """Give each vector's squared distance, NaN where an arm was empty, and the rank."""
    whole = whole[~np.isnan(whole).any(axis=1)]
    spread = np.sqrt(np.mean(whole**2, axis=0))
    # Columns are scaled to unit variance, so what the design holds at zero is rounding noise.
    free = spread > RANK
    if not free.any():
        return np.zeros(len(vectors)), 0
    scaled = whole[:, free] / spread[free]
    values, directions = np.linalg.eigh(scaled.T @ scaled / len(scaled))
    kept = values > RANK * values[-1]
    turned = (vectors[:, free] / spread[free]) @ directions[:, kept]
    return np.sum(turned**2 / values[kept], axis=1), int(kept.sum())
