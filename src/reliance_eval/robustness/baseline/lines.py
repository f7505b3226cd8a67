"""Variables known before the offer as lines of numbers, one a level where there are levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats

if TYPE_CHECKING:
    import pandas as pd

    from reliance_eval.protocol import Protocol


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

    def among(self, rows: Bools) -> Line:
        """Give the line of some of the units."""
        return Line(self.variable, self.level, self.measure, self.values[rows])


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
            lines += lines_of_column(units[column], name, protocol.variable(name).levels)
    return tuple(lines)


def lines_of_column(column: pd.Series, name: str, levels: tuple[str, ...] = ()) -> tuple[Line, ...]:
    """Turn one variable into its lines: none where it is neither numbers, booleans nor text."""
    from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

    missing = column.isna().to_numpy(dtype=bool)
    known = column[~missing].infer_objects()
    lines: list[Line] = []
    if is_bool_dtype(known) or is_numeric_dtype(known):
        measure: Literal["mean", "share"] = "share" if is_bool_dtype(known) else "mean"
        values = np.full(len(column), np.nan)
        values[~missing] = known.to_numpy(dtype=float)
        lines.append(Line(name, "", measure, values))
    elif not is_datetime64_any_dtype(known) and all(isinstance(item, str) for item in known):
        found = sorted(set(known) - set(levels))
        text = column.to_numpy(dtype=object)
        for level in (*levels, *found):
            values = np.where(missing, np.nan, (text == level).astype(float))
            lines.append(Line(name, level, "share", values))
    if lines and missing.any():
        lines.append(Line(name, "", "missing", missing.astype(float)))
    return tuple(lines)


def columns_of(lines: tuple[Line, ...]) -> Floats:
    """Give lines as complete columns (n, m) of unit scale, for tests of all of them together.

    The missing take their line's mean, since the share missing is a line of its own; a line that
    never varies becomes zero.
    """
    return np.column_stack([_centred(line.values) for line in lines])


def _centred(values: Floats) -> Floats:
    known = ~np.isnan(values)
    centred = np.where(known, values - np.sum(values[known]) / max(1, known.sum()), 0.0)
    scale = float(np.sqrt(np.mean(centred**2)))
    return centred / scale if scale > 0 else np.zeros_like(centred)
