"""Reading a bare data frame, as a researcher without a protocol has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import Any, TypeVar

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
from reliance_eval.estimation.estimates import Answer, NotEstimable
from reliance_eval.estimation.estimator import ESTIMATORS, answer, variance_faults
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.odds import check_own_arm, read_weights
from reliance_eval.estimation.sample import REFERENCE, Sample
from reliance_eval.estimation.unestimable import Unestimable
from reliance_eval.registry import nearest

Array = TypeVar("Array", Floats, Ints)

CONTROLS = ("False", "0", "control", "reference")
"""What marks the reference arm when it is not named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column of a frame is what.

    Attributes
    ----------
    outcome, offer : str
    take_up, clusters, weights, probability : str or None
    blocks, covariates : tuple of str
        Several block columns are crossed.
    """

    outcome: str
    offer: str
    take_up: str | None = None
    blocks: tuple[str, ...] = ()
    clusters: str | None = None
    weights: str | None = None
    probability: str | None = None
    covariates: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Every column named."""
        single = (self.outcome, self.offer, self.take_up, self.clusters)
        odds = (self.weights, self.probability)
        return tuple(name for name in single + odds if name) + self.blocks + self.covariates


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A sample of all arms, and what they are called."""

    sample: Sample
    arms: tuple[str, ...]
    """The reference first; the others sorted."""
    outcome: str
    inside: Bools
    """Which rows of the data the sample holds, in their order."""
    refused: Unestimable | None = None
    """Why a panel has no outcome to give yet; its sample is then empty."""

    @property
    def refusal(self) -> NotEstimable | None:
        """The same as an answer."""
        if self.refused is None:
            return None
        return NotEstimable(reason=self.refused.reason, values=self.refused.values)


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
    check_columns(tuple(frame.columns), columns)
    design = _read_design(frame, columns)
    arms, codes = ordered_arms(design.offer, reference, columns.offer)
    found = covariates([(name, frame[name]) for name in columns.covariates], rows=len(frame))
    notes: dict[str, str] = {}
    if not np.all(design.inside):
        notes["outside"] = str(int(np.sum(~design.inside)))
    if found.incomplete:
        notes["missing_covariates"] = ", ".join(found.incomplete)
    blocks, block_names = _compact(design.blocks, design.inside)
    clusters, groups = _grouped(design.clusters, design.inside)
    taken = numbers(frame[columns.take_up], columns.take_up) if columns.take_up else None
    sample = Sample(
        outcome=_only(numbers(frame[columns.outcome], columns.outcome), design.inside),
        arms=_only(codes, design.inside),
        take_up=None if taken is None else _only(taken, design.inside),
        blocks=blocks,
        block_names=block_names,
        shares=_shares(blocks, design.weights, design.inside),
        clusters=clusters,
        groups=groups,
        is_clustered=columns.clusters is not None,
        weights=None if design.weights is None else _only(design.weights, design.inside),
        covariates=_only(found.values, design.inside),
        covariate_names=found.names,
        level=level,
        variance=variance,
        notes=tuple(notes),
        note_values=notes,
    )
    return Frame(sample, arms, columns.outcome, design.inside)


def check_variance(sample: Sample, estimator: str) -> None:
    """Refuse a variance that the estimator or the design cannot follow.

    Raises
    ------
    ProtocolError
        It is unknown, or at odds with the design.
    """
    if faults := variance_faults(
        sample.variance,
        estimator=estimator,
        is_clustered=sample.is_clustered,
        is_blocked=len(sample.block_names) > 1,
        convention=sample.convention or None,
        where="variance",
    ):
        raise ProtocolError(faults)


def following(frame: Frame, convention: str | None) -> Frame:
    """Give the same frame, to be read as a package reads it (``peers.CONVENTIONS``)."""
    return replace(frame, sample=replace(frame.sample, convention=convention or ""))


def answers(frame: Frame, estimator: str) -> tuple[Answer, ...]:
    """Compare each arm of a frame with its reference.

    Raises
    ------
    ProtocolError
        The variance asked for is unknown, or at odds with the design.
    """
    found = results(frame, estimator)
    return tuple(each.estimate if isinstance(each, Finding) else each for each in found)


def results(frame: Frame, estimator: str) -> tuple[Finding | NotEstimable, ...]:
    """Compare each arm of a frame with its reference, and keep what correcting them needs."""
    check_variance(frame.sample, estimator)
    found: list[Finding | NotEstimable] = []
    for place, aimed in enumerate(samples_of(frame, estimator), start=1):
        result = frame.refusal or answer(estimator, aimed)
        names = {
            "outcome": frame.outcome,
            "arm": frame.arms[place] if place < len(frame.arms) else "",
            "reference": frame.arms[REFERENCE],
        }
        if isinstance(result, Finding):
            found.append(replace(result, estimate=result.estimate.revised(**names)))
        else:
            found.append(result.revised(**names))
    return tuple(found)


def samples_of(frame: Frame, estimator: str) -> tuple[Sample, ...]:
    """Give the sample of each arm that is compared, as an estimator receives it."""
    every = (replace(frame.sample, target=arm) for arm in range(1, max(2, len(frame.arms))))
    if ESTIMATORS[estimator].uses_covariates:
        return tuple(every)
    return tuple(sample.without_covariates() for sample in every)


@dataclass(frozen=True, slots=True, eq=False)
class _Design:
    """How the rows were drawn; ``inside`` says which of them were."""

    offer: Categories
    blocks: Categories
    clusters: Categories | None
    weights: Floats | None
    inside: Bools


def _read_design(frame: nw.DataFrame[Any], columns: Columns) -> _Design:
    rows = len(frame)
    offer = categories(frame[columns.offer])
    one_block = Categories(np.zeros(rows, dtype=np.int64), ("-",))
    blocks = crossed([categories(frame[name]) for name in columns.blocks] or [one_block])
    clusters = categories(frame[columns.clusters]) if columns.clusters else None
    inside = offer.is_known & blocks.is_known
    if clusters is not None:
        inside = inside & clusters.is_known
    weights = read_weights(frame, columns.weights, columns.probability)
    if weights is not None:
        inside = inside & np.isfinite(weights)
    if columns.probability and weights is not None:
        check_own_arm(offer.codes[inside], weights[inside], columns.probability)
    return _Design(offer, blocks, clusters, weights, inside)


def check_columns(known: tuple[str, ...], columns: Columns) -> None:
    """Refuse a frame that has not all the columns named.

    Raises
    ------
    DataError
    """
    faults = [
        Fault("E-ESTIMATION-COLUMN", "", {"name": name, "nearest": nearest(name, known) or "–"})
        for name in dict.fromkeys(columns.all)
        if name not in known
    ]
    if faults:
        raise DataError(faults)


def ordered_arms(offer: Categories, reference: object, where: str) -> tuple[tuple[str, ...], Ints]:
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
    codes = _only(found.codes, inside)
    is_present = np.bincount(codes, minlength=len(found.names)) > 0
    if np.all(is_present):
        return codes, found.names
    return (np.cumsum(is_present) - 1)[codes], tuple(compress(found.names, is_present))


def _grouped(found: Categories | None, inside: Bools) -> tuple[Ints, int]:
    """Code the clusters, or each row as its own, and count them."""
    if found is None:
        rows = int(np.count_nonzero(inside))
        return np.arange(rows), rows
    codes, names = _compact(found, inside)
    return codes, len(names)


def _only(values: Array, inside: Bools) -> Array:
    """Give the rows of the experiment; a million rows are not copied to give them all."""
    return values if np.all(inside) else values[inside]


def _shares(codes: Ints, weights: Floats | None, inside: Bools) -> Floats:
    """Give each block's part of the rows, or of their weights."""
    totals = np.bincount(codes, None if weights is None else weights[inside])
    shares: Floats = totals / totals.sum()
    return shares
