"""Objecting: who objects to the use of her data is counted, and nothing else of her is kept.

Her place stays, in her block and arm, under an opaque name: a draw whose counts changed after it
was held would prove nothing. The other columns of her row are missing, and so are her outcomes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from reliance_eval.lottery.pooling import WAVE, own_name
from reliance_eval.panel.model import OBJECTED, Panel

BoolArray: TypeAlias = npt.NDArray[np.bool_]

KEPT = ("unit", "arm", "block", "cluster", "probability", WAVE)
"""What is left of a row: the place she was drawn to, which others like her share."""

NOT_YET = "not_yet_observed"


def erase(
    units: pd.DataFrame, outcomes: pd.DataFrame, objectors: frozenset[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give both tables of a panel without the rows of those who object.

    Parameters
    ----------
    units : DataFrame
        One row a drawn unit.
    outcomes : DataFrame
        For each outcome and horizon in turn, one row a unit in the order of ``units``.
    objectors : frozenset of str
        Those who are not among ``units`` are passed over.

    Returns
    -------
    units, outcomes : DataFrame
        Sorted by the names the units now have, so that their order says nothing of who objected.
    """
    # In waves, a person has a row in each that drew her.
    people = units["unit"].map(own_name) if WAVE in units else units["unit"]
    is_erased = people.isin(objectors).to_numpy()
    if not is_erased.any():
        return units, outcomes
    names = _names(units, is_erased)
    new = units["unit"].map(names).fillna(units["unit"])
    is_own = (units["cluster"] == units["unit"]).to_numpy()
    blank = units.copy()
    for name in units.columns.difference(list(KEPT)):
        blank[name] = units[name].where(~is_erased)
    blank["cluster"] = np.where(is_own & is_erased, new, units["cluster"])
    blank["unit"] = new

    told = outcomes.copy()
    is_hers = told["unit"].isin(names)
    told["unit"] = told["unit"].map(names).fillna(told["unit"])
    told["value"] = told["value"].where(~is_hers)
    told["status"] = told["status"].mask(is_hers & (told["status"] != NOT_YET), "objected")

    order = np.argsort(new.to_numpy(dtype=str), kind="stable")
    cells = np.arange(0, len(told), len(units))
    rows = (cells[:, None] + order).ravel()
    return blank.iloc[order].reset_index(drop=True), told.iloc[rows].reset_index(drop=True)


def in_draw_order(panel: Panel) -> pd.DataFrame:
    """Give a panel's units in the order of the draw's, which re-draws are held in.

    A row without a name stands where one of the units of its block, arm and cluster stood that
    have no other row: such places are alike, and which is whose was forgotten.
    """
    units = panel.units.sort_values("unit", kind="stable", ignore_index=True)
    if not panel.is_erased.any():
        return units
    drawn = panel.parent.drawn.sort_values("unit", kind="stable", ignore_index=True)
    place = pd.Index(units["unit"]).get_indexer(pd.Index(drawn["unit"]))
    nameless: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row in np.flatnonzero(units["unit"].str.startswith(OBJECTED)).tolist():
        nameless[_alike(units, row)].append(row)
    for row in np.flatnonzero(place < 0).tolist():
        place[row] = nameless[_alike(drawn, row)].pop(0)
    ordered: pd.DataFrame = units.iloc[place].reset_index(drop=True)
    return ordered


def _alike(table: pd.DataFrame, row: int) -> tuple[str, ...]:
    """Give what the places of a draw that nobody can tell apart have in common."""
    names = ("unit", "block", "arm", "cluster")
    unit, block, arm, cluster = (str(table[name].iloc[row]) for name in names)
    return block, arm, "" if cluster == unit else cluster


def _names(units: pd.DataFrame, is_erased: BoolArray) -> dict[str, str]:
    """Name those who object by their number, in the order of what is still known of them."""
    hers = units[is_erased].sort_values(["block", "arm"], kind="stable")
    return dict(zip(hers["unit"], _free(set(units["unit"])), strict=False))


def _free(taken: set[str]) -> Iterator[str]:
    return (name for n in count(1) if (name := f"{OBJECTED}{n:04d}") not in taken)
