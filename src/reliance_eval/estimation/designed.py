"""A panel brings its own design: blocks, clusters, probabilities and arms are those of its draw.

On a bare data frame the caller says how the lottery was held. A panel knows: what the caller adds
may repeat its draw, and what contradicts it is refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoDataFrame

from reliance_eval.eligibility.deriving import BAND
from reliance_eval.errors import DataError, Fault, ProtocolError
from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.columns import categories, label, numbers
from reliance_eval.estimation.estimates import Promise
from reliance_eval.estimation.framing import Columns, Frame, read_frame
from reliance_eval.estimation.promising import Cell
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.sampling import Panelled
from reliance_eval.estimation.unestimable import Unestimable
from reliance_eval.lottery.pooling import WAVE
from reliance_eval.panel import Panel, in_draw_order
from reliance_eval.protocol.model import Analysis
from reliance_eval.registry import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

Data: TypeAlias = IntoDataFrame | Panel
"""A bare frame of pandas, Arrow or polars, or a panel."""

OWN = {"offer": "arm", "take_up": "take_up", "blocks": "block", "clusters": "cluster"}
"""What the columns of a panel's design are called in its table of units."""


def framed(  # noqa: PLR0913 (what a bare frame needs, and a panel's horizon)
    data: Data,
    columns: Columns,
    *,
    reference: object,
    variance: str | None,
    level: float,
    horizon_months: int | None,
) -> Frame:
    """Read a bare frame by the columns named, or a panel by its draw.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame, or Panel
    columns : Columns
        For a panel: the outcome's and covariates' names in the protocol; ``take_up`` may be the
        outcome. What is said of the design must be the draw's own.
    reference, variance, level
        As in ``read_frame``.
    horizon_months : int, optional
        Of a panel only; may be left out where the outcome has one horizon.

    Raises
    ------
    DataError
        A column, an outcome or a horizon is not there.
    ProtocolError
        A design that is not the draw's, a horizon for a bare frame, or a frame whose offer is
        not named.
    """
    if isinstance(data, Panel):
        return _of_panel(
            data,
            columns,
            reference=reference,
            variance=variance,
            level=level,
            horizon_months=horizon_months,
        )
    if horizon_months is not None:
        raise ProtocolError(Fault("E-ESTIMATION-HORIZON-FRAME", "horizon_months"))
    if not columns.offer:
        raise ProtocolError(Fault("E-ESTIMATION-UNNAMED", "offer", {"name": "offer"}))
    return read_frame(data, columns, reference=reference, variance=variance, level=level)


def take_up_of(data: Data, take_up: str | None) -> str:
    """Give the column of take-up: the one named, or a panel's own.

    Raises
    ------
    ProtocolError
        A bare frame whose take-up is not named.
    """
    if take_up:
        return take_up
    if isinstance(data, Panel):
        return OWN["take_up"]
    raise ProtocolError(Fault("E-ESTIMATION-UNNAMED", "take_up", {"name": "take_up"}))


def traits_of(data: Data, frame: Frame, names: Sequence[str]) -> dict[str, Floats]:
    """Give columns known before the draw as numbers, a category as one indicator a level.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame, or Panel
    frame : Frame
        What was read from it.
    names : sequence of str
        Columns of the frame, or the protocol's variables (``<name>_band`` for their bands).

    Returns
    -------
    mapping of str to array (n,)
        Rows as in the frame's sample, NaN where the value is missing.
    """
    table = table_of(data, names, where="profile")
    found: dict[str, Floats] = {}
    for name in names:
        column = table[name]
        if column.dtype.is_numeric() or column.dtype == nw.Boolean:
            found[name] = numbers(column, name)[frame.inside]
            continue
        levels = categories(column)
        for code, level in enumerate(levels.names):
            values = np.where(levels.is_known, levels.codes == code, np.nan)
            found[f"{name}={level}"] = values[frame.inside]
    return found


def table_of(data: Data, names: Sequence[str], *, where: str) -> nw.DataFrame[Any]:
    """Give the table behind a frame's sample, for columns known before the draw.

    Raises
    ------
    DataError
        A column is not there; of a panel, is none of the protocol's variables (nor ``wave`` or
        ``block``).
    """
    units = in_draw_order(data) if isinstance(data, Panel) else data
    table = nw.from_native(units, eager_only=True)
    known = table.columns
    if isinstance(data, Panel):
        own = {*_variables(data), WAVE, OWN["blocks"]}
        known = [name for name in known if name.removesuffix(BAND) in own]
    _check_names(where, names, known)
    return table


def _variables(panel: Panel) -> tuple[str, ...]:
    return tuple(v.name for v in panel.protocol.clauses.variables if v.name in panel.units)


