"""Screening: every criterion put to every unit in one pass; only the eligible are brought out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from reliance_eval.eligibility.criterion import answer, check_criteria
from reliance_eval.eligibility.deriving import (
    BAND,
    is_known_at_screening,
    stored_quantity,
    with_bands,
)
from reliance_eval.eligibility.flow import Flow, Step
from reliance_eval.errors import DataError, Fault, ProtocolError, UnreadableInput
from reliance_eval.extract import Extract
from reliance_eval.language.catalogue import Value
from reliance_eval.protocol import Protocol

RECORDED = "recorded"
NO_BLOCK = "-"
NO, YES, UNKNOWN = 0, 1, 2

IntArray = npt.NDArray[np.int64]


def screen(extract: Extract) -> Flow:
    """Say who may enter the lottery, and what each criterion cost on the way.

    Parameters
    ----------
    extract : Extract
        The protocol's eligibility extract. Only deliveries extracted by the draw's day are read;
        all of them for a draw held elsewhere.

    Returns
    -------
    Flow
        The steps, and one row an eligible unit.

    Raises
    ------
    ProtocolError
        A test does not suit its column.
    UnreadableInput
        Nothing had been delivered by the day of the draw.
    DataError
        A criterion is unknown for somebody where the protocol says to stop, a block's variable
        has no band, or a recorded draw's columns contradict the protocol.
    """
    protocol = extract.protocol
    if faults := check_criteria(protocol):
        raise ProtocolError(faults)
    lottery = protocol.clauses.lottery
    until = None if lottery.design == RECORDED else lottery.day
    deliveries = tuple(d for d in extract.deliveries if until is None or d.extracted_on <= until)
    if not deliveries:
        values: dict[str, Value] = {"extract": extract.name, "day": lottery.day.isoformat()}
        raise UnreadableInput(Fault("E-ELIGIBILITY-NO-DELIVERY", "", values))
    frame = extract.frame(extracted_by=until)
    steps, assessed = _steps(frame, protocol)
    return Flow(
        parent=extract,
        steps=steps,
        assessed=assessed,
        deliveries=deliveries,
        synthetic=extract.is_synthetic,
        eligible=_eligible(frame, protocol),
    )


def count_steps(names: list[str], answers: IntArray, units: IntArray) -> tuple[Step, ...]:
    """Count what each criterion did, from the distinct patterns of answers.

    Parameters
    ----------
    names : list of str, length k
        The criteria, in the order in which units meet them.
    answers : int array, shape (p, k)
        Each distinct pattern of answers: 0 no, 1 yes, 2 unknown.
    units : int array, shape (p,)
        How many units answer so.

    >>> count_steps(["adult"], np.array([[1], [0], [2]]), np.array([7, 2, 1]))
    (Step(criterion='adult', entering=10, refused=2, unknown=1, remaining=7, alone=2, only=2),)
    """
    is_yes = answers == YES
    steps = []
    for k, name in enumerate(names):
        has_entered = is_yes[:, :k].all(axis=1)
        others_agree = np.delete(is_yes, k, axis=1).all(axis=1)
        is_no = answers[:, k] == NO
        counted = {
            "entering": has_entered,
            "refused": has_entered & is_no,
            "unknown": has_entered & (answers[:, k] == UNKNOWN),
            "remaining": has_entered & is_yes[:, k],
            "alone": is_no,
            "only": is_no & others_agree,
        }
        steps.append(Step(name, **{key: int(units[rows].sum()) for key, rows in counted.items()}))
    return tuple(steps)


def _steps(frame: nw.LazyFrame[Any], protocol: Protocol) -> tuple[tuple[Step, ...], int]:
    """Put every criterion to every unit, in one aggregate pass."""
    clause = protocol.clauses.eligibility
    keys = [f"answer_{k}" for k in range(len(clause.steps))]
    asked = [answer(c, protocol).alias(k) for c, k in zip(clause.steps, keys, strict=True)]
    if asked:
        grouped = frame.select(*asked).group_by(*keys).agg(nw.len().alias("units"))
    else:
        grouped = frame.select(nw.len().alias("units"))
    patterns = _collected(grouped)
    units = patterns["units"].to_numpy(dtype=np.int64)
    answers = np.full((len(patterns), len(keys)), UNKNOWN, dtype=np.int64)
    for k, key in enumerate(keys):
        is_known = patterns[key].notna().to_numpy()
        answers[is_known, k] = patterns[key][is_known].astype(bool).to_numpy()
    steps = count_steps([c.name for c in clause.steps], answers, units)
    if clause.unknown == "stop" and any(step.unknown for step in steps):
        raise DataError(
            Fault("E-ELIGIBILITY-UNKNOWN", "", {"criterion": step.criterion, "n": step.unknown})
            for step in steps
            if step.unknown
        )
    return steps, int(units.sum())


def _eligible(frame: nw.LazyFrame[Any], protocol: Protocol) -> pd.DataFrame:
    """Bring out the units that answer yes to everything, with what later acts need of them."""
    lottery = protocol.clauses.lottery
    variables = [v for v in protocol.clauses.variables if is_known_at_screening(v, protocol)]
    named = {"arm": lottery.arm, "cluster": lottery.clusters, "probability": lottery.probability}
    columns = {name: column for name, column in named.items() if column is not None}
    answers = [answer(c, protocol) for c in protocol.clauses.eligibility.steps]
    kept = frame.filter(*answers) if answers else frame
    recorded = [
        nw.col(column).cast(nw.Float64 if name == "probability" else nw.String).alias(f"#{name}")
        for name, column in columns.items()
    ]
    quantities = [stored_quantity(v, protocol) for v in variables]
    rows = _collected(kept.select("unit", *quantities, *recorded)).sort_values("unit")
    table = with_bands(rows.reset_index(drop=True), variables, protocol)
    faults = [*_without_band(table, lottery.blocks), *_recorded_faults(table, protocol)]
    if faults:
        raise DataError(faults)
    table["block"] = _blocks(table, lottery.blocks)
    for name in columns:
        table[name] = table.pop(f"#{name}")
    return table


def _blocks(table: pd.DataFrame, names: tuple[str, ...]) -> pd.Series:
    if not names:
        return pd.Series(NO_BLOCK, index=table.index, dtype=object)
    bands = zip(*(table[name + BAND] for name in names), strict=True)
    return pd.Series(["_".join(codes) for codes in bands], index=table.index, dtype=object)


def _without_band(table: pd.DataFrame, names: tuple[str, ...]) -> Iterator[Fault]:
    for name in names:
        if missing := int(table[name + BAND].isna().sum()):
            yield Fault("E-ELIGIBILITY-NO-BAND", "", {"variable": name, "n": missing})


def _recorded_faults(table: pd.DataFrame, protocol: Protocol) -> Iterator[Fault]:
    """Compare the columns of a draw held elsewhere with what the protocol says of it."""
    lottery = protocol.clauses.lottery
    for name, column in (("#arm", lottery.arm), ("#cluster", lottery.clusters)):
        if column is not None and (missing := int(table[name].isna().sum())):
            yield Fault("E-ELIGIBILITY-DRAW-UNKNOWN", "", {"column": column, "n": missing})
    if column := lottery.probability:
        chances = table["#probability"].to_numpy(dtype=np.float64, na_value=np.nan)
        if wrong := int((~((chances > 0) & (chances < 1))).sum()):
            yield Fault("E-ELIGIBILITY-PROBABILITY", "", {"column": column, "n": wrong})
    if lottery.arm is None:
        return
    arms = table["#arm"].dropna()
    if strangers := int((~arms.isin(list(lottery.arms))).sum()):
        known = ", ".join(lottery.arms)
        yield Fault("E-ELIGIBILITY-ARM", "", {"column": lottery.arm, "n": strangers, "arms": known})
    for arm, places in lottery.arms.items():
        if (found := int((arms == arm).sum())) != places:
            values: dict[str, Value] = {"arm": arm, "places": places, "found": found}
            yield Fault("E-ELIGIBILITY-ARM-COUNT", "", values)


def _collected(frame: nw.LazyFrame[Any]) -> pd.DataFrame:
    return frame.collect().to_pandas()
