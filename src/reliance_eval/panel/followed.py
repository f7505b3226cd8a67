"""The units followed: what the draw says of each, whether it took the offer up, its variables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from reliance_eval.eligibility import Flow
from reliance_eval.eligibility.deriving import (
    BAND,
    extract_of,
    is_known_at_screening,
    stored_quantity,
    type_of,
    with_bands,
)
from reliance_eval.eligibility.screening import RECORDED
from reliance_eval.errors import DataError, Fault
from reliance_eval.extract import Extract
from reliance_eval.language.catalogue import Value
from reliance_eval.lottery import Draw
from reliance_eval.months import month_number
from reliance_eval.panel.history import history, value_of
from reliance_eval.panel.measure import FloatArray
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Origin, TakeUp, Variable

_DRAWN = ["unit", "arm", "block", "cluster", "probability"]

TAKE_UP_GROUP = "take_up_group"
"""The column of a panel's units that names who served them, where the protocol asks."""


def units_of(draw: Draw, extracts: Mapping[str, Extract]) -> pd.DataFrame:
    """Give one row a drawn unit, sorted by ``unit``: its draw, its take-up, its variables."""
    protocol = draw.protocol
    drawn = draw.drawn[_DRAWN].sort_values("unit", ignore_index=True)
    units = pd.Index(drawn["unit"])
    if (clause := protocol.clauses.take_up) is not None:
        is_frame = clause.extract == protocol.clauses.eligibility.extract
        found = _take_up(
            clause,
            extracts.get(clause.extract),
            units,
            is_frame=is_frame,
            day=protocol.clauses.lottery.day,
        )
        drawn = drawn.assign(take_up=found)
        if clause.group is not None:
            extract = extracts.get(clause.extract)
            drawn[TAKE_UP_GROUP] = _groups(clause.group, extract, units)
    known: pd.DataFrame = draw.nearest(Flow).eligible.set_index("unit").reindex(units)
    later = _read_later(draw, extracts, units)
    columns: dict[str, pd.Series] = {}
    for variable in protocol.clauses.variables:
        source = known if is_known_at_screening(variable, protocol) else later
        for name in (variable.name, variable.name + BAND):
            if name in source and (variable.is_banded or name == variable.name):
                columns[name] = source[name].reset_index(drop=True)
    return pd.concat([drawn, pd.DataFrame(columns, index=drawn.index)], axis=1)


def _take_up(
    clause: TakeUp, extract: Extract | None, units: pd.Index[str], *, is_frame: bool, day: date
) -> FloatArray:
    """Give 1.0 to those who took the offer up, 0.0 to the others, NaN where it is not known.

    Raises
    ------
    DataError
        Something else than 0 or 1, or an offer taken up before the day of the draw.
    """
    if extract is None or not extract.deliveries:
        return np.full(len(units), np.nan)
    origin = Origin(extract=clause.extract, column=clause.column)
    values = {"take_up": value_of(origin)}
    if clause.on is not None:
        values["early"] = (nw.col(clause.on) < nw.lit(day)).cast(nw.Float64)
    rows = history(extract, extract.frame(), units=units, values=values)
    if clause.on is not None and (early := int((rows["early"] == 1).sum())):
        told: dict[str, Value] = {"column": clause.on, "day": day.isoformat(), "n": early}
        raise DataError(Fault("E-PANEL-TAKE-UP-EARLY", "", told))
    # Who is absent from a register of participation did not take part.
    found = np.full(len(units), np.nan if is_frame else 0.0)
    found[rows["place"].to_numpy()] = rows["take_up"].to_numpy(dtype=np.float64)
    if strange := int((~np.isnan(found) & (found != 0) & (found != 1)).sum()):
        raise DataError(Fault("E-PANEL-TAKE-UP", "", {"column": clause.column, "n": strange}))
    return found


def _groups(column: str, extract: Extract | None, units: pd.Index[str]) -> pd.Series[str]:
    """Give the name of the group that served each unit; None for who had none."""
    found = pd.Series(None, index=range(len(units)), dtype=object)
    if extract is None or not extract.deliveries:
        return found
    rows = history(extract, extract.frame(), units=units, values={"group": nw.col(column)})
    rows = rows[rows["group"].notna()]
    found.iloc[rows["place"].to_numpy()] = rows["group"].astype(str).to_numpy()
    return found


def _read_later(draw: Draw, extracts: Mapping[str, Extract], units: pd.Index[str]) -> pd.DataFrame:
    """Read the variables of other extracts than the one units were screened on."""
    protocol = draw.protocol
    variables = [v for v in protocol.clauses.variables if not is_known_at_screening(v, protocol)]
    columns: dict[str, pd.Series] = {}
    for name in dict.fromkeys(extract_of(v, protocol) for v in variables):
        read = [v for v in variables if extract_of(v, protocol) == name]
        columns |= _read(read, protocol, extracts.get(name), units)
    return with_bands(pd.DataFrame(columns, index=units), variables, protocol)


def _read(
    variables: list[Variable], protocol: Protocol, extract: Extract | None, units: pd.Index[str]
) -> dict[str, pd.Series]:
    """Read the variables of one extract in one pass over it."""
    columns = {}
    for variable in variables:
        is_text = type_of(variable, protocol) in ("text", "date")
        nothing, kind = (None, object) if is_text else (np.nan, float)
        columns[variable.name] = pd.Series(nothing, index=units, dtype=kind)
    if extract is None or not extract.deliveries:
        return columns
    lottery = protocol.clauses.lottery
    start = month_number(lottery.day)
    if extract.kind == "monthly":
        months = {start + (v.month or 0) for v in variables}
        frame = extract.frame().filter(
            nw.col("month") >= min(months), nw.col("month") <= max(months)
        )
    else:
        # A month names its own time; a row without one must have been known before the draw.
        until = None if lottery.design == RECORDED else lottery.day
        frame = extract.frame(extracted_by=until)
    values = {v.name: stored_quantity(v, protocol) for v in variables}
    rows = history(extract, frame, units=units, values=values)
    for variable in variables:
        kept = rows
        if variable.month is not None:
            kept = rows[rows["month"] == start + variable.month]
        columns[variable.name].iloc[kept["place"].to_numpy()] = kept[variable.name].to_numpy()
    return columns
