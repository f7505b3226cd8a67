"""Anderson and Rubin's set in all its shapes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from reliance_eval.estimation.inference import ReducedForm
from reliance_eval.estimation.table import set_text

CRITICAL = 2.0
SHAPES = {
    "interval": ReducedForm(2.0, 1.0, 0.25, 0.05, 0.01),
    "two rays": ReducedForm(3.0, 0.1, 0.25, 0.0, 0.01),
    "whole line": ReducedForm(0.1, 0.1, 0.25, 0.0, 0.01),
    "half line up": ReducedForm(3.0, 0.2, 0.25, 0.0, 0.01),
    "half line down": ReducedForm(-3.0, 0.2, 0.25, 0.0, 0.01),
}


def is_accepted(form: ReducedForm, tau: float) -> bool:
    left = form.on_outcome - tau * form.on_take_up
    spread = form.variance - 2 * tau * form.covariance + tau**2 * form.take_up_variance
    return left**2 <= CRITICAL**2 * spread


@pytest.mark.parametrize("shape", SHAPES)
def test_the_set_holds_what_the_test_accepts_and_nothing_else(shape: str) -> None:
    form = SHAPES[shape]
    found = form.anderson_rubin(CRITICAL)
    for tau in np.concatenate([np.linspace(-60, 60, 2401), [-1e6, 1e6]]):
        inside = any(
            (low is None or low <= tau) and (high is None or tau <= high) for low, high in found
        )
        ends = [end for pair in found for end in pair if end is not None]
        if not any(abs(tau - end) < 1e-6 for end in ends):
            assert inside == is_accepted(form, float(tau))
    assert any(
        (low is None or low <= form.ratio) and (high is None or form.ratio <= high)
        for low, high in found
    )


def test_the_shapes_are_what_they_are_called() -> None:
    found = {shape: form.anderson_rubin(CRITICAL) for shape, form in SHAPES.items()}
    assert [None in found["interval"][0], len(found["interval"])] == [False, 1]
    assert [pair[end] for pair, end in zip(found["two rays"], (0, 1), strict=True)] == [None, None]
    assert found["whole line"] == ((None, None),)
    assert found["half line up"][0][1] is None
    assert found["half line down"][0][0] is None


def test_a_higher_level_never_gives_a_smaller_set() -> None:
    form = SHAPES["interval"]
    widths = [form.anderson_rubin(critical)[0] for critical in (1.0, 1.5, 2.0, 3.0)]
    for (low, high), (lower, higher) in pairwise(widths):
        assert lower is not None
        assert higher is not None
        assert lower < low
        assert high < higher


def test_a_set_reads_as_intervals() -> None:
    assert set_text(((-1.5, 2.0),)) == "[-1.5, 2.0]"
    assert set_text(((None, None),)) == "(-inf, inf)"
