"""Every cell of the calibration, in the order of the reliability page's numbers."""

from __future__ import annotations

import re

import cells_of_attrition
import cells_of_comparisons
import cells_of_designs
import cells_of_families
import cells_of_redraws
import cells_of_take_up
import cells_of_yes_or_no
from cells import Cell

GROUPS = (
    cells_of_comparisons.CELLS,
    cells_of_attrition.CELLS,
    cells_of_yes_or_no.CELLS,
    cells_of_designs.CELLS,
    cells_of_take_up.CELLS,
    cells_of_families.CELLS,
    cells_of_redraws.CELLS,
)


def place(cell: Cell) -> tuple[int, str]:
    """Give where a cell stands: E1, E2, E2b... E14, then sizes under the null."""
    found = re.match(r"E(\d+)(.*)", cell.name)
    return (int(found[1]), found[2]) if found else (99, "")


CELLS: tuple[Cell, ...] = tuple(sorted((cell for group in GROUPS for cell in group), key=place))

BY_NAME = {cell.name: cell for cell in CELLS}
