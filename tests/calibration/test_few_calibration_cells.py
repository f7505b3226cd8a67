"""A few cells at a fifth of their replications, and what the cells themselves must do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from all_cells import BY_NAME, CELLS
from cells import FEWER, NOMINAL, REPLICATIONS, SEED, Cell, Drawn, Result, run

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "calibration.json"

# Mistakes that so few replications do not tell from a right method: the slow run does.
TOO_NEAR = {"E2": {"HC0 with z", "HC1 with t(n - 2)", "HC2 with z"}}
FEW = ("E2", "E5", "E6c", "E7", "E8 (effect 2)")


@pytest.mark.parametrize("name", FEW)
def test_a_cell_is_in_its_wider_band(name: str) -> None:
    result = run(BY_NAME[name], FEWER)
    assert result.faults() == []
    assert result.overlooked() <= TOO_NEAR.get(name, set())


def test_the_bands_are_those_of_the_reliability_page() -> None:
    # Printed there: three Monte Carlo standard errors at 10,000 and at 2,000 replications.
    assert NOMINAL(REPLICATIONS) == pytest.approx((0.9435, 0.9565), abs=5e-5)
    assert NOMINAL(FEWER) == pytest.approx((0.9354, 0.9646), abs=5e-5)


def test_the_same_cell_draws_the_same_worlds() -> None:
    assert run(BY_NAME["E3"], 20) == run(BY_NAME["E3"], 20)


def test_a_cell_says_what_is_wrong() -> None:
    cell = Cell(
        name="made up",
        world="",
        claims={"ours": NOMINAL},
        mistakes={"theirs": NOMINAL},
        prepare=lambda: lambda _: Drawn({}),
    )
    rates = {"ours": 0.90, "theirs": 0.95}
    result = Result(cell, REPLICATIONS, rates, unanswered=0, bias=3.5, error_ratio=0.9)
    assert result.faults() == [
        "ours: 0.9000 outside [0.9435, 0.9565]",
        "bias of 3.50 standard errors",
        "standard errors are 0.900 times the truth",
    ]
    assert result.overlooked() == {"theirs"}


def test_the_published_results_are_of_these_cells() -> None:
    published = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert published["seed"] == SEED
    for cell, row in zip(CELLS, published["cells"], strict=True):
        assert (row["cell"], row["world"], row["rate"]) == (cell.name, cell.world, cell.rate)
        assert row["replications"] == min(REPLICATIONS, cell.most)
        assert [line["method"] for line in row["claims"]] == list(cell.claims)
        assert [line["method"] for line in row["mistakes"]] == list(cell.mistakes)
        assert all(line["band"][0] <= line["rate"] <= line["band"][1] for line in row["claims"])
