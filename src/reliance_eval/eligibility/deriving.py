"""Variables derived once, on the reference day: ages, durations, named bands.

Quantities are expressions, so that the engine computes them; bands are cut afterwards, on the
units that are kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from reliance_eval.months import completed_months, completed_years
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Variable

BAND = "_band"


def extract_of(variable: Variable, protocol: Protocol) -> str:
    """Give the extract a variable is read from: its own, else that of eligibility."""
    return variable.extract or protocol.clauses.eligibility.extract


def is_known_at_screening(variable: Variable, protocol: Protocol) -> bool:
    """Say whether a variable is read from the extract that units are screened on."""
    return extract_of(variable, protocol) == protocol.clauses.eligibility.extract


def type_of(variable: Variable, protocol: Protocol) -> str:
    """Give the type of a variable's quantity: ``integer`` for ages and durations."""
    if variable.age or variable.months_since:
        return "integer"
    return protocol.extract(extract_of(variable, protocol)).columns[variable.column].type


def quantity(variable: Variable, *, on: date) -> nw.Expr:
    """Give a variable's quantity: completed years, completed months, or the column itself."""
    column = nw.col(variable.column)
    if variable.age:
        return completed_years(column, on=on)
    if variable.months_since:
        return completed_months(column, on=on)
    return column


def stored_quantity(variable: Variable, protocol: Protocol) -> nw.Expr:
    """Give the quantity as tables keep it: text, or a float (booleans 1.0 and 0.0)."""
    found = quantity(variable, on=protocol.clauses.eligibility.on)
    is_text = type_of(variable, protocol) in ("text", "date")
    return found.cast(nw.String if is_text else nw.Float64).alias(variable.name)


def with_bands(
    table: pd.DataFrame, variables: Iterable[Variable], protocol: Protocol
) -> pd.DataFrame:
    """Give a table of stored quantities with the ``<name>_band`` of each banded variable after it.

    Parameters
    ----------
    table : DataFrame
        One row a unit; some columns are variables' stored quantities, under their names.
    variables : iterable of Variable
        The variables the table holds; those without bands are left alone.
    """
    banded = {v.name: v for v in variables if v.is_banded}
    columns: dict[str, pd.Series] = {}
    for name in table.columns:
        columns[name] = table[name]
        if variable := banded.get(name):
            columns[name + BAND] = band_of(table[name], variable, type_of(variable, protocol))
    return pd.DataFrame(columns, index=table.index)


def band_of(values: pd.Series, variable: Variable, kind: str) -> pd.Series:
    """Name each value's band or category; missing where it has none.

    Bands are [from, to), or [from, ...) when one number is given. Categories are looked up by the
    value's text: ``"true"`` and ``"false"`` for booleans, no decimals for whole numbers.
    """
    if variable.categories:
        return _as_text(values, kind).map(variable.categories).astype(object)
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    codes = np.full(len(numbers), None, dtype=object)
    for name, band in variable.bands.items():
        is_inside = numbers >= band[0]
        if len(band) == 2:
            is_inside &= numbers < band[1]
        codes[is_inside] = name
    return pd.Series(codes, index=values.index, dtype=object)


def _as_text(values: pd.Series, kind: str) -> pd.Series:
    if kind in ("text", "date"):
        return values
    if kind == "boolean":
        return values.map({1.0: "true", 0.0: "false"})
    return values.map(
        lambda x: f"{x:.0f}" if float(x).is_integer() else repr(x), na_action="ignore"
    )