def _of_panel(  # noqa: PLR0913 (as ``framed``)
    panel: Panel,
    columns: Columns,
    *,
    reference: object,
    variance: str | None,
    level: float,
    horizon_months: int | None,
) -> Frame:
    if not 0.5 < level < 1.0:
        raise ProtocolError(Fault("E-ESTIMATION-LEVEL", "level", {"level": level}))
    draw = panel.parent
    _check_design(columns, reference, draw.reference)
    _check_names("covariates", columns.covariates, _variables(panel))
    if columns.outcome == OWN["take_up"]:
        if horizon_months is not None:
            raise ProtocolError(Fault("E-ESTIMATION-HORIZON-TAKE-UP", "horizon_months"))
        panel, horizon = _with_take_up_as_outcome(panel), 0
    else:
        horizon = _horizon(panel, columns.outcome, horizon_months)
    arms = (draw.reference, *(arm for arm in draw.arms if arm != draw.reference))
    promise = Promise(
        id="",
        outcome=columns.outcome,
        horizon_months=horizon,
        estimand="late" if columns.take_up else "itt",
        estimator="",
        arm=arms[1],
        reference=draw.reference,
        level=level,
    )
    analysis = Analysis(estimand=promise.estimand, variance=variance)
    panelled = Panelled(panel)
    cell = Cell(promise, analysis, (), columns.covariates)
    try:
        sample = panelled.sample(cell)
    except Unestimable as refusal:
        nobody = _nobody(panelled, variance, level)
        nothing = np.zeros(len(panelled.units), dtype=np.bool_)
        return Frame(nobody, arms, columns.outcome, nothing, refused=refusal)
    return Frame(sample, arms, columns.outcome, panelled.rows(cell))


def _with_take_up_as_outcome(panel: Panel) -> Panel:
    """Give a panel whose one outcome is take-up, which no horizon has to be reached for."""
    known = "take_up" in panel.units
    values = panel.units["take_up"] if known else np.full(len(panel.units), np.nan)
    rows = panel.units[["unit"]].assign(outcome=OWN["take_up"], horizon_months=0, value=values)
    return replace(panel, outcomes=rows.assign(status="observed" if known else "not_delivered"))


def _check_design(columns: Columns, reference: object, own_reference: str) -> None:
    """Refuse what contradicts the draw; to repeat it is no fault."""
    said: dict[str, object] = {
        "offer": columns.offer or None,
        "take_up": columns.take_up,
        "blocks": columns.blocks or None,
        "clusters": columns.clusters,
        "weights": columns.weights,
        "probability": columns.probability,
        "reference": None if reference is None else label(reference),
    }
    own: dict[str, object] = OWN | {"blocks": (OWN["blocks"],), "reference": own_reference}
    faults = [
        Fault("E-ESTIMATION-PANEL-DESIGN", name, {"name": name})
        for name, value in said.items()
        if value is not None and value != own.get(name)
    ]
    if faults:
        raise ProtocolError(faults)


def _check_names(where: str, names: Sequence[str], known: Sequence[str]) -> None:
    faults = [
        Fault(
            "E-ESTIMATION-COLUMN",
            where,
            {"name": name, "nearest": nearest(name, list(known)) or "–"},
        )
        for name in dict.fromkeys(names)
        if name not in known
    ]
    if faults:
        raise DataError(faults)


def _horizon(panel: Panel, outcome: str, horizon_months: int | None) -> int:
    """Give the horizon asked for, or the only one there is."""
    clauses = {clause.name: clause for clause in panel.protocol.clauses.outcomes}
    if outcome not in clauses:
        values = {"name": outcome, "nearest": nearest(outcome, list(clauses)) or "–"}
        raise DataError(Fault("E-ESTIMATION-COLUMN", "outcome", values))
    horizons = clauses[outcome].horizons_months
    if horizon_months is None and len(horizons) == 1:
        return horizons[0]
    if horizon_months is None or horizon_months not in horizons:
        known = {"known": ", ".join(map(str, horizons))}
        raise DataError(Fault("E-ESTIMATION-HORIZON", "horizon_months", known))
    return horizon_months


def _nobody(panelled: Panelled, variance: str | None, level: float) -> Sample:
    """Give the sample of an outcome that is not there yet: the design, and no unit."""
    nothing, none = np.empty(0), np.empty(0, dtype=np.int64)
    names = tuple(sorted(set(panelled.units["block"].astype(str))))
    return Sample(
        outcome=nothing,
        arms=none,
        blocks=none,
        block_names=names,
        shares=np.full(len(names), 1.0 / len(names)),
        clusters=none,
        groups=0,
        is_clustered=panelled.is_clustered,
        covariates=np.empty((0, 0)),
        level=level,
        variance=variance,
        note_values={},
    )
