"""Distributions in bands: round ends, enough people in every band of every arm."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reliance_eval.reporting.document import Document, Figure, Number
from reliance_eval.reporting.spreading.banding import LEAST_BANDS, banded

LEAST = 15


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(40, 400),
    scale=st.sampled_from([0.01, 1.0, 900.0]),
    zeros=st.floats(0.0, 0.9),
)
def test_no_band_holds_few_people_of_any_group(
    seed: int, n: int, scale: float, zeros: float
) -> None:
    rng = np.random.default_rng(seed)
    groups = [
        scale * rng.exponential(size=n) * (rng.random(n) >= zeros),
        scale * rng.exponential(size=2 * n) * (rng.random(2 * n) >= zeros),
    ]
    found = banded(groups, least=LEAST)
    if found is None:
        return
    for group, counts in zip(groups, found.counts, strict=True):
        assert sum(counts) == len(group)
        assert min(counts) >= LEAST
        assert len(group) - max(counts) >= LEAST
    assert len(found.counts[0]) == len(found.ends) + 1 >= LEAST_BANDS
    assert list(found.ends) == sorted(set(found.ends))


def test_zero_stands_by_itself_where_many_have_it() -> None:
    rng = np.random.default_rng(1)
    groups = [np.concatenate([np.zeros(60), rng.integers(1, 13, 140).astype(float)])] * 2
    found = banded(groups, least=LEAST)
    assert found is not None
    assert found.has_zero
    assert found.counts[0][0] == 60


def test_ends_are_round_and_tell_no_value_of_anybody() -> None:
    rng = np.random.default_rng(2)
    found = banded([rng.normal(713.37, 201.7, 300), rng.normal(713.37, 201.7, 300)], least=LEAST)
    assert found is not None
    assert all(end % 50 == 0 for end in found.ends)


def test_few_people_or_one_value_have_no_picture() -> None:
    assert banded([np.arange(20.0), np.arange(300.0)], least=LEAST) is None
    assert banded([np.ones(300), np.ones(300)], least=LEAST) is None


def test_a_figure_has_its_shares_its_words_and_its_table(documents: dict[str, Document]) -> None:
    for document in documents.values():
        (figure,) = [
            b for b in document.blocks() if isinstance(b, Figure) and "distribution" in b.id
        ]
        assert figure.id == "distribution-income"
        for row in figure.data.rows:
            for cell in row[1:]:
                assert isinstance(cell, Number)
                # Of 200 people, counts rounded to five: shares are multiples of 2.5 points.
                assert cell.value is not None
                assert cell.value >= 7.5
                assert cell.text in figure.svg
                assert cell.text in figure.alternative
