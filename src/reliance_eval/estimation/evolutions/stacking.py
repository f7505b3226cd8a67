"""Reading a stacked frame, one row a unit and month, as people by months."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoDataFrame

from reliance_eval.errors import DataError, Fault
from reliance_eval.estimation.arrays import Bools, Floats, Ints
from reliance_eval.estimation.columns import Categories, categories, crossed, numbers
from reliance_eval.estimation.framing import Columns, check_columns, read_frame
from reliance_eval.estimation.periods import Period
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.unestimable import Unestimable


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Stack:
    """The units drawn, and what each was in each month.

    Attributes
    ----------
    people : Sample
        One row a drawn unit (and wave); its outcome is not used.
    arms : tuple of str
        The reference first.
    outcome : str
        What the outcome is called.
    months : array of int (m,)
        Months counted from the draw's month, sorted.
    values : array (n, m)
        The outcome; NaN where it is missing.
    take_up : array (n, m) or None
    reached : array of bool (b, m)
        Blocks with a row in the month, whatever it holds.
    persons : array of int (n,)
        Who each row is about: a person drawn in two waves has two rows.
    waves : tuple of str
        The wave of each block; empty where there is one lottery.
    """

    people: Sample
    arms: tuple[str, ...]
    outcome: str
    months: Ints
    values: Floats
    take_up: Floats | None
    reached: Bools
    persons: Ints
    waves: tuple[str, ...] = ()

    @property
    def recurs(self) -> bool:
        """Whether somebody has several rows."""
        return len(np.unique(self.persons)) < len(self.persons)

    def places(self, period: Period) -> Ints:
        """Give the columns of a period's months.

        Raises
        ------
        Unestimable
            ``not_yet_observed``: one of its months is nobody's.
        """
        places = np.searchsorted(self.months, np.array(period.months))
        is_there = places < len(self.months)
        is_there[is_there] = self.months[places[is_there]] == np.array(period.months)[is_there]
        if not is_there.all():
            raise Unestimable("not_yet_observed")
        found: Ints = places.astype(np.int64)
        return found

    def blocks_in(self, period: Period) -> Bools:
        """Say which blocks reached every month of a period.

        Raises
        ------
        Unestimable
            ``not_yet_observed``: none did.
        """
        found: Bools = np.all(self.reached[:, self.places(period)], axis=1)
        if not found.any():
            raise Unestimable("not_yet_observed")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Stacked:
    """Which column of a stacked frame is what.

    Attributes
    ----------
    unit, month : str
    wave : str or None
        The lottery that a row belongs to, where there were several.
    columns : Columns
        The others; all but outcome and take-up say the same in every month of a unit.
    """

    unit: str
    month: str
    wave: str | None
    columns: Columns


def read_stack(data: IntoDataFrame, stacked: Stacked, *, reference: object, level: float) -> Stack:
    """Read a pandas, Arrow or polars frame of person-months.

    Raises
    ------
    DataError
        A column is missing or holds what it may not; a unit has two rows in a month; what
        belongs to the draw changes from month to month.
    """
    frame = nw.from_native(data, eager_only=True)
    columns = stacked.columns
    own = tuple(name for name in (stacked.unit, stacked.month, stacked.wave) if name)
    check_columns(tuple(frame.columns), replace(columns, blocks=own + columns.blocks))
    months = _months(numbers(frame[stacked.month], stacked.month), stacked.month)
    persons, units = _units(frame, stacked)
    first, place = np.unique(units.codes, return_index=True, return_inverse=True)[1:]
    _check_repeats(place, months, stacked.month)
    fixed = (columns.offer, *columns.blocks, columns.clusters, columns.weights)
    for name in dict.fromkeys((*fixed, *columns.covariates)):
        if name:
            _check_fixed(categories(frame[name]).codes, first, place, name)
    people = frame[first.tolist()]
    read = read_frame(
        people.to_native(),
        _of_people(columns, stacked.wave),
        reference=reference,
        variance=None,
        level=level,
    )
    kept = np.flatnonzero(read.inside)
    grid, column = np.unique(months, return_inverse=True)
    cells = (place, column, (len(first), len(grid)))
    has_row = _spread(np.ones(len(place)), *cells)[kept] == 1.0
    taken = None
    if columns.take_up:
        taken = _spread(numbers(frame[columns.take_up], columns.take_up), *cells)[kept]
    reached = np.zeros((len(read.sample.block_names), len(grid)), dtype=np.bool_)
    np.logical_or.at(reached, read.sample.blocks, has_row)
    return Stack(
        people=read.sample,
        arms=read.arms,
        outcome=columns.outcome,
        months=grid,
        values=_spread(numbers(frame[columns.outcome], columns.outcome), *cells)[kept],
        take_up=taken,
        reached=reached,
        persons=persons.codes[first][kept],
        waves=_waves(people, stacked.wave, read.sample, kept),
    )


def _months(values: Floats, where: str) -> Ints:
    if strange := int(np.sum(~(values == np.floor(values)))):
        raise DataError(Fault("E-ESTIMATION-MONTH", where, {"n": strange}))
    return values.astype(np.int64)


def _units(frame: nw.DataFrame[Any], stacked: Stacked) -> tuple[Categories, Categories]:
    """Give who each row is about, and which drawn unit: a person in each wave that drew her."""
    found = []
    for name in (stacked.unit, stacked.wave):
        if name:
            found.append(categories(frame[name]))
            if unnamed := int(np.sum(~found[-1].is_known)):
                raise DataError(Fault("E-ESTIMATION-NOBODY", name, {"n": unnamed}))
    return found[0], crossed(found)


def _check_repeats(place: Ints, months: Ints, where: str) -> None:
    pairs = np.unique(np.stack([place, months]), axis=1)
    if repeated := len(place) - pairs.shape[1]:
        raise DataError(Fault("E-ESTIMATION-TWICE", where, {"n": repeated}))


def _check_fixed(codes: Ints, first: Ints, place: Ints, name: str) -> None:
    differs = np.unique(place[codes != codes[first][place]])
    if len(differs):
        raise DataError(Fault("E-ESTIMATION-VARIES", name, {"n": len(differs), "name": name}))


def _of_people(columns: Columns, wave: str | None) -> Columns:
    return Columns(
        outcome=columns.outcome,
        offer=columns.offer,
        blocks=(wave, *columns.blocks) if wave else columns.blocks,
        clusters=columns.clusters,
        weights=columns.weights,
        covariates=columns.covariates,
    )


def _spread(values: Floats, place: Ints, column: Ints, shape: tuple[int, int]) -> Floats:
    """Lay the rows out, people by months; NaN where there is none."""
    laid = np.full(shape, np.nan)
    laid[place, column] = values
    return laid


def _waves(
    people: nw.DataFrame[Any], wave: str | None, sample: Sample, kept: Ints
) -> tuple[str, ...]:
    """Give the wave of each block: blocks lie within waves."""
    if wave is None:
        return ()
    found = categories(people[wave])
    of_block = dict(zip(sample.blocks.tolist(), found.codes[kept].tolist(), strict=True))
    return tuple(found.names[of_block[code]] for code in range(len(sample.block_names)))
