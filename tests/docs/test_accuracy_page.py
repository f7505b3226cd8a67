"""The page of numerical accuracy says what it shows, and stays while no digit moves."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "reference" / "numerical-accuracy.md"


def promises() -> list[tuple[float, float, float]]:
    """Give, for each line with a promise, the digits promised, reached once, and by slices."""
    line = re.compile(r"\| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", re.MULTILINE)
    found = [tuple(map(float, digits)) for digits in line.findall(PAGE.read_text("utf-8"))]
    return [(promised, once, sliced) for promised, once, sliced in found]


def test_every_promise_on_the_page_is_reached() -> None:
    # Nine problems; two of them promise nothing of standard errors, which are certified as zero.
    assert len(promises()) == 16
    assert all(min(once, sliced) >= promised for promised, once, sliced in promises())


@pytest.mark.shared
def test_the_page_is_written_again_only_where_a_digit_moves(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(DOCS), *sys.path])
    accuracy_page = import_module("accuracy_page").accuracy_page
    assert shared.is_dir()
    page: str = accuracy_page("")
    first = re.search(r"\| (\d+\.\d) \|$", page, re.MULTILINE)
    assert first is not None
    nudged = f"{float(first[1]) - 0.5:.1f}"
    moved = f"{float(first[1]) - 1.5:.1f}"
    kept = page[: first.start(1)] + nudged + page[first.end(1) :]
    assert accuracy_page(kept) == kept
    assert accuracy_page(page[: first.start(1)] + moved + page[first.end(1) :]) == page
