"""Reading a bare data frame, as a researcher without a protocol has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoDataFrame

from reliance_eval.errors import DataError, Fault, ProtocolError
from reliance_eval.estimation.arrays import Bools, Floats, Ints
from reliance_eval.estimation.columns import (
    Categories,
    categories,
    covariates,
    crossed,
    label,
    numbers,
)
from reliance_eval.estimation.estimates import Answer
from reliance_eval.estimation.estimator import ESTIMATORS, answer, variance_faults
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.sample import REFERENCE, Sample
from reliance_eval.registry import nearest

CONTROLS = ("False", "0", "control", "reference")
"""What marks the reference arm when it is not named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column of a frame is what.

    Attributes
    ----------
    outcome, offer : str
    take_up, clusters, weights : str or None
    blocks, covariates : tuple of str
        Several block columns are crossed.
    """

    outcome: str
    offer: str
    take_up: str | None = None
    blocks: tuple[str, ...] = ()
    clusters: str | None = None
    weights: str | None = None
    covariates: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Every column named."""
        single = (self.outcome, self.offer, self.take_up, self.clusters, self.weights)
        return tuple(name for name in single if name) + self.blocks + self.covariates


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A sample of all arms, and what they are called."""

    sample: Sample
    arms: tuple[str, ...]
    """The reference first; the others sorted."""
    outcome: str


def names_of(names: str | Sequence[str] | None) -> tuple[str, ...]:
    """Give one or several column names as a tuple."""
    if names is None:
        return ()
    return (names,) if isinstance(names, str) else tuple(names)


def read_frame(
    data: IntoDataFrame, columns: Columns, *, reference: object, variance: str | None, level: float
) -> Frame:
    """Read a pandas, Arrow or polars frame into a sample.

    Rows without an offer, a block, a cluster or a weight were not in the experiment: they are
    left out and counted in a note. Rows without an outcome were, and keep their block's weight.

    Raises
    ------
    DataError
        A column is missing, or holds what it may not.
    ProtocolError
        ``level`` is not between 0.5 and 1.
    """
    if not 0.5 < level < 1.0:
        raise ProtocolError(Fault("E-ESTIMATION-LEVEL", "level", {"level": level}))
    frame = nw.from_native(data, eager_only=True)
    _check_columns(tuple(frame.columns), columns)
    design = _read_design(frame, columns)
    arms, codes = _arms(design.offer, reference, columns.offer)
    found = covariates([(name, frame[name]) for name in columns.covariates], rows=len(frame))
    notes: dict[str, str] = {}
    if not np.all(design.inside):
        notes["outside"] = str(int(np.sum(~design.inside)))
    if found.incomplete:
        notes["missing_covariates"] = ", ".join(found.incomplete)
    blocks, block_names = _compact(design.blocks, design.inside)
    clusters, cluster_names = _compact(design.clusters, design.inside)
    taken = numbers(frame[columns.take_up], columns.take_up) if columns.take_up else None
    sample = Sample(
        outcome=numbers(frame[columns.outcome], columns.outcome)[design.inside],
        arms=codes[design.inside],
        take_up=None if taken is None else taken[design.inside],
        blocks=blocks,
        block_names=block_names,
        shares=_shares(blocks, design.weights, design.inside),
        clusters=clusters,
        groups=len(cluster_names),
        is_clustered=columns.clusters is not None,
        weights=None if design.weights is None else design.weights[design.inside],
        covariates=found.values[design.inside],
        covariate_names=found.names,
        level=level,
        variance=variance,
        notes=tuple(notes),
        note_values=notes,
    )
    return Frame(sample, arms, columns.outcome)


def answers(frame: Frame, estimator: str) -> tuple[Answer, ...]:
    """Compare each arm of a frame with its reference.

    Raises
    ------
    ProtocolError
        The variance asked for is unknown, or at odds with the design.
    """
    sample = frame.sample
    if faults := variance_faults(
        sample.variance,
        estimator=estimator,
        is_clustered=sample.is_clustered,
        is_blocked=len(sample.block_names) > 1,
        where="variance",
    ):
        raise ProtocolError(faults)
    found: list[Answer] = []
    for target in range(1, max(2, len(frame.arms))):
        aimed = replace(sample, target=target)
        if not ESTIMATORS[estimator].uses_covariates:
            aimed = aimed.without_covariates()
        result = answer(estimator, aimed)
        given: Answer = result.estimate if isinstance(result, Finding) else result
        found.append(
            given.revised(
                outcome=frame.outcome,
                arm=frame.arms[target] if target < len(frame.arms) else "",
                reference=frame.arms[REFERENCE],
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class _Design:
    """How the rows were drawn; ``inside`` says which of them were."""

    offer: Categories
    blocks: Categories
    clusters: Categories
    weights: Floats | None
    inside: Bools


def _read_design(frame: nw.DataFrame[Any], columns: Columns) -> _Design:
    rows = len(frame)
    offer = categories(frame[columns.offer])
    one_block = Categories(np.zeros(rows, dtype=np.int64), ("-",))
    alone = Categories(np.arange(rows), tuple(map(str, range(rows))))
    blocks = crossed([categories(frame[name]) for name in columns.blocks] or [one_block])
    clusters = categories(frame[columns.clusters]) if columns.clusters else alone
    inside = offer.is_known & blocks.is_known & clusters.is_known
    weights = None
    if columns.weights:
        weights = numbers(frame[columns.weights], columns.weights)
        inside = inside & np.isfinite(weights)
        if n := int(np.sum(weights[inside] <= 0.0)):
            raise DataError(Fault("E-ESTIMATION-WEIGHTS", columns.weights, {"n": n}))
    return _Design(offer, blocks, clusters, weights, inside)


def _check_columns(known: tuple[str, ...], columns: Columns) -> None:
    faults = [
        Fault("E-ESTIMATION-COLUMN", "", {"name": name, "nearest": nearest(name, known) or "–"})
        for name in dict.fromkeys(columns.all)
        if name not in known
    ]
    if faults:
        raise DataError(faults)


def _arms(offer: Categories, reference: object, where: str) -> tuple[tuple[str, ...], Ints]:
    """Order the arms, the reference first, and code the rows accordingly."""
    if reference is not None:
        first = label(reference)
    else:
        marked = [name for name in CONTROLS if name in offer.names]
        first = marked[0] if marked else ""
    if first not in offer.names:
        known = ", ".join(offer.names)
        raise DataError(
            Fault("E-ESTIMATION-REFERENCE", where, {"name": first or "–", "known": known})
        )
    names = (first, *(name for name in offer.names if name != first))
    place = np.array([names.index(name) for name in offer.names] + [-1], dtype=np.int64)
    return names, place[offer.codes]


def _compact(found: Categories, inside: Bools) -> tuple[Ints, tuple[str, ...]]:
    """Keep the categories that occur among the rows of the experiment."""
    present, codes = np.unique(found.codes[inside], return_inverse=True)
    return codes.astype(np.int64), tuple(found.names[code] for code in present)


def _shares(codes: Ints, weights: Floats | None, inside: Bools) -> Floats:
    """Give each block's part of the rows, or of their weights."""
    totals = np.bincount(codes, None if weights is None else weights[inside])
    shares: Floats = totals / totals.sum()
    return shares
