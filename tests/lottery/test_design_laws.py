"""Laws that every registered design obeys, and none is named in them."""

from dataclasses import replace

import numpy as np
import pytest

from reliance_eval.lottery import DESIGNS, Lots, redraw
from reliance_eval.protocol.designing import TWO_ARMS


def lots(blocks, places, clusters=None):
    """Lots that every design can be held on: with odds, covariates and bounds of their own."""
    blocks, places = np.array(blocks), np.array(places)
    drawn = np.arange(blocks.size) if clusters is None else np.array(clusters)
    numbers = np.arange(blocks.size)
    return Lots(
        blocks=blocks,
        places=places,
        clusters=drawn,
        odds=np.array([[1, 2], [2, 3]][: len(places)]),
        covariates=np.column_stack([7 * numbers % 11, 3 * numbers % 5 - 2]),
        bounds=np.array([24, 12]),
    )


SMALL = {
    "one block, all drawn": lots([0] * 6, [[3, 3]]),
    "one block and a reserve": lots([0] * 6, [[2, 2]]),
    "two blocks, unequal shares": lots([0, 1, 0, 1, 1, 0, 1], [[1, 2], [3, 1]]),
    "pairs": lots([0, 1, 1, 0], [[1, 1], [1, 1]]),
    "three arms and a reserve": lots([0, 0, 0, 1, 1, 1, 1], [[1, 1, 1], [1, 1, 1]]),
    "a block without places": lots([0, 0, 0, 0, 1, 1], [[2, 2], [0, 0]]),
    "clusters in two blocks": lots(
        [0, 0, 0, 0, 1, 1, 1, 0, 1], [[1, 2], [1, 1]], [0, 1, 1, 2, 3, 3, 4, 2, 3]
    ),
}
REDRAWS = 20_000

# A protocol gives some designs two arms only: lots of three are no case of theirs.
CASES = [
    (design, case)
    for design in DESIGNS
    for case, found in SMALL.items()
    if design not in TWO_ARMS or found.places.shape[1] == 2
]
every = pytest.mark.parametrize(("design", "case"), CASES)
# In a simple draw totals are left to chance, and a ticket is compared with the odds.
by_rank = pytest.mark.parametrize(("design", "case"), [c for c in CASES if c[0] != "simple"])


def drawn_arms(arms, found):
    """Arms of what was drawn: one entry a cluster."""
    return arms[..., found.first_members]


@by_rank
def test_the_announced_places_are_filled_in_every_redraw(design, case):
    arms = drawn_arms(
        redraw(DESIGNS[design], SMALL[case], redraws=200, rng=np.random.default_rng(1)), SMALL[case]
    )
    for arm, places in enumerate(SMALL[case].places.sum(axis=0)):
        assert ((arms == arm).sum(axis=1) == places).all()


@every
def test_declared_probabilities_are_those_of_the_redraws(design, case):
    """20,000 re-draws, every cell within 4.5 Monte-Carlo standard errors."""
    found = SMALL[case]
    arms = redraw(DESIGNS[design], found, redraws=REDRAWS, rng=np.random.default_rng(7))
    declared = DESIGNS[design].probabilities(found)
    for arm in range(found.places.shape[1]):
        p = declared[:, arm]
        error = np.sqrt(p * (1 - p) / REDRAWS)
        assert (np.abs((arms == arm).mean(axis=0) - p) <= 4.5 * error).all()


@every
def test_the_enumerator_gives_each_assignment_once_and_all_of_them(design, case):
    assignments = [tuple(arms) for arms in DESIGNS[design].enumerate(SMALL[case])]
    assert len(assignments) == len(set(assignments)) == DESIGNS[design].permutations(SMALL[case])
    arms = redraw(DESIGNS[design], SMALL[case], redraws=500, rng=np.random.default_rng(3))
    assert {tuple(row) for row in arms} <= set(assignments)


@every
def test_enumerated_assignments_weigh_what_the_declared_probabilities_say(design, case):
    found, rule = SMALL[case], DESIGNS[design]
    assignments = np.stack(list(rule.enumerate(found)))
    declared = rule.probabilities(found)
    weights = np.ones(len(assignments))
    if not rule.is_even(found):
        # Things drawn by themselves: an assignment's chance is the product of theirs.
        drawn = drawn_arms(assignments, found)
        weights = np.prod(declared[found.first_members][np.arange(drawn.shape[1]), drawn], axis=1)
        assert weights.sum() == pytest.approx(1, rel=1e-12)
    for arm in range(declared.shape[1]):
        # Fractions with denominators below 100,000: equal up to rounding.
        shares = np.average(assignments == arm, axis=0, weights=weights)
        np.testing.assert_allclose(shares, declared[:, arm], rtol=1e-12)


@every
def test_every_redraw_is_one_that_the_design_accepts(design, case):
    arms = redraw(DESIGNS[design], SMALL[case], redraws=300, rng=np.random.default_rng(8))
    assert DESIGNS[design].accepts(arms, SMALL[case]).all()


@every
def test_row_order_never_matters(design, case):
    found = SMALL[case]
    rng = np.random.default_rng(11)
    tickets = rng.random(found.clusters.max() + 1)[found.clusters]
    order = rng.permutation(found.blocks.size)
    shuffled = replace(
        found,
        blocks=found.blocks[order],
        clusters=found.clusters[order],
        covariates=found.covariates[order],
    )
    expected = DESIGNS[design].allocate(tickets, found)[order]
    arms = DESIGNS[design].allocate(tickets[order], shuffled)
    np.testing.assert_array_equal(arms, expected)
    back = np.argsort(order)
    assert DESIGNS[design].accepts(arms, shuffled) == DESIGNS[design].accepts(arms[back], found)


@by_rank
def test_only_the_order_of_tickets_matters(design, case):
    """Floats, their ranks, and texts that sort alike give the same arms."""
    found = SMALL[case]
    tickets = np.random.default_rng(5).random(found.blocks.size)
    ranks = np.argsort(np.argsort(tickets))
    written = np.array([f"{rank:03d}" for rank in ranks])
    arms = DESIGNS[design].allocate(tickets, found)
    np.testing.assert_array_equal(DESIGNS[design].allocate(ranks, found), arms)
    np.testing.assert_array_equal(DESIGNS[design].allocate(written, found), arms)


@every
def test_members_of_a_cluster_share_its_arm(design, case):
    found = SMALL[case]
    arms = redraw(DESIGNS[design], found, redraws=50, rng=np.random.default_rng(2))
    np.testing.assert_array_equal(arms, arms[:, found.first_members][:, found.clusters])


@every
def test_chunks_of_redraws_are_the_redraws(design, case):
    whole = redraw(DESIGNS[design], SMALL[case], redraws=30, rng=np.random.default_rng(4))
    rng = np.random.default_rng(4)
    chunks = [redraw(DESIGNS[design], SMALL[case], redraws=10, rng=rng) for _ in range(3)]
    np.testing.assert_array_equal(np.concatenate(chunks), whole)


@pytest.mark.parametrize("design", ["stratified", "clustered", "rerandomised", "recorded"])
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
