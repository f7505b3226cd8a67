"""Following up: each promised outcome of each drawn unit, at each horizon that was promised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from reliance_eval.eligibility import Flow
from reliance_eval.errors import ProtocolError
from reliance_eval.extract import Extract
from reliance_eval.lottery import Draw, Ledger
from reliance_eval.lottery.ledger import ERASED
from reliance_eval.lottery.pooling import waves_of
from reliance_eval.panel.admitting import check_panel
from reliance_eval.panel.explaining import with_reasons
from reliance_eval.panel.followed import units_of
from reliance_eval.panel.history import frame_until, history, refuse_earlier, value_of
from reliance_eval.panel.indexing import with_indices
from reliance_eval.panel.intakes import follow_waves
from reliance_eval.panel.measure import MEASURES, FloatArray
from reliance_eval.panel.model import Panel
from reliance_eval.panel.objecting import erase
from reliance_eval.panel.observing import Calendar, Sight, observe, unobserved
from reliance_eval.panel.tracing import months_of
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Outcome


def follow_up(draw: Draw, extracts: Iterable[Extract], *, ledger: Ledger | None = None) -> Panel:
    """Follow every drawn unit from its draw's day, over all promised outcomes and horizons.

    Parameters
    ----------
    draw : Draw
        Who was offered what, and when.
    extracts : iterable of Extract
        What has been delivered so far; one that is absent has not been. The extract that units
        were screened on need not be given again.
    ledger : Ledger, optional
        What was recorded after the draw. Outcomes of those who withdrew, refused or were found
        ineligible too late are read like any other; of those who object, nothing is kept.

    Returns
    -------
    Panel
        One row a unit; one row a unit, outcome and horizon.

    Raises
    ------
    ProtocolError
        A measure, a condition or a variable does not suit the extract it is read from.
    DataError
        Take-up is neither 0 nor 1, or an event is from before the draw.
    """
    protocol = draw.protocol
    if faults := check_panel(protocol):
        raise ProtocolError(faults)
    frame: Extract = draw.nearest(Flow).parent
    given = {frame.name: frame, **{extract.name: extract for extract in extracts}}
    read = {name: given[name] for name in sorted(_extracts_read(protocol) & set(given))}
    if waves_of(draw):
        units, rows = follow_waves(draw, lambda part: _follow(part, read))
    else:
        units, rows = _follow(draw, read)
    deliveries = tuple(record for extract in read.values() for record in extract.deliveries)
    ledger = ledger or Ledger()
    units, rows = erase(units, rows, ledger.units(ERASED))
    cells = sum(len(outcome.horizons_months) for outcome in protocol.clauses.read_outcomes)
    outcomes = rows.iloc[: cells * len(units)].reset_index(drop=True)
    months = rows.iloc[cells * len(units) :].reset_index(drop=True)
    outcomes = with_indices(units, outcomes, protocol, reference=draw.reference)
    return Panel(
        parent=draw,
        deliveries=deliveries,
        ledger=ledger.record(draw),
        units=units,
        outcomes=outcomes,
        months=months.rename(columns={"horizon_months": "month"}),
    )


def _follow(draw: Draw, extracts: Mapping[str, Extract]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the units, and a row a unit of each promised horizon, then of each traced month."""
    units = units_of(draw, extracts)
    names = pd.Index(units["unit"])
    outcomes = _outcomes(draw.protocol, extracts, names)
    outcomes = with_reasons(outcomes, draw.protocol, extracts, names)
    months = months_of(draw.protocol, extracts, names)
    return units, pd.concat([outcomes, months], ignore_index=True) if len(months) else outcomes


def _extracts_read(protocol: Protocol) -> set[str]:
    """Give the extracts that outcomes, reasons, take-up and later variables are read from."""
    clauses = protocol.clauses
    names = {outcome.origin.extract for outcome in clauses.read_outcomes}
    names |= {variable.extract for variable in clauses.variables if variable.extract}
    names |= {clause.extract for clause in clauses.absences}
    return names | ({clauses.take_up.extract} if clauses.take_up else set())


def _outcomes(
    protocol: Protocol, extracts: Mapping[str, Extract], units: pd.Index[str]
) -> pd.DataFrame:
    found: dict[str, pd.DataFrame] = {}
    read = protocol.clauses.read_outcomes
    for name in {outcome.origin.extract for outcome in read}:
        outcomes = [o for o in read if o.origin.extract == name]
        found |= _from_extract(outcomes, protocol, extracts.get(name), units)
    return pd.concat([found[o.name] for o in read], ignore_index=True)


def _from_extract(
    outcomes: list[Outcome], protocol: Protocol, extract: Extract | None, units: pd.Index[str]
) -> dict[str, pd.DataFrame]:
    """Observe every outcome that is read from one extract, in one pass over it."""
    clause = protocol.extract(outcomes[0].origin.extract)
    calendar = Calendar(
        day=protocol.clauses.lottery.day,
        hindsight_months=clause.hindsight_months,
        extracted_on=tuple(d.extracted_on for d in extract.deliveries) if extract else (),
    )
    reached = {
        (o.name, h): calendar.covers(clause.kind, h) for o in outcomes for h in o.horizons_months
    }
    rows = pd.DataFrame()
    if extract is not None and extract.kind == "events" and not clause.history:
        refuse_earlier(extract, calendar.day, units=units)
    if extract is not None and any(reached.values()):
        furthest = max(h for (_, h), is_reached in reached.items() if is_reached)
        frame = frame_until(extract, calendar.day, horizon=furthest)
        values = {o.name: value_of(o.origin) for o in outcomes}
        rows = history(extract, frame, units=units, values=values)
    tables: dict[str, pd.DataFrame] = {}
    for outcome in outcomes:
        parts = []
        for horizon in outcome.horizons_months:
            sight = Sight(
                measure=MEASURES[outcome.measure],
                horizon=horizon,
                calendar=calendar,
                units=len(units),
                within_months=outcome.within_months,
            )
            is_covered = reached[outcome.name, horizon]
            found = observe(rows, outcome.name, sight) if is_covered else unobserved(len(units))
            parts.append(_table(units, outcome.name, horizon, found))
        tables[outcome.name] = pd.concat(parts, ignore_index=True)
    return tables


def _table(
    units: pd.Index[str],
    outcome: str,
    horizon: int,
    found: tuple[FloatArray, npt.NDArray[np.object_]],
) -> pd.DataFrame:
    values, statuses = found
    columns = {
        "unit": units.to_numpy(),
        "outcome": outcome,
        "horizon_months": np.int64(horizon),
        "value": values,
        "status": statuses,
    }
    return pd.DataFrame(columns)
