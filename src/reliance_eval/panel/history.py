"""Histories: the rows of the followed units, brought out of an extract in one lazy pass.

The months or days are filtered first, then the units by a semi-join; what comes into memory is
what the measures read, however large the extract.
"""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import and_
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd
import pyarrow as pa

from reliance_eval.eligibility.criterion import conditions
from reliance_eval.errors import DataError, Fault
from reliance_eval.extract import Extract
from reliance_eval.language.catalogue import Value
from reliance_eval.months import month_number
from reliance_eval.panel.horizon import window
from reliance_eval.protocol.model import Origin

_EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Count the days since 1 January 1970."""
    return (day - _EPOCH).days


def value_of(origin: Origin) -> nw.Expr:
    """Give an outcome's number in each row: the condition's answer (1, 0), else the column."""
    column = nw.col(origin.column)
    asked = conditions(origin, column)
    return (reduce(and_, asked) if asked else column).cast(nw.Float64)


def frame_until(extract: Extract, day: date, *, horizon: int) -> nw.LazyFrame[Any]:
    """Give the rows that measures read up to a horizon: months -1 to h, the window's events, all.

    Parameters
    ----------
    day : date
        The draw's day.
    horizon : int
        In months.
    """
    if extract.kind == "monthly":
        start = month_number(day)
        return extract.frame().filter(
            nw.col("month") >= start - 1, nw.col("month") <= start + horizon
        )
    if extract.kind == "events":
        first, after = window(day, horizon)
        return extract.frame().filter(nw.col("on") >= first, nw.col("on") < after)
    return extract.frame()


def refuse_earlier(extract: Extract, day: date, *, units: pd.Index[str]) -> None:
    """Refuse events of followed units from before the draw, in an extract without a history.

    Raises
    ------
    DataError
        How many there are; a wrong century or a wrong file is more likely than a life before.
    """
    followed = extract.beside(pd.DataFrame({"unit": units}))
    earlier = extract.frame().filter(nw.col("on") < day).join(followed, on="unit", how="semi")
    count = int(earlier.select(nw.len()).collect().item())
    if count:
        values: dict[str, Value] = {"n": count, "extract": extract.name, "day": day.isoformat()}
        place = extract.protocol.place("extracts", extract.name)
        raise DataError(Fault("E-PANEL-EVENT-EARLY", place, values))


def history(
    extract: Extract, frame: nw.LazyFrame[Any], *, units: pd.Index[str], values: dict[str, nw.Expr]
) -> pd.DataFrame:
    """Bring out some units' rows.

    Parameters
    ----------
    extract : Extract
        Where the rows are.
    frame : LazyFrame
        Those of its rows that matter.
    units : Index of str, length n
        The units followed.
    values : dict of str to expression
        What to read in each row, by name.

    Returns
    -------
    DataFrame
        In no particular order: ``place`` (0 to n - 1, the unit's place in ``units``), ``month``
        (a month number) or ``on`` (a day number) where the extract has it, ``extracted_on`` (a
        day number), and the values.
    """
    timing = {"monthly": ["month"], "events": ["on"], "units": []}[extract.kind]
    followed = extract.beside(pd.DataFrame({"unit": units}))
    named = [expression.alias(f"#{name}") for name, expression in values.items()]
    kept = frame.join(followed, on="unit", how="semi")
    table = kept.select("unit", *timing, "extracted_on", *named).collect().to_arrow()
    rows = pd.DataFrame({"place": units.get_indexer(pd.Index(table.column("unit").to_pandas()))})
    for name in timing:
        is_month = name == "month"
        rows[name] = table.column(name).to_numpy() if is_month else _day_numbers(table.column(name))
    rows["extracted_on"] = _day_numbers(table.column("extracted_on"))
    for name in values:
        rows[name] = table.column(f"#{name}").to_pandas()
    return rows


def _day_numbers(column: Any) -> Any:
    return column.cast(pa.date32()).cast(pa.int32()).to_numpy().astype("int64")
