"""Laws that every registered design obeys, and none is named in them."""

import numpy as np
import pytest

from reliance_eval.lottery import DESIGNS, Lots, redraw


def lots(blocks, places, clusters=None):
    blocks = np.array(blocks)
    drawn = np.arange(blocks.size) if clusters is None else np.array(clusters)
    return Lots(blocks=blocks, places=np.array(places), clusters=drawn)


SMALL = {
    "one block, all drawn": lots([0] * 6, [[3, 3]]),
    "one block and a reserve": lots([0] * 6, [[2, 2]]),
    "two blocks, unequal shares": lots([0, 1, 0, 1, 1, 0, 1], [[1, 2], [3, 1]]),
    "three arms and a reserve": lots([0, 0, 0, 1, 1, 1, 1], [[1, 1, 1], [1, 1, 1]]),
    "a block without places": lots([0, 0, 0, 0, 1, 1], [[2, 2], [0, 0]]),
    "clusters in two blocks": lots(
        [0, 0, 0, 0, 1, 1, 1, 0, 1], [[1, 2], [1, 1]], [0, 1, 1, 2, 3, 3, 4, 2, 3]
    ),
}
REDRAWS = 20_000

every_design = pytest.mark.parametrize("design", list(DESIGNS))
every_lot = pytest.mark.parametrize("case", list(SMALL))


def drawn_arms(arms, found):
    """Arms of what was drawn: one entry a cluster."""
    return arms[..., found.first_members]


@every_design
@every_lot
def test_the_announced_places_are_filled_in_every_redraw(design, case):
    arms = drawn_arms(
        redraw(DESIGNS[design], SMALL[case], redraws=200, rng=np.random.default_rng(1)), SMALL[case]
    )
    for arm, places in enumerate(SMALL[case].places.sum(axis=0)):
        assert ((arms == arm).sum(axis=1) == places).all()


@every_design
@every_lot
def test_declared_probabilities_are_those_of_the_redraws(design, case):
    """20,000 re-draws, every cell within 4.5 Monte-Carlo standard errors."""
    found = SMALL[case]
    arms = redraw(DESIGNS[design], found, redraws=REDRAWS, rng=np.random.default_rng(7))
    declared = DESIGNS[design].probabilities(found)
    for arm in range(found.places.shape[1]):
        p = declared[:, arm]
        error = np.sqrt(p * (1 - p) / REDRAWS)
        assert (np.abs((arms == arm).mean(axis=0) - p) <= 4.5 * error).all()


@every_design
@every_lot
def test_the_enumerator_gives_each_assignment_once_and_all_of_them(design, case):
    every = [tuple(arms) for arms in DESIGNS[design].enumerate(SMALL[case])]
    assert len(every) == len(set(every)) == DESIGNS[design].permutations(SMALL[case])
    arms = redraw(DESIGNS[design], SMALL[case], redraws=500, rng=np.random.default_rng(3))
    assert {tuple(row) for row in arms} <= set(every)


@every_design
@every_lot
def test_enumerated_assignments_are_equally_likely_under_the_declared_probabilities(design, case):
    every = np.stack(list(DESIGNS[design].enumerate(SMALL[case])))
    declared = DESIGNS[design].probabilities(SMALL[case])
    for arm in range(declared.shape[1]):
        # Exact fractions with denominators below 10,000: equal up to rounding.
        np.testing.assert_allclose((every == arm).mean(axis=0), declared[:, arm], rtol=1e-12)


@every_design
@every_lot
def test_row_order_never_matters(design, case):
    found = SMALL[case]
    rng = np.random.default_rng(11)
    tickets = rng.random(found.clusters.max() + 1)[found.clusters]
    order = rng.permutation(found.blocks.size)
    shuffled = Lots(blocks=found.blocks[order], places=found.places, clusters=found.clusters[order])
    expected = DESIGNS[design].allocate(tickets, found)[order]
    np.testing.assert_array_equal(DESIGNS[design].allocate(tickets[order], shuffled), expected)


@every_design
@every_lot
def test_only_the_order_of_tickets_matters(design, case):
    """Floats, their ranks, and texts that sort alike give the same arms."""
    found = SMALL[case]
    tickets = np.random.default_rng(5).random(found.blocks.size)
    ranks = np.argsort(np.argsort(tickets))
    written = np.array([f"{rank:03d}" for rank in ranks])
    arms = DESIGNS[design].allocate(tickets, found)
    np.testing.assert_array_equal(DESIGNS[design].allocate(ranks, found), arms)
    np.testing.assert_array_equal(DESIGNS[design].allocate(written, found), arms)


@every_design
@every_lot
def test_members_of_a_cluster_share_its_arm(design, case):
    found = SMALL[case]
    arms = redraw(DESIGNS[design], found, redraws=50, rng=np.random.default_rng(2))
    np.testing.assert_array_equal(arms, arms[:, found.first_members][:, found.clusters])


@every_design
@every_lot
def test_chunks_of_redraws_are_the_redraws(design, case):
    whole = redraw(DESIGNS[design], SMALL[case], redraws=30, rng=np.random.default_rng(4))
    rng = np.random.default_rng(4)
    chunks = [redraw(DESIGNS[design], SMALL[case], redraws=10, rng=rng) for _ in range(3)]
    np.testing.assert_array_equal(np.concatenate(chunks), whole)


@pytest.mark.parametrize("design", ["stratified", "recorded"])
def test_places_are_kept_in_every_block(design):
    found = SMALL["two blocks, unequal shares"]
    arms = redraw(DESIGNS[design], found, redraws=200, rng=np.random.default_rng(1))
    for block, places in enumerate(found.places):
        for arm, number in enumerate(places):
            assert ((arms[:, found.blocks == block] == arm).sum(axis=1) == number).all()


def test_permutations_are_a_product_of_multinomial_coefficients():
    # By hand: C(4, 2) in each of two blocks, times 3!/(1! 1! 1!) in the third.
    found = lots([0] * 4 + [1] * 4 + [2] * 3, [[2, 2, 0], [2, 2, 0], [1, 1, 1]])
    assert DESIGNS["stratified"].permutations(found) == 6 * 6 * 6


def test_more_places_than_units_are_refused():
    with pytest.raises(ValueError, match="more places"):
        DESIGNS["stratified"].allocate(np.arange(3), lots([0, 0, 0], [[2, 2]]))
