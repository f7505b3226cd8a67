"""What each design promises besides the laws that all obey."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from reliance_eval.errors import DataError
from reliance_eval.estimation.redraws.blockwise import moments
from reliance_eval.estimation.redraws.replaying import Replay, is_extreme
from reliance_eval.lottery import DESIGNS, Lots, redraw
from reliance_eval.lottery.designs.rerandomised import ENUMERABLE
from reliance_eval.lottery.tickets import WHOLE

SIMPLE, RERANDOMISED = DESIGNS["simple"], DESIGNS["rerandomised"]


def simple(*odds, n=4):
    blocks = np.repeat(np.arange(len(odds)), n)
    places = np.zeros((len(odds), 2), dtype=int)
    return Lots(blocks, places, np.arange(blocks.size), odds=np.array(odds))


def balanced(n=8, *, offered=4, bounds=(20,), covariates=None):
    x = np.arange(n)[:, None] if covariates is None else np.array(covariates)
    return Lots(
        blocks=np.zeros(n, dtype=int),
        places=np.array([[offered, n - offered]]),
        clusters=np.arange(n),
        covariates=x,
        bounds=np.array(bounds),
    )


def test_odds_are_compared_in_whole_numbers_to_the_last_bit():
    # ticket x 3 < 2**256: the largest that passes is (2**256 - 1) / 3, a whole number.
    edge = (WHOLE - 1) // 3
    tickets = np.array([edge, edge + 1, 0, WHOLE - 1], dtype=object)
    lots = replace(simple([1, 3]), whole=WHOLE)
    assert SIMPLE.allocate(tickets, lots).tolist() == [0, 1, 0, 1]


def test_a_generators_tickets_are_compared_with_the_same_odds():
    arms = SIMPLE.allocate(np.array([0.2, 0.34, 0.0, 0.99]), simple([1, 3]))
    assert arms.tolist() == [0, 1, 0, 1]


def test_each_block_of_a_simple_draw_has_its_own_odds():
    lots = simple([1, 4], [2, 3])
    assert SIMPLE.probabilities(lots)[[0, 7]].tolist() == [[0.25, 0.75], [2 / 3, 1 - 2 / 3]]
    assert SIMPLE.permutations(lots) == 2**8


def test_only_odds_of_one_in_two_make_simple_assignments_equally_likely():
    assert SIMPLE.is_even(simple([1, 2], [2, 4]))
    assert not SIMPLE.is_even(simple([1, 2], [1, 3]))


def test_unequal_odds_are_never_enumerated_as_if_equally_likely():
    def replay(odds):
        return Replay(
            design=SIMPLE,
            lots=simple(odds, n=6),
            observed=np.array([0, 1, 1, 0, 1, 1]),
            free=np.ones(6, dtype=bool),
            redraws=100,
            seed=1,
            stream="test",
        )

    assert replay([1, 2]).is_exact
    assert replay([1, 2]).size == 64
    assert not replay([1, 3]).is_exact
    assert replay([1, 3]).size == 100


@pytest.mark.parametrize("design", [SIMPLE, RERANDOMISED])
def test_lots_without_what_the_design_reads_are_refused(design):
    bare = Lots(np.zeros(4, dtype=int), np.array([[2, 2]]), np.arange(4))
    with pytest.raises(ValueError, match="needs"):
        design.probabilities(replace(bare, places=np.array([[1, 3]])))


def test_an_assignment_is_accepted_within_the_bound_and_on_it():
    # By hand, n_T = n_C = 2, x = 0, 1, 2, 3: {0, 3} | {1, 2} is 0 apart, {0, 2} | {1, 3} is
    # |2 x 2 - 2 x 4| = 4, {0, 1} | {2, 3} is |2 x 1 - 2 x 5| = 8.
    arms = np.array([[0, 1, 1, 0], [0, 1, 0, 1], [0, 0, 1, 1]])
    for bound, expected in ((0, [1, 0, 0]), (3, [1, 0, 0]), (4, [1, 1, 0]), (8, [1, 1, 1])):
        lots = balanced(4, offered=2, bounds=(bound,))
        assert RERANDOMISED.accepts(arms, lots).tolist() == [bool(each) for each in expected]


def test_the_reserve_counts_on_neither_side():
    lots = replace(balanced(4, offered=1, bounds=(0,), covariates=[[5], [9], [5], [1]]))
    lots = replace(lots, places=np.array([[1, 1]]))
    assert RERANDOMISED.accepts(np.array([0, -1, 1, -1]), lots)
    assert not RERANDOMISED.accepts(np.array([0, 1, -1, -1]), lots)


def test_sums_too_large_for_a_double_are_compared_in_whole_numbers():
    # 2 x (2**53 + 1) - 2 x 2**53 = 2 and no double tells 2**53 + 1 from 2**53.
    x = [[2**53 + 1], [2**53], [0], [0]]
    arms = np.array([[0, 1, 0, 1]])
    for bound, expected in ((1, False), (2, True)):
        lots = balanced(4, offered=2, bounds=(bound,), covariates=x)
        assert RERANDOMISED.accepts(arms, lots).tolist() == [expected]


def test_acceptance_is_the_definition_over_all_assignments():
    rng = np.random.default_rng(3)
    x = rng.integers(-9, 9, (8, 2))
    lots = balanced(8, offered=3, bounds=(40, 60), covariates=x)
    accepted = set()
    for group in combinations(range(8), 3):
        others = [unit for unit in range(8) if unit not in group]
        apart = [
            abs(5 * sum(int(x[unit, k]) for unit in group) - 3 * sum(int(x[u, k]) for u in others))
            for k in (0, 1)
        ]
        if apart[0] <= 40 and apart[1] <= 60:
            accepted.add(group)
    found = {tuple(np.flatnonzero(arms == 0)) for arms in RERANDOMISED.enumerate(lots)}
    assert found == accepted
    assert RERANDOMISED.permutations(lots) == len(accepted)


def test_equal_arms_keep_every_chance_at_one_in_two():
    lots = balanced(8, bounds=(4,))
    arms = np.stack(list(RERANDOMISED.enumerate(lots)))
    # Exchanging the arms exchanges accepted assignments, so the mean is exactly a half.
    assert (arms == 0).mean(axis=0).tolist() == [0.5] * 8
    assert RERANDOMISED.probabilities(lots).tolist() == [[0.5, 0.5]] * 8


def test_unequal_arms_give_unequal_chances_and_the_design_says_them():
    lots = balanced(8, offered=2, bounds=(12,))
    arms = np.stack(list(RERANDOMISED.enumerate(lots)))
    found = RERANDOMISED.probabilities(lots)[:, 0]
    np.testing.assert_allclose(found, (arms == 0).mean(axis=0), rtol=1e-12)
    assert found.max() - found.min() > 0.05
    assert found.sum() == pytest.approx(2)


def test_too_many_assignments_to_enumerate_are_not_counted_and_chances_are_estimated():
    lots = balanced(20, offered=5, bounds=(200,))
    assert RERANDOMISED.permutations(lots) is None
    assert DESIGNS["stratified"].permutations(lots) == 15504 > ENUMERABLE
    found = RERANDOMISED.probabilities(lots)
    # The enumeration that is not made by default: 15,504 assignments.
    arms = np.stack(list(RERANDOMISED.enumerate(lots)))
    # 100,000 re-draws: 4.5 standard errors are 0.0062.
    assert np.abs(found[:, 0] - (arms == 0).mean(axis=0)).max() < 0.0062
    np.testing.assert_allclose(found.sum(axis=1), 1.0)


def test_bounds_that_nothing_meets_end_in_an_answer_instead_of_a_loop():
    lots = balanced(24, offered=12, bounds=(0,), covariates=3 ** np.arange(24)[:, None] + 1)
    with pytest.raises(DataError) as caught:
        redraw(RERANDOMISED, lots, redraws=5, rng=np.random.default_rng(1))
    assert caught.value.code == "E-LOTTERY-RARELY-BALANCED"
    assert "20000" in caught.value.text("en").replace(",", "").replace("\u202f", "")


@pytest.mark.parametrize("bounds", [(4,), (12,), (30,)])
@pytest.mark.parametrize("outcome", ["with age", "tied", "outlier"])
def test_a_true_null_over_the_acceptance_set_is_rejected_no_more_often_than_announced(
    bounds, outcome
):
    """Over all accepted assignments, P(p <= alpha) <= alpha: exactly, without noise."""
    y = {
        "with age": np.arange(8) + 0.1,
        "tied": np.array([0, 0, 1, 1, 1, 2, 2, 2.0]),
        "outlier": np.array([-131, 1, 2, 3, 4, 5, 6, 7.0]),
    }[outcome]
    lots = balanced(8, bounds=bounds)
    replay = Replay(
        design=RERANDOMISED,
        lots=lots,
        observed=next(RERANDOMISED.enumerate(lots)),
        free=np.ones(8, dtype=bool),
        redraws=999,
        seed=1,
        stream="test",
    )
    assert replay.is_exact
    arms = np.concatenate(list(replay.chunks()))
    found = moments(y[:, None], arms, pair=(0, 1), blocks=lots.blocks).estimate[:, 0]
    p = np.array([is_extreme(found, own).mean() for own in found])
    for alpha in np.unique(p):
        assert np.mean(p <= alpha + 1e-12) <= alpha + 1e-12


def test_a_balanced_draw_taken_for_a_plain_one_says_far_too_little():
    """Replaying a plain draw after a balanced one never rejects; its own set does, at its level.

    Calibration cell E17: the outcome is nearly what was balanced, so accepted draws differ by luck
    much less than plain ones.
    """
    lots = balanced(12, offered=6, bounds=(36,))
    y = np.arange(12.0)[:, None] + np.random.default_rng(2).normal(size=(12, 1)) / 4
    accepted = np.stack(list(RERANDOMISED.enumerate(lots)))
    plain = np.stack(list(DESIGNS["complete"].enumerate(lots)))
    own = moments(y, accepted, pair=(0, 1), blocks=lots.blocks).estimate[:, 0]
    all_of_them = moments(y, plain, pair=(0, 1), blocks=lots.blocks).estimate[:, 0]
    p_plain = np.array([is_extreme(all_of_them, each).mean() for each in own])
    p_own = np.array([is_extreme(own, each).mean() for each in own])
    assert p_plain.min() > 0.4
    assert p_own.min() < 0.01


def test_ten_thousand_redraws_are_one_array():
    for name in DESIGNS:
        lots = replace(balanced(60, offered=30, bounds=(2400,)), odds=np.array([[1, 2]]))
        found = redraw(DESIGNS[name], lots, redraws=10_000, rng=np.random.default_rng(1))
        assert (found.shape, found.dtype) == ((10_000, 60), np.dtype("int8"))
