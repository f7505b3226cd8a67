"""The fast statistics of re-draws are the blocked estimator's own."""

from __future__ import annotations

import numpy as np
import pytest
from made_up_trials import sample, trial

from reliance_eval.estimation.estimator import answer
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.redrawn import coefficient, studentised


@pytest.mark.parametrize(("n", "blocks"), [(60, 1), (120, 4), (40, 7)])
def test_t_is_the_estimators_own(n: int, blocks: int) -> None:
    frame = trial(31, n=n, blocks=blocks)
    rng = np.random.default_rng(1)
    offered = np.stack([frame["z"].to_numpy()] + [rng.permutation(frame["z"]) for _ in range(40)])
    given = sample(frame, take_up=None)
    y, codes = frame["y"].to_numpy(), frame["block"].to_numpy()
    statistics = studentised(y, offered, codes, given.shares)
    differences = coefficient(y, offered, codes, given.shares)
    for row, assignment in enumerate(offered):
        found = answer("blocked", sample(frame.assign(z=assignment), take_up=None))
        if isinstance(found, Finding):
            assert statistics[row] == pytest.approx(found.estimate.statistic, rel=1e-10)
            assert differences[row] == pytest.approx(found.estimate.estimate, rel=1e-10)
        else:
            assert np.isinf(statistics[row])


def test_the_chunk_moves_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = trial(32)
    rng = np.random.default_rng(1)
    offered = np.stack([rng.permutation(frame["z"]) for _ in range(30)]).astype(np.int8)
    given = sample(frame)
    keys = (frame["y"].to_numpy(), offered, frame["block"].to_numpy(), given.shares)
    whole = studentised(*keys)
    monkeypatch.setattr("reliance_eval.estimation.redrawn.CHUNK", 7 * len(frame))
    assert studentised(*keys) == pytest.approx(whole, rel=1e-12)


def test_no_difference_without_variation_is_zero_and_a_difference_is_infinite() -> None:
    offered = np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
    blocks, shares = np.zeros(4, dtype=int), np.ones(1)
    assert studentised(np.full(4, 0.1), offered, blocks, shares).tolist() == [0.0, 0.0]
    assert studentised(np.array([0.0, 0, 1, 1]), offered, blocks, shares)[0] == np.inf
    assert studentised(np.arange(4.0), np.zeros((1, 4)), blocks, shares).tolist() == [np.inf]
    assert coefficient(np.arange(4.0), np.zeros((1, 4)), blocks, shares).tolist() == [np.inf]
