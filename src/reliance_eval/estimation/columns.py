"""From a data frame's columns to arrays: numbers, categories and covariates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from reliance_eval.errors import DataError, Fault
from reliance_eval.estimation.arrays import Bools, Floats, Ints

MISSING = -1
INDICATOR = " missing"
"""Ends the name of a column that says where a covariate was missing."""


@dataclass(frozen=True, slots=True, eq=False)
class Categories:
    """A column as codes into its sorted values; ``MISSING`` where it has none."""

    codes: Ints
    names: tuple[str, ...]

    @property
    def is_known(self) -> Bools:
        """Rows with a value."""
        known: Bools = self.codes != MISSING
        return known


@dataclass(frozen=True, slots=True, eq=False)
class Covariates:
    """Covariates as complete columns.

    Attributes
    ----------
    values : array (n, k)
    names : tuple of str
    incomplete : tuple of str
        Covariates with missing values. Each is filled with its mean and gets an indicator of
        where it was missing: nobody leaves the comparison for an unknown covariate, and the
        estimate does not depend on the value filled in (Zhao and Ding 2024, JASA 119, 374-384).
    """

    values: Floats
    names: tuple[str, ...]
    incomplete: tuple[str, ...] = ()


def numbers(column: nw.Series[Any], where: str) -> Floats:
    """Give a column as floats, NaN where missing.

    Raises
    ------
    DataError
        Some values are no finite numbers.
    """
    if column.dtype.is_numeric() or column.dtype == nw.Boolean:
        values = np.asarray(column.cast(nw.Float64).to_numpy(), dtype=np.float64)
    else:
        try:
            # A column of Python objects: booleans or numbers beside None.
            listed = [np.nan if v is None else float(v) for v in _plain(column)]
        except (TypeError, ValueError):
            raise DataError(Fault("E-ESTIMATION-NOT-NUMBERS", where)) from None
        values = np.array(listed, dtype=np.float64)
    if np.any(np.isinf(values)):
        values_inf = {"n": int(np.isinf(values).sum())}
        raise DataError(Fault("E-ESTIMATION-INFINITE", where, values_inf))
    return values


def categories(column: nw.Series[Any]) -> Categories:
    """Give a column as categories: numbers in their order, anything else in that of its text."""
    if column.dtype.is_numeric() and column.dtype != nw.Boolean:
        values = column.cast(nw.Float64).to_numpy().astype(np.float64)
        known = np.isfinite(values)
        levels, codes = np.unique(values[known], return_inverse=True)
        names = tuple(label(value) for value in levels.tolist())
    else:
        listed = _plain(column)
        known = np.array([value is not None for value in listed], dtype=np.bool_)
        texts = np.array([label(value) for value in listed if value is not None], dtype=np.str_)
        unique, codes = np.unique(texts, return_inverse=True)
        names = tuple(str(text) for text in unique)
    placed = np.full(len(known), MISSING, dtype=np.int64)
    placed[known] = codes
    return Categories(placed, names)


def label(value: object) -> str:
    """Write a category as text: 1.0 and 1 are the same category.

    >>> label(1.0), label(True), label("offered"), label(2.5)
    ('1', 'True', 'offered', '2.5')
    """
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def crossed(parts: Sequence[Categories]) -> Categories:
    """Cross several columns into one: the cells that occur, named by their values joined by _."""
    if len(parts) == 1:
        return parts[0]
    known = np.logical_and.reduce([part.is_known for part in parts])
    stacked = np.stack([part.codes for part in parts])[:, known]
    cells, codes = np.unique(stacked, axis=1, return_inverse=True)
    names = tuple(
        "_".join(part.names[code] for part, code in zip(parts, cell, strict=True))
        for cell in cells.T.tolist()
    )
    placed = np.full(len(known), MISSING, dtype=np.int64)
    placed[known] = codes.ravel()
    return Categories(placed, names)


def covariates(columns: Sequence[tuple[str, nw.Series[Any]]], *, rows: int) -> Covariates:
    """Give covariates as complete columns: numbers as they are, categories as indicators."""
    values: list[Floats] = []
    names: list[str] = []
    incomplete: list[str] = []
    for name, column in columns:
        if column.dtype.is_numeric() or column.dtype == nw.Boolean:
            found = numbers(column, name)
            missing = np.isnan(found)
            if np.any(missing):
                filled = float(found[~missing].mean()) if np.any(~missing) else 0.0
                found = np.where(missing, filled, found)
            values.append(found)
            names.append(name)
        else:
            levels = categories(column)
            missing = ~levels.is_known
            for code, level in list(enumerate(levels.names))[1:]:
                values.append((levels.codes == code).astype(np.float64))
                names.append(f"{name}={level}")
        if np.any(missing):
            values.append(missing.astype(np.float64))
            names.append(f"{name}{INDICATOR}")
            incomplete.append(name)
    table = np.empty((rows, len(values)), order="F")
    for place, found in enumerate(values):
        table[:, place] = found
    return Covariates(table, tuple(names), tuple(incomplete))


def _plain(column: nw.Series[Any]) -> list[Any]:
    """Give a column's values as Python objects, None where missing."""
    missing = column.is_null().to_list()
    return [
        None if is_missing or value != value else value  # noqa: PLR0124 (a float NaN)
        for value, is_missing in zip(column.to_list(), missing, strict=True)
    ]
