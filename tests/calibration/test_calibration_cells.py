"""Every interval covers as often as it says, and every known mistake is told from it.

    pytest -m slow tests/calibration/test_calibration_cells.py

prints each cell as it ends and a table; with ``CALIBRATION=write`` in the environment it writes
``docs/calibration.json``, from which ``docs/generate.py`` makes the page. Seeds are fixed.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from all_cells import CELLS
from cells import REPLICATIONS, Cell, run

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_a_cell_is_in_its_band_and_no_mistake_is(
    cell: Cell, record_property: Callable[[str, object], None]
) -> None:
    result = run(cell, REPLICATIONS)
    record_property("calibration", result.record())
    assert result.faults() == []
    assert result.overlooked() == set()
