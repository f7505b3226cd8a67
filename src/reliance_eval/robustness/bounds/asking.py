"""Asking for bounds on a bare frame or a panel: the samples of each compared arm, and its cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import narwhals.stable.v2 as nw
import numpy as np

from reliance_eval.estimation.arrays import Ints
from reliance_eval.estimation.columns import Categories, categories, crossed
from reliance_eval.estimation.designed import Data, framed, table_of
from reliance_eval.estimation.estimates import NotEstimable
from reliance_eval.estimation.framing import Columns, Frame, names_of, samples_of
from reliance_eval.estimation.sample import REFERENCE, Sample
from reliance_eval.estimation.unestimable import Unestimable

DISTINCT = 10
"""A number that takes more values than this is cut at its quartiles among those drawn."""

Answered = TypeVar("Answered", bound="Revisable")


class Revisable(Protocol):
    """An answer that can be given the names of what was compared."""

    def revised(self, **changes: Any) -> Any:
        """Give the same answer with some fields changed."""


def frame_asked(  # noqa: PLR0913 (what a bare frame needs, and a panel's horizon)
    data: Data,
    *,
    outcome: str,
    offer: str | None,
    blocks: str | Sequence[str] | None,
    clusters: str | None,
    reference: object,
    level: float,
    horizon_months: int | None,
    covariates: Sequence[str] = (),
) -> Frame:
    """Read a frame by the columns named, or a panel by its draw."""
    columns = Columns(
        outcome=outcome,
        offer=offer or "",
        blocks=names_of(blocks),
        clusters=clusters,
        covariates=names_of(covariates),
    )
    return framed(
        data,
        columns,
        reference=reference,
        variance=None,
        level=level,
        horizon_months=horizon_months,
    )


def by_arm(
    frame: Frame, ask: Callable[[Sample], Answered]
) -> Answered | NotEstimable | tuple[Answered | NotEstimable, ...]:
    """Ask for each arm compared; a tuple where there are three arms or more."""
    found: list[Answered | NotEstimable] = []
    for place, sample in enumerate(samples_of(frame, "lin"), start=1):
        names = {
            "outcome": frame.outcome,
            "arm": frame.arms[place] if place < len(frame.arms) else "",
            "reference": frame.arms[REFERENCE],
        }
        answer: Answered | NotEstimable = frame.refusal or answered(sample, ask)
        found.append(named(answer, names))
    return found[0] if len(found) == 1 else tuple(found)


def answered(sample: Sample, ask: Callable[[Sample], Answered]) -> Answered | NotEstimable:
    """Ask; a number that does not exist is an answer with a reason."""
    try:
        return ask(sample)
    except Unestimable as refusal:
        return NotEstimable(
            reason=refusal.reason,
            n=sample.n_arm + sample.n_reference,
            n_arm=sample.n_arm,
            n_reference=sample.n_reference,
            values=refusal.values,
        )


def named(answer: Any, names: dict[str, str]) -> Any:
    """Give an answer with what was compared; ``trimmed_arm`` becomes the arm's own name."""
    if getattr(answer, "trimmed_arm", ""):
        names = names | {"trimmed_arm": names[answer.trimmed_arm]}
    return answer.revised(**names)


def cells_named(data: Data, frame: Frame, tighten: Sequence[str]) -> Ints | None:
    """Give the cell of each unit of a frame's sample; None where nothing is named.

    A missing value is a cell of its own: nobody leaves for an unknown variable.
    """
    names = names_of(tighten)
    if not names:
        return None
    table = table_of(data, names, where="tighten")
    parts = [_in_levels(table[name], frame) for name in names]
    return crossed(parts).codes


def _in_levels(column: nw.Series[Any], frame: Frame) -> Categories:
    found = categories(column)
    codes = found.codes[frame.inside]
    if len(found.names) > DISTINCT and column.dtype.is_numeric():
        values = np.asarray(column.cast(nw.Float64).to_numpy(), dtype=np.float64)[frame.inside]
        known = np.isfinite(values)
        edges = np.quantile(values[known], [0.25, 0.5, 0.75])
        codes = np.where(known, np.searchsorted(edges, np.where(known, values, 0.0), "left"), -1)
    # A missing value has the code -1: counted from 0 it is a level like any other.
    levels = tuple(str(code) for code in range(int(codes.max()) + 2))
    return Categories(codes.astype(np.int64) + 1, levels)
