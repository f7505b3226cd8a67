"""Re-draws: what they keep, what moves them, and how they become a p-value."""

from __future__ import annotations

import numpy as np
import pytest
from small_trials import replay

from reliance_eval.estimation.redraws.blockwise import moments
from reliance_eval.estimation.redraws.replaying import is_extreme, p_value, tail

HALVES = [0, 1] * 6
TWO_BLOCKS = [0] * 6 + [1] * 6


def test_a_tie_counts_as_extreme() -> None:
    # By hand: of 3, 2 and 1 against 2, two are at least as far from zero.
    assert is_extreme(np.array([3.0, -2.0, 1.0]), 2.0).sum() == 2
    # A tie spoilt by rounding in the last place is still a tie.
    assert is_extreme(np.array([2.0 * (1 - 1e-15)]), 2.0).all()


def test_no_sampled_redraw_as_extreme_still_leaves_p_above_zero() -> None:
    assert p_value(0, redraws=999, is_exact=False) == 1 / 1000


def test_every_redraw_keeps_the_places_of_every_block() -> None:
    held = replay(HALVES, blocks=TWO_BLOCKS, redraws=200)
    for chunk in held.chunks():
        for block in (0, 1):
            assert np.all((chunk[:, np.array(TWO_BLOCKS) == block] == 0).sum(axis=1) == 3)


def test_members_of_a_cluster_are_always_redrawn_together() -> None:
    clusters = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    held = replay([0, 0, 1, 1] * 3, clusters=clusters, redraws=10)
    for chunk in held.chunks():
        assert np.all(chunk[:, 0::2] == chunk[:, 1::2])


def test_few_assignments_are_enumerated_each_once() -> None:
    held = replay([0, 0, 0, 1, 1, 1], redraws=20)
    every = np.concatenate(list(held.chunks()))
    # 6 choose 3 is 20: exactly as many as the re-draws wanted.
    assert held.is_exact
    assert len(np.unique(every, axis=0)) == len(every) == held.size == 20
    assert not replay([0, 0, 0, 1, 1, 1], redraws=19).is_exact


def test_comparing_two_arms_moves_no_unit_of_a_third() -> None:
    observed = [0, 1, 2] * 4
    held = replay(observed, redraws=99).among((0, 2))
    third = np.array(observed) == 1
    chunks = np.concatenate(list(held.chunks()))
    assert np.all(chunks[:, third] == 1)
    assert np.all((chunks == 0).sum(axis=1) == 4)
    assert len(np.unique(chunks, axis=0)) > 10


def test_clusters_stay_whole_among_two_arms_of_three() -> None:
    clusters = [i // 2 for i in range(24)]
    held = replay([i // 2 % 3 for i in range(24)], clusters=clusters, redraws=20).among((0, 1))
    for chunk in held.chunks():
        assert np.all(chunk[:, 0::2] == chunk[:, 1::2])
        assert np.all((chunk == 0).sum(axis=1) == 8)


@pytest.mark.parametrize("cells", [1, 500, 1 << 20])
def test_the_size_of_a_chunk_moves_no_p_value(cells: int) -> None:
    rng = np.random.default_rng(5)
    held = replay([0, 1] * 15, blocks=[0] * 10 + [1] * 20, redraws=500)
    y = rng.normal(size=(30, 2))

    def statistic(assigned: np.ndarray) -> np.ndarray:
        return moments(y, assigned, pair=(0, 1), blocks=held.lots.blocks).studentised

    assert not held.is_exact
    whole = tail(held, statistic)
    assert tail(held, statistic, cells=cells).extreme.tolist() == whole.extreme.tolist()


def test_the_seed_alone_decides_the_redraws() -> None:
    def drawn(seed: int) -> np.ndarray:
        return np.concatenate(list(replay(HALVES, redraws=100, seed=seed).chunks()))

    assert np.array_equal(drawn(1), drawn(1))
    assert not np.array_equal(drawn(1), drawn(2))


OUTCOMES = {
    "rare": [1, 0, 0, 0, 0, 0, 0, 0],
    "tied": [0, 0, 1, 1, 1, 2, 2, 2],
    "skewed": [0.1, 0.3, 0.2, 0.5, 0.4, 0.9, 2.0, 40.0],
    "outlier": [-131.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
}
DESIGNS = {
    "complete": {},
    "blocked": {"blocks": [0, 0, 0, 0, 1, 1, 1, 1]},
    "clustered": {"clusters": [0, 0, 1, 1, 2, 2, 3, 3]},
}


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("is_studentised", [True, False])
def test_a_true_null_is_never_rejected_more_often_than_announced(
    design: str, outcome: str, is_studentised: bool
) -> None:
    """Over all assignments a design can give, P(p <= alpha) <= alpha: exactly, without noise.

    ``>`` in place of ``>=`` fails it on the outcomes with ties.
    """
    start = [0, 0, 1, 1] * 2
    held = replay(start, **DESIGNS[design])
    y = np.array(OUTCOMES[outcome], dtype=float)[:, None]
    every = np.concatenate(list(held.chunks()))
    found = moments(
        y,
        every,
        pair=(0, 1),
        blocks=held.lots.blocks,
        clusters=held.lots.clusters if held.lots.is_clustered else None,
    )
    statistics = (found.studentised if is_studentised else found.estimate)[:, 0]
    p = np.array([is_extreme(statistics, own).mean() for own in statistics])
    for alpha in np.unique(p):
        assert np.mean(p <= alpha + 1e-12) <= alpha + 1e-12
